// Random use of one room by clients whose connections break, who come back
// with a token or with a position, and whose server dies, while storage
// answers late: each has every record since it joined, and is told of no gap.
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_assert.h"
#include "fake_host.h"
#include "kernel/core/resume.h"
#include "tests/support/cmocka.h"
#include "tests/support/prng.h"

#define STEPS        300
#define SETTLE_EVERY 60
#define PEOPLE       3
#define RECORDS_MAX  900 // fewer than history.max_records

#define SEEDS        150 // or as many as NEXUS_TEST_SEEDS says

struct person {
    char name[8];
    nx_session_id session; // 0: away
    char token[RESUME_TOKEN_SIZE];
    bool muted;     // what comes is not proved
    bool full;      // its socket takes nothing
    bool joined;    // it once was told so
    char epoch[32]; // of the log
    uint64_t upto;  // it has all from where it joined up to this
    bool has[RECORDS_MAX + 2];
};

struct run {
    struct fake_host *host;
    struct person people[PEOPLE];
    bool held;
    uint64_t random;
    uint64_t seed;
};

static unsigned below(struct run *run, unsigned bound) {
    return (unsigned)prng_below(&run->random, bound);
}

// ---- what clients hear ----

static void ask_to_join(struct run *run, struct person *person) {
    char text[256];
    int len = snprintf(text, sizeof(text),
            "{\"event_type\":\"room.join\",\"room_id\":\"r\",\"ref\":\"j\"");
    if (person->joined) {
        len += snprintf(text + len, sizeof(text) - (size_t)len,
                ",\"since\":{\"epoch\":\"%s\",\"offset\":%" PRIu64 "}",
                person->epoch, person->upto);
    }
    (void)snprintf(text + len, sizeof(text) - (size_t)len, "}");
    fake_host_send_quietly(run->host, person->session, text);
}

static void hear_joined(const struct run *run, struct person *person,
        const struct fake_event *ack) {
    (void)snprintf(person->epoch, sizeof(person->epoch), "%s",
            fake_event_str(ack, "epoch"));
    if (!person->joined) {
        person->joined = true;
        person->upto = (uint64_t)fake_event_i64(ack, "offset");
    } else if (!fake_event_bool(ack, "recovered")) {
        fail_msg("seed %" PRIu64 ": %s behind %" PRIu64 ": %s", run->seed,
                person->name, person->upto, fake_event_text(ack));
    }
}

static void hear_record(struct person *person, const struct fake_event *event) {
    uint64_t offset = (uint64_t)fake_event_i64(event, "offset");
    assert_in_range(offset, 1, RECORDS_MAX);
    person->has[offset] = true;
    while (person->joined && person->has[person->upto + 1]) {
        person->upto++;
    }
}

// A room joined in the last moment before a crash has to be joined again.
static void hear_resumed(struct run *run, struct person *person,
        const struct fake_event *event) {
    if (fake_event_count(event, "rooms") == 0) {
        ask_to_join(run, person);
        return;
    }
    assert_true(fake_event_bool(event, "rooms.0.recovered"));
    if (!person->joined) {
        // The answer to its room.join got lost.
        person->joined = true;
        person->upto = (uint64_t)fake_event_i64(event, "rooms.0.offset");
        (void)snprintf(person->epoch, sizeof(person->epoch), "%s",
                fake_event_str(event, "rooms.0.epoch"));
    }
}

static bool hear_one(struct run *run, struct person *person) {
    const struct fake_event *event = fake_host_next(run->host, person->session);
    if (!event) {
        return false;
    }
    const char *type = fake_event_type(event);
    if (strcmp(type, "room.broadcast") == 0) {
        hear_record(person, event);
    } else if (strcmp(type, "ack") == 0 && fake_event_is(event, "ref", "j")) {
        hear_joined(run, person, event);
    } else if (strcmp(type, "system.resume") == 0) {
        hear_resumed(run, person, event);
    } else if (strcmp(type, "system.gap") == 0
            || (strcmp(type, "error") == 0
                    && !fake_event_is(event, "code", "gone")
                    && !fake_event_is(event, "code", "not_member"))) {
        fail_msg("seed %" PRIu64 ": %s: %s", run->seed, person->name,
                fake_event_text(event));
    }
    return true;
}

static void hear_all(struct run *run, struct person *person) {
    while (person->session != 0 && hear_one(run, person)) {
    }
}

// ---- what clients do ----

static void mute(struct run *run, struct person *person, bool muted) {
    if (!muted) {
        hear_all(run, person); // all of it is proved now
    }
    person->muted = muted;
    fake_host_hold_pongs(run->host, person->session, muted);
    fake_host_turn(run->host);
}

static void fill(struct run *run, struct person *person, bool full) {
    person->full = full;
    fake_host_stop_reading(run->host, person->session, full);
    fake_host_turn(run->host);
}

// The connection ends: of what was on its way, some has arrived.
static void part(struct run *run, struct person *person) {
    if (person->muted) {
        unsigned unread =
                (unsigned)fake_host_unread(run->host, person->session);
        for (unsigned count = below(run, 1 + unread); count > 0; count--) {
            (void)hear_one(run, person);
        }
    } else {
        hear_all(run, person);
    }
    person->session = 0;
    person->muted = false;
    person->full = false;
}

static void connect(struct run *run, struct person *person, bool resume) {
    char query[256];
    (void)snprintf(query, sizeof(query), "user_id=%s%s%s", person->name,
            resume ? "&resume=" : "", resume ? person->token : "");
    person->session = fake_host_connect_query(run->host, query);
    const struct fake_event *welcome =
            fake_host_welcome(run->host, person->session);
    FAKE_ASSERT(run->host, welcome != NULL);
    (void)snprintf(person->token, sizeof(person->token), "%s",
            fake_event_str(welcome, "session.resume_token"));
    if (!fake_event_bool(welcome, "session.resumed")) {
        ask_to_join(run, person);
    }
}

