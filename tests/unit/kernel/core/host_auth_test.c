#include "tests/unit/kernel/core/host_fixture.h"

static int32_t verdict;
static nx_op_id asked_op;
static uint32_t asked;

static int32_t judge(void *user, const struct nx_auth_request *request,
        struct nx_auth_decision *decision) {
    asked++;
    asked_op = request->op;
    decision->reason = nx_str_c("because");
    return verdict;
}

static nx_status add_hook(void) {
    assert_int_equal(
            probe.sdk.auth->hook(probe.host, 0, judge, NULL), NX_ERR_INVALID);
    assert_int_equal(probe.sdk.auth->hook(probe.host, NX_AUTH_SEND, NULL, NULL),
            NX_ERR_INVALID);
    return probe.sdk.auth->hook(probe.host,
            NX_AUTH_CONNECT | NX_AUTH_SEND | NX_AUTH_JOIN, judge, NULL);
}

static int setup(void **state) {
    asked = 0;
    verdict = NX_AUTH_DEFER;
    probe_load();
    probe.on_start = add_hook;
    probe_run();
    return 0;
}

static void leaves_the_rule_to_the_server(void **state) {
    nx_session_id alice = fake_host_connect(probe.fake, "alice");
    assert_int_equal(asked, 1);
    assert_true(fake_host_is_open(probe.fake, alice));
}

static void turns_a_client_away(void **state) {
    verdict = NX_AUTH_DENY;
    nx_session_id alice = fake_host_connect(probe.fake, "alice");
    assert_false(fake_host_is_open(probe.fake, alice));
    FAKE_EXPECT(error, probe.fake, alice, "error");
    FAKE_ASSERT_STR(error, "message", "because");
}

static void denies_a_single_event(void **state) {
    nx_session_id alice = fake_host_connect(probe.fake, "alice");
    verdict = NX_AUTH_DENY;
    fake_host_send(probe.fake, alice, "{\"event_type\":\"probe.x\"}");
    FAKE_EXPECT(error, probe.fake, alice, "error");
    FAKE_ASSERT_STR(error, "code", "forbidden");
    assert_int_equal(probe.events, 0);
}

static void decides_later(void **state) {
    verdict = NX_AUTH_LATER;
    nx_session_id alice = fake_host_connect(probe.fake, "alice");
    assert_null(fake_host_welcome(probe.fake, alice));
    const struct nx_auth_decision allow = {
            .struct_size = sizeof(allow),
            .verdict = NX_AUTH_ALLOW,
            .user = nx_str_c("alice the first"),
    };
    assert_int_equal(
            probe.sdk.auth->decide(probe.host, asked_op, &allow), NX_OK);
    assert_int_equal(
            probe.sdk.auth->decide(probe.host, asked_op, &allow), NX_ERR_GONE);
    fake_host_turn(probe.fake);
    FAKE_EXPECT(welcome, probe.fake, alice, "system.message");
    FAKE_ASSERT_STR(welcome, "user_id", "alice the first");
}

static void refuses_a_decision_that_is_none(void **state) {
    verdict = NX_AUTH_LATER;
    fake_host_connect(probe.fake, "alice");
    struct nx_auth_decision decision = {
            .struct_size = sizeof(decision), .verdict = NX_AUTH_DEFER};
    const struct nx_auth_v1 *auth = probe.sdk.auth;
    assert_int_equal(
            auth->decide(probe.host, asked_op, &decision), NX_ERR_INVALID);
    assert_int_equal(auth->decide(probe.host, asked_op, NULL), NX_ERR_INVALID);
    decision.verdict = NX_AUTH_DENY;
    decision.struct_size = 0;
    assert_int_equal(
            auth->decide(probe.host, asked_op, &decision), NX_ERR_INVALID);
    assert_int_equal(
            auth->hook(probe.host, NX_AUTH_SEND, judge, NULL), NX_ERR_STATE);
}

static void denies_what_is_not_decided_in_time(void **state) {
    verdict = NX_AUTH_LATER;
    nx_session_id alice = fake_host_connect(probe.fake, "alice");
    fake_host_advance(probe.fake, 11000);
    assert_false(fake_host_is_open(probe.fake, alice));
}

#define TEST(function) \
    cmocka_unit_test_setup_teardown(function, setup, probe_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(leaves_the_rule_to_the_server),
            TEST(turns_a_client_away),
            TEST(denies_a_single_event),
            TEST(decides_later),
            TEST(refuses_a_decision_that_is_none),
            TEST(denies_what_is_not_decided_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
