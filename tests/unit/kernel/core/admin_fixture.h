/*
 * admin_fixture - a core with one client of the control socket.
 *
 * Owner:   the test's stack; finish it at the end
 * Thread:  the test's
 * Errors:  a failed assertion
 */
#ifndef TESTS_UNIT_KERNEL_CORE_ADMIN_FIXTURE_H
#define TESTS_UNIT_KERNEL_CORE_ADMIN_FIXTURE_H

#include "kernel/core/admin.h"
#include "tests/support/core_case.h"

struct admin_fixture {
    struct core_case c;
    struct admin_peer *peer;
    int ready; // calls of it
    char answer[65536];
};

static inline void admin_fixture_ready(void *ctx) {
    struct admin_fixture *f = ctx;
    f->ready++;
}

static inline void admin_fixture_init(
        struct admin_fixture *f, const char *const *sets) {
    memset(f, 0, sizeof(*f));
    core_case_init(&f->c, sets);
    f->peer = admin_connect(f->c.core, admin_fixture_ready, f);
    assert_non_null(f->peer);
}

static inline void admin_fixture_finish(struct admin_fixture *f) {
    admin_disconnect(f->peer);
    core_case_finish(&f->c);
}

// Reads all that waits, as text.
static inline const char *admin_fixture_read(struct admin_fixture *f) {
    size_t len = 0;
    struct nx_str waiting;
    while ((waiting = admin_waiting(f->peer)).len > 0) {
        assert_true(len + waiting.len < sizeof(f->answer));
        memcpy(f->answer + len, waiting.ptr, waiting.len);
        len += waiting.len;
        admin_sent(f->peer, waiting.len);
    }
    f->answer[len] = '\0';
    return f->answer;
}

// The answer to a request.
static inline const char *admin_fixture_ask(
        struct admin_fixture *f, const char *request) {
    admin_request(f->peer, request, strlen(request));
    const char *answer = admin_fixture_read(f);
    assert_true(strlen(answer) > 0);
    assert_int_equal(answer[strlen(answer) - 1], '\n');
    return answer;
}

#define ADMIN_ASK(command, members) \
    "{\"v\":1,\"command\":\"" command "\"" members "}"

static inline void assert_has(const char *text, const char *part) {
    if (!strstr(text, part)) {
        fail_msg("no %s in %s", part, text);
    }
}

static inline void assert_lacks(const char *text, const char *part) {
    if (strstr(text, part)) {
        fail_msg("%s in %s", part, text);
    }
}

#endif
