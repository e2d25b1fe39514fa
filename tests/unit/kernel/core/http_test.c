#include "kernel/core/http.h"

#include <string.h>

#include <nexus/http.h>
#include <nexus/router.h>

#include "kernel/core/http_answer.h"
#include "kernel/core/http_request.h"
#include "kernel/core/json_view.h"
#include "kernel/core/op.h"
#include "kernel/core/registry.h"
#include "kernel/core/stats.h"
#include "kernel/core/writer.h"
#include "tests/support/cmocka.h"
#include "tests/support/core_case.h"

#define TEXT_MAX 256

// What the route /echo/{name} was given, and what it is to do.
struct seen {
    struct core *core;
    unsigned calls;
    nx_op_id op;
    char method[TEXT_MAX];
    char name[TEXT_MAX];
    char query[TEXT_MAX];
    char key[TEXT_MAX];
    char field[TEXT_MAX];
    bool has_body;
    int32_t result; // returned instead of an answer, unless NX_DONE
};

static struct core_case c;
static struct seen seen;
static struct http_link answered;

static void copy(char out[TEXT_MAX], struct nx_str text) {
    assert_true(text.len < TEXT_MAX);
    (void)snprintf(out, TEXT_MAX, "%s", text.ptr ? text.ptr : "(absent)");
}

static void answer(struct core *core, nx_op_id id, const char *text) {
    struct op *op = ops_find(core->ops, id);
    assert_non_null(op);
    struct nx_writer *body = writer_object(core->writers);
    writer_put_cstr(body, "say", text);
    assert_int_equal(http_answer_json(core, op, 200, body), NX_OK);
    ops_remove(core->ops, op);
}

static int32_t on_echo(void *user, const struct nx_http_request *request) {
    (void)user;
    seen.calls++;
    seen.op = request->op;
    copy(seen.method, request->method);
    copy(seen.name, http_request_param(request->handle, "name"));
    copy(seen.query, http_request_query(request->handle, "q"));
    copy(seen.key, http_request_header(request->handle, "idempotency-key"));
    copy(seen.field, json_view_str(json_view_get(request->json, "field")));
    seen.has_body = request->body.ptr != NULL;
    if (seen.result == NX_DONE) {
        answer(seen.core, request->op, "echo");
    }
    return seen.result;
}

static int32_t on_exact(void *user, const struct nx_http_request *request) {
    answer(user, request->op, "exact");
    return NX_DONE;
}

static void add(const char *method, const char *pattern, nx_http_fn fn) {
    assert_int_equal(registry_add_route(c.core->registry, NULL, method, pattern,
                             fn, c.core),
            NX_OK);
}

static void start(const char *const *sets) {
    core_case_init(&c, sets);
    memset(&seen, 0, sizeof(seen));
    memset(&answered, 0, sizeof(answered));
    seen.core = c.core;
    add("GET", "/echo/{name}", on_echo);
    add("POST", "/echo/{name}", on_echo);
    add("GET", "/echo/exact", on_exact);
    add("DELETE", "/only", on_echo);
}

static int set_up(void **state) {
    (void)state;
    start(NULL);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    http_link_finish(&answered);
    core_case_finish(&c);
    return 0;
}

static void get(const char *line) {
    http_link_finish(&answered);
    core_case_http(&c, &answered, line, NULL, NULL);
}

static void post(const char *line, const char *type, const char *body) {
    const char *const headers[] = {"content-type", type, NULL};
    http_link_finish(&answered);
    core_case_http(&c, &answered, line, type ? headers : NULL, body);
}

static void assert_problem(uint32_t status, const char *code) {
    char member[TEXT_MAX];
    (void)snprintf(member, sizeof(member), "\"code\":\"%s\"", code);
    assert_int_equal(answered.answers, 1);
    assert_int_equal(answered.status, status);
    assert_string_equal(answered.type, "application/problem+json");
    assert_non_null(strstr(http_link_body(&answered), member));
    assert_int_equal(ops_count(c.core->ops), 0);
}

static void assert_answer(const char *body) {
    assert_int_equal(answered.answers, 1);
    assert_int_equal(answered.status, 200);
    assert_string_equal(answered.type, "application/json");
    assert_string_equal(http_link_body(&answered), body);
    assert_int_equal(ops_count(c.core->ops), 0);
}

