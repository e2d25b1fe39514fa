#include "bench/lib/swarm.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bench/lib/die.h"
#include "bench/lib/moment.h"

enum {
    BUFFER = 256 * 1024,
    EVENTS = 512,
    JOIN_MAX = 128,
    CLOSE_NORMAL = 1000
};

#define RAMP_PATIENCE  (10 * MOMENT_SECOND) // without one more connection
#define LEAVE_PATIENCE (5 * MOMENT_SECOND)

void swarm_init(struct swarm *swarm, const struct args *args,
        enum swarm_rooms rooms, swarm_on_text on_text, void *owner) {
    *swarm = (struct swarm){
            .args = args,
            .rooms = rooms,
            .on_text = on_text,
            .owner = owner,
            .server = {.sin_family = AF_INET,
                    .sin_port = htons((uint16_t)args->port)},
            .epoll = epoll_create1(EPOLL_CLOEXEC),
            .conns = calloc(args->connections, sizeof(struct conn)),
            .buffer = malloc(BUFFER),
    };
    if (swarm->epoll < 0 || swarm->conns == NULL || swarm->buffer == NULL) {
        die_errno(errno, "cannot start");
    }
    if (inet_pton(AF_INET, args->host, &swarm->server.sin_addr) != 1) {
        die("--host must be an IPv4 address, not '%s'", args->host);
    }
    unpack_init(&swarm->unpack);
}

void swarm_finish(struct swarm *swarm) {
    for (uint32_t i = 0; i < swarm->opened; i++) {
        conn_close(&swarm->conns[i]);
    }
    unpack_finish(&swarm->unpack);
    close(swarm->epoll);
    free(swarm->conns);
    free(swarm->buffer);
}

static void watch(
        struct swarm *swarm, struct conn *conn, int operation, bool write) {
    struct epoll_event event = {
            .events = write ? EPOLLIN | EPOLLOUT : EPOLLIN,
            .data.ptr = conn,
    };

    if (epoll_ctl(swarm->epoll, operation, conn->fd, &event) != 0) {
        die_errno(errno, "cannot watch a socket");
    }
    conn->wants_write = write;
}

void swarm_flush(struct swarm *swarm, struct conn *conn) {
    bool blocked = !conn_flush(conn);

    if (blocked != conn->wants_write) {
        watch(swarm, conn, EPOLL_CTL_MOD, blocked);
    }
}

/* The text's other receivers never see it again, so it is reported here. */
void swarm_other(struct swarm *swarm, const struct event *event,
        const char *text, size_t length) {
    if (!event_word_is(event->type, "error")) {
        return;
    }
    if (swarm->errors++ == 0) {
        (void)fprintf(stderr, "first error event: %.*s\n", (int)length, text);
    }
}

static void become_ready(struct swarm *swarm, struct conn *conn) {
    conn->state = CONN_READY;
    swarm->ready++;
}

static void join(struct swarm *swarm, struct conn *conn) {
    char text[JOIN_MAX];
    char room[32] = "bench";

    if (swarm->rooms == SWARM_NO_ROOM) {
        become_ready(swarm, conn);
        return;
    }
    if (swarm->rooms == SWARM_OWN_ROOM) {
        (void)snprintf(room, sizeof(room), "bench-%u", conn->index);
    }
    (void)snprintf(text, sizeof(text),
            "{\"event_type\":\"room.join\",\"room_id\":\"%s\","
            "\"ref\":\"join\"}",
            room);
    conn_send(conn, FRAME_TEXT, text, strlen(text));
    conn->state = CONN_JOINING;
}

