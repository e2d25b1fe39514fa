#include "tests/fuzz/talk.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/error.h>
#include <nexus/util/buf.h>

#include "fake_parts.h"
#include "kernel/core/core.h"
#include "kernel/core/op.h"
#include "kernel/core/session_io.h"
#include "kernel/core/writer.h"

#define MESSAGE_MAX 8192
#define RAW         (TALK_CLIENTS - 1) // the client who sends raw bytes
#define STEPS_MAX   400

static const char *const users[TALK_CLIENTS] = {
        "alice", "alice", "bob", "carol", "mallory"};

// What no field expects, but is JSON to the server: what is not, such as
// 2^64 or \u0000, makes it answer without looking for a ref.
static const char *const odd_values[] = {"null", "0", "-1", "[]", "{}", "\"\"",
        "true", "1.5e300", "9223372036854775807", "-9223372036854775808",
        "\"\\ud83d\\ude00\"", "[[{}]]", "{\"epoch\":1,\"offset\":\"\"}",
        "\"\\n\"", "[\"bob\",\"bob\",\"\"]"};

// With NEXUS_FUZZ_TRACE set, what is said and heard goes to stderr.
static void trace(const char *what, nx_session_id session, const char *text) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): there are no threads that set it
    if (getenv("NEXUS_FUZZ_TRACE")) {
        (void)fprintf(stderr, "%s %llu %s\n", what, (unsigned long long)session,
                text);
    }
}

// --- what is said ---------------------------------------------------------

static void put_value(struct talk *talk, struct talk_ask *ask,
        const char *value, struct nx_buf *out) {
    if (strcmp(value, "@id") == 0) {
        size_t known = talk->id_count < TALK_IDS ? talk->id_count : TALK_IDS;
        unsigned which = input_byte(talk->in);
        nx_buf_appendf(
                out, "\"%s\"", known > 0 ? talk->ids[which % known] : "m0");
    } else if (strcmp(value, "@since") == 0) {
        ask->since = input_below(talk->in, 10);
        nx_buf_appendf(out, "{\"epoch\":\"%s\",\"offset\":%d}", talk->epoch,
                (int)ask->since);
    } else {
        nx_buf_append_cstr(out, value);
    }
}

static void put_field(struct talk *talk, struct talk_ask *ask,
        const struct talk_field *field, struct nx_buf *out) {
    unsigned how = input_byte(talk->in);
    size_t count = 0;
    if (how % 4 == 3) {
        return;
    }
    nx_buf_appendf(out, ",\"%s\":", field->name);
    if (how >= 240) {
        size_t odd = sizeof(odd_values) / sizeof(odd_values[0]);
        nx_buf_append_cstr(out, odd_values[input_byte(talk->in) % odd]);
        return;
    }
    while (field->values[count]) {
        count++;
    }
    assert(count > 0);
    put_value(talk, ask, field->values[how / 4 % count], out);
}

static void put_message(struct talk *talk, struct talk_ask *ask, bool with_ref,
        struct nx_buf *out) {
    ask->kind = &talk->kinds[input_byte(talk->in) % talk->kind_count];
    ask->since = -1;
    nx_buf_appendf(out, "{\"event_type\":\"%s\"", ask->kind->type);
    if (with_ref) {
        nx_buf_appendf(out, ",\"ref\":\"r%zu\"", talk->ask_count);
    }
    for (const struct talk_field *f = ask->kind->fields; f->name; f++) {
        put_field(talk, ask, f, out);
    }
    nx_buf_append_cstr(out, "}");
    assert(!out->failed);
}

static void say(struct talk *talk, bool with_ref, bool quietly) {
    struct talk_client *client = &talk->clients[input_below(talk->in, RAW)];
    struct talk_ask unasked = {0};
    struct talk_ask *ask = with_ref ? &talk->asks[talk->ask_count] : &unasked;
    struct nx_buf text;
    nx_buf_init(&text, MESSAGE_MAX);
    put_message(talk, ask, with_ref, &text);
    if (client->session != 0) {
        ask->client = client;
        talk->ask_count += with_ref ? 1 : 0;
        trace("->", client->session, text.data);
        if (quietly) {
            fake_host_send_quietly(talk->host, client->session, text.data);
        } else {
            fake_host_send(talk->host, client->session, text.data);
        }
    }
    nx_buf_finish(&text);
}

