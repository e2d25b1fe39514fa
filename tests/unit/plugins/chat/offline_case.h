/*
 * offline_case - clients with devices, for tests of what they have missed.
 *
 * Owner:   the test
 * Thread:  that of the test
 */
#ifndef TESTS_UNIT_PLUGINS_CHAT_OFFLINE_CASE_H
#define TESTS_UNIT_PLUGINS_CHAT_OFFLINE_CASE_H

#include "tests/unit/plugins/chat/chat_case.h"

static inline nx_session_id offline_come(
        struct fake_host *host, const char *user, const char *device) {
    char query[64];
    (void)snprintf(
            query, sizeof(query), "user_id=%s&device_id=%s", user, device);
    return fake_host_connect_query(host, query);
}

// The same, with a client that answers no Ping, not even the first.
static inline nx_session_id offline_come_mute(
        struct fake_host *host, const char *user, const char *device) {
    fake_host_hold_engine(host, true);
    nx_session_id session = offline_come(host, user, device);
    fake_host_hold_pongs(host, session, true);
    fake_host_hold_engine(host, false);
    fake_host_turn(host);
    return session;
}

static inline void offline_say(struct fake_host *host, nx_session_id session,
        const char *conversation, const char *content) {
    chat_case_send(host, session,
            "{'event_type':'chat.message','conversation_id':'%s',"
            "'content':'%s'}",
            conversation, content);
}

// Whether an event is about what was said.
static inline bool offline_is_heard(const struct fake_event *event) {
    static const char *const heard[] = {
            "chat.message", "chat.edit", "chat.delete", "system.gap"};
    for (size_t i = 0; i < sizeof(heard) / sizeof(heard[0]); i++) {
        if (strcmp(fake_event_type(event), heard[i]) == 0) {
            return true;
        }
    }
    return false;
}

// The next such event; others are passed. NULL: none.
static inline const struct fake_event *offline_hear(
        struct fake_host *host, nx_session_id session) {
    const struct fake_event *event;
    do {
        event = fake_host_next(host, session);
    } while (event && !offline_is_heard(event));
    return event;
}

static inline const struct fake_event *offline_hear_a(
        struct fake_host *host, nx_session_id session, const char *type) {
    const struct fake_event *event = offline_hear(host, session);
    FAKE_ASSERT(host, event != NULL);
    assert_string_equal(fake_event_type(event), type);
    return event;
}

static inline void offline_expect(struct fake_host *host, nx_session_id session,
        const char *conversation, int64_t from, int64_t to) {
    for (int64_t seq = from; seq <= to; seq++) {
        const struct fake_event *got =
                offline_hear_a(host, session, "chat.message");
        FAKE_ASSERT_I64(got, "seq", seq);
        FAKE_ASSERT_STR(got, "conversation_id", conversation);
    }
}

static inline void offline_expect_gap(struct fake_host *host,
        nx_session_id session, int64_t from, int64_t to, const char *reason) {
    const struct fake_event *gap = offline_hear_a(host, session, "system.gap");
    FAKE_ASSERT_I64(gap, "from", from);
    FAKE_ASSERT_I64(gap, "to", to);
    FAKE_ASSERT_STR(gap, "reason", reason);
}

// alice and bob are in "c", bob with a phone and a laptop, which have gone.
static inline nx_session_id offline_talk(struct fake_host *host) {
    nx_session_id alice = offline_come(host, "alice", "a");
    nx_session_id phone = offline_come(host, "bob", "phone");
    nx_session_id laptop = offline_come(host, "bob", "laptop");
    chat_case_join(host, alice);
    chat_case_join(host, phone);
    fake_host_disconnect(host, phone, 1006);
    fake_host_disconnect(host, laptop, 1006);
    fake_host_skip(host, alice);
    return alice;
}

#endif
