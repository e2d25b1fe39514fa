#include <nexus/util/buf.h>

#include "tests/support/cmocka.h"
#include "tests/unit/plugins/notify/notify_case.h"

static void take_the_bodies_of_the_seed(void **state) {
    struct fake_host *host = *state;
    nx_session_id user = fake_host_connect(host, "user123");
    const struct fake_response *sent = notify_case_post(host, SEND_PATH,
            "{'user_id':'user123','title':'New Message',"
            "'message':'You have a new message','notification_type':'info',"
            "'priority':'normal'}");
    assert_int_equal(sent->status, 202);
    FAKE_EXPECT(first, host, user, "notification");
    FAKE_ASSERT_STR(first, "title", "New Message");
    const struct fake_response *all = notify_case_post(host, BROADCAST_PATH,
            "{'title':'System Alert','message':'Maintenance in 10 minutes',"
            "'notification_type':'warning','priority':'high'}");
    assert_int_equal(all->status, 202);
    FAKE_ASSERT_STR(all->json, "audience", "online");
    FAKE_ASSERT_I64(all->json, "live", 1);
    FAKE_EXPECT(second, host, user, "notification");
    FAKE_ASSERT_STR(second, "title", "System Alert");
    FAKE_ASSERT_I64(second, "unread", 2);
}

static const struct {
    const char *body;
    uint32_t status;
    const char *code;
} bad_bodies[] = {
        {"", 400, "bad_request"},
        {"{'user_id':'alice','title':'t'", 400, "bad_json"},
        {"[]", 400, "bad_request"},
        {"7", 400, "bad_request"},
        {"{'title':'t','message':'m'}", 400, "missing_field"},
        {"{'user_id':'alice','message':'m'}", 400, "missing_field"},
        {"{'user_id':'alice','title':'t'}", 400, "missing_field"},
        {"{'user_id':'','title':'t','message':'m'}", 400, "invalid_field"},
        {"{'user_id':7,'title':'t','message':'m'}", 400, "invalid_field"},
        {"{'user_id':null,'title':'t','message':'m'}", 400, "invalid_field"},
        {"{'user_id':'a\\u0001','title':'t','message':'m'}", 400,
                "invalid_field"},
        {"{'user_id':'a\\u0085','title':'t','message':'m'}", 400,
                "invalid_field"},
        {"{'user_ids':[],'title':'t','message':'m'}", 400, "invalid_field"},
        {"{'user_ids':'alice','title':'t','message':'m'}", 400,
                "invalid_field"},
        {"{'user_ids':['alice',1],'title':'t','message':'m'}", 400,
                "invalid_field"},
        {"{'user_ids':['alice',''],'title':'t','message':'m'}", 400,
                "invalid_field"},
        {"{'user_id':'alice','user_ids':['bob'],'title':'t',"
         "'message':'m'}",
                400, "invalid_field"},
        {"{'user_id':'alice','title':'','message':'m'}", 400, "invalid_field"},
        {"{'user_id':'alice','title':' ','message':'m'}", 400, "invalid_field"},
        {"{'user_id':'alice','title':'a\\nb','message':'m'}", 400,
                "invalid_field"},
        {"{'user_id':'alice','title':7,'message':'m'}", 400, "invalid_field"},
        {"{'user_id':'alice','title':'t','message':''}", 400, "invalid_field"},
        {"{'user_id':'alice','title':'t','message':'a\\u0007'}", 400,
                "invalid_field"},
        {"{'user_id':'alice','title':'t','message':'m',"
         "'priority':'critical'}",
                400, "invalid_field"},
        {"{'user_id':'alice','title':'t','message':'m','priority':3}", 400,
                "invalid_field"},
        {"{'user_id':'alice','title':'t','message':'m',"
         "'notification_type':'fun'}",
                400, "invalid_field"},
        {"{'user_id':'alice','title':'t','message':'m','data':[1]}", 400,
                "invalid_field"},
        {"{'user_id':'alice','title':'t','message':'m','data':'x'}", 400,
                "invalid_field"},
        {"{'user_id':'alice','title':'t','message':'m',"
         "'expires_at':'soon'}",
                400, "invalid_field"},
        {"{'user_id':'alice','title':'t','message':'m','expires_at':7}", 400,
                "invalid_field"},
        {"{'user_id':'alice','title':'t','message':'m',"
         "'expires_at':'2026-01-31T12:00:00Z'}",
                400, "invalid_field"},
};