// ---- routes ----

static void answers_with_what_the_handler_wrote(void **state) {
    (void)state;
    get("GET /echo/alice");
    assert_answer("{\"say\":\"echo\"}");
    assert_int_equal(c.core->stats->http_requests, 1);
    assert_int_equal(c.core->stats->http_errors, 0);
}

static void prefers_an_exact_path_to_a_pattern(void **state) {
    (void)state;
    get("GET /echo/exact");
    assert_answer("{\"say\":\"exact\"}");
    get("GET /echo/exac");
    assert_answer("{\"say\":\"echo\"}");
}

static void serves_head_as_get(void **state) {
    (void)state;
    get("HEAD /echo/alice");
    assert_answer("{\"say\":\"echo\"}");
    assert_string_equal(seen.method, "GET");
}

static void refuses_a_path_that_nobody_has(void **state) {
    (void)state;
    static const char *const lines[] = {"GET /nowhere", "GET /echo",
            "GET /echo/", "GET /echo/a/b", "GET echo/a", "GET *"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        get(lines[i]);
        assert_problem(404, "not_found");
        assert_string_equal(answered.allow, "");
    }
    assert_int_equal(c.core->stats->http_errors, 6);
}

static void names_the_methods_of_a_path_that_has_others(void **state) {
    (void)state;
    get("PUT /echo/alice");
    assert_problem(405, "method_not_allowed");
    assert_string_equal(answered.allow, "GET, HEAD, POST");
    get("PUT /echo/exact");
    assert_string_equal(answered.allow, "GET, HEAD, POST");
    get("HEAD /only");
    assert_problem(405, "method_not_allowed");
    assert_string_equal(answered.allow, "DELETE");
    get("get /echo/alice");
    assert_problem(405, "method_not_allowed");
}

// ---- what a handler is given ----

static void gives_the_parts_of_the_url_decoded(void **state) {
    (void)state;
    get("GET /echo/a%2Fb+c?q=x+y%26z&q=2");
    assert_string_equal(seen.name, "a/b+c");
    assert_string_equal(seen.query, "x y&z");
    get("GET /echo/%C3%A4");
    assert_string_equal(seen.name, "\xc3\xa4");
    assert_string_equal(seen.query, "(absent)");
    assert_false(seen.has_body);
    get("GET /echo/a?q");
    assert_string_equal(seen.query, "");
}

static void refuses_a_url_that_is_not_properly_encoded(void **state) {
    (void)state;
    static const char *const lines[] = {"GET /echo/%", "GET /echo/%zz",
            "GET /echo/%00", "GET /echo/%FF", "GET /echo/a?other=%c3&q=1",
            "GET /echo/a?%"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        get(lines[i]);
        assert_problem(400, "bad_request");
    }
    assert_int_equal(seen.calls, 0);
}

static void refuses_a_url_without_end(void **state) {
    (void)state;
    char line[HTTP_REQUEST_TARGET_MAX + 32] = "GET /echo/a?q=";
    size_t len = strlen(line);
    memset(line + len, 'x', sizeof(line) - 1 - len);
    get(line);
    assert_problem(413, "too_large");
}

static void parses_a_json_body(void **state) {
    (void)state;
    post("POST /echo/a", "application/json", "{\"field\":\"value\"}");
    assert_answer("{\"say\":\"echo\"}");
    assert_string_equal(seen.field, "value");
    post("POST /echo/a", "Application/JSON ; charset=utf-8",
            "{\"field\":\"two\"}");
    assert_string_equal(seen.field, "two");
    post("POST /echo/a", NULL, "");
    assert_answer("{\"say\":\"echo\"}");
    assert_false(seen.has_body);
}

static void refuses_a_body_of_another_type(void **state) {
    (void)state;
    static const char *const types[] = {NULL, "", "text/plain",
            "application/jsonp", "application/json5; a", "application"};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        post("POST /echo/a", types[i], "{}");
        assert_problem(415, "unsupported_media_type");
    }
    assert_int_equal(seen.calls, 0);
}