// In a block of its own size, so that reading past it is seen.
static void say_raw(struct talk *talk) {
    size_t len = input_byte(talk->in);
    struct nx_str text = input_text(talk->in, len);
    nx_session_id session = talk->clients[RAW].session;
    char *copy = malloc(text.len + (text.len == 0));
    assert(copy);
    memcpy(copy, text.ptr, text.len);
    session_io_message(talk->host->core, session, copy, text.len, len == 255);
    free(copy);
    trace("->", session, "(raw)");
    (void)fake_host_turn(talk->host);
}

// --- what is heard --------------------------------------------------------

struct talk_topic *talk_topic(struct talk_client *client, const char *name) {
    for (size_t i = 0; i < TALK_TOPICS; i++) {
        struct talk_topic *topic = &client->topics[i];
        if (topic->name[0] == '\0') {
            (void)snprintf(topic->name, sizeof(topic->name), "%s", name);
        }
        if (strcmp(topic->name, name) == 0) {
            return topic;
        }
    }
    return NULL;
}

static void learn(struct talk *talk, const struct fake_event *event) {
    const char *id = fake_event_str(event, "message_id");
    const char *epoch = fake_event_str(event, "epoch");
    if (id) {
        size_t at = talk->id_count++ % TALK_IDS;
        (void)snprintf(talk->ids[at], TALK_ID_SIZE, "%s", id);
    }
    if (epoch) {
        (void)snprintf(talk->epoch, TALK_ID_SIZE, "%s", epoch);
    }
}

static const struct talk_ask *answered_by(struct talk *talk,
        const struct talk_client *client, const struct fake_event *event) {
    const char *ref = fake_event_str(event, "ref");
    if (!ref || client == &talk->clients[RAW]) {
        return NULL;
    }
    assert(ref[0] == 'r');
    size_t index = (size_t)strtoul(ref + 1, NULL, 10);
    assert(index < talk->ask_count);
    struct talk_ask *ask = &talk->asks[index];
    assert(ask->client == client && !ask->answered);
    ask->answered = true;
    return ask;
}

static void check_event(const struct fake_event *event) {
    const char *type = fake_event_type(event);
    assert(type[0] != '\0'); // JSON, that is
    if (strcmp(type, "ack") == 0) {
        assert(fake_event_str(event, "ref"));
    } else if (strcmp(type, "error") == 0) {
        assert(fake_event_str(event, "message"));
        assert(!fake_event_is(event, "code", "internal"));
        assert(!fake_event_is(event, "code", "wrong_thread"));
    } else if (strcmp(type, "pong") != 0) {
        assert(fake_event_str(event, "event_id"));
        assert(fake_event_str(event, "timestamp"));
        assert(!fake_event_has(event, "ref"));
    }
}

static void read_client(struct talk *talk, struct talk_client *client) {
    const struct fake_event *event;
    while (client->session != 0
            && (event = fake_host_next(talk->host, client->session)) != NULL) {
        trace("<-", client->session, fake_event_text(event));
        check_event(event);
        learn(talk, event);
        talk->seen(talk, client, event, answered_by(talk, client, event));
    }
    if (client->session != 0
            && !fake_host_is_open(talk->host, client->session)) {
        trace("x", client->session, "closed");
        memset(client, 0, sizeof(*client));
        for (size_t i = 0; i < talk->ask_count; i++) {
            struct talk_ask *ask = &talk->asks[i];
            ask->client = ask->client == client ? NULL : ask->client;
        }
    }
}

void talk_read(struct talk *talk) {
    for (size_t i = 0; i < TALK_CLIENTS; i++) {
        read_client(talk, &talk->clients[i]);
    }
    assert(writers_open_count(talk->host->core->writers) == 0);
}

// --- what happens ---------------------------------------------------------

static void connect_client(struct talk *talk, size_t which) {
    struct talk_client *client = &talk->clients[which];
    if (client->session != 0) {
        fake_host_disconnect(talk->host, client->session, 1006);
        read_client(talk, client);
    }
    client->session = fake_host_connect(talk->host, users[which]);
    assert(client->session != 0);
    client->hindered = talk->failed;
}

static void break_off(struct talk *talk, struct talk_client *client) {
    static const uint16_t codes[] = {1000, 1001, 1005, 1006};
    uint16_t code = codes[input_below(talk->in, 4)];
    if (client->session != 0) {
        fake_host_disconnect(talk->host, client->session, code);
    }
}

