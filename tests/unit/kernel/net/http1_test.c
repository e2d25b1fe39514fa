#include "kernel/net/http1.h"

#include <nexus/http.h>
#include <nexus/router.h>

#include "kernel/core/http_answer.h"
#include "kernel/core/op.h"
#include "kernel/core/registry.h"
#include "tests/support/cmocka.h"
#include "tests/unit/kernel/net/net_case.h"

#define HOST   "Host: x\r\n"
#define CLOSE  "Connection: close\r\n"
#define LIVE   "GET /health/live HTTP/1.1\r\n" HOST
#define JSON   "Content-Type: application/json\r\n"
#define BIG    ((size_t)8 << 20)
#define LATE_S "GET /late HTTP/1.1\r\n" HOST

static struct net_case c;
static struct timer timer;
static nx_op_id late_op;
static char big[BIG];

static void answer(nx_op_id id, const char *text, size_t len) {
    struct op *op = ops_find(c.core->ops, id);
    if (op) {
        http_answer_bytes(
                c.core, op, 200, "text/plain", (struct nx_bytes){text, len});
        ops_remove(c.core->ops, op);
    }
}

static void on_late(void *arg) {
    answer(late_op, "late", 4);
}

static int32_t serve_late(void *user, const struct nx_http_request *request) {
    late_op = request->op;
    timers_set(&c.core->timers, &timer, 50);
    return NX_LATER;
}

static int32_t serve_never(void *user, const struct nx_http_request *request) {
    return NX_LATER;
}

static int32_t serve_big(void *user, const struct nx_http_request *request) {
    answer(request->op, big, sizeof(big));
    return NX_DONE;
}

static int32_t serve_echo(void *user, const struct nx_http_request *request) {
    answer(request->op, request->body.ptr ? request->body.ptr : "(none)",
            request->body.ptr ? request->body.len : 6);
    return NX_DONE;
}

static void add(const char *method, const char *path, nx_http_fn fn) {
    assert_int_equal(
            registry_add_route(c.core->registry, NULL, method, path, fn, NULL),
            NX_OK);
}

static int set_up(void **state) {
    (void)state;
    const char *const sets[] = {"limits.http_body_bytes=2000", NULL};
    net_case_init(&c, sets);
    timer_init(&timer, on_late, NULL);
    memset(big, 'x', sizeof(big));
    add("GET", "/late", serve_late);
    add("GET", "/never", serve_never);
    add("GET", "/big", serve_big);
    add("POST", "/echo", serve_echo);
    add("PUT", "/echo", serve_echo);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    timer_cancel(&timer);
    net_case_finish(&c);
    return 0;
}

static void expect_status(const char *request, const char *status) {
    const char *reply = net_case_ask(&c, request);
    assert_memory_equal(reply, "HTTP/1.1 ", 9);
    assert_memory_equal(reply + 9, status, 3);
    assert_true(c.ended);
}

static size_t count(const char *text) {
    size_t found = 0;
    const char *at = c.reply.data ? c.reply.data : "";
    while ((at = strstr(at, text)) != NULL) {
        found++;
        at += strlen(text);
    }
    return found;
}

static void serves_and_closes_when_asked_to(void **state) {
    (void)state;
    expect_status(LIVE CLOSE "\r\n", "200");
    assert_non_null(strstr(c.reply.data, "connection: close\r\n"));
    expect_status("GET /health/live HTTP/1.0\r\n\r\n", "200");
}

static void keeps_the_connection_otherwise(void **state) {
    (void)state;
    const struct net_step steps[] = {
            NET_SEND(LIVE "\r\n", "\"ok\""),
            NET_SEND("POST /echo HTTP/1.1\r\n" HOST JSON
                     "Content-Length: 7\r\n\r\n{\"a\":1}",
                    "{\"a\":1}"),
            NET_SEND("PUT /echo HTTP/1.1\r\n" HOST JSON
                     "Content-Length: 0\r\n\r\n",
                    "(none)"),
            NET_SEND("POST /echo HTTP/1.1\r\n" HOST JSON
                     "Content-Length: 0\r\n\r\n",
                    "(none)"),
            NET_UNTIL_END(LIVE CLOSE "\r\n"),
    };
    net_case_talk(&c, steps, 5);
    assert_int_equal(count("HTTP/1.1 200 OK"), 5);
    assert_int_equal(count("connection: close"), 1);
}

static void answers_pipelined_requests_in_their_order(void **state) {
    (void)state;
    const struct net_step step = NET_UNTIL_END(LIVE
            "\r\n" LATE_S "\r\n" LIVE "\r\n" LATE_S "\r\n" LIVE CLOSE "\r\n");
    net_case_talk(&c, &step, 1);
    assert_int_equal(count("HTTP/1.1 200 OK"), 5);
    assert_int_equal(count("late"), 2);
    assert_true(strstr(c.reply.data, "\"ok\"") < strstr(c.reply.data, "late"));
}

