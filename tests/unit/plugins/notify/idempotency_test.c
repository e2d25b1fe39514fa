#include "tests/support/cmocka.h"
#include "tests/unit/plugins/notify/notify_case.h"

#define BODY "{'user_id':'alice','title':'t','message':'m'}"
#define HOUR INT64_C(3600000)

static void gives_the_first_answer_again(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    const struct fake_response *first =
            notify_case_post_key(host, SEND_PATH, "key-1", BODY);
    assert_int_equal(first->status, 202);
    FAKE_ASSERT_I64(first->json, "live", 1);
    FAKE_EXPECT(event, host, alice, "notification");
    fake_host_disconnect(host, alice, 1000);

    const struct fake_response *second =
            notify_case_post_key(host, SEND_PATH, "key-1", BODY);

    assert_int_equal(second->status, 202);
    assert_string_equal(second->content_type, first->content_type);
    assert_string_equal(second->body, first->body);
    alice = fake_host_connect(host, "alice");
    assert_int_equal(notify_case_unread(host, alice), 1);
}

static void refuses_another_body(void **state) {
    struct fake_host *host = *state;
    notify_case_post_key(host, SEND_PATH, "key-1", BODY);
    notify_case_problem(
            notify_case_post_key(host, SEND_PATH, "key-1",
                    "{'user_id':'alice','title':'t','message':'n'}"),
            409, "conflict");
    assert_int_equal(
            notify_case_post_key(host, SEND_PATH, "key-2", BODY)->status, 202);
    // Another call has keys of its own.
    assert_int_equal(notify_case_post_key(host, BROADCAST_PATH, "key-1",
                             "{'title':'t','message':'m'}")
                             ->status,
            202);
}

static void forgets_after_a_day(void **state) {
    struct fake_host *host = *state;
    const struct fake_response *first =
            notify_case_post_key(host, SEND_PATH, "key-1", BODY);
    fake_host_advance(host, 23 * HOUR);
    const struct fake_response *again =
            notify_case_post_key(host, SEND_PATH, "key-1", BODY);
    assert_string_equal(again->body, first->body);
    fake_host_advance(host, 2 * HOUR);
    const struct fake_response *later =
            notify_case_post_key(host, SEND_PATH, "key-1", BODY);
    assert_int_equal(later->status, 202);
    assert_string_not_equal(later->body, first->body);
}

static void survives_a_restart(void **state) {
    struct fake_host *host = *state;
    const struct fake_response *first =
            notify_case_post_key(host, SEND_PATH, "key-1", BODY);
    FAKE_ASSERT(host, fake_host_restart(host));
    const struct fake_response *again =
            notify_case_post_key(host, SEND_PATH, "key-1", BODY);
    assert_string_equal(again->body, first->body);
}

static void completes_what_failed_half_way(void **state) {
    struct fake_host *host = *state;
    static const char body[] =
            "{'user_ids':['a','b','c'],'title':'t','message':'m'}";
    // The first put is that of the key.
    nx_session_id c = fake_host_connect(host, "c");
    fake_host_hold_engine(host, true);
    const struct fake_response *first =
            notify_case_post_key(host, SEND_PATH, "key-1", body);
    fake_host_hold_engine(host, false);
    assert_int_equal(first->status, 202);
    fake_host_skip(host, c);

    fake_host_hold_engine(host, true);
    const struct fake_response *half =
            notify_case_post_key(host, SEND_PATH, "key-2", body);
    notify_case_post_key(host, SEND_PATH, "key-2", body);
    fake_host_fail(host, FAKE_GET, 2, NX_ERR_ENGINE_UNAVAILABLE);
    fake_host_hold_engine(host, false);
    notify_case_problem(half, 503, "engine_unavailable");
    assert_int_equal(fake_event_count(half->json, "failed"), 2);
    FAKE_EXPECT(event, host, c, "notification");

    const struct fake_response *whole =
            notify_case_post_key(host, SEND_PATH, "key-2", body);

    assert_int_equal(whole->status, 202);
    FAKE_ASSERT_STR(whole->json, "notification_id",
            fake_event_str(half->json, "notification_id"));
    FAKE_ASSERT_I64(whole->json, "recipients", 3);
    FAKE_ASSERT_SILENT(host, c);
    static const char *const users[] = {"a", "b", "c"};
    for (size_t i = 0; i < 3; i++) {
        nx_session_id session = fake_host_connect(host, users[i]);
        assert_int_equal(notify_case_unread(host, session), 2);
    }
}