/* Until a connection is READY, its texts are about getting there. */
static void on_early_text(struct swarm *swarm, struct conn *conn,
        const char *text, size_t length) {
    struct event event = {0};

    if (!event_scan(&event, text, length)) {
        die("connection %u: not a JSON object: %.*s", conn->index, (int)length,
                text);
    }
    if (event_word_is(event.type, "error")) {
        die("connection %u: refused: %.*s", conn->index, (int)length, text);
    }
    if (conn->state == CONN_GREETING
            && event_word_is(event.type, "system.message")) {
        join(swarm, conn);
    } else if (conn->state == CONN_JOINING
            && (event_word_is(event.ref, "join")
                    || (event_word_is(event.type, "room.join")
                            && event.has_members))) {
        become_ready(swarm, conn);
    }
}

static void on_close_frame(
        const struct conn *conn, const uint8_t *payload, size_t length) {
    unsigned code = 1005; // RFC 6455: no code given

    if (length >= 2) {
        code = (unsigned)payload[0] << 8 | payload[1];
        payload += 2;
        length -= 2;
    } else {
        length = 0;
    }
    die("connection %u: closed by the server: %u %.*s", conn->index, code,
            (int)length, (const char *)payload);
}

static void on_text_frame(struct swarm *swarm, struct conn *conn,
        const struct frame *frame, const uint8_t *payload) {
    const char *text = (const char *)payload;
    size_t length = frame->length;

    if (frame->packed) {
        text = unpack_text(&swarm->unpack, payload, frame->length, &length);
    }
    if (conn->state == CONN_READY) {
        swarm->on_text(swarm->owner, conn, text, length);
    } else if (conn->state != CONN_LEAVING) {
        on_early_text(swarm, conn, text, length);
    }
}

static void on_frame(struct swarm *swarm, struct conn *conn,
        const struct frame *frame, const uint8_t *payload) {
    if (frame->op == FRAME_TEXT) {
        on_text_frame(swarm, conn, frame, payload);
    } else if (frame->op == FRAME_PING) {
        swarm->pings++;
        if (conn->state != CONN_LEAVING) {
            conn_send(conn, FRAME_PONG, payload, frame->length);
        }
    } else if (frame->op == FRAME_CLOSE) {
        if (conn->state != CONN_LEAVING) {
            on_close_frame(conn, payload, frame->length);
        }
        conn_close(conn);
    } else if (frame->op != FRAME_PONG) {
        die("connection %u: unexpected opcode %u", conn->index, frame->op);
    }
}

/* Handles every whole frame; returns how many bytes they were. */
static size_t on_bytes(struct swarm *swarm, struct conn *conn,
        const uint8_t *data, size_t length) {
    size_t used = 0;
    struct frame frame;

    if (conn->state == CONN_UPGRADING) {
        used = conn_check_upgrade(
                conn, swarm->args, (const char *)data, length);
        if (used == 0) {
            return 0;
        }
        conn->state = CONN_GREETING;
    }
    while (conn->state != CONN_CLOSED) {
        enum frame_status status =
                frame_read(&frame, data + used, length - used);

        if (status == FRAME_INCOMPLETE) {
            break;
        }
        if (status == FRAME_BAD || frame.masked || !frame.fin
                || (frame.packed && !swarm->args->deflate)) {
            die("connection %u: bad frame (or a fragment): %02x %02x",
                    conn->index, data[used], data[used + 1]);
        }
        on_frame(swarm, conn, &frame, data + used + frame.head);
        used += frame.head + frame.length;
    }
    return used;
}

static void on_readable(struct swarm *swarm, struct conn *conn) {
    size_t kept = conn->in.length;
    size_t got = 0;
    size_t used = 0;

    if (kept >= BUFFER) {
        die("connection %u: a frame of more than %d bytes", conn->index,
                BUFFER);
    }
    if (kept > 0) {
        memcpy(swarm->buffer, conn->in.data, kept);
    }
    got = conn_read(conn, swarm->buffer + kept, BUFFER - kept);
    if (got == 0) {
        swarm->left += conn->state == CONN_CLOSED;
        return;
    }
    swarm->now = moment_ns();
    swarm->bytes += got;
    used = on_bytes(swarm, conn, swarm->buffer, kept + got);
    if (conn->state == CONN_CLOSED) {
        swarm->left++;
        return;
    }
    conn->in.length = 0;
    bytes_append(&conn->in, swarm->buffer + used, kept + got - used);
    if (conn->out.length > 0) {
        swarm_flush(swarm, conn);
    }
}

