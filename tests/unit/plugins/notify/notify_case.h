/*
 * notify_case - a fake host with the notify plugin, as every test needs it.
 *
 * Texts are printf-like, and ' stands for ".
 *
 * Owner:   cmocka's state
 * Thread:  that of the test
 */
#ifndef TESTS_UNIT_PLUGINS_NOTIFY_NOTIFY_CASE_H
#define TESTS_UNIT_PLUGINS_NOTIFY_NOTIFY_CASE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/plugin.h>

#include "fake_assert.h"
#include "fake_host.h"

extern const struct nx_plugin_entry nexus_plugin_v1_notify;

#define NOTIFY_TEST(test) \
    cmocka_unit_test_setup_teardown(test, notify_case_open, notify_case_close)

#define SEND_PATH      "/api/notifications/send"
#define BROADCAST_PATH "/api/notifications/broadcast"

static inline struct fake_host *notify_case_create(const char *setting) {
    struct fake_host *host = fake_host_create();
    fake_host_add(host, &nexus_plugin_v1_notify, "notify");
    if (setting) {
        fake_host_set(host, setting);
    }
    return host;
}

// A host with one setting of its own; the test destroys it.
static inline struct fake_host *notify_case_with(const char *setting) {
    struct fake_host *host = notify_case_create(setting);
    FAKE_ASSERT(host, fake_host_start(host));
    return host;
}

static inline int notify_case_open(void **state) {
    struct fake_host *host = notify_case_create(NULL);
    *state = host;
    return fake_host_start(host) ? 0 : -1;
}

static inline int notify_case_close(void **state) {
    fake_host_destroy(*state);
    return 0;
}

static inline void notify_case_quote(char *text) {
    for (char *c = text; *c != '\0'; c++) {
        if (*c == '\'') {
            *c = '"';
        }
    }
}

// Sends an event.
__attribute__((format(printf, 3, 4))) static inline void notify_case_send(
        struct fake_host *host, nx_session_id session, const char *format,
        ...) {
    char text[4096];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    assert_true(len > 0 && (size_t)len < sizeof(text));
    notify_case_quote(text);
    fake_host_send(host, session, text);
}

// Sends an event with a ref and returns its ack or error.
__attribute__((format(printf, 3, 4))) static inline const struct fake_event *
notify_case_ask(struct fake_host *host, nx_session_id session,
        const char *format, ...) {
    char text[4096];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    assert_true(len > 0 && (size_t)len < sizeof(text));
    notify_case_send(host, session, "{%s,'ref':'ask'}", text);
    const struct fake_event *event = NULL;
    while ((event = fake_host_next(host, session)) != NULL) {
        if (fake_event_is(event, "ref", "ask")) {
            return event;
        }
    }
    FAKE_ASSERT(host, event != NULL);
    return NULL;
}

// Posts a body.
__attribute__((format(printf, 3, 4))) static inline const struct fake_response *
notify_case_post(
        struct fake_host *host, const char *path, const char *format, ...) {
    char text[65536];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    assert_true(len >= 0 && (size_t)len < sizeof(text));
    notify_case_quote(text);
    return fake_host_http(host, "POST", path, text);
}

// Posts a body with an Idempotency-Key.
static inline const struct fake_response *notify_case_post_key(
        struct fake_host *host, const char *path, const char *key,
        const char *body) {
    const char *const headers[] = {
            "content-type", "application/json", "idempotency-key", key, NULL};
    char text[4096];
    (void)snprintf(text, sizeof(text), "%s", body);
    notify_case_quote(text);
    return fake_host_http_with(host, "POST", path, text, headers);
}

// Sends one to a user, with members such as ",'priority':'low'"; the id.
static inline const char *notify_case_notify(struct fake_host *host,
        const char *user, const char *title, const char *more) {
    const struct fake_response *answer = notify_case_post(host, SEND_PATH,
            "{'user_id':'%s','title':'%s','message':'m'%s}", user, title, more);
    if (answer->status != 202) {
        print_error("%u %s\n", answer->status, answer->body);
    }
    assert_int_equal(answer->status, 202);
    return fake_event_str(answer->json, "notification_id");
}

// The answer to notification.list.
static inline const struct fake_event *notify_case_list(
        struct fake_host *host, nx_session_id session, const char *more) {
    return notify_case_ask(
            host, session, "'event_type':'notification.list'%s", more);
}

static inline int64_t notify_case_unread(
        struct fake_host *host, nx_session_id session) {
    return fake_event_i64(notify_case_list(host, session, ""), "unread");
}

// A problem answer with a status and a code word.
static inline void notify_case_problem(
        const struct fake_response *answer, uint32_t status, const char *code) {
    if (answer->status != status
            || !fake_event_is(answer->json, "code", code)) {
        print_error("%u %s\n", answer->status, answer->body);
    }
    assert_int_equal(answer->status, status);
    assert_string_equal(answer->content_type, "application/problem+json");
    assert_true(fake_event_is(answer->json, "code", code));
}

#endif
