#include <stdio.h>

#include "tests/unit/kernel/core/host_fixture.h"

static char seen[256];
static nx_op_id later_op;

static int32_t show(void *user, const struct nx_http_request *request) {
    const struct nx_http_v1 *http = probe.sdk.http;
    struct nx_str name = http->param(request, "name");
    struct nx_str limit = http->query(request, "limit");
    struct nx_str header = http->header(request, "authorization");
    assert_null(http->param(request, "nothing").ptr);
    assert_null(http->query(request, NULL).ptr);
    assert_null(http->header(NULL, "authorization").ptr);
    snprintf(seen, sizeof(seen), "%.*s %.*s %.*s", (int)name.len, name.ptr,
            (int)limit.len, limit.ptr ? limit.ptr : "", (int)header.len,
            header.ptr ? header.ptr : "");
    struct nx_writer *body = probe.sdk.json->object(probe.host);
    probe.sdk.json->put_str(body, "name", name);
    assert_int_equal(http->respond(probe.host, request->op, 200, body), NX_OK);
    assert_int_equal(
            http->respond(probe.host, request->op, 200, NULL), NX_ERR_GONE);
    return NX_DONE;
}

static int32_t refuse(void *user, const struct nx_http_request *request) {
    return NX_ERR_CONFLICT;
}

static int32_t put_off(void *user, const struct nx_http_request *request) {
    later_op = request->op;
    return NX_LATER;
}

static int32_t expect_limit(void *user, const struct nx_http_request *request) {
    static const char *const known[] = {"limit", NULL};
    const struct nx_http_v1 *http = probe.sdk.http;
    assert_int_equal(
            http->expect_query(probe.host, request, NULL), NX_ERR_INVALID);
    assert_int_equal(
            http->expect_query(probe.host, NULL, known), NX_ERR_INVALID);
    nx_status status = http->expect_query(probe.host, request, known);
    if (status != NX_OK) {
        return status;
    }
    struct nx_writer *body = probe.sdk.json->object(probe.host);
    http->respond(probe.host, request->op, 200, body);
    return NX_DONE;
}

static nx_status add_routes(void) {
    const struct nx_http_v1 *http = probe.sdk.http;
    assert_int_equal(
            http->route(probe.host, NULL, "/x", show, NULL), NX_ERR_INVALID);
    assert_int_equal(
            http->route(probe.host, "GET", "/x", NULL, NULL), NX_ERR_INVALID);
    nx_status status =
            http->route(probe.host, "GET", "/probe/{name}", show, NULL);
    assert_int_equal(
            http->route(probe.host, "GET", "/probe/{name}", show, NULL),
            NX_ERR_EXISTS);
    http->route(probe.host, "POST", "/refuse", refuse, NULL);
    http->route(probe.host, "GET", "/later", put_off, NULL);
    http->route(probe.host, "GET", "/expect", expect_limit, NULL);
    return status;
}

static int setup(void **state) {
    probe_load();
    probe.on_start = add_routes;
    probe_run();
    return 0;
}

static void reads_segments_arguments_and_headers(void **state) {
    static const char *const headers[] = {"authorization", "Bearer x", NULL};
    const struct fake_response *response = fake_host_http_with(
            probe.fake, "GET", "/probe/a%20b?limit=2", NULL, headers);
    assert_int_equal(response->status, 200);
    assert_string_equal(seen, "a b 2 Bearer x");
    assert_true(fake_event_is(response->json, "name", "a b"));
}

static void turns_an_error_into_a_problem(void **state) {
    const struct fake_response *response =
            fake_host_http(probe.fake, "POST", "/refuse", "{}");
    assert_int_equal(response->status, 409);
    assert_string_equal(response->content_type, "application/problem+json");
    assert_true(fake_event_is(response->json, "code", "conflict"));
}