static void on_writable(struct swarm *swarm, struct conn *conn) {
    if (conn->state == CONN_CONNECTING) {
        int error = 0;
        socklen_t size = sizeof(error);

        getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) {
            die_errno(error, "connection %u: cannot connect", conn->index);
        }
        conn_send_upgrade(conn, swarm->args);
        conn->state = CONN_UPGRADING;
    }
    swarm_flush(swarm, conn);
}

void swarm_turn(struct swarm *swarm, int timeout_ms) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(swarm->epoll, events, EVENTS, timeout_ms);

    for (int i = 0; i < count; i++) {
        struct conn *conn = events[i].data.ptr;

        if ((events[i].events & EPOLLOUT) != 0) {
            on_writable(swarm, conn);
        }
        if ((events[i].events & ~(uint32_t)EPOLLOUT) != 0) {
            on_readable(swarm, conn);
        }
    }
}

static void open_more(struct swarm *swarm) {
    while (swarm->opened < swarm->args->connections
            && swarm->opened - swarm->ready < swarm->args->window) {
        struct conn *conn = &swarm->conns[swarm->opened];

        conn->index = swarm->opened++;
        conn_open(conn, &swarm->server);
        watch(swarm, conn, EPOLL_CTL_ADD, true);
    }
}

void swarm_ramp(struct swarm *swarm) {
    uint64_t start = moment_ns();
    uint64_t progress = start;
    uint32_t ready = 0;

    while (swarm->ready < swarm->args->connections) {
        open_more(swarm);
        swarm_turn(swarm, 100);
        if (swarm->ready > ready) {
            ready = swarm->ready;
            progress = moment_ns();
        } else if (moment_ns() - progress > RAMP_PATIENCE) {
            die("only %u of %u connections are ready and no more come", ready,
                    (unsigned)swarm->args->connections);
        }
    }
    swarm->ramp_ns = moment_ns() - start;
}

void swarm_serve(struct swarm *swarm, double seconds) {
    uint64_t end = moment_ns() + (uint64_t)(seconds * (double)MOMENT_SECOND);
    uint64_t now = 0;

    while ((now = moment_ns()) < end) {
        uint64_t left_ms = (end - now) / 1000000;

        swarm_turn(swarm, left_ms < 20 ? (int)left_ms : 20);
    }
}

void swarm_hold(struct swarm *swarm, const char *word) {
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    char line[64];

    (void)fprintf(stderr, "%s\n", word);
    while (poll(&in, 1, 0) == 0) {
        swarm_turn(swarm, 20);
    }
    if (read(STDIN_FILENO, line, sizeof(line)) <= 0) {
        die("end of stdin while waiting for a line");
    }
}

void swarm_leave(struct swarm *swarm) {
    swarm_leave_from(swarm, 0);
}

void swarm_leave_from(struct swarm *swarm, uint32_t first) {
    static const uint8_t code[] = {CLOSE_NORMAL >> 8, CLOSE_NORMAL & 0xff};
    uint64_t end = moment_ns() + LEAVE_PATIENCE;

    for (uint32_t i = first; i < swarm->opened; i++) {
        struct conn *conn = &swarm->conns[i];

        if (conn->state == CONN_CLOSED) {
            continue;
        }
        conn_send(conn, FRAME_CLOSE, code, sizeof(code));
        conn->state = CONN_LEAVING;
        swarm_flush(swarm, conn);
        if (i % 256 == 255) {
            swarm_turn(swarm, 0);
        }
    }
    while (swarm->left + first < swarm->opened && moment_ns() < end) {
        swarm_turn(swarm, 20);
    }
}
