/*
 * resume_fixture - clients that lose their connection and come back.
 *
 * A core_case with two kinds of rooms, "log:" (10 records are kept) and
 * "bare:" (none), and a session hook that remembers what it was told.
 *
 * Owner:   the test that includes it
 * Thread:  that of the test
 */
#ifndef TESTS_UNIT_KERNEL_CORE_RESUME_FIXTURE_H
#define TESTS_UNIT_KERNEL_CORE_RESUME_FIXTURE_H

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/core/engine.h"
#include "kernel/core/memory.h"
#include "kernel/core/registry.h"
#include "kernel/core/restore.h"
#include "kernel/core/resume.h"
#include "kernel/core/resume_store.h"
#include "kernel/core/resume_table.h"
#include "kernel/core/rooms.h"
#include "kernel/core/session.h"
#include "kernel/core/stats.h"
#include "kernel/core/users.h"
#include "tests/support/cmocka.h"
#include "tests/support/core_case.h"
#include "tests/unit/kernel/core/resume_client.h"

#define LOG_KEPT 10

// "opened 3 resumed, closed 3, joined 3, left 3 …", in order.
static char told[65536];
static char *tell_at;

static inline void note(const char *text, nx_session_id session) {
    size_t room = sizeof(told) - (size_t)(tell_at - told);
    int len = snprintf(tell_at, room, "%s%s %" PRIu64,
            tell_at == told ? "" : ", ", text, session);
    assert_true(len > 0 && (size_t)len < room);
    tell_at += len;
}

static inline void forget_told(void) {
    tell_at = told;
    told[0] = '\0';
}

static inline void on_session(void *user, const struct nx_session_event *ev) {
    (void)user;
    if (ev->what == NX_SESSION_CLOSED) {
        note("closed", ev->session);
    } else {
        note(ev->resumed ? "resumed" : "opened", ev->session);
    }
}

static inline void on_member(void *user, const struct nx_member_event *ev) {
    (void)user;
    note(ev->what == NX_MEMBER_JOINED ? "joined" : "left", ev->session);
}

static inline void add_kind(
        const char *prefix, uint32_t keep_count, uint32_t flags) {
    const struct nx_room_kind kind = {
            .struct_size = sizeof(kind),
            .flags = flags,
            .prefix = prefix,
            .offset_field = "seq",
            .keep_count = keep_count,
            .on_member = on_member,
    };
    assert_int_equal(registry_add_kind(c.core->registry, NULL, &kind), NX_OK);
}

static inline void resume_case_init(const char *const *sets) {
    core_case_init(&c, sets);
    forget_told();
    add_kind("log:", LOG_KEPT, 0);
    add_kind("bare:", 0, 0);
    assert_int_equal(
            registry_add_session_hook(c.core->registry, NULL,
                    NX_SESSION_OPENED | NX_SESSION_CLOSED, on_session, NULL),
            NX_OK);
}

static inline int resume_set_up(void **state) {
    (void)state;
    resume_case_init(NULL);
    return 0;
}

static inline int resume_tear_down(void **state) {
    (void)state;
    core_case_finish(&c);
    return 0;
}

#define RESUME_TEST(function) \
    cmocka_unit_test_setup_teardown(function, resume_set_up, resume_tear_down)

// ---- rooms ----

static inline void join(const struct client *client, const char *room) {
    const struct rooms_join request = {
            .name = core_case_str(room), .session = session_of(client)};
    assert_int_equal(rooms_join(c.core->rooms, &request), NX_OK);
    turns(2); // the log's position becomes known
}

static inline bool is_in(const struct client *client, const char *name) {
    const struct room *room = rooms_find(c.core->rooms, core_case_str(name));
    return room && session_of(client) && room_member(room, session_of(client));
}

static inline void publish_text(const char *room, const char *text) {
    const struct engine_publish request = {
            .owner = c.core,
            .room = core_case_str(room),
            .payload = core_case_str(text),
            .keep_count = LOG_KEPT,
    };
    assert_int_equal(engine_publish(c.core->engine, &request), NX_OK);
}

// Appends records n, n + 1 … and delivers them.
static inline void publish(const char *room, unsigned from, unsigned to) {
    for (unsigned n = from; n <= to; n++) {
        char text[64];
        (void)snprintf(text, sizeof(text), "{\"n\":%u}", n);
        publish_text(room, text);
    }
    core_turn(c.core);
}

// The values of a field of all events that have it, "3 4 5".
static inline const char *values(
        const struct client *client, const char *field) {
    static char out[4096];
    char name[64];
    size_t len = 0;
    (void)snprintf(name, sizeof(name), "\"%s\":", field);
    out[0] = '\0';
    for (const char *at = strstr(client->texts, name); at;
            at = strstr(at, name)) {
        at += strlen(name);
        int written = snprintf(out + len, sizeof(out) - len, "%s%.*s",
                len > 0 ? " " : "", (int)strcspn(at, ",}\n"), at);
        assert_true(written > 0 && (size_t)written < sizeof(out) - len);
        len += (size_t)written;
    }
    return out;
}

static inline void assert_has(const char *text, const char *part) {
    assert_non_null(strstr(text, part));
}

static inline void assert_lacks(const char *text, const char *part) {
    assert_null(strstr(text, part));
}

#endif