static void answers_later_with_bytes(void **state) {
    const struct nx_http_v1 *http = probe.sdk.http;
    const struct fake_response *response =
            fake_host_http(probe.fake, "GET", "/later", NULL);
    assert_int_equal(response->status, 0);
    assert_int_equal(http->respond_bytes(probe.host, later_op, 99, "text/plain",
                             nx_bytes_n("hi", 2)),
            NX_ERR_INVALID);
    assert_int_equal(http->respond_bytes(probe.host, later_op, 200, NULL,
                             nx_bytes_n("hi", 2)),
            NX_ERR_INVALID);
    assert_int_equal(http->respond_bytes(probe.host, later_op, 200,
                             "text/plain", nx_bytes_n("hi", 2)),
            NX_OK);
    assert_int_equal(response->status, 200);
    assert_string_equal(response->body, "hi");
}

static void answers_later_with_a_problem(void **state) {
    const struct fake_response *response =
            fake_host_http(probe.fake, "GET", "/later", NULL);
    assert_int_equal(probe.sdk.http->problem(probe.host, later_op,
                             NX_ERR_NOT_FOUND, nx_str_c("no such moon")),
            NX_OK);
    assert_int_equal(response->status, 404);
    assert_true(fake_event_is(response->json, "detail", "no such moon"));
    assert_int_equal(probe.sdk.http->problem(probe.host, later_op,
                             NX_ERR_NOT_FOUND, nx_str_none()),
            NX_ERR_GONE);
}

static void answers_once_even_when_the_body_cannot_be_written(void **state) {
    const struct fake_response *response =
            fake_host_http(probe.fake, "GET", "/later", NULL);
    struct nx_writer *body = probe.sdk.json->object(probe.host);
    probe.sdk.json->put_str(body, "bad", nx_str_c("\xff"));
    assert_int_equal(probe.sdk.http->respond(probe.host, later_op, 200, body),
            NX_ERR_INVALID);
    assert_int_not_equal(response->status, 200);
    assert_int_not_equal(response->status, 0);
    assert_int_equal(probe.sdk.http->respond(probe.host, later_op, 200, NULL),
            NX_ERR_GONE);
}

static void does_not_answer_an_event_over_http(void **state) {
    nx_session_id alice = fake_host_connect(probe.fake, "alice");
    fake_host_send(probe.fake, alice, "{\"event_type\":\"probe.x\"}");
    fake_host_http(probe.fake, "GET", "/later", NULL);
    assert_int_equal(probe.sdk.router->reply(probe.host, later_op, NULL, 0),
            NX_ERR_GONE);
}

static void warns_of_arguments_that_nobody_knows(void **state) {
    const struct fake_response *fine =
            fake_host_http(probe.fake, "GET", "/expect?limit=1", NULL);
    assert_string_equal(fine->body, "{}");
    const struct fake_response *warned =
            fake_host_http(probe.fake, "GET", "/expect?limit=1&colour=2", NULL);
    assert_int_equal(warned->status, 200);
    FAKE_ASSERT_STR(warned->json, "warnings.0.code", "unknown_field");
    FAKE_ASSERT_STR(warned->json, "warnings.0.field", "colour");
}

static void refuses_them_when_it_is_strict(void **state) {
    probe_load();
    probe.on_start = add_routes;
    fake_host_set(probe.fake, "protocol.strict=true");
    probe_run();
    const struct fake_response *refused =
            fake_host_http(probe.fake, "GET", "/expect?colour=2", NULL);
    assert_int_equal(refused->status, 400);
    FAKE_ASSERT_STR(refused->json, "code", "unknown_field");
    fake_host_destroy(probe.fake);
}

#define TEST(function) \
    cmocka_unit_test_setup_teardown(function, setup, probe_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(reads_segments_arguments_and_headers),
            TEST(turns_an_error_into_a_problem),
            TEST(answers_later_with_bytes),
            TEST(answers_later_with_a_problem),
            TEST(answers_once_even_when_the_body_cannot_be_written),
            TEST(does_not_answer_an_event_over_http),
            TEST(warns_of_arguments_that_nobody_knows),
            cmocka_unit_test(refuses_them_when_it_is_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