// libwebsockets 4.1.6 never returns from such a request.
static void closes_on_a_pipelined_request_with_a_body(void **state) {
    (void)state;
    const struct net_step step =
            NET_UNTIL_END(LIVE "\r\nPOST /echo HTTP/1.1\r\n" HOST JSON
                               "Content-Length: 2\r\n\r\n{}" LIVE "\r\n");
    net_case_talk(&c, &step, 1);
    assert_int_equal(count("HTTP/1.1 200 OK"), 1);
    assert_true(c.ended);
}

static void sends_an_answer_larger_than_a_socket_takes(void **state) {
    (void)state;
    expect_status("GET /big HTTP/1.1\r\n" HOST CLOSE "\r\n", "200");
    const char *body = strstr(c.reply.data, "\r\n\r\n") + 4;
    assert_int_equal(c.reply.len - (size_t)(body - c.reply.data), BIG);
    assert_memory_equal(body, big, BIG);
}

// libwebsockets 4.1.6 alone would turn 100,000 times a second meanwhile.
static void sleeps_while_a_client_does_not_take_its_answer(void **state) {
    (void)state;
    struct net_step step = NET_UNTIL_END(
            "GET /big HTTP/1.1\r\n" HOST "\r\n" LIVE CLOSE "\r\n");
    step.idle_ms = 500;
    net_case_talk(&c, &step, 1);
    assert_int_equal(count("HTTP/1.1 200 OK"), 2);
    // Two for each piece of 16 KiB, and some.
    assert_in_range(c.turns, 1, 3 * BIG / 16384);
}

static void answers_head_without_a_body(void **state) {
    (void)state;
    expect_status("HEAD /health/live HTTP/1.1\r\n" HOST CLOSE "\r\n", "200");
    assert_string_equal(strstr(c.reply.data, "\r\n\r\n"), "\r\n\r\n");
    assert_null(strstr(c.reply.data, "content-length: 0"));
}

static void answers_options_itself(void **state) {
    (void)state;
    expect_status("OPTIONS /any HTTP/1.1\r\n" HOST CLOSE "\r\n", "204");
    assert_non_null(strstr(c.reply.data, "allow: GET, HEAD, POST"));
}

static void refuses_a_body_over_the_limit_after_taking_it(void **state) {
    (void)state;
    static char request[4096];
    (void)snprintf(request, sizeof(request),
            "POST /echo HTTP/1.1\r\n" HOST JSON
            "Content-Length: 3000\r\n\r\n%03000d",
            0);
    expect_status(request, "413");
}

static void refuses_what_it_cannot_frame(void **state) {
    (void)state;
    expect_status("POST /echo HTTP/1.1\r\n" HOST
                  "Content-Length: -5\r\n\r\nabcde",
            "400");
    expect_status("POST /echo HTTP/1.1\r\n" HOST
                  "Content-Length: 99999999999\r\n\r\nabc",
            "413");
    expect_status("POST /echo HTTP/1.1\r\n" HOST
                  "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "400");
    expect_status("POST /echo HTTP/1.1\r\n" HOST "\r\n", "400");
    expect_status("GET /health/live HTTP/1.1\r\n\r\n", "400");
}

static void invites_a_body_that_waits_to_be_asked_for(void **state) {
    (void)state;
    const struct net_step steps[] = {
            NET_SEND("POST /echo HTTP/1.1\r\n" HOST JSON CLOSE
                     "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n",
                    "HTTP/1.1 100 Continue\r\n\r\n"),
            NET_UNTIL_END("{}"),
    };
    net_case_talk(&c, steps, 2);
    assert_int_equal(count("HTTP/1.1 200 OK"), 1);
}

static void tells_core_when_the_client_has_left(void **state) {
    (void)state;
    // The client does not wait; the loop does, until the op is gone.
    const struct net_step step =
            NET_SEND("GET /never HTTP/1.1\r\n" HOST "\r\n", "");
    net_case_talk(&c, &step, 1);
    const struct net_step pause = NET_UNTIL_END(LATE_S CLOSE "\r\n");
    for (int i = 0; i < 100 && ops_count(c.core->ops) > 0; i++) {
        net_case_talk(&c, &pause, 1);
    }
    assert_int_equal(ops_count(c.core->ops), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(serves_and_closes_when_asked_to),
            cmocka_unit_test(keeps_the_connection_otherwise),
            cmocka_unit_test(answers_pipelined_requests_in_their_order),
            cmocka_unit_test(closes_on_a_pipelined_request_with_a_body),
            cmocka_unit_test(sends_an_answer_larger_than_a_socket_takes),
            cmocka_unit_test(sleeps_while_a_client_does_not_take_its_answer),
            cmocka_unit_test(answers_head_without_a_body),
            cmocka_unit_test(answers_options_itself),
            cmocka_unit_test(refuses_a_body_over_the_limit_after_taking_it),
            cmocka_unit_test(refuses_what_it_cannot_frame),
            cmocka_unit_test(invites_a_body_that_waits_to_be_asked_for),
            cmocka_unit_test(tells_core_when_the_client_has_left),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