static void completes_what_the_server_did_not_come_to_do(void **state) {
    struct fake_host *host = *state;
    // The key is stored, the inbox is not, and then the server ends.
    fake_host_fail(host, FAKE_GET, 1, NX_ERR_ENGINE_UNAVAILABLE);
    notify_case_problem(notify_case_post_key(host, SEND_PATH, "key-1", BODY),
            503, "engine_unavailable");
    FAKE_ASSERT(host, fake_host_restart(host));
    fake_host_advance(host, 60000);
    nx_session_id alice = fake_host_connect(host, "alice");
    assert_int_equal(
            notify_case_post_key(host, SEND_PATH, "key-1", BODY)->status, 202);
    FAKE_EXPECT(event, host, alice, "notification");
    // As it would have been the first time.
    FAKE_ASSERT_STR(event, "created_at", "2026-01-31T12:00:00.000Z");
    assert_int_equal(notify_case_unread(host, alice), 1);
}

static void refuses_a_second_call_while_the_first_is_under_way(void **state) {
    struct fake_host *host = *state;
    fake_host_hold_engine(host, true);
    const struct fake_response *first =
            notify_case_post_key(host, SEND_PATH, "key-1", BODY);
    notify_case_problem(notify_case_post_key(host, SEND_PATH, "key-1", BODY),
            409, "wrong_state");
    fake_host_hold_engine(host, false);
    assert_int_equal(first->status, 202);
}

static void needs_a_proper_key(void **state) {
    struct fake_host *host = *state;
    char key[300];
    memset(key, 'k', sizeof(key));
    key[256] = '\0';
    notify_case_problem(
            notify_case_post_key(host, SEND_PATH, key, BODY), 400, "invalid");
    notify_case_problem(
            notify_case_post_key(host, SEND_PATH, "", BODY), 400, "invalid");
    notify_case_problem(
            notify_case_post_key(host, SEND_PATH, "a b", BODY), 400, "invalid");
    key[255] = '\0';
    assert_int_equal(
            notify_case_post_key(host, SEND_PATH, key, BODY)->status, 202);
}

static void has_no_say_in_what_is_wrong(void **state) {
    struct fake_host *host = *state;
    notify_case_problem(notify_case_post_key(host, SEND_PATH, "key-1", "{}"),
            400, "missing_field");
    assert_int_equal(
            notify_case_post_key(host, SEND_PATH, "key-1", BODY)->status, 202);
}

static void answers_although_the_answer_is_not_kept(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_hold_engine(host, true);
    const struct fake_response *first =
            notify_case_post_key(host, SEND_PATH, "key-1", BODY);
    fake_host_hold_engine(host, false);
    assert_int_equal(first->status, 202);
    fake_host_fail(host, FAKE_PUT, 1, NX_ERR_ENGINE_UNAVAILABLE);
    notify_case_problem(notify_case_post_key(host, SEND_PATH, "key-2", BODY),
            503, "engine_unavailable");
    assert_int_equal(notify_case_unread(host, alice), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            NOTIFY_TEST(gives_the_first_answer_again),
            NOTIFY_TEST(refuses_another_body),
            NOTIFY_TEST(forgets_after_a_day),
            NOTIFY_TEST(survives_a_restart),
            NOTIFY_TEST(completes_what_failed_half_way),
            NOTIFY_TEST(completes_what_the_server_did_not_come_to_do),
            NOTIFY_TEST(refuses_a_second_call_while_the_first_is_under_way),
            NOTIFY_TEST(needs_a_proper_key),
            NOTIFY_TEST(has_no_say_in_what_is_wrong),
            NOTIFY_TEST(answers_although_the_answer_is_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
