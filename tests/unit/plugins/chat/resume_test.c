// Sessions that are resumed: nothing that was said is missing, wherever the
// connection or the server ended.

#include "tests/unit/plugins/chat/offline_case.h"

// More requests than joining a conversation takes.
#define STEPS 16

static struct fake_host *host_create(void) {
    struct fake_host *host = chat_case_create(NULL);
    fake_host_be_durable(host);
    FAKE_ASSERT(host, fake_host_start(host));
    return host;
}

// The token to resume a session with; the caller frees it.
static char *token_of(struct fake_host *host, nx_session_id session) {
    const struct fake_event *welcome = fake_host_welcome(host, session);
    FAKE_ASSERT(host, welcome != NULL);
    char *token = strdup(fake_event_str(welcome, "session.resume_token"));
    assert_non_null(token);
    return token;
}

static nx_session_id resume(
        struct fake_host *host, const char *user, char *token) {
    char query[256];
    (void)snprintf(query, sizeof(query), "user_id=%s&device_id=%s&resume=%s",
            user, user, token);
    free(token);
    nx_session_id session = fake_host_connect_query(host, query);
    const struct fake_event *welcome = fake_host_welcome(host, session);
    FAKE_ASSERT(host, welcome != NULL);
    FAKE_ASSERT(host, fake_event_bool(welcome, "session.resumed"));
    return session;
}

static bool is_member(
        struct fake_host *host, nx_session_id asker, const char *user) {
    chat_case_send(host, asker,
            "{'event_type':'chat.members','conversation_id':'c',"
            "'ref':'members'}");
    const struct fake_event *answer = fake_host_await(host, asker, "ack");
    FAKE_ASSERT(host, answer != NULL);
    bool found = false;
    for (int i = 0; i < 2; i++) {
        char path[32];
        (void)snprintf(path, sizeof(path), "members.%d.user_id", i);
        const char *name = fake_event_str(answer, path);
        found |= name && strcmp(name, user) == 0;
    }
    return found;
}

// ---- joining ----

// alice joins "c" and storage has done so many requests since.
static char *join_and_stop(struct fake_host *host, nx_session_id *alice,
        unsigned steps, const char *first) {
    *alice = offline_come(host, "alice", "alice");
    char *token = token_of(host, *alice);
    if (first) {
        chat_case_send(host, *alice,
                "{'event_type':'chat.join','conversation_id':'%s'}", first);
    }
    fake_host_advance(host, 2000); // the session may be written at once
    fake_host_hold_engine(host, true);
    chat_case_send(
            host, *alice, "{'event_type':'chat.join','conversation_id':'c'}");
    for (unsigned i = 0; i < steps; i++) {
        fake_host_step_engine(host, 1);
    }
    return token;
}

// What bob says now reaches alice when she comes back, if she is a member.
static bool hears_all(struct fake_host *host, char *token) {
    nx_session_id bob = offline_come(host, "bob", "bob");
    chat_case_join(host, bob);
    bool member = is_member(host, bob, "alice");
    offline_say(host, bob, "c", "one");
    offline_say(host, bob, "c", "two");
    nx_session_id alice = resume(host, "alice", token);
    if (member) {
        offline_expect(host, alice, "c", 1, 2);
    }
    offline_say(host, bob, "c", "three");
    if (member) {
        offline_expect(host, alice, "c", 3, 3);
    }
    assert_null(offline_hear(host, alice));
    return member;
}

static void misses_nothing_after_a_crash_while_it_joined(void **state) {
    (void)state;
    unsigned members = 0;
    for (unsigned steps = 0; steps < STEPS; steps++) {
        for (size_t done = 0; done <= 3; done++) {
            struct fake_host *host = host_create();
            nx_session_id alice;
            char *token = join_and_stop(host, &alice, steps, NULL);
            FAKE_ASSERT(host, fake_host_kill(host, done));
            members += hears_all(host, token);
            fake_host_destroy(host);
        }
    }
    assert_true(members > STEPS);
}

static void misses_nothing_when_it_lost_its_connection_joining(void **state) {
    (void)state;
    unsigned members = 0;
    for (unsigned steps = 0; steps < STEPS; steps++) {
        struct fake_host *host = host_create();
        nx_session_id alice;
        char *token = join_and_stop(host, &alice, steps, "other");
        fake_host_disconnect(host, alice, 1006);
        fake_host_hold_engine(host, false);
        members += hears_all(host, token);
        fake_host_destroy(host);
    }
    assert_int_equal(members, STEPS);
}

// ---- a backlog on its way ----

// Ids of sessions begin anew with the server: the session that resumes may
// have the id of the one that was sent the backlog.
static void begins_again_after_a_crash_when_its_backlog_got_lost(void **state) {
    (void)state;
    struct fake_host *host = host_create();
    nx_session_id alice = offline_come(host, "alice", "alice");
    nx_session_id bob = offline_come(host, "bob", "bob");
    chat_case_join(host, alice);
    chat_case_join(host, bob);
    fake_host_disconnect(host, alice, 1006);
    offline_say(host, bob, "c", "one");
    offline_say(host, bob, "c", "two");
    FAKE_ASSERT(host, fake_host_kill(host, SIZE_MAX));

    nx_session_id first = offline_come_mute(host, "alice", "alice");
    char *token = token_of(host, first);
    offline_expect(host, first, "c", 1, 2); // but the proof never comes
    fake_host_advance(host, 2000);
    FAKE_ASSERT(host, fake_host_kill(host, SIZE_MAX));
    nx_session_id again = resume(host, "alice", token);
    assert_int_equal(again, first);
    offline_expect(host, again, "c", 1, 2);
    fake_host_destroy(host);
}

// Not even its conversations of before are entered when it arrives.
static void begins_again_where_a_join_got_lost(void **state) {
    (void)state;
    struct fake_host *host = chat_case_with("plugins.chat.rooms_at_login=0");
    nx_session_id alice = offline_talk(host);
    offline_say(host, alice, "c", "one");
    offline_say(host, alice, "c", "two");
    nx_session_id bob = offline_come(host, "bob", "phone");
    assert_null(offline_hear(host, bob));
    char *token = token_of(host, bob);
    fake_host_hold_pongs(host, bob, true);
    chat_case_join(host, bob);
    fake_host_advance(host, 100); // it enters behind what it missed
    offline_say(host, alice, "c", "three");
    fake_host_disconnect(host, bob, 1006);
    bob = resume(host, "bob", token);
    // The resume has brought what was live, and then comes all of it.
    offline_expect(host, bob, "c", 3, 3);
    offline_expect(host, bob, "c", 1, 3);
    assert_null(offline_hear(host, bob));
    fake_host_destroy(host);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(misses_nothing_after_a_crash_while_it_joined),
            cmocka_unit_test(
                    misses_nothing_when_it_lost_its_connection_joining),
            cmocka_unit_test(
                    begins_again_after_a_crash_when_its_backlog_got_lost),
            cmocka_unit_test(begins_again_where_a_join_got_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
