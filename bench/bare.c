/*
 * bare - the ceiling: a server that does nothing but epoll, framing and send.
 *
 * Speaks just enough of the protocol for loadgen: a welcome, ping, room.join,
 * room.broadcast (passed on unchanged), protocol Pings. It checks nothing and
 * has no limits. Each client gets at most one send per loop turn and cause:
 * one for its own answers, one for its room.
 *
 * Usage: bare [PORT]; prints "listening port=N" and "ready" like nexusd.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/lib/bytes.h"
#include "bench/lib/die.h"
#include "bench/lib/event.h"
#include "bench/lib/frame.h"
#include "bench/lib/hall.h"
#include "bench/lib/proc.h"
#include "bench/lib/upgrade.h"

enum {
    BUFFER = 256 * 1024,
    EVENTS = 512,
    BACKLOG = 4096
};

struct client {
    struct hall_guest guest; // first, so that a guest is its client
    int fd;
    bool is_open; // upgraded
    bool is_leaving;
    bool wants_write;
    struct bytes in;  // beginning of a frame
    struct bytes out; // not taken by the socket
};

static struct {
    int epoll;
    int listener;
    struct hall hall;
    uint8_t buffer[BUFFER];
    struct bytes answers; // to the client being read
} bare;

static const char welcome[] =
        "{\"event_type\":\"system.message\",\"message\":\"Connected\"}";
static const char joined[] = "{\"event_type\":\"ack\",\"ref\":\"join\"}";

static void watch(struct client *client, int operation, bool write) {
    struct epoll_event event = {
            .events = write ? EPOLLIN | EPOLLOUT : EPOLLIN,
            .data.ptr = client,
    };

    if (epoll_ctl(bare.epoll, operation, client->fd, &event) != 0) {
        die_errno(errno, "cannot watch a socket");
    }
    client->wants_write = write;
}

static void drop(struct client *client) {
    hall_leave(&bare.hall, &client->guest);
    close(client->fd);
    bytes_finish(&client->in);
    bytes_finish(&client->out);
    free(client);
}

static void add_client(int fd) {
    struct client *client = calloc(1, sizeof(*client));
    int on = 1;

    if (client == NULL) {
        die("out of memory for a client");
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    client->fd = fd;
    watch(client, EPOLL_CTL_ADD, false);
} // NOLINT(clang-analyzer-unix.Malloc): epoll has it until drop frees it

static void accept_clients(void) {
    int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
    int fd = accept4(bare.listener, NULL, NULL, flags);

    while (fd >= 0) {
        add_client(fd);
        fd = accept4(bare.listener, NULL, NULL, flags);
    }
}

/* What the socket does not take is kept. A lost client is noticed by recv. */
static void send_bytes(
        struct client *client, const uint8_t *data, size_t length) {
    ssize_t sent = 0;

    if (client->out.length == 0) {
        sent = send(client->fd, data, length, MSG_NOSIGNAL);
    }
    if (sent < 0 && errno != EAGAIN) {
        return;
    }
    sent = sent < 0 ? 0 : sent;
    bytes_append(&client->out, data + sent, length - (size_t)sent);
    if (client->out.length > 0 && !client->wants_write) {
        watch(client, EPOLL_CTL_MOD, true);
    }
}

static void on_writable(struct client *client) {
    ssize_t sent = send(
            client->fd, client->out.data, client->out.length, MSG_NOSIGNAL);

    if (sent > 0) {
        bytes_consume(&client->out, (size_t)sent);
    }
    if (client->out.length == 0) {
        bytes_finish(&client->out);
        watch(client, EPOLL_CTL_MOD, false);
    }
}

static void answer(enum frame_op op, const void *payload, size_t length) {
    uint8_t head[FRAME_HEAD_MAX];

    bytes_append(&bare.answers, head, frame_write_head(head, op, length, NULL));
    bytes_append(&bare.answers, payload, length);
}

static void on_text(struct client *client, char *text, size_t length) {
    struct event event = {0};

    if (!event_scan(&event, text, length)) {
        client->is_leaving = true;
    } else if (event_word_is(event.type, "ping")) {
        text[event.type.text - text + 1] = 'o'; // pong
        answer(FRAME_TEXT, text, length);
    } else if (event_word_is(event.type, "room.broadcast")) {
        hall_say(&bare.hall, &client->guest, text, length);
    } else if (event_word_is(event.type, "room.join")
            && event.room.text != NULL) {
        hall_join(
                &bare.hall, &client->guest, event.room.text, event.room.length);
        answer(FRAME_TEXT, joined, sizeof(joined) - 1);
    }
}