static void refuse_what_is_wrong_and_do_nothing(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    for (size_t i = 0; i < sizeof(bad_bodies) / sizeof(bad_bodies[0]); i++) {
        notify_case_problem(
                notify_case_post(host, SEND_PATH, "%s", bad_bodies[i].body),
                bad_bodies[i].status, bad_bodies[i].code);
        fake_host_advance(host, 20);
    }
    notify_case_problem(notify_case_post(host, BROADCAST_PATH,
                                "{'title':'t','message':'m','audience':'x'}"),
            400, "invalid_field");
    notify_case_problem(notify_case_post(host, BROADCAST_PATH,
                                "{'title':'t','message':'m','audience':7}"),
            400, "invalid_field");
    FAKE_ASSERT_SILENT(host, alice);
    assert_int_equal(notify_case_unread(host, alice), 0);
}

static void refuse_wrong_types_and_methods(void **state) {
    struct fake_host *host = *state;
    static const char *const text[] = {"content-type", "text/plain", NULL};
    notify_case_problem(
            fake_host_http_with(host, "POST", SEND_PATH,
                    "{\"user_id\":\"a\",\"title\":\"t\",\"message\":\"m\"}",
                    text),
            415, "unsupported_media_type");
    notify_case_problem(fake_host_http(host, "GET", SEND_PATH, NULL), 405,
            "method_not_allowed");
    notify_case_problem(
            fake_host_http(host, "POST", SEND_PATH, NULL), 400, "bad_request");
}

static void say_how_long_things_may_be(void **state) {
    struct fake_host *host = *state;
    char text[6000];
    memset(text, 'x', sizeof(text));
    text[257] = '\0';
    const struct fake_response *answer = notify_case_post(host, SEND_PATH,
            "{'user_id':'a','title':'%s','message':'m'}", text);
    notify_case_problem(answer, 400, "invalid_field");
    assert_non_null(
            strstr(fake_event_str(answer->json, "detail"), "256 bytes"));
    text[256] = '\0';
    assert_int_equal(notify_case_post(host, SEND_PATH,
                             "{'user_id':'a','title':'%s','message':'m'}", text)
                             ->status,
            202);
    text[256] = 'x';
    text[257] = 'x';
    text[4097] = '\0';
    notify_case_problem(
            notify_case_post(host, SEND_PATH,
                    "{'user_id':'a','title':'t','message':'%s'}", text),
            400, "invalid_field");
    notify_case_problem(notify_case_post(host, SEND_PATH,
                                "{'user_id':'a','title':'t','message':'m',"
                                "'data':{'x':'%s'}}",
                                text),
            413, "too_large");
    text[129] = '\0';
    notify_case_problem(
            notify_case_post(host, SEND_PATH,
                    "{'user_id':'%s','title':'t','message':'m'}", text),
            400, "invalid_field");
}

static void name_fields_nobody_knows(void **state) {
    struct fake_host *host = *state;
    const struct fake_response *answer = notify_case_post(host, SEND_PATH,
            "{'user_id':'a','title':'t','message':'m','colour':1,"
            "'audience':'known'}");
    assert_int_equal(answer->status, 202);
    assert_int_equal(fake_event_count(answer->json, "warnings"), 2);
    FAKE_ASSERT_STR(answer->json, "warnings.0.code", "unknown_field");
}

static void write_users(struct nx_buf *body, int from, int count) {
    nx_buf_append_cstr(
            body, "{\"title\":\"t\",\"message\":\"m\",\"user_ids\":[");
    for (int i = 0; i < count; i++) {
        nx_buf_appendf(body, "%s\"u%d\"", i > 0 ? "," : "", from + i);
    }
    nx_buf_append_cstr(body, "]}");
}

static const struct fake_response *post_users(
        struct fake_host *host, int from, int count) {
    struct nx_buf body;
    nx_buf_init(&body, (size_t)1 << 20);
    write_users(&body, from, count);
    const struct fake_response *answer =
            fake_host_http(host, "POST", SEND_PATH, body.data);
    nx_buf_finish(&body);
    return answer;
}

static void serve_a_thousand_users_in_one_call(void **state) {
    struct fake_host *host = *state;
    nx_session_id session = fake_host_connect(host, "u77");
    const struct fake_response *answer = post_users(host, 0, 1000);
    assert_int_equal(answer->status, 202);
    FAKE_ASSERT_I64(answer->json, "recipients", 1000);
    FAKE_ASSERT_I64(answer->json, "live", 1);
    FAKE_ASSERT_I64(answer->json, "queued", 999);
    FAKE_EXPECT(event, host, session, "notification");
    nx_session_id last = fake_host_connect(host, "u999");
    FAKE_EXPECT(missed, host, last, "notification");
    FAKE_ASSERT_STR(missed, "notification_id",
            fake_event_str(answer->json, "notification_id"));
    notify_case_problem(post_users(host, 0, 1001), 400, "invalid_field");
    assert_int_equal(notify_case_unread(host, last), 1);
}

