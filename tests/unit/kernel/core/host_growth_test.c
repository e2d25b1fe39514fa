// What a plugin built with older or newer headers may pass: a shorter struct
// means as before, a longer one is taken while what it adds is zero, and a
// flag that this server does not know is never ignored.

#include <stddef.h>

#include "tests/unit/kernel/core/host_fixture.h"

#define SIZE_BEFORE(type, member) ((uint32_t)offsetof(struct type, member))

static struct {
    struct nx_send_opts known;
    uint64_t added;
} send_opts;

static struct {
    struct nx_publish_opts known;
    uint64_t added;
} publish_opts;

static struct {
    struct nx_room_kind known;
    uint64_t added;
} kind;

static struct {
    struct nx_failure known;
    uint64_t added;
} failure;

struct newer_decision {
    struct nx_auth_decision known;
    uint64_t added;
};

static struct newer_decision decision; // for the hook to give
static bool set_size;                  // or leave struct_size as it was
static int32_t verdict;
static nx_op_id asked_op;

static nx_status define(uint64_t added) {
    kind.added = added;
    return probe.sdk.rooms->define(probe.host, &kind.known);
}

static nx_status define_kinds(void) {
    kind.known = (struct nx_room_kind){
            .struct_size = sizeof(kind), .prefix = "probe:", .keep_count = 10};
    assert_int_equal(define(1), NX_ERR_UNSUPPORTED);
    kind.known.flags = 1u << 31;
    assert_int_equal(define(0), NX_ERR_UNSUPPORTED);
    kind.known.flags = 0;
    kind.known.reserved0 = 1;
    assert_int_equal(define(0), NX_ERR_UNSUPPORTED);
    kind.known.reserved0 = 0;
    kind.known.struct_size = 3;
    assert_int_equal(define(0), NX_ERR_INVALID);
    kind.known.struct_size = sizeof(kind);
    assert_int_equal(define(0), NX_OK);
    // Older: without all that follows prefix.
    kind.known.prefix = "older:";
    kind.known.struct_size = SIZE_BEFORE(nx_room_kind, offset_field);
    return define(1);
}

static int32_t judge(void *user, const struct nx_auth_request *request,
        struct nx_auth_decision *out) {
    assert_int_equal(out->struct_size, sizeof(*out));
    asked_op = request->op;
    uint32_t size = out->struct_size;
    memcpy(out, &decision, sizeof(decision));
    out->struct_size = set_size ? (uint32_t)sizeof(decision) : size;
    return verdict;
}

static nx_status hook(void) {
    const struct nx_auth_v1 *auth = probe.sdk.auth;
    const struct nx_router_v1 *router = probe.sdk.router;
    nx_session_fn hear = NULL;
    assert_int_equal(
            auth->hook(probe.host, NX_AUTH_CONNECT | 1u << 31, judge, NULL),
            NX_ERR_UNSUPPORTED);
    assert_int_equal(
            router->on_session(probe.host, NX_SESSION_OPENED | 64u, hear, NULL),
            NX_ERR_UNSUPPORTED);
    return auth->hook(probe.host, NX_AUTH_CONNECT, judge, NULL);
}

static nx_status start(void) {
    nx_status status = define_kinds();
    return status == NX_OK ? hook() : status;
}

static int setup(void **state) {
    memset(&decision, 0, sizeof(decision));
    set_size = true;
    verdict = NX_AUTH_DEFER;
    probe_load();
    probe.on_start = start;
    probe_run();
    return 0;
}

static nx_status send_it(nx_session_id session, uint64_t added) {
    send_opts.added = added;
    return probe.sdk.send->to_session(
            probe.host, session, probe_event_of("probe.a"), &send_opts.known);
}

static void takes_options_of_sending(void **state) {
    nx_session_id alice = fake_host_connect(probe.fake, "alice");
    send_opts.known = (struct nx_send_opts){.struct_size = sizeof(send_opts)};
    assert_int_equal(send_it(alice, 0), NX_OK);
    assert_int_equal(send_it(alice, 1), NX_ERR_UNSUPPORTED);
    // Older: `except` is not there yet, whatever its bytes are.
    send_opts.known.struct_size = SIZE_BEFORE(nx_send_opts, except);
    send_opts.known.except = alice;
    assert_int_equal(send_it(alice, 1), NX_OK);
    fake_host_turn(probe.fake);
    FAKE_EXPECT(first, probe.fake, alice, "probe.a");
    FAKE_EXPECT(second, probe.fake, alice, "probe.a");
    FAKE_ASSERT_SILENT(probe.fake, alice);
}

static nx_status publish(uint64_t added) {
    publish_opts.added = added;
    return probe.sdk.engine->publish(probe.host, nx_str_c("probe:a"),
            probe_event_of("probe.a"), &publish_opts.known, NULL, NULL);
}

static void takes_options_of_publishing(void **state) {
    publish_opts.known =
            (struct nx_publish_opts){.struct_size = sizeof(publish_opts)};
    assert_int_equal(publish(0), NX_OK);
    assert_int_equal(publish(1), NX_ERR_UNSUPPORTED);
    publish_opts.known.flags = 1u << 31;
    assert_int_equal(publish(0), NX_ERR_UNSUPPORTED);
    publish_opts.known.flags = 0;
    publish_opts.known.struct_size = SIZE_BEFORE(nx_publish_opts, dedupe_key);
    publish_opts.known.dedupe_key.len = 1; // without a pointer
    assert_int_equal(publish(1), NX_OK);
}

static int32_t leave_open(void *user, const struct nx_event *ev) {
    return NX_LATER;
}

