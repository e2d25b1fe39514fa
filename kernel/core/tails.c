#include "kernel/core/tails.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/util/buf.h>
#include <nexus/util/str.h>

#include "kernel/base/payload.h"
#include "kernel/core/admin.h"
#include "kernel/core/admin_out.h"
#include "kernel/core/core.h"
#include "kernel/core/json_text.h"
#include "kernel/core/mask.h"
#include "kernel/core/session.h"
#include "kernel/core/welcome.h"

// All of a line but its event: the longest is a user whose name is escapes.
#define HEAD_BYTES   (256 + 6 * USER_NAME_MAX)
#define NOTICE_BYTES 64

struct tails *tails_create(struct core *core) {
    struct tails *tails = calloc(1, sizeof(*tails));
    if (tails) {
        tails->core = core;
        nx_list_init(&tails->list);
    }
    return tails;
}

void tails_destroy(struct tails *tails) {
    assert(!tails || nx_list_empty(&tails->list));
    free(tails);
}

// --- one line -------------------------------------------------------------

// One event as it is seen.
struct sight {
    const char *way; // "in" or "out"
    const struct session *session;
    struct nx_str type;
    struct nx_str json;
};

static struct nx_str user_of(const struct session *session) {
    return session->user ? user_name(session->user) : nx_str_none();
}

static void write_line(
        struct nx_buf *line, struct core *core, const struct sight *sight) {
    char id[WELCOME_ID_SIZE];
    struct nx_str user = user_of(sight->session);
    welcome_connection_id(sight->session, id);
    nx_buf_appendf(line,
            "{\"v\":%d,\"way\":\"%s\",\"time\":\"%s\","
            "\"session\":\"%s\",\"user\":",
            ADMIN_VERSION, sight->way, clock_timestamp(&core->clock), id);
    if (user.ptr) {
        (void)json_text_str(line, user.ptr, user.len);
    } else {
        nx_buf_append_cstr(line, "null");
    }
    nx_buf_append_cstr(line, ",\"event\":");
    (void)mask_append(line, sight->json);
    nx_buf_append_char(line, '}');
}

static bool say_dropped(struct tail *tail) {
    struct nx_buf *line = admin_out_begin(tail->out, NOTICE_BYTES);
    if (!line) {
        return false;
    }
    nx_buf_appendf(line, "{\"v\":%d,\"dropped\":%" PRIu64 "}", ADMIN_VERSION,
            tail->dropped);
    if (!admin_out_end(tail->out)) {
        return false;
    }
    tail->dropped = 0;
    return true;
}

static bool show_line(struct tail *tail, const struct sight *sight) {
    size_t room = HEAD_BYTES + mask_bytes_max(sight->json.len);
    // Both or none: the notice belongs right before the line.
    if (!admin_out_begin(tail->out, room + NOTICE_BYTES)) {
        return false;
    }
    if (tail->dropped > 0 && !say_dropped(tail)) {
        return false;
    }
    struct nx_buf *line = admin_out_begin(tail->out, room);
    if (!line) {
        return false;
    }
    write_line(line, tail->tails->core, sight);
    return admin_out_end(tail->out);
}

// One that is too long for an empty buffer: nothing will be sent after which
// to say so.
static void drop(struct tail *tail) {
    tail->dropped++;
    if (admin_out_waiting(tail->out).len == 0) {
        (void)say_dropped(tail);
    }
}

static bool is_wanted(const struct tail *tail, const struct sight *sight) {
    struct nx_str type = {tail->type, tail->type_len};
    struct nx_str user = {tail->user, tail->user_len};
    return (type.len == 0 || nx_str_starts(sight->type, type))
            && (user.len == 0 || nx_str_eq(user_of(sight->session), user));
}

static void show(struct tails *tails, const struct sight *sight) {
    nx_list_for_each (link, &tails->list) {
        struct tail *tail = nx_container_of(link, struct tail, link);
        if (is_wanted(tail, sight) && !show_line(tail, sight)) {
            drop(tail);
        }
    }
}

// --- what is seen ---------------------------------------------------------

void tails_saw_in(struct tails *tails, const struct session *session,
        struct nx_str type, struct nx_str json) {
    const struct sight sight = {"in", session, type, json};
    show(tails, &sight);
}

// Writers begin every event with its type.
static struct nx_str type_of(struct nx_str json) {
    static const char head[] = "{\"event_type\":\"";
    size_t from = sizeof(head) - 1;
    if (!nx_str_starts(json, nx_str_c(head))) {
        return nx_str_none();
    }
    const char *start = json.ptr + from;
    const char *end = memchr(start, '"', json.len - from);
    return end ? nx_str_n(start, (size_t)(end - start)) : nx_str_none();
}

void tails_saw_out(struct tails *tails, const struct session *session,
        const struct payload *payload) {
    if (payload_opcode(payload) != PAYLOAD_TEXT) {
        return;
    }
    struct sight sight = {.way = "out", .session = session};
    sight.json.ptr = payload_body(payload, &sight.json.len);
    sight.type = type_of(sight.json);
    show(tails, &sight);
}

// --- one tail -------------------------------------------------------------

static size_t copy_filter(char *to, size_t size, struct nx_str from) {
    size_t len = from.len <= size ? from.len : 0;
    if (len > 0) {
        memcpy(to, from.ptr, len);
    }
    return len;
}

void tail_start(struct tail *tail, struct tails *tails, struct admin_out *out,
        struct nx_str type, struct nx_str user) {
    assert(!tail->tails);
    tail->tails = tails;
    tail->out = out;
    tail->dropped = 0;
    tail->type_len = copy_filter(tail->type, sizeof(tail->type), type);
    tail->user_len = copy_filter(tail->user, sizeof(tail->user), user);
    nx_list_init(&tail->link);
    nx_list_append(&tails->list, &tail->link);
    tails->count++;
}

void tail_stop(struct tail *tail) {
    if (tail->tails) {
        nx_list_remove(&tail->link);
        tail->tails->count--;
        tail->tails = NULL;
    }
}

void tail_drained(struct tail *tail) {
    if (tail->dropped > 0) {
        (void)say_dropped(tail);
    }
}
