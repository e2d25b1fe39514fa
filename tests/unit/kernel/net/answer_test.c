#include "kernel/net/answer.h"

#include <string.h>

#include <nexus/util/buf.h>

#include "kernel/core/transport.h"
#include "tests/support/cmocka.h"

#define WALL_MS INT64_C(1769860800123) // 2026-01-31T12:00:00.123Z

static void expect(const struct answer *answer, const char *bytes) {
    struct nx_buf out;
    nx_buf_init(&out, 4096);
    assert_true(answer_append(&out, answer));
    assert_string_equal(out.data, bytes);
    nx_buf_finish(&out);
}

static const struct http_response hello = {
        .status = 200,
        .content_type = "text/plain",
        .body = {"hello", 5},
};

static void writes_headers_and_body(void **state) {
    (void)state;
    const struct answer answer = {.response = &hello, .wall_ms = WALL_MS};
    expect(&answer,
            "HTTP/1.1 200 OK\r\n"
            "date: Sat, 31 Jan 2026 12:00:00 GMT\r\n"
            "content-type: text/plain\r\n"
            "content-length: 5\r\n"
            "x-content-type-options: nosniff\r\n"
            "cache-control: no-store\r\n"
            "\r\n"
            "hello");
}

static void leaves_the_body_out_for_head(void **state) {
    (void)state;
    const struct answer answer = {
            .response = &hello, .no_body = true, .wall_ms = WALL_MS};
    expect(&answer,
            "HTTP/1.1 200 OK\r\n"
            "date: Sat, 31 Jan 2026 12:00:00 GMT\r\n"
            "content-type: text/plain\r\n"
            "content-length: 5\r\n"
            "x-content-type-options: nosniff\r\n"
            "cache-control: no-store\r\n"
            "\r\n");
}

static void writes_what_else_the_client_should_know(void **state) {
    (void)state;
    const struct http_response response = {
            .status = 405, .retry_after_s = 7, .allow = "GET, HEAD"};
    const struct answer answer = {.response = &response,
            .extra = "x-more: yes\r\n",
            .close = true,
            .wall_ms = WALL_MS};
    expect(&answer,
            "HTTP/1.1 405 Method Not Allowed\r\n"
            "date: Sat, 31 Jan 2026 12:00:00 GMT\r\n"
            "content-length: 0\r\n"
            "cache-control: no-store\r\n"
            "retry-after: 7\r\n"
            "allow: GET, HEAD\r\n"
            "x-more: yes\r\n"
            "connection: close\r\n"
            "\r\n");
}

static void sends_no_length_with_status_204(void **state) {
    (void)state;
    const struct http_response response = {.status = 204};
    const struct answer answer = {.response = &response, .wall_ms = WALL_MS};
    expect(&answer,
            "HTTP/1.1 204 No Content\r\n"
            "date: Sat, 31 Jan 2026 12:00:00 GMT\r\n"
            "cache-control: no-store\r\n"
            "\r\n");
}

static void explains_a_refusal_as_problem_json(void **state) {
    (void)state;
    const struct http_response response = {.status = 426};
    const struct answer answer = {.response = &response, .wall_ms = WALL_MS};
    struct nx_buf out;
    nx_buf_init(&out, 4096);
    assert_true(answer_append_problem(&out, &answer, "bad_request", "too old"));
    assert_non_null(strstr(out.data, "HTTP/1.1 426 Upgrade Required\r\n"));
    assert_non_null(
            strstr(out.data, "content-type: application/problem+json\r\n"));
    assert_non_null(strstr(out.data,
            "\r\n\r\n{\"type\":\"about:blank\",\"title\":\"Upgrade Required\","
            "\"status\":426,\"code\":\"bad_request\",\"detail\":\"too old\"}"));
    nx_buf_finish(&out);
}

static void says_when_there_is_no_room(void **state) {
    (void)state;
    const struct answer answer = {.response = &hello, .wall_ms = WALL_MS};
    struct nx_buf out;
    nx_buf_init(&out, 64);
    assert_false(answer_append(&out, &answer));
    nx_buf_finish(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(writes_headers_and_body),
            cmocka_unit_test(leaves_the_body_out_for_head),
            cmocka_unit_test(writes_what_else_the_client_should_know),
            cmocka_unit_test(sends_no_length_with_status_204),
            cmocka_unit_test(explains_a_refusal_as_problem_json),
            cmocka_unit_test(says_when_there_is_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
