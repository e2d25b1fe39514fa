/*
 * presence_case - a fake host with the presence plugin, for every test here.
 *
 *     cmocka_unit_test_setup_teardown(test, presence_open, presence_close)
 *
 * Owner:   cmocka's state
 * Thread:  that of the test
 */
#ifndef TESTS_UNIT_PLUGINS_PRESENCE_PRESENCE_CASE_H
#define TESTS_UNIT_PLUGINS_PRESENCE_PRESENCE_CASE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/plugin.h>

#include "fake_assert.h"
#include "fake_host.h"

extern const struct nx_plugin_entry nexus_plugin_v1_presence;

#define PRESENCE_TEST(test) \
    cmocka_unit_test_setup_teardown(test, presence_open, presence_close)

#define GRACE_MS INT64_C(15000)
#define AWAY_MS  INT64_C(300000)

// A host that is not started yet, with up to two settings.
static inline struct fake_host *presence_create(
        const char *setting, const char *other) {
    struct fake_host *host = fake_host_create();
    fake_host_add(host, &nexus_plugin_v1_presence, "presence");
    if (setting) {
        fake_host_set(host, setting);
    }
    if (other) {
        fake_host_set(host, other);
    }
    return host;
}

// A host with settings of its own; the test destroys it.
static inline struct fake_host *presence_with(
        const char *setting, const char *other) {
    struct fake_host *host = presence_create(setting, other);
    FAKE_ASSERT(host, fake_host_start(host));
    return host;
}

static inline int presence_open(void **state) {
    struct fake_host *host = presence_create(NULL, NULL);
    *state = host;
    return fake_host_start(host) ? 0 : -1;
}

static inline int presence_close(void **state) {
    fake_host_destroy(*state);
    return 0;
}

// Sends printf-like text, in which ' stands for ".
__attribute__((format(printf, 3, 4))) static inline void presence_send(
        struct fake_host *host, nx_session_id session, const char *format,
        ...) {
    char text[8192];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    assert_true(len > 0 && (size_t)len < sizeof(text));
    for (char *c = text; *c != '\0'; c++) {
        if (*c == '\'') {
            *c = '"';
        }
    }
    fake_host_send(host, session, text);
}

// Something that is activity and has no effect.
static inline void presence_act(struct fake_host *host, nx_session_id session) {
    fake_host_send(host, session, "{\"event_type\":\"disconnecting\"}");
    FAKE_ASSERT(host, fake_host_await(host, session, "error") != NULL);
}

// Sets the status of the session's user; the ack is returned.
static inline const struct fake_event *presence_set(
        struct fake_host *host, nx_session_id session, const char *status) {
    presence_send(host, session,
            "{'event_type':'presence.update','status':'%s','ref':'set'}",
            status);
    const struct fake_event *ack = fake_host_await(host, session, "ack");
    FAKE_ASSERT(host, ack != NULL);
    return ack;
}

// Subscribes to one user; the ack is returned.
static inline const struct fake_event *presence_watch(
        struct fake_host *host, nx_session_id session, const char *user) {
    presence_send(host, session,
            "{'event_type':'presence.subscribe','user_ids':['%s'],"
            "'ref':'watch'}",
            user);
    const struct fake_event *ack = fake_host_await(host, session, "ack");
    FAKE_ASSERT(host, ack != NULL);
    return ack;
}

static inline void presence_join(
        struct fake_host *host, nx_session_id session, const char *room) {
    presence_send(host, session,
            "{'event_type':'room.join','room_id':'%s','ref':'join'}", room);
    FAKE_ASSERT(host, fake_host_await(host, session, "ack") != NULL);
}

// What presence.get says of a user.
static inline const struct fake_event *presence_get(
        struct fake_host *host, nx_session_id session, const char *user) {
    presence_send(host, session,
            "{'event_type':'presence.get','user_id':'%s','ref':'get'}", user);
    const struct fake_event *ack = fake_host_await(host, session, "ack");
    FAKE_ASSERT(host, ack != NULL);
    return ack;
}

// The next event of the session is this one about this user.
#define PRESENCE_TOLD(host, session, type, user) \
    do { \
        FAKE_EXPECT(told_, host, session, type); \
        FAKE_ASSERT_STR(told_, "user_id", user); \
    } while (0)

// A watcher of alice, who is not there.
static inline nx_session_id presence_watcher(struct fake_host *host) {
    nx_session_id bob = fake_host_connect(host, "bob");
    presence_watch(host, bob, "alice");
    fake_host_skip(host, bob);
    return bob;
}

#endif
