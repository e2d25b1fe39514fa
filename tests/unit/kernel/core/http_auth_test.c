#include <string.h>

#include <nexus/auth.h>
#include <nexus/http.h>
#include <nexus/router.h>

#include "kernel/core/http.h"
#include "kernel/core/http_answer.h"
#include "kernel/core/http_request.h"
#include "kernel/core/json_view.h"
#include "kernel/core/op.h"
#include "kernel/core/registry.h"
#include "tests/support/cmocka.h"
#include "tests/support/core_case.h"

#define TEXT_MAX 256

static const char *const token_mode[] = {
        "auth.mode=token", "auth.timeout=5", NULL};

// What the hook was asked and what it is to say; what the handler was given.
struct seen {
    unsigned asked;
    nx_op_id op;
    char token[TEXT_MAX];
    char method[TEXT_MAX];
    char path[TEXT_MAX];
    int32_t verdict;
    const char *named;   // decision.user
    bool decides_inside; // although it answers LATER
    unsigned calls;
    char user[TEXT_MAX];
    char everything[TEXT_MAX];
};

static struct core_case c;
static struct seen seen;
static struct http_link answered;

static void copy(char out[TEXT_MAX], struct nx_str text) {
    assert_true(text.len < TEXT_MAX);
    (void)snprintf(out, TEXT_MAX, "%s", text.ptr ? text.ptr : "(absent)");
}

static int32_t on_items(void *user, const struct nx_http_request *request) {
    struct core *core = user;
    struct op *op = ops_find(core->ops, request->op);
    const void *handle = request->handle;
    assert_non_null(op);
    seen.calls++;
    copy(seen.user, request->user);
    (void)snprintf(seen.everything, sizeof(seen.everything),
            "%s %s %s %s %s %s", request->method.ptr, request->path.ptr,
            http_request_param(handle, "id").ptr,
            http_request_query(handle, "q").ptr,
            http_request_header(handle, "idempotency-key").ptr,
            json_view_str(json_view_get(request->json, "field")).ptr);
    http_answer_bytes(core, op, 202, NULL, (struct nx_bytes){NULL, 0});
    ops_remove(core->ops, op);
    return NX_DONE;
}

static int32_t on_health(void *user, const struct nx_http_request *request) {
    struct core *core = user;
    struct op *op = ops_find(core->ops, request->op);
    http_answer_bytes(core, op, 200, NULL, (struct nx_bytes){NULL, 0});
    ops_remove(core->ops, op);
    return NX_DONE;
}

static void decide(int32_t verdict, const char *user, const char *reason) {
    struct op *op = ops_find(c.core->ops, seen.op);
    assert_non_null(op);
    assert_int_equal(op->kind, OP_AUTH);
    const struct nx_auth_decision decision = {
            .struct_size = sizeof(decision),
            .verdict = verdict,
            .user = core_case_str(user),
            .reason = core_case_str(reason),
    };
    op->decided(c.core, op, &decision);
    ops_remove(c.core->ops, op);
}

static int32_t on_auth(void *user, const struct nx_auth_request *request,
        struct nx_auth_decision *decision) {
    (void)user;
    seen.asked++;
    seen.op = request->op;
    copy(seen.token, request->token);
    copy(seen.method, request->method);
    copy(seen.path, request->path);
    decision->user = core_case_str(seen.named);
    if (seen.verdict == NX_AUTH_DENY) {
        decision->reason = core_case_str("no scope for this");
    }
    if (seen.decides_inside) {
        decide(NX_AUTH_ALLOW, "inside", NULL);
    }
    return seen.verdict;
}

static void start(const char *const *sets, bool with_hook) {
    core_case_init(&c, sets);
    memset(&seen, 0, sizeof(seen));
    memset(&answered, 0, sizeof(answered));
    struct registry *registry = c.core->registry;
    assert_int_equal(registry_add_route(registry, NULL, "POST", "/items/{id}",
                             on_items, c.core),
            NX_OK);
    assert_int_equal(registry_add_route(registry, NULL, "GET", "/health/probe",
                             on_health, c.core),
            NX_OK);
    if (with_hook) {
        assert_int_equal(registry_add_auth_hook(
                                 registry, NULL, NX_AUTH_HTTP, on_auth, NULL),
                NX_OK);
    }
}

static void finish(void) {
    http_link_finish(&answered);
    core_case_finish(&c);
}

static void post(void) {
    static const char *const headers[] = {"content-type", "application/json",
            "authorization", "Bearer se.cr.et", "idempotency-key", "k1", NULL};
    http_link_finish(&answered);
    core_case_http(&c, &answered, "POST /items/a%20b?q=x%26y", headers,
            "{\"field\":\"value\"}");
}

#define EVERYTHING "POST /items/a%20b a b x&y k1 value"

static void assert_problem(uint32_t status, const char *text) {
    assert_int_equal(answered.answers, 1);
    assert_int_equal(answered.status, status);
    assert_non_null(strstr(http_link_body(&answered), text));
    assert_int_equal(seen.calls, 0);
    assert_int_equal(ops_count(c.core->ops), 0);
}

static void assert_served(const char *user) {
    assert_int_equal(answered.answers, 1);
    assert_int_equal(answered.status, 202);
    assert_int_equal(seen.calls, 1);
    assert_string_equal(seen.user, user);
    assert_string_equal(seen.everything, EVERYTHING);
    assert_int_equal(ops_count(c.core->ops), 0);
}

