#include "kernel/net/handshake.h"

#include <stdio.h>

#include "tests/support/cmocka.h"
#include "tests/unit/kernel/net/net_case.h"

#define KEY     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define HOST    "Host: x\r\n"
#define OPENING "GET /ws HTTP/1.1\r\n"

static struct net_case c;

static int set_up(void **state) {
    (void)state;
    net_case_init(&c, NULL);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    net_case_finish(&c);
    return 0;
}

static void expect_refused(const char *request, int status) {
    char line[32];
    (void)snprintf(line, sizeof(line), "HTTP/1.1 %d ", status);
    const char *reply = net_case_ask(&c, request);
    assert_memory_equal(reply, line, strlen(line));
    assert_non_null(strstr(reply, "application/problem+json"));
    assert_non_null(strstr(reply,
            status == 426 ? "connection: upgrade, close"
                          : "connection: close"));
    assert_true(c.ended);
}

// Opened, and answered with `expected` somewhere in the headers.
static void expect_opened(const char *request, const char *expected) {
    const struct net_step step = NET_SEND(request, "\r\n\r\n");
    net_case_talk(&c, &step, 1);
    assert_memory_equal(c.reply.data, "HTTP/1.1 101 ", 13);
    assert_non_null(strstr(c.reply.data, expected));
    assert_false(c.ended);
}

static void opens_what_is_right(void **state) {
    (void)state;
    expect_opened(OPENING HOST UPGRADE KEY VERSION "\r\n",
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
    assert_null(strstr(c.reply.data, "Sec-WebSocket-Protocol"));
    expect_opened("GET /ws?user_id=a HTTP/1.1\r\n" HOST KEY VERSION
                  "Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
                  "\r\n",
            "Upgrade: WebSocket");
}

static void answers_with_its_own_protocol_only(void **state) {
    (void)state;
    expect_opened(OPENING HOST UPGRADE KEY VERSION
            "Sec-WebSocket-Protocol: chat, nexus.v1, bearer.t\r\n\r\n",
            "Sec-WebSocket-Protocol: nexus.v1\r\n");
}

static void wants_version_13(void **state) {
    (void)state;
    expect_refused(OPENING HOST UPGRADE KEY "\r\n", 426);
    expect_refused(
            OPENING HOST UPGRADE KEY "Sec-WebSocket-Version: 12\r\n\r\n", 426);
    assert_non_null(strstr(c.reply.data, "sec-websocket-version: 13\r\n"));
}

static void wants_a_key_of_16_bytes(void **state) {
    (void)state;
    expect_refused(OPENING HOST UPGRADE VERSION "\r\n", 400);
    expect_refused(
            OPENING HOST UPGRADE VERSION "Sec-WebSocket-Key: abc\r\n\r\n", 400);
    expect_refused(OPENING HOST UPGRADE VERSION
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ!=\r\n\r\n",
            400);
}

static void wants_get_and_http_1_1(void **state) {
    (void)state;
    expect_refused(
            "POST /ws HTTP/1.1\r\n" HOST UPGRADE KEY VERSION "\r\n", 405);
    expect_refused("GET /ws HTTP/1.0\r\n" HOST UPGRADE KEY VERSION "\r\n", 400);
}

static void wants_one_host(void **state) {
    (void)state;
    expect_refused(OPENING UPGRADE KEY VERSION "\r\n", 400);
    expect_refused(OPENING HOST HOST UPGRADE KEY VERSION "\r\n", 400);
}

static void wants_the_path_of_the_settings(void **state) {
    (void)state;
    expect_refused(
            "GET /wss HTTP/1.1\r\n" HOST UPGRADE KEY VERSION "\r\n", 404);
    expect_refused("GET / HTTP/1.1\r\n" HOST UPGRADE KEY VERSION "\r\n", 404);
}

static void wants_no_body(void **state) {
    (void)state;
    expect_refused(OPENING HOST UPGRADE KEY VERSION
            "Content-Length: 3\r\n\r\nabc",
            400);
}

static void wants_the_connection_header(void **state) {
    (void)state;
    expect_refused(
            OPENING HOST "Upgrade: websocket\r\n" KEY VERSION "\r\n", 400);
}

static void refuses_other_upgrades(void **state) {
    (void)state;
    expect_refused(
            OPENING HOST "Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n", 426);
}

static void leaves_out_upgrades_that_nobody_needs(void **state) {
    (void)state;
    const char *reply = net_case_ask(&c,
            "GET /health/live HTTP/1.1\r\n" HOST
            "Upgrade: h2c\r\nConnection: Upgrade, close\r\n\r\n");
    assert_memory_equal(reply, "HTTP/1.1 200 ", 13);
}

// In libwebsockets 4.1.6 this is a use after free unless it is refused.
static void survives_an_unknown_upgrade_after_a_request(void **state) {
    (void)state;
    const struct net_step steps[] = {
            NET_SEND("GET /health/live HTTP/1.1\r\n" HOST "\r\n", "\"ok\""),
            NET_UNTIL_END(
                    OPENING HOST "Upgrade: foo\r\nConnection: Upgrade\r\n\r\n"),
    };
    net_case_talk(&c, steps, 2);
    assert_true(c.ended);
    assert_null(strstr(c.reply.data, " 101 "));
}

static void refuses_offers_of_unknown_protocols(void **state) {
    (void)state;
    expect_refused(OPENING HOST UPGRADE KEY VERSION
            "Sec-WebSocket-Protocol: chat\r\n\r\n",
            400);
}

static void refuses_what_is_too_long(void **state) {
    (void)state;
    char request[4096];
    (void)snprintf(request, sizeof(request),
            "GET /ws?token=%02048d HTTP/1.1\r\n" HOST UPGRADE KEY VERSION
            "\r\n",
            0);
    expect_refused(request, 414);
    (void)snprintf(request, sizeof(request),
            OPENING HOST UPGRADE KEY VERSION
            "Sec-WebSocket-Protocol: nexus.v1, bearer.%0128d\r\n\r\n",
            0);
    expect_refused(request, 431);
}

static void refuses_plain_requests_of_its_path(void **state) {
    (void)state;
    expect_refused(OPENING HOST "\r\n", 426);
}

static void refuses_everybody_while_draining(void **state) {
    (void)state;
    c.core->draining = true;
    expect_refused(OPENING HOST UPGRADE KEY VERSION "\r\n", 503);
    assert_non_null(strstr(c.reply.data, "retry-after: "));
    c.core->draining = false;
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(opens_what_is_right),
            cmocka_unit_test(answers_with_its_own_protocol_only),
            cmocka_unit_test(wants_version_13),
            cmocka_unit_test(wants_a_key_of_16_bytes),
            cmocka_unit_test(wants_get_and_http_1_1),
            cmocka_unit_test(wants_one_host),
            cmocka_unit_test(wants_the_path_of_the_settings),
            cmocka_unit_test(wants_no_body),
            cmocka_unit_test(wants_the_connection_header),
            cmocka_unit_test(refuses_other_upgrades),
            cmocka_unit_test(leaves_out_upgrades_that_nobody_needs),
            cmocka_unit_test(survives_an_unknown_upgrade_after_a_request),
            cmocka_unit_test(refuses_offers_of_unknown_protocols),
            cmocka_unit_test(refuses_what_is_too_long),
            cmocka_unit_test(refuses_plain_requests_of_its_path),
            cmocka_unit_test(refuses_everybody_while_draining),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
