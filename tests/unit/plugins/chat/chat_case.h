/*
 * chat_case - a fake host with the chat plugin, as every test here needs it.
 *
 *     cmocka_unit_test_setup_teardown(test, chat_case_open, chat_case_close)
 *
 * Owner:   cmocka's state
 * Thread:  that of the test
 */
#ifndef TESTS_UNIT_PLUGINS_CHAT_CHAT_CASE_H
#define TESTS_UNIT_PLUGINS_CHAT_CHAT_CASE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/plugin.h>

#include "fake_assert.h"
#include "fake_host.h"

extern const struct nx_plugin_entry nexus_plugin_v1_chat;

#define CHAT_TEST(test) \
    cmocka_unit_test_setup_teardown(test, chat_case_open, chat_case_close)

static inline struct fake_host *chat_case_create(const char *setting) {
    struct fake_host *host = fake_host_create();
    fake_host_add(host, &nexus_plugin_v1_chat, "chat");
    if (setting) {
        fake_host_set(host, setting);
    }
    return host;
}

// A host with one setting of its own; the test destroys it.
static inline struct fake_host *chat_case_with(const char *setting) {
    struct fake_host *host = chat_case_create(setting);
    FAKE_ASSERT(host, fake_host_start(host));
    return host;
}

static inline int chat_case_open(void **state) {
    struct fake_host *host = chat_case_create(NULL);
    *state = host;
    return fake_host_start(host) ? 0 : -1;
}

static inline int chat_case_close(void **state) {
    fake_host_destroy(*state);
    return 0;
}

// Sends printf-like text, in which ' stands for ".
__attribute__((format(printf, 3, 4))) static inline void chat_case_send(
        struct fake_host *host, nx_session_id session, const char *format,
        ...) {
    char text[4096];
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

// A message to conversation "c", answered with an ack that is returned.
static inline const struct fake_event *chat_case_say(
        struct fake_host *host, nx_session_id session, const char *content) {
    chat_case_send(host, session,
            "{'event_type':'chat.message','conversation_id':'c',"
            "'content':'%s','ref':'say'}",
            content);
    const struct fake_event *ack = fake_host_await(host, session, "ack");
    FAKE_ASSERT(host, ack != NULL);
    return ack;
}

// The session makes its user a member of conversation "c".
static inline void chat_case_join(
        struct fake_host *host, nx_session_id session) {
    chat_case_send(host, session,
            "{'event_type':'chat.join','conversation_id':'c','ref':'join'}");
    FAKE_ASSERT(host, fake_host_await(host, session, "ack") != NULL);
}

// The history of conversation "c", with members of the request such as
// ",'limit':2".
static inline const struct fake_event *chat_case_history(
        struct fake_host *host, nx_session_id session, const char *more) {
    chat_case_send(host, session,
            "{'event_type':'chat.history','conversation_id':'c'%s}", more);
    const struct fake_event *answer =
            fake_host_await(host, session, "chat.history");
    FAKE_ASSERT(host, answer != NULL);
    return answer;
}

#endif
