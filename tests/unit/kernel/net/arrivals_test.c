#include "kernel/net/arrivals.h"

#include "tests/support/cmocka.h"
#include "tests/unit/kernel/net/net_case.h"

#define UPGRADE \
    "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n" \
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

// A ping event with the mask 0.
#define PING "\x81\x95\0\0\0\0{\"event_type\":\"ping\"}"

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

static size_t waiting(void) {
    return arrivals_count(c.server->arrivals);
}

static void hands_on_what_comes_in_pieces(void **state) {
    (void)state;
    struct net_step steps[sizeof(UPGRADE) - 1];
    const size_t len = sizeof(UPGRADE) - 1;
    for (size_t i = 0; i < len; i++) {
        steps[i] = (struct net_step){
                .send = &UPGRADE[i], .len = 1, .await = "", .idle_ms = 1};
    }
    steps[len - 1].await = "\r\n\r\n";
    steps[len - 1].await_len = 4;
    net_case_talk(&c, steps, len);
    assert_memory_equal(c.reply.data, "HTTP/1.1 101 ", 13);
    assert_int_equal(waiting(), 0);
}

static void leaves_what_lies_behind_to_be_read(void **state) {
    (void)state;
    char text[sizeof(UPGRADE) + 20000];
    size_t len = sizeof(UPGRADE) - 1;
    memcpy(text, UPGRADE, len);
    for (int i = 0; i < 500; i++) {
        memcpy(text + len, PING, sizeof(PING) - 1);
        len += sizeof(PING) - 1;
    }
    // The identity is missing, so the first event is answered with an error.
    const struct net_step step =
            NET_SEND_BYTES(text, len, "\"in_reply_to\":\"ping\"", 20);
    net_case_talk(&c, &step, 1);
    assert_memory_equal(c.reply.data, "HTTP/1.1 101 ", 13);
    assert_int_equal(waiting(), 0);
}

static void listens_after_a_refusal_until_the_end(void **state) {
    (void)state;
    char text[100000];
    memset(text, 'x', sizeof(text));
    const struct net_step step = {.send = text, .len = sizeof(text)};
    net_case_talk(&c, &step, 1);
    assert_true(c.ended);
    assert_memory_equal(c.reply.data, "HTTP/1.1 414 ", 13);
    assert_non_null(strstr(c.reply.data, "limits.header_bytes"));
}

static void ends_those_who_wait_with_the_server(void **state) {
    (void)state;
    struct net_case another;
    net_case_init(&another, NULL);
    int fd = net_case_connect(&another);
    assert_true(fd >= 0);
    // Accepted in the order they came: the one that waits was first.
    (void)net_case_ask(&another,
            "GET /health/live HTTP/1.1\r\nHost: x\r\n"
            "Connection: close\r\n\r\n");
    assert_int_equal(arrivals_count(another.server->arrivals), 1);
    net_case_finish(&another);
    char byte;
    assert_int_equal(recv(fd, &byte, 1, 0), 0);
    (void)close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(hands_on_what_comes_in_pieces),
            cmocka_unit_test(leaves_what_lies_behind_to_be_read),
            cmocka_unit_test(listens_after_a_refusal_until_the_end),
            cmocka_unit_test(ends_those_who_wait_with_the_server),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