static void come(struct run *run, struct person *person, bool resume) {
    bool muted = below(run, 3) == 0;
    if (muted) {
        // Nothing is sent before it is known that it will not be proved.
        fake_host_hold_engine(run->host, true);
    }
    connect(run, person, resume && person->token[0] != '\0');
    if (muted) {
        mute(run, person, true);
        fake_host_hold_engine(run->host, run->held);
    }
}

static void come_or_go(struct run *run, struct person *person) {
    nx_session_id former = person->session;
    if (former == 0) {
        come(run, person, below(run, 4) > 0);
        return;
    }
    part(run, person);
    if (below(run, 4) == 0) {
        // It comes before the server has noticed that it went.
        fake_host_hold_pongs(run->host, former, true);
        come(run, person, true);
    }
    fake_host_disconnect(run->host, former, 1006);
}

static void say(struct run *run, const struct person *person) {
    if (person->session != 0) {
        fake_host_send_quietly(run->host, person->session,
                "{\"event_type\":\"room.broadcast\",\"room_id\":\"r\","
                "\"text\":\"x\"}");
    }
}

// ---- what happens to the server ----

static void hold(struct run *run, bool held) {
    run->held = held;
    fake_host_hold_engine(run->host, held);
}

static void end_server(struct run *run, bool kill) {
    if (!kill) {
        hold(run, false);
    }
    for (unsigned i = 0; i < PEOPLE; i++) {
        if (run->people[i].session != 0) {
            part(run, &run->people[i]);
        }
    }
    size_t done = below(run, 3) == 0 ? SIZE_MAX : below(run, 6);
    FAKE_ASSERT(run->host,
            kill ? fake_host_kill(run->host, done)
                 : fake_host_restart(run->host));
    run->held = false;
}

// ---- all together ----

// The end of the log.
static uint64_t find_end(struct run *run) {
    struct person reader = {.name = "reader"};
    connect(run, &reader, false);
    fake_host_turn(run->host);
    hear_all(run, &reader);
    assert_true(reader.joined);
    fake_host_disconnect(run->host, reader.session, 1000);
    return reader.upto;
}

static void check(
        const struct run *run, const struct person *person, uint64_t end) {
    if (!person->joined || person->upto != end) {
        fail_msg("seed %" PRIu64 ": %s has all up to %" PRIu64 ", not %" PRIu64,
                run->seed, person->name, person->upto, end);
    }
}

// Everybody is there and gets everything.
static void settle(struct run *run) {
    hold(run, false);
    for (unsigned i = 0; i < PEOPLE; i++) {
        struct person *person = &run->people[i];
        if (person->session == 0) {
            come(run, person, below(run, 2) == 0);
        }
        fill(run, person, false);
        mute(run, person, false);
        hear_all(run, person);
    }
    fake_host_advance(run->host, 5000);
    uint64_t end = find_end(run);
    for (unsigned i = 0; i < PEOPLE; i++) {
        hear_all(run, &run->people[i]);
        check(run, &run->people[i], end);
    }
}

static void step_person(struct run *run, struct person *person, unsigned what) {
    if (what < 26) {
        say(run, person);
    } else if (what < 40) {
        come_or_go(run, person);
    } else if (person->session != 0 && what < 48) {
        mute(run, person, !person->muted);
    } else if (person->session != 0) {
        fill(run, person, !person->full);
    }
}

static void step(struct run *run) {
    unsigned what = below(run, 100);
    if (what < 54) {
        step_person(run, &run->people[below(run, PEOPLE)], what);
    } else if (what < 62) {
        hold(run, !run->held);
    } else if (what < 80) {
        fake_host_step_engine(run->host, run->held ? 1 + below(run, 4) : 0);
    } else if (what < 92) {
        fake_host_advance(
                run->host, below(run, 4) == 0 ? 2500 : 1 + below(run, 300));
    } else if (what < 98) {
        end_server(run, what < 96);
    }
    for (unsigned i = 0; i < PEOPLE; i++) {
        if (!run->people[i].muted) {
            hear_all(run, &run->people[i]);
        }
    }
}

static void check_seed(uint64_t seed) {
    static const char *const sets[] = {"limits.messages_per_second=0",
            "heartbeat.interval=3600", "heartbeat.timeout=7200",
            "overload.engine_oldest_ms=0", "resume.refresh=1",
            "resume.window=3600"};
    struct run *run = calloc(1, sizeof(*run));
    assert_non_null(run);
    run->random = seed;
    run->seed = seed;
    run->host = fake_host_create();
    fake_host_be_durable(run->host);
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        fake_host_set(run->host, sets[i]);
    }
    FAKE_ASSERT(run->host, fake_host_start(run->host));
    for (unsigned i = 0; i < PEOPLE; i++) {
        (void)snprintf(
                run->people[i].name, sizeof(run->people[i].name), "u%u", i);
        connect(run, &run->people[i], false);
    }
    for (unsigned i = 1; i <= STEPS; i++) {
        step(run);
        if (i % SETTLE_EVERY == 0) {
            settle(run);
        }
    }
    fake_host_destroy(run->host);
    free(run);
}

static void everybody_has_everything_once_more(void **state) {
    (void)state;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
    const char *wanted = getenv("NEXUS_TEST_SEEDS");
    uint64_t seeds = wanted ? strtoull(wanted, NULL, 10) : SEEDS;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        check_seed(seed);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(everybody_has_everything_once_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