static nx_status fail_with(nx_session_id session, uint64_t added) {
    probe.on_event = leave_open;
    fake_host_send(
            probe.fake, session, "{\"event_type\":\"probe.x\",\"ref\":\"1\"}");
    failure.added = added;
    return (probe.sdk.router->fail)(probe.host, probe.op, &failure.known);
}

static void takes_failures(void **state) {
    nx_session_id alice = fake_host_connect(probe.fake, "alice");
    failure.known = (struct nx_failure){
            .struct_size = sizeof(failure), .status = NX_ERR_CONFLICT};
    assert_int_equal(fail_with(alice, 1), NX_ERR_UNSUPPORTED);
    assert_int_equal(
            probe.sdk.router->reply(probe.host, probe.op, NULL, 1u << 9),
            NX_ERR_UNSUPPORTED);
    assert_int_equal(fail_with(alice, 0), NX_OK);
    fake_host_turn(probe.fake);
    FAKE_EXPECT(newer, probe.fake, alice, "error");
    FAKE_ASSERT_STR(newer, "code", "conflict");
    failure.known.struct_size = SIZE_BEFORE(nx_failure, code);
    failure.known.code = "not_there_yet";
    assert_int_equal(fail_with(alice, 1), NX_OK);
    fake_host_turn(probe.fake);
    FAKE_EXPECT(older, probe.fake, alice, "error");
    FAKE_ASSERT_STR(older, "code", "conflict");
}

static void takes_decisions_of_hooks(void **state) {
    verdict = NX_AUTH_ALLOW;
    decision.known.user = nx_str_c("alice the first");
    nx_session_id alice = fake_host_connect(probe.fake, "alice");
    FAKE_ASSERT_STR(
            fake_host_welcome(probe.fake, alice), "user_id", "alice the first");
    set_size = false;
    nx_session_id again = fake_host_connect(probe.fake, "alice");
    assert_true(fake_host_is_open(probe.fake, again));
}

static void denies_what_a_hook_says_in_words_of_a_newer_server(void **state) {
    fake_host_keep_log(probe.fake);
    verdict = NX_AUTH_ALLOW;
    decision.added = 1;
    nx_session_id alice = fake_host_connect(probe.fake, "alice");
    assert_false(fake_host_is_open(probe.fake, alice));
    assert_true(fake_host_logged(probe.fake, "a decision that this server"));
    set_size = false;
    nx_session_id again = fake_host_connect(probe.fake, "alice");
    assert_false(fake_host_is_open(probe.fake, again));
}

static void denies_a_text_without_bytes(void **state) {
    verdict = NX_AUTH_ALLOW;
    decision.known.user = nx_str_n(NULL, 5);
    nx_session_id alice = fake_host_connect(probe.fake, "alice");
    assert_false(fake_host_is_open(probe.fake, alice));
}

static nx_status decide(uint32_t size, uint64_t added) {
    decision.known.struct_size = size;
    decision.added = added;
    return probe.sdk.auth->decide(probe.host, asked_op, &decision.known);
}

static void takes_decisions_that_come_later(void **state) {
    verdict = NX_AUTH_LATER;
    fake_host_connect(probe.fake, "alice");
    decision.known.verdict = NX_AUTH_ALLOW;
    assert_int_equal(decide(sizeof(decision), 1), NX_ERR_UNSUPPORTED);
    assert_int_equal(decide(sizeof(decision), 0), NX_OK);
    decision.known.verdict = 0;
    fake_host_connect(probe.fake, "bob");
    decision.known.verdict = NX_AUTH_ALLOW;
    decision.known.user.len = 5; // not there yet
    assert_int_equal(decide(SIZE_BEFORE(nx_auth_decision, user), 1), NX_OK);
}

static void fills_what_a_newer_struct_has_room_for(void **state) {
    nx_session_id alice = fake_host_connect(probe.fake, "alice");
    struct {
        struct nx_session_info known;
        uint64_t added;
    } info = {.known = {.struct_size = sizeof(info)}, .added = 7};
    assert_int_equal(
            probe.sdk.users->session_info(probe.host, alice, &info.known),
            NX_OK);
    assert_true(nx_str_is(info.known.user, "alice"));
    assert_int_equal(info.added, 0);
}

static int32_t expect_unknown(void *user, const struct nx_event *ev) {
    static const struct nx_field newer_flag[] = {
            {"a", NX_JSON_STRING, 1u << 9, 0, 0}, {NULL, 0, 0, 0, 0}};
    static const struct nx_field newer_kind[] = {
            {"a", NX_JSON_STRING | 1u << 9, 0, 0, 0}, {NULL, 0, 0, 0, 0}};
    const struct nx_json_v1 *json = probe.sdk.json;
    assert_int_equal(
            json->expect(probe.host, ev, newer_flag), NX_ERR_UNSUPPORTED);
    assert_int_equal(
            json->expect(probe.host, ev, newer_kind), NX_ERR_UNSUPPORTED);
    return NX_DONE;
}

static void checks_no_field_by_a_rule_it_does_not_know(void **state) {
    nx_session_id alice = fake_host_connect(probe.fake, "alice");
    probe.on_event = expect_unknown;
    fake_host_send(
            probe.fake, alice, "{\"event_type\":\"probe.x\",\"a\":\"b\"}");
    assert_int_equal(probe.events, 1);
}

#define TEST(function) \
    cmocka_unit_test_setup_teardown(function, setup, probe_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(takes_options_of_sending),
            TEST(takes_options_of_publishing),
            TEST(takes_failures),
            TEST(takes_decisions_of_hooks),
            TEST(denies_what_a_hook_says_in_words_of_a_newer_server),
            TEST(denies_a_text_without_bytes),
            TEST(takes_decisions_that_come_later),
            TEST(fills_what_a_newer_struct_has_room_for),
            TEST(checks_no_field_by_a_rule_it_does_not_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