static void serve_each_user_once(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    const struct fake_response *answer = notify_case_post(host, SEND_PATH,
            "{'user_ids':['alice','bob','alice'],'title':'t','message':'m'}");
    FAKE_ASSERT_I64(answer->json, "recipients", 2);
    FAKE_EXPECT(event, host, alice, "notification");
    FAKE_ASSERT_SILENT(host, alice);
}

static void say_exactly_who_was_left_out(void **state) {
    struct fake_host *host = *state;
    fake_host_fail(host, FAKE_PUT, 2, NX_ERR_ENGINE_UNAVAILABLE);
    const struct fake_response *answer = notify_case_post(host, SEND_PATH,
            "{'user_ids':['a','b','c','d'],'title':'t','message':'m'}");
    notify_case_problem(answer, 503, "engine_unavailable");
    assert_int_equal(fake_event_count(answer->json, "failed"), 2);
    FAKE_ASSERT_STR(answer->json, "failed.0.user_id", "a");
    FAKE_ASSERT_STR(answer->json, "failed.0.code", "engine_unavailable");
    FAKE_ASSERT_STR(answer->json, "failed.1.user_id", "b");
    FAKE_ASSERT_I64(answer->json, "recipients", 4);
    FAKE_ASSERT_I64(answer->json, "queued", 2);
    static const char *const users[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < 4; i++) {
        nx_session_id session = fake_host_connect(host, users[i]);
        assert_int_equal(notify_case_unread(host, session), i < 2 ? 0 : 1);
    }
}

static void can_refuse_users_nobody_knows(void **state) {
    (void)state;
    struct fake_host *host =
            notify_case_with("plugins.notify.unknown_users=refuse");
    nx_session_id alice = fake_host_connect(host, "alice");
    const struct fake_response *answer = notify_case_post(host, SEND_PATH,
            "{'user_ids':['alice','bob','carol'],'title':'t','message':'m'}");
    notify_case_problem(answer, 404, "not_found");
    FAKE_ASSERT_STR(answer->json, "detail", "not known: bob carol");
    FAKE_ASSERT_SILENT(host, alice);
    assert_int_equal(notify_case_unread(host, alice), 0);
    fake_host_connect(host, "bob");
    assert_int_equal(
            notify_case_post(host, SEND_PATH,
                    "{'user_ids':['alice','bob'],'title':'t','message':'m'}")
                    ->status,
            202);
    FAKE_EXPECT(event, host, alice, "notification");
    fake_host_destroy(host);
}

static void limit_their_rate(void **state) {
    (void)state;
    struct fake_host *host =
            notify_case_with("plugins.notify.calls_per_second=2");
    for (int i = 0; i < 4; i++) {
        notify_case_notify(host, "a", "t", "");
    }
    const struct fake_response *answer = notify_case_post(
            host, SEND_PATH, "{'user_id':'a','title':'t','message':'m'}");
    notify_case_problem(answer, 429, "rate_limited");
    assert_int_equal(answer->retry_after_s, 1);
    fake_host_advance(host, 500);
    notify_case_notify(host, "a", "t", "");
    fake_host_destroy(host);
}

static void limit_how_many_wait(void **state) {
    (void)state;
    struct fake_host *host = notify_case_with("plugins.notify.calls_waiting=2");
    fake_host_hold_engine(host, true);
    const struct fake_response *first = notify_case_post(
            host, SEND_PATH, "{'user_id':'a','title':'t','message':'m'}");
    notify_case_post(
            host, SEND_PATH, "{'user_id':'a','title':'t','message':'m'}");
    notify_case_problem(notify_case_post(host, SEND_PATH,
                                "{'user_id':'a','title':'t','message':'m'}"),
            503, "overloaded");
    fake_host_hold_engine(host, false);
    assert_int_equal(first->status, 202);
    notify_case_notify(host, "a", "t", "");
    fake_host_destroy(host);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            NOTIFY_TEST(take_the_bodies_of_the_seed),
            NOTIFY_TEST(refuse_what_is_wrong_and_do_nothing),
            NOTIFY_TEST(refuse_wrong_types_and_methods),
            NOTIFY_TEST(say_how_long_things_may_be),
            NOTIFY_TEST(name_fields_nobody_knows),
            NOTIFY_TEST(serve_a_thousand_users_in_one_call),
            NOTIFY_TEST(serve_each_user_once),
            NOTIFY_TEST(say_exactly_who_was_left_out),
            cmocka_unit_test(can_refuse_users_nobody_knows),
            cmocka_unit_test(limit_their_rate),
            cmocka_unit_test(limit_how_many_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