static void lets_everybody_in_while_developing(void **state) {
    (void)state;
    start(NULL, false);
    post();
    assert_served("(absent)");
    finish();
}

static void lets_nobody_in_without_a_hook_otherwise(void **state) {
    (void)state;
    start(token_mode, false);
    post();
    assert_problem(401, "\"code\":\"unauthenticated\"");
    finish();
}

static void asks_nobody_about_health(void **state) {
    (void)state;
    start(token_mode, true);
    seen.verdict = NX_AUTH_DENY;
    core_case_http(&c, &answered, "GET /health/probe", NULL, NULL);
    assert_int_equal(answered.status, 200);
    assert_int_equal(seen.asked, 0);
    finish();
}

static void tells_the_hook_what_is_wanted_by_whom(void **state) {
    (void)state;
    start(token_mode, true);
    seen.verdict = NX_AUTH_ALLOW;
    seen.named = "robot";
    post();
    assert_string_equal(seen.token, "se.cr.et");
    assert_string_equal(seen.method, "POST");
    assert_string_equal(seen.path, "/items/a%20b");
    assert_served("robot");
    finish();
}

static void takes_no_other_scheme_for_a_token(void **state) {
    (void)state;
    static const char *const headers[] = {
            "authorization", "Basic Zm9vOmJhcg==", NULL};
    start(token_mode, true);
    seen.verdict = NX_AUTH_DENY;
    core_case_http(&c, &answered, "POST /items/1", headers, NULL);
    assert_string_equal(seen.token, "(absent)");
    finish();
}

static void tells_the_unknown_from_those_without_the_right(void **state) {
    (void)state;
    start(token_mode, true);
    seen.verdict = NX_AUTH_DENY;
    post();
    assert_problem(401, "no scope for this");
    seen.named = "robot";
    post();
    assert_problem(403, "no scope for this");
    finish();
}

static void refuses_a_name_that_no_user_can_have(void **state) {
    (void)state;
    char name[200];
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    start(token_mode, true);
    seen.verdict = NX_AUTH_ALLOW;
    seen.named = name;
    post();
    assert_problem(500, "internal");
    finish();
}

static void serves_a_request_whose_verdict_comes_later(void **state) {
    (void)state;
    start(token_mode, true);
    seen.verdict = NX_AUTH_LATER;
    post();
    assert_int_equal(answered.answers, 0);
    assert_int_equal(seen.calls, 0);

    decide(NX_AUTH_ALLOW, "robot", NULL);
    assert_served("robot");
    finish();
}

static void refuses_a_request_whose_verdict_comes_later(void **state) {
    (void)state;
    start(token_mode, true);
    seen.verdict = NX_AUTH_LATER;
    post();
    decide(NX_AUTH_DENY, NULL, "revoked");
    assert_problem(401, "revoked");
    finish();
}

static void refuses_when_no_verdict_comes_in_time(void **state) {
    (void)state;
    start(token_mode, true);
    seen.verdict = NX_AUTH_LATER;
    post();
    core_case_advance(&c, 4900);
    assert_int_equal(answered.answers, 0);
    core_case_advance(&c, 200);
    assert_problem(401, "unauthenticated");
    finish();
}

static void serves_when_a_hook_decides_before_it_returns(void **state) {
    (void)state;
    start(token_mode, true);
    seen.verdict = NX_AUTH_LATER;
    seen.decides_inside = true;
    post();
    assert_served("inside");
    finish();
}

static void serves_nobody_who_left_before_the_verdict(void **state) {
    (void)state;
    start(token_mode, true);
    seen.verdict = NX_AUTH_LATER;
    post();
    http_gone(c.core, &answered);
    decide(NX_AUTH_ALLOW, "robot", NULL);
    assert_int_equal(answered.answers, 0);
    assert_int_equal(seen.calls, 0);
    assert_int_equal(ops_count(c.core->ops), 0);
    finish();
}

static void finds_the_route_again_after_the_verdict(void **state) {
    (void)state;
    start(token_mode, true);
    seen.verdict = NX_AUTH_LATER;
    post();
    // As a reload that removes the plugin would.
    struct registry *before = c.core->registry;
    c.core->registry = registry_create();
    decide(NX_AUTH_ALLOW, "robot", NULL);
    assert_problem(404, "not_found");
    registry_destroy(before);
    finish();
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(lets_everybody_in_while_developing),
            cmocka_unit_test(lets_nobody_in_without_a_hook_otherwise),
            cmocka_unit_test(asks_nobody_about_health),
            cmocka_unit_test(tells_the_hook_what_is_wanted_by_whom),
            cmocka_unit_test(takes_no_other_scheme_for_a_token),
            cmocka_unit_test(tells_the_unknown_from_those_without_the_right),
            cmocka_unit_test(refuses_a_name_that_no_user_can_have),
            cmocka_unit_test(serves_a_request_whose_verdict_comes_later),
            cmocka_unit_test(refuses_a_request_whose_verdict_comes_later),
            cmocka_unit_test(refuses_when_no_verdict_comes_in_time),
            cmocka_unit_test(serves_when_a_hook_decides_before_it_returns),
            cmocka_unit_test(serves_nobody_who_left_before_the_verdict),
            cmocka_unit_test(finds_the_route_again_after_the_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