static void on_frame(
        struct client *client, const struct frame *frame, uint8_t *payload) {
    if (frame->masked) {
        frame_mask(payload, frame->length, frame->key, 0);
    }
    if (frame->op == FRAME_TEXT) {
        on_text(client, (char *)payload, frame->length);
    } else if (frame->op == FRAME_PING) {
        answer(FRAME_PONG, payload, frame->length);
    } else if (frame->op != FRAME_PONG) {
        answer(FRAME_CLOSE, payload, frame->length < 2 ? 0 : 2);
        client->is_leaving = true;
    }
}

static size_t on_bytes(struct client *client, uint8_t *data, size_t length) {
    struct frame frame;
    enum frame_status status = FRAME_WHOLE;
    size_t used = 0;

    if (!client->is_open) {
        enum upgrade_status upgrade = upgrade_answer(
                &bare.answers, (const char *)data, length, &used);

        client->is_open = upgrade == UPGRADE_DONE;
        client->is_leaving = upgrade == UPGRADE_BAD;
        if (!client->is_open) {
            return 0;
        }
        answer(FRAME_TEXT, welcome, sizeof(welcome) - 1);
    }
    while (!client->is_leaving && status == FRAME_WHOLE) {
        status = frame_read(&frame, data + used, length - used);
        if (status == FRAME_WHOLE) {
            on_frame(client, &frame, data + used + frame.head);
            used += frame.head + frame.length;
        }
    }
    client->is_leaving =
            client->is_leaving || status == FRAME_BAD || frame.packed;
    return used;
}

static void on_readable(struct client *client) {
    size_t kept = client->in.length;
    size_t used = 0;
    ssize_t got = 0;

    if (kept > 0) {
        memcpy(bare.buffer, client->in.data, kept);
    }
    got = recv(client->fd, bare.buffer + kept, BUFFER - kept, 0);
    if (got < 0 && errno == EAGAIN) {
        return;
    }
    if (got <= 0) {
        drop(client);
        return;
    }
    used = on_bytes(client, bare.buffer, kept + (size_t)got);
    if (bare.answers.length > 0) {
        send_bytes(client, bare.answers.data, bare.answers.length);
        bare.answers.length = 0;
    }
    if (client->is_leaving) {
        drop(client);
        return;
    }
    bytes_finish(&client->in);
    bytes_append(&client->in, bare.buffer + used, kept + (size_t)got - used);
}

/* Every member of every room that was spoken in gets the turn in one send. */
static void end_turn(void) {
    while (bare.hall.spoken != NULL) {
        struct hall_room *room = bare.hall.spoken;

        bare.hall.spoken = room->next_spoken;
        for (uint32_t i = 0; i < room->count; i++) {
            send_bytes((struct client *)room->guests[i], room->turn.data,
                    room->turn.length);
        }
        room->turn.length = 0;
    }
}

static void turn(void) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(bare.epoll, events, EVENTS, -1);

    for (int i = 0; i < count; i++) {
        struct client *client = events[i].data.ptr;

        if (client == NULL) {
            accept_clients();
            continue;
        }
        if ((events[i].events & EPOLLOUT) != 0) {
            on_writable(client);
        }
        if ((events[i].events & ~(uint32_t)EPOLLOUT) != 0) {
            on_readable(client);
        }
    }
    end_turn();
}

static void listen_on(uint16_t port) {
    struct sockaddr_in address = {
            .sin_family = AF_INET,
            .sin_port = htons(port),
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t size = sizeof(address);
    struct epoll_event event = {.events = EPOLLIN};
    int on = 1;

    bare.epoll = epoll_create1(EPOLL_CLOEXEC);
    bare.listener =
            socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(bare.listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(bare.listener, (const struct sockaddr *)&address, size) != 0
            || listen(bare.listener, BACKLOG) != 0
            || getsockname(bare.listener, (struct sockaddr *)&address, &size)
                    != 0
            || epoll_ctl(bare.epoll, EPOLL_CTL_ADD, bare.listener, &event)
                    != 0) {
        die_errno(errno, "cannot listen");
    }
    (void)fprintf(stderr, "listening port=%u\nready\n",
            (unsigned)ntohs(address.sin_port));
}

int main(int argc, char **argv) {
    unsigned long port = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;

    if (port > UINT16_MAX) {
        die("the port must be at most %d", UINT16_MAX);
    }
    proc_raise_files();
    listen_on((uint16_t)port);
    for (;;) {
        turn();
    }
}
