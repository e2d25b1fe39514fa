/*
 * message_fuzz - messages on their way through a real server, in pieces.
 *
 * The input says how long the messages are, how they are cut into frames,
 * what control frames lie between, and where the stream is cut into writes.
 * Whatever the cuts, every message must arrive as it was sent, Pongs must
 * carry what the Pings did, and one that is too long must end it with 1009.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <time.h>

#include <nexus/router.h>

#include "kernel/core/registry.h"
#include "tests/fuzz/input.h"
#include "tests/unit/kernel/net/net_case.h"

#define MESSAGES_MAX 8
#define PINGS_MAX    64
#define LIMIT        1024
#define STREAM_MAX   ((size_t)1 << 20)
#define DEADLINE_S   10

#define OPENING \
    "GET /ws?user_id=alice HTTP/1.1\r\nHost: x\r\n" \
    "Upgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" \
    "Sec-WebSocket-Version: 13\r\n\r\n"

enum {
    CONTINUATION,
    TEXT,
    CLOSE = 8,
    PING,
    PONG
};

struct dialog {
    struct input *in;
    int fd;
    struct nx_buf messages[MESSAGES_MAX];
    size_t message_count;
    size_t arrived;
    bool too_long; // the last message is
    struct nx_str pings[PINGS_MAX];
    size_t ping_count;
    size_t pong_count; // looked for behind this one next
    uint16_t close_code;
    struct nx_buf stream; // to be sent
    size_t sent;
    struct nx_buf reply;
    size_t taken;  // of it
    bool refused;  // the reason was told
    bool answered; // their Close
    bool ended;
    time_t started;
};

static struct net_case c;
static struct dialog *dialog; // of the input being run

// --- what is sent ---------------------------------------------------------

static void put_frame(
        struct nx_buf *out, unsigned first, const char *body, size_t len) {
    unsigned char head[4] = {(unsigned char)first};
    size_t at = 1;
    if (len < 126) {
        head[at++] = (unsigned char)(0x80u | len);
    } else {
        head[at++] = 0x80u | 126u;
        head[at++] = (unsigned char)(len >> 8);
        head[at++] = (unsigned char)len;
    }
    static const unsigned char mask[4] = {0x12, 0xe4, 0x00, 0xff};
    assert(nx_buf_append(out, head, at) && nx_buf_append(out, mask, 4));
    for (size_t i = 0; i < len; i++) {
        assert(nx_buf_append_char(
                out, (char)((unsigned char)body[i] ^ mask[i % 4])));
    }
}

// Bytes become characters of one to four bytes, so that cuts fall into them.
static void put_character(struct nx_buf *out, uint8_t byte) {
    static const char *const wide[] = {
            "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"};
    if (byte >= 0x80) {
        assert(nx_buf_append_cstr(out, wide[byte % 4]));
    } else {
        assert(nx_buf_append_char(
                out, (char)(byte < ' ' || strchr("\"\\", byte) ? 'x' : byte)));
    }
}

static struct nx_buf *make_message(struct input *in) {
    struct nx_buf *message = &dialog->messages[dialog->message_count++];
    size_t len = (size_t)input_byte(in) * (input_byte(in) % 6);
    nx_buf_init(message, STREAM_MAX);
    (void)nx_buf_append_cstr(message, "{\"event_type\":\"x.y\",\"v\":\"");
    for (size_t i = 0; i < len; i++) {
        put_character(message, input_byte(in));
    }
    (void)nx_buf_append_cstr(message, "\"}");
    assert(!message->failed);
    dialog->too_long = message->len > LIMIT;
    return message;
}

static void put_control(struct input *in) {
    unsigned what = input_byte(in);
    struct nx_str body = input_text(in, what / 2 % 126);
    if (what % 2 == 0) {
        put_frame(&dialog->stream, 0x80 | PONG, body.ptr, body.len);
    } else if (dialog->ping_count < PINGS_MAX) {
        dialog->pings[dialog->ping_count++] = body;
        put_frame(&dialog->stream, 0x80 | PING, body.ptr, body.len);
    }
}

static void put_message(struct input *in, const struct nx_buf *message) {
    unsigned opcode = TEXT;
    size_t at = 0;
    bool last = false;
    while (!last) {
        unsigned cut = input_byte(in);
        size_t len = cut < 128 ? cut : message->len;
        // Not where the server closes: libwebsockets 4.1.6 keeps what a Close
        // will say where the next Ping is put, and says that then.
        if (cut % 16 == 5 && !dialog->too_long) {
            put_control(in);
        }
        len = len < message->len - at ? len : message->len - at;
        last = in->left == 0 || (at + len == message->len && cut % 4 != 3);
        len = last ? message->len - at : len;
        put_frame(&dialog->stream, (last ? 0x80 : 0) | opcode,
                message->data + at, len);
        at += len;
        opcode = CONTINUATION;
    }
}

static void put_all(struct input *in) {
    size_t count = 1 + input_below(in, MESSAGES_MAX);
    for (size_t i = 0; i < count && !dialog->too_long; i++) {
        put_message(in, make_message(in));
    }
    if (!dialog->too_long) {
        put_frame(&dialog->stream, 0x80 | CLOSE, "\x03\xe8", 2);
    }
    assert(!dialog->stream.failed);
}

// --- what arrives ---------------------------------------------------------

static int32_t on_message(void *user, const struct nx_event *ev) {
    (void)user;
    assert(dialog->arrived < dialog->message_count);
    const struct nx_buf *message = &dialog->messages[dialog->arrived++];
    assert(ev->raw.len == message->len);
    assert(memcmp(ev->raw.ptr, message->data, message->len) == 0);
    return NX_DONE;
}

// Of several Pings that come at once the last alone may be answered.
static void take_pong(const char *body, size_t len) {
    bool found = false;
    while (!found && dialog->pong_count < dialog->ping_count) {
        const struct nx_str *ping = &dialog->pings[dialog->pong_count++];
        found = ping->len == len && memcmp(ping->ptr, body, len) == 0;
    }
    assert(found);
}

static void take_body(unsigned opcode, const char *body, size_t len) {
    assert(dialog->close_code == 0);
    switch (opcode) {
    case PONG:
        take_pong(body, len);
        break;
    case CLOSE:
        assert(len >= 2);
        dialog->close_code = (uint16_t)((unsigned char)body[0] << 8
                | (unsigned char)body[1]);
        break;
    case TEXT:
        dialog->refused |= memmem(body, len, "\"too_large\"", 11) != NULL;
        break;
    default:
        assert(opcode == PING);
        break;
    }
}

// Takes the next frame; false when it is not there as a whole.
static bool take_frame(void) {
    const char *frame = dialog->reply.data + dialog->taken;
    const unsigned char *bytes = (const unsigned char *)frame;
    size_t len = dialog->reply.len - dialog->taken;
    if (len < 2 || (bytes[1] == 126 && len < 4)) {
        return false;
    }
    assert((bytes[0] & 0xf0) == 0x80 && bytes[1] <= 126);
    bool wide = bytes[1] == 126;
    size_t head = wide ? 4 : 2;
    size_t size = wide ? (size_t)bytes[2] << 8 | bytes[3] : bytes[1];
    if (len - head < size) {
        return false;
    }
    take_body(bytes[0] & 0x0f, frame + head, size);
    dialog->taken += head + size;
    return true;
}

// The answer to the opening, then frames.
static void take_reply(void) {
    const char *text = dialog->reply.data;
    if (dialog->taken == 0) {
        const char *end =
                text ? memmem(text, dialog->reply.len, "\r\n\r\n", 4) : NULL;
        if (!end) {
            return;
        }
        assert(memcmp(text, "HTTP/1.1 101 ", 13) == 0);
        dialog->taken = (size_t)(end - text) + 4;
    }
    while (take_frame()) {
    }
}

static void check_end(void) {
    assert(dialog->taken > 0 && dialog->taken == dialog->reply.len);
    assert(dialog->arrived
            == dialog->message_count - (dialog->too_long ? 1 : 0));
    assert(dialog->close_code == (dialog->too_long ? 1009 : 1000));
    assert(dialog->refused == dialog->too_long);
}

// --- the client, between the turns of the loop ----------------------------

static void receive(void) {
    char piece[65536];
    ssize_t n;
    while ((n = recv(dialog->fd, piece, sizeof(piece), MSG_DONTWAIT)) > 0) {
        assert(nx_buf_append(&dialog->reply, piece, (size_t)n));
    }
    int error = n < 0 ? errno : 0;
    take_reply();
    dialog->ended = n == 0 || (error != EAGAIN && error != EINTR);
}

static void send_piece(void) {
    unsigned cut = input_byte(dialog->in);
    size_t left = dialog->stream.len - dialog->sent;
    size_t len = cut == 0 ? left : (cut < 200 ? cut : (cut - 199) * 64);
    len = len < left ? len : left;
    ssize_t n = send(dialog->fd, dialog->stream.data + dialog->sent, len,
            MSG_NOSIGNAL | MSG_DONTWAIT);
    dialog->sent += n > 0 ? (size_t)n : 0;
}

// A client has to wait for the answer to its opening.
static void turned(void *ctx) {
    (void)ctx;
    assert(time(NULL) - dialog->started < DEADLINE_S);
    if (!dialog->ended) {
        receive();
    }
    if (!dialog->ended && dialog->sent < dialog->stream.len
            && dialog->taken > 0) {
        send_piece();
    }
    // The answer to their Close; ours, sent before, could have met theirs.
    if (dialog->too_long && !dialog->answered && dialog->close_code != 0) {
        dialog->answered = true;
        put_frame(&dialog->stream, 0x80 | CLOSE, "\x03\xf1", 2);
    }
    if (dialog->ended && sessions_count(c.core->sessions) == 0) {
        loop_stop(c.loop);
    }
    loop_wake(c.loop);
}

// From one of many addresses: each has its own ports, which wait for a minute
// after their use.
static int connect_client(void) {
    static uint16_t count;
    count++;
    const struct sockaddr_in from = {.sin_family = AF_INET,
            .sin_addr.s_addr = htonl(0x7f010000u + count)};
    const struct address *to = listener_address(c.listener);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert(bind(fd, (const struct sockaddr *)&from, sizeof(from)) == 0);
    assert(connect(fd, (const struct sockaddr *)&to->storage, to->len) == 0);
    return fd;
}

static void run(void) {
    const int on = 1;
    const struct loop_work work = {.core = c.core,
            .signalled = net_case_signalled,
            .turned = turned,
            .ctx = &c};
    dialog->fd = connect_client();
    (void)setsockopt(dialog->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    assert(send(dialog->fd, OPENING, strlen(OPENING), MSG_NOSIGNAL)
            == (ssize_t)strlen(OPENING));
    loop_run(c.loop, &work);
    (void)close(dialog->fd);
}

static void start(void) {
    static const char *const sets[] = {"limits.message_bytes=1024",
            "limits.messages_per_second=0", "limits.bytes_per_second=0", NULL};
    net_case_init(&c, sets);
    enum nx_err err = registry_add_handler(
            c.core->registry, NULL, "x.y", on_message, NULL);
    assert(err == NX_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    struct dialog all = {.in = &in, .started = time(NULL)};
    if (!c.core) {
        start();
    }
    dialog = &all;
    nx_buf_init(&all.stream, STREAM_MAX);
    nx_buf_init(&all.reply, STREAM_MAX);
    put_all(&in);
    run();
    check_end();
    for (size_t i = 0; i < all.message_count; i++) {
        nx_buf_finish(&all.messages[i]);
    }
    nx_buf_finish(&all.stream);
    nx_buf_finish(&all.reply);
    return 0;
}