static void refuses_a_body_that_is_no_json_object(void **state) {
    (void)state;
    static const struct {
        const char *body;
        const char *code;
    } bad[] = {
            {"{", "bad_json"},
            {"{\"a\":1,\"a\":2}", "bad_json"},
            {"{} x", "bad_json"},
            {"[]", "bad_request"},
            {"\"text\"", "bad_request"},
            {"null", "bad_request"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        post("POST /echo/a", "application/json", bad[i].body);
        assert_problem(400, bad[i].code);
    }
    char deep[200] = "{\"a\":";
    memset(deep + 5, '[', 100);
    post("POST /echo/a", "application/json", deep);
    assert_problem(400, "too_deep");
    assert_int_equal(seen.calls, 0);
}

// ---- what a handler returns ----

static void turns_a_negative_status_into_a_problem(void **state) {
    (void)state;
    seen.result = NX_ERR_CONFLICT;
    get("GET /echo/a");
    assert_problem(409, "conflict");
    assert_int_equal(answered.retry_after_s, 0);
    assert_int_equal(c.core->stats->http_errors, 1);
}

static void says_when_to_come_back(void **state) {
    (void)state;
    seen.result = NX_ERR_RATE_LIMITED;
    get("GET /echo/a");
    assert_problem(429, "rate_limited");
    assert_int_equal(answered.retry_after_s, 1);
    seen.result = NX_ERR_ENGINE_UNAVAILABLE;
    get("GET /echo/a");
    assert_problem(503, "engine_unavailable");
    assert_int_equal(answered.retry_after_s, 5);
}

static void takes_a_missing_answer_for_a_mistake(void **state) {
    (void)state;
    log_set_fd(-1);
    seen.result = NX_PASS;
    get("GET /echo/a");
    assert_problem(500, "internal");
    seen.result = 77;
    get("GET /echo/a");
    assert_problem(500, "internal");
    log_set_fd(2);
}

static void waits_for_an_answer_that_comes_later(void **state) {
    (void)state;
    seen.result = NX_LATER;
    get("GET /echo/a");
    assert_int_equal(answered.answers, 0);
    core_case_advance(&c, OP_TIMEOUT_MS - 1000);
    assert_int_equal(answered.answers, 0);

    answer(c.core, seen.op, "later");
    assert_answer("{\"say\":\"later\"}");
    core_case_advance(&c, OP_TIMEOUT_MS);
    assert_int_equal(answered.answers, 1);
}

static void gives_up_waiting_after_a_minute(void **state) {
    (void)state;
    seen.result = NX_LATER;
    get("GET /echo/a");
    core_case_advance(&c, OP_TIMEOUT_MS + 1000);
    assert_problem(504, "timeout");
    assert_null(ops_find(c.core->ops, seen.op));
}

static void forgets_a_client_that_has_left(void **state) {
    (void)state;
    struct http_link other;
    seen.result = NX_LATER;
    get("GET /echo/a");
    nx_op_id first = seen.op;
    core_case_http(&c, &other, "GET /echo/b", NULL, NULL);

    http_gone(c.core, &answered);
    assert_null(ops_find(c.core->ops, first));
    assert_non_null(ops_find(c.core->ops, seen.op));
    http_gone(c.core, &answered); // again: nothing is left of it
    core_case_advance(&c, OP_TIMEOUT_MS + 1000);
    assert_int_equal(answered.answers, 0);
    assert_int_equal(other.answers, 1);
    http_link_finish(&other);
}

static void refuses_more_than_may_wait(void **state) {
    (void)state;
    static const char *const sets[] = {"limits.pending_requests=1", NULL};
    core_case_finish(&c);
    start(sets);
    struct http_link first;
    seen.result = NX_LATER;
    core_case_http(&c, &first, "GET /echo/a", NULL, NULL);

    get("GET /echo/b");
    assert_int_equal(answered.status, 503);
    assert_int_equal(answered.retry_after_s, 1);
    assert_non_null(
            strstr(http_link_body(&answered), "limits.pending_requests"));
    assert_int_equal(seen.calls, 1);
    http_gone(c.core, &first);
    http_link_finish(&first);
    get("GET /echo/b");
    assert_int_equal(seen.calls, 2);
}

// ---- answers ----

static void refuses_what_was_not_read_whole(void **state) {
    (void)state;
    nx_buf_init(&answered.body, CORE_CASE_MAX);
    http_refuse(c.core, &answered, NX_ERR_TOO_LARGE, "the body is too large");
    assert_problem(413, "too_large");
    assert_non_null(strstr(http_link_body(&answered), "the body is too large"));
    assert_int_equal(c.core->stats->http_requests, 1);
    assert_int_equal(c.core->stats->http_errors, 1);
}

static struct op *waiting_op(void) {
    seen.result = NX_LATER;
    get("GET /echo/a");
    return ops_find(c.core->ops, seen.op);
}

static void sends_nothing_of_a_writer_that_failed(void **state) {
    (void)state;
    struct op *op = waiting_op();
    struct nx_writer *body = writer_object(c.core->writers);
    writer_put_str(body, "bad", (struct nx_str){"\xff", 1});

    assert_int_equal(http_answer_json(c.core, op, 200, body), NX_ERR_INVALID);
    assert_int_equal(answered.answers, 0);
    body = writer_object(c.core->writers);
    assert_int_equal(http_answer_json(c.core, op, 99, body), NX_ERR_INVALID);
    assert_int_equal(answered.answers, 0);
    assert_int_equal(writers_open_count(c.core->writers), 0);

    assert_int_equal(http_answer_json(c.core, op, 204, NULL), NX_OK);
    assert_int_equal(answered.status, 204);
    assert_string_equal(answered.type, "");
    assert_null(op->link);
    assert_int_equal(http_answer_json(c.core, op, 200, NULL), NX_ERR_GONE);
    http_answer_problem(c.core, op, NX_ERR_INTERNAL, core_case_str(NULL));
    assert_int_equal(answered.answers, 1);
}

static void lets_no_content_type_add_a_header(void **state) {
    (void)state;
    struct nx_bytes bytes = {"a\0b", 3};
    struct op *op = waiting_op();
    http_answer_bytes(c.core, op, 200, "text/html\r\nset-cookie: a=b", bytes);
    assert_string_equal(answered.type, "application/octet-stream");
    assert_int_equal(answered.body.len, 3);
    assert_memory_equal(answered.body.data, "a\0b", 3);

    op = waiting_op();
    http_answer_bytes(c.core, op, 429, "text/plain; version=0.0.4", bytes);
    assert_string_equal(answered.type, "text/plain; version=0.0.4");
    assert_int_equal(answered.retry_after_s, 1);
}

static void finds_words_when_no_writer_is_left(void **state) {
    (void)state;
    while (writer_answer(c.core->writers, core_case_str(NULL))) {
    }
    get("GET /nowhere");
    assert_problem(404, "not_found");
    writers_reap(c.core->writers, 0);
}

int main(void) {
    struct CMUnitTest tests[] = {
            cmocka_unit_test(answers_with_what_the_handler_wrote),
            cmocka_unit_test(prefers_an_exact_path_to_a_pattern),
            cmocka_unit_test(serves_head_as_get),
            cmocka_unit_test(refuses_a_path_that_nobody_has),
            cmocka_unit_test(names_the_methods_of_a_path_that_has_others),
            cmocka_unit_test(gives_the_parts_of_the_url_decoded),
            cmocka_unit_test(refuses_a_url_that_is_not_properly_encoded),
            cmocka_unit_test(refuses_a_url_without_end),
            cmocka_unit_test(parses_a_json_body),
            cmocka_unit_test(refuses_a_body_of_another_type),
            cmocka_unit_test(refuses_a_body_that_is_no_json_object),
            cmocka_unit_test(turns_a_negative_status_into_a_problem),
            cmocka_unit_test(says_when_to_come_back),
            cmocka_unit_test(takes_a_missing_answer_for_a_mistake),
            cmocka_unit_test(waits_for_an_answer_that_comes_later),
            cmocka_unit_test(gives_up_waiting_after_a_minute),
            cmocka_unit_test(forgets_a_client_that_has_left),
            cmocka_unit_test(refuses_more_than_may_wait),
            cmocka_unit_test(refuses_what_was_not_read_whole),
            cmocka_unit_test(sends_nothing_of_a_writer_that_failed),
            cmocka_unit_test(lets_no_content_type_add_a_header),
            cmocka_unit_test(finds_words_when_no_writer_is_left),
    };
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        tests[i].setup_func = set_up;
        tests[i].teardown_func = tear_down;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