static void hinder(struct talk *talk) {
    talk->failed = true;
    for (size_t i = 0; i < TALK_CLIENTS; i++) {
        talk->clients[i].hindered = true;
    }
}

static void fail_storage(struct talk *talk) {
    static const nx_status statuses[] = {NX_ERR_ENGINE_BUSY,
            NX_ERR_ENGINE_UNAVAILABLE, NX_ERR_LIMIT, NX_ERR_NO_MEMORY};
    enum fake_call call = (enum fake_call)input_below(talk->in, FAKE_CALLS);
    unsigned count = input_below(talk->in, 3);
    hinder(talk);
    fake_host_fail(talk->host, call, count, statuses[input_below(talk->in, 4)]);
}

// A plugin cannot come to rest while storage is held: waiting for it takes
// real time.
static void restart(struct talk *talk) {
    fake_host_hold_engine(talk->host, false);
    (void)fake_host_turn(talk->host);
    talk_read(talk);
    if (talk->reloads && input_below(talk->in, 2) == 0) {
        // May fail while storage does; the old instance runs on then.
        (void)fake_host_reload(talk->host);
        return;
    }
    for (size_t i = 0; i < TALK_CLIENTS; i++) {
        if (talk->clients[i].session != 0) {
            fake_host_disconnect(talk->host, talk->clients[i].session, 1006);
        }
    }
    talk_read(talk);
    assert(fake_host_restart(talk->host));
}

static void step_client(struct talk *talk, unsigned what) {
    static const char *const names[] = {
            "connects", "leaves", "stops or reads again", "holds pongs"};
    unsigned which = input_below(talk->in, TALK_CLIENTS);
    struct talk_client *client = &talk->clients[which];
    trace("--", client->session, names[what]);
    if (what == 0) {
        connect_client(talk, which);
    } else if (what == 1) {
        break_off(talk, client);
    } else if (client->session == 0) {
        return;
    } else if (what == 2) {
        client->stopped = !client->stopped;
        fake_host_stop_reading(talk->host, client->session, client->stopped);
    } else {
        fake_host_hold_pongs(
                talk->host, client->session, input_below(talk->in, 2) == 1);
    }
}

static void step_world(struct talk *talk, unsigned what) {
    static const char *const names[] = {
            "time", "storage is held", "storage fails", "restart"};
    trace("--", 0, names[what]);
    if (what == 0) {
        fake_host_advance(talk->host, 1 + 100 * (int64_t)input_byte(talk->in));
    } else if (what == 1) {
        hinder(talk);
        fake_host_hold_engine(talk->host, input_below(talk->in, 2) == 1);
    } else if (what == 2) {
        fail_storage(talk);
    } else {
        restart(talk);
    }
}

static void step(struct talk *talk) {
    unsigned what = input_below(talk->in, 32);
    if (what < 18) {
        say(talk, true, false);
    } else if (what < 20) {
        say(talk, true, true);
    } else if (what < 22) {
        say(talk, false, false);
    } else if (what < 24) {
        say_raw(talk);
    } else if (what < 28) {
        step_client(talk, what - 24);
    } else {
        step_world(talk, what - 28);
    }
}

void talk_run(struct talk *talk) {
    for (size_t i = 0; i < TALK_CLIENTS; i++) {
        connect_client(talk, i);
    }
    for (size_t n = 0;
            n < STEPS_MAX && talk->in->left > 0 && talk->ask_count < TALK_ASKS;
            n++) {
        step(talk);
        talk_read(talk);
    }
}

void talk_finish(struct talk *talk) {
    for (enum fake_call call = 0; call < FAKE_CALLS; call++) {
        fake_host_fail(talk->host, call, 0, NX_OK);
    }
    fake_host_hold_engine(talk->host, false);
    assert(fake_host_turn(talk->host));
    for (size_t i = 0; i < TALK_CLIENTS; i++) {
        nx_session_id session = talk->clients[i].session;
        if (session != 0) {
            fake_host_hold_pongs(talk->host, session, false);
            fake_host_stop_reading(talk->host, session, false);
        }
    }
    talk_read(talk);
    for (size_t i = 0; i < talk->ask_count; i++) {
        assert(!talk->asks[i].client || talk->asks[i].answered);
    }
    fake_host_advance(talk->host, OP_TIMEOUT_MS + 2 * TIMERS_TICK_MS);
    talk_read(talk);
    assert(ops_count(talk->host->core->ops) == 0);
}
