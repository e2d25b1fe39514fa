#include "kernel/net/ws.h"

#include <stdio.h>

#include "kernel/base/payload.h"
#include "kernel/core/stats.h"
#include "tests/support/cmocka.h"
#include "tests/unit/kernel/net/net_case.h"

#define OPENING \
    "GET /ws?user_id=alice HTTP/1.1\r\nHost: x\r\n" \
    "Upgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" \
    "Sec-WebSocket-Version: 13\r\n\r\n"
#define WELCOME "Connected to NEXUS"
#define PING    "{\"event_type\":\"ping\",\"ref\":\"r\"}"
#define PONG    "\"pong\""
#define LIMIT   2000u

static struct net_case c;

static int set_up(void **state) {
    (void)state;
    const char *const sets[] = {
            "limits.message_bytes=2000", "limits.message_timeout=1", NULL};
    net_case_init(&c, sets);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    net_case_finish(&c);
    return 0;
}

// Frames of a client: masked. first: FIN bit and opcode.
struct frames {
    unsigned char bytes[16384];
    size_t len;
};

static void add_frame(
        struct frames *frames, unsigned first, const void *body, size_t len) {
    static const unsigned char mask[4] = {1, 2, 3, 4};
    const unsigned char *from = body;
    unsigned char *out = frames->bytes + frames->len;
    size_t at = 0;
    assert_true(frames->len + len + 8 < sizeof(frames->bytes));
    out[at++] = (unsigned char)first;
    if (len < 126) {
        out[at++] = (unsigned char)(0x80u | len);
    } else {
        out[at++] = 0x80u | 126u;
        out[at++] = (unsigned char)(len >> 8);
        out[at++] = (unsigned char)len;
    }
    memcpy(out + at, mask, sizeof(mask));
    at += sizeof(mask);
    for (size_t i = 0; i < len; i++) {
        out[at++] = from[i] ^ mask[i % 4];
    }
    frames->len += at;
}

// Opens a connection, sends the frames and reads until `until`, or the end.
static void talk(const struct frames *frames, const void *until, size_t len) {
    const struct net_step steps[] = {
            NET_SEND(OPENING, WELCOME),
            NET_SEND_BYTES(frames->bytes, frames->len, until, len),
    };
    net_case_talk(&c, steps, 2);
}

// The same for frames the server closes over: a Close frame answers its own.
static void talk_until_closed(const struct frames *frames) {
    static const unsigned char close_frame[] = {
            0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8};
    const struct net_step steps[] = {
            NET_SEND(OPENING, WELCOME),
            NET_SEND_BYTES(frames->bytes, frames->len, "\x88", 1),
            NET_SEND_BYTES(close_frame, sizeof(close_frame), NULL, 0),
    };
    net_case_talk(&c, steps, 3);
}

// The last frame of the server is a Close of that code, and it is the only
// one.
static void expect_close(unsigned code) {
    const char *data = c.reply.data;
    unsigned found = 0;
    size_t at = (size_t)(strstr(data, "\r\n\r\n") + 4 - data);
    bool closed = false;
    while (at + 2 <= c.reply.len) {
        const unsigned char *frame = (const unsigned char *)data + at;
        size_t head = frame[1] < 126 ? 2 : 4;
        size_t len = head == 2 ? frame[1] : (size_t)(frame[2] << 8 | frame[3]);
        assert_false(closed);
        closed = frame[0] == (0x80 | PAYLOAD_CLOSE);
        if (closed && len >= 2) {
            found = (unsigned)(frame[head] << 8 | frame[head + 1]);
        }
        at += head + len;
    }
    assert_int_equal(at, c.reply.len);
    assert_true(closed);
    assert_int_equal(found, code);
}

static void delivers_a_message(void **state) {
    (void)state;
    struct frames frames = {.len = 0};
    add_frame(&frames, 0x81, PING, strlen(PING));
    talk(&frames, PONG, strlen(PONG));
}

static void puts_the_pieces_of_a_message_together(void **state) {
    (void)state;
    struct frames frames = {.len = 0};
    add_frame(&frames, 0x01, PING, 5);
    add_frame(&frames, 0x89, "mid", 3); // a Ping may come in between
    add_frame(&frames, 0x00, &PING[5], 0);
    add_frame(&frames, 0x00, &PING[5], 7);
    add_frame(&frames, 0x80, &PING[12], strlen(PING) - 12);
    talk(&frames, PONG, strlen(PONG));
}

