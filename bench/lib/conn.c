#include "bench/lib/conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/lib/die.h"

enum {
    PER_ADDRESS = 500, // connections from one source address
    REQUEST_MAX = 1024
};

/* The example of RFC 6455, 1.3: everybody may ask with the same key. */
static const char sec_key[] = "dGhlIHNhbXBsZSBub25jZQ==";
static const char sec_accept[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
static const char offer[] = "Sec-WebSocket-Extensions: permessage-deflate; "
                            "client_max_window_bits\r\n";
static const uint8_t key[FRAME_KEY] = {0x9a, 0x04, 0x5c, 0xe1};

/* Binds to 127.0.1.1, 127.0.1.2 …; the port is chosen by connect. */
static void bind_source(const struct conn *conn) {
    uint32_t number = conn->index / PER_ADDRESS;
    struct sockaddr_in source = {
            .sin_family = AF_INET,
            .sin_addr.s_addr = htonl((127U << 24) + ((1 + number / 250) << 8)
                    + (1 + number % 250)),
    };
    int on = 1;

    setsockopt(conn->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    if (bind(conn->fd, (const struct sockaddr *)&source, sizeof(source)) != 0) {
        die_errno(errno, "cannot bind to a loopback address");
    }
}

void conn_open(struct conn *conn, const struct sockaddr_in *server) {
    int on = 1;

    conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (conn->fd < 0) {
        die_errno(errno, "cannot open a socket");
    }
    setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (ntohl(server->sin_addr.s_addr) >> 24 == 127) {
        bind_source(conn);
    }
    if (connect(conn->fd, (const struct sockaddr *)server, sizeof(*server)) != 0
            && errno != EINPROGRESS) {
        die_errno(errno, "connection %u: cannot connect", conn->index);
    }
    conn->state = CONN_CONNECTING;
}

void conn_close(struct conn *conn) {
    if (conn->state == CONN_CLOSED) {
        return;
    }
    setsockopt(conn->fd, SOL_SOCKET, SO_LINGER,
            &(struct linger){.l_onoff = 1, .l_linger = 0},
            sizeof(struct linger));
    close(conn->fd);
    conn->fd = -1;
    conn->state = CONN_CLOSED;
    bytes_finish(&conn->in);
    bytes_finish(&conn->out);
}

void conn_send_upgrade(struct conn *conn, const struct args *args) {
    char request[REQUEST_MAX];
    int length = snprintf(request, sizeof(request),
            "GET %s%cuser_id=bench-%u&token=bench&device_id=d-%u HTTP/1.1\r\n"
            "Host: %s\r\n"
            "Upgrade: websocket\r\n"
            "Connection: Upgrade\r\n"
            "Sec-WebSocket-Key: %s\r\n"
            "Sec-WebSocket-Version: 13\r\n"
            "%s"
            "\r\n",
            args->path, strchr(args->path, '?') == NULL ? '?' : '&',
            conn->index, conn->index, args->host, sec_key,
            args->deflate ? offer : "");

    if (length < 0 || length >= REQUEST_MAX) {
        die("--path is too long");
    }
    bytes_append(&conn->out, request, (size_t)length);
}

void conn_send(struct conn *conn, enum frame_op op, const void *payload,
        size_t length) {
    uint8_t head[FRAME_HEAD_MAX];
    size_t start = 0;

    bytes_append(&conn->out, head, frame_write_head(head, op, length, key));
    start = conn->out.length;
    bytes_append(&conn->out, payload, length);
    if (length > 0) {
        frame_mask(conn->out.data + start, length, key, 0);
    }
}

bool conn_flush(struct conn *conn) {
    while (conn->out.length > 0) {
        ssize_t sent =
                send(conn->fd, conn->out.data, conn->out.length, MSG_NOSIGNAL);

        if (sent > 0) {
            bytes_consume(&conn->out, (size_t)sent);
        } else if (errno == EAGAIN) {
            return false;
        } else if (errno != EINTR) {
            die_errno(errno, "connection %u: cannot send", conn->index);
        }
    }
    return true;
}

size_t conn_read(struct conn *conn, uint8_t *buffer, size_t size) {
    ssize_t got = recv(conn->fd, buffer, size, 0);

    if (got > 0) {
        return (size_t)got;
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return 0;
    }
    if (conn->state != CONN_LEAVING) {
        if (got < 0) {
            die_errno(errno, "connection %u: lost", conn->index);
        }
        die("connection %u: ended without a Close frame", conn->index);
    }
    conn_close(conn);
    return 0;
}

static bool has_line(const char *text, const char *end, const char *line) {
    return memmem(text, (size_t)(end - text), line, strlen(line)) != NULL;
}

size_t conn_check_upgrade(const struct conn *conn, const struct args *args,
        const char *text, size_t length) {
    const char *end = memmem(text, length, "\r\n\r\n", 4);

    if (end == NULL) {
        return 0;
    }
    if (!has_line(text, end, "HTTP/1.1 101")
            || !has_line(text, end, sec_accept)) {
        die("connection %u: refused: %.*s", conn->index,
                (int)(length < 500 ? length : 500), text);
    }
    if (args->deflate && !has_line(text, end, "permessage-deflate")) {
        die("connection %u: the server does not agree on permessage-deflate",
                conn->index);
    }
    return (size_t)(end - text) + 4;
}