static void takes_many_messages_from_one_read(void **state) {
    (void)state;
    struct frames frames = {.len = 0};
    for (int i = 0; i < 100; i++) {
        char text[96];
        (void)snprintf(text, sizeof(text),
                "{\"event_type\":\"ping\",\"n\":\"number-%d\"}", i);
        add_frame(&frames, 0x81, text, strlen(text));
    }
    talk(&frames, "number-99", 9);
    for (int i = 0; i < 100; i++) {
        char text[32];
        (void)snprintf(text, sizeof(text), "\"number-%d\"", i);
        assert_non_null(memmem(c.reply.data, c.reply.len, text, strlen(text)));
    }
}

static void closes_1009_over_a_message_that_is_too_long(void **state) {
    (void)state;
    static const char body[LIMIT + 1] = {0};
    struct frames frames = {.len = 0};
    add_frame(&frames, 0x81, body, sizeof(body));
    talk_until_closed(&frames);
    assert_non_null(memmem(c.reply.data, c.reply.len, "too_large", 9));
    expect_close(1009);
}

static void counts_all_pieces_of_a_message(void **state) {
    (void)state;
    char body[LIMIT / 2 + 1];
    struct frames frames = {.len = 0};
    memset(body, 'x', sizeof(body));
    add_frame(&frames, 0x01, body, sizeof(body));
    add_frame(&frames, 0x80, body, sizeof(body));
    talk_until_closed(&frames);
    expect_close(1009);
}

// Nothing may be kept, nor waited for, on the word of such a header.
static void refuses_an_announced_length_at_once(void **state) {
    (void)state;
    static const unsigned char header[] = {
            0x81, 0xff, 0x3f, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 'x', 'y'};
    struct frames frames = {.len = sizeof(header)};
    memcpy(frames.bytes, header, sizeof(header));
    talk(&frames, "too_large", 9);
}

// One frame that stops in the middle, and a fragment that nothing follows.
static void closes_4508_over_a_message_that_is_never_complete(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct frames frames = {.len = 0};
        add_frame(&frames, i == 0 ? 0x81 : 0x01, PING, strlen(PING));
        frames.len -= i == 0 ? 3 : 0;
        talk_until_closed(&frames);
        expect_close(4508);
        assert_non_null(memmem(
                c.reply.data, c.reply.len, "limits.message_timeout", 22));
    }
    assert_int_equal(c.core->stats->refused[LIMIT_MESSAGE_TIMEOUT], 2);
}

static void closes_1007_over_bad_utf_8(void **state) {
    (void)state;
    struct frames frames = {.len = 0};
    add_frame(&frames, 0x81, "\"\xff\xfe\"", 4);
    talk_until_closed(&frames);
    expect_close(1007);
}

static void closes_1003_over_binary_messages(void **state) {
    (void)state;
    struct frames frames = {.len = 0};
    add_frame(&frames, 0x82, "\0\1", 2);
    talk_until_closed(&frames);
    expect_close(1003);
}

static void answers_a_close_frame_with_its_code(void **state) {
    (void)state;
    struct frames frames = {.len = 0};
    add_frame(&frames, 0x81, PING, strlen(PING));
    add_frame(&frames, 0x88, "\x10\xe1", 2);
    talk(&frames, NULL, 0);
    expect_close(4321);
}

static void ends_the_session_of_a_client_that_vanishes(void **state) {
    (void)state;
    const struct net_step step = NET_SEND(OPENING, WELCOME);
    // net_case_turned() waits for the end of the session.
    net_case_talk(&c, &step, 1);
    assert_int_equal(sessions_count(c.core->sessions), 0);
}

static void answers_pings(void **state) {
    (void)state;
    struct frames frames = {.len = 0};
    add_frame(&frames, 0x89, "hello", 5);
    talk(&frames, "\x8a\x05hello", 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(delivers_a_message),
            cmocka_unit_test(puts_the_pieces_of_a_message_together),
            cmocka_unit_test(takes_many_messages_from_one_read),
            cmocka_unit_test(closes_1009_over_a_message_that_is_too_long),
            cmocka_unit_test(counts_all_pieces_of_a_message),
            cmocka_unit_test(refuses_an_announced_length_at_once),
            cmocka_unit_test(closes_4508_over_a_message_that_is_never_complete),
            cmocka_unit_test(closes_1007_over_bad_utf_8),
            cmocka_unit_test(closes_1003_over_binary_messages),
            cmocka_unit_test(answers_a_close_frame_with_its_code),
            cmocka_unit_test(ends_the_session_of_a_client_that_vanishes),
            cmocka_unit_test(answers_pings),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
