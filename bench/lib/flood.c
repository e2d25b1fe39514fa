#include "bench/lib/flood.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "bench/lib/die.h"
#include "bench/lib/moment.h"
#include "bench/lib/stamp.h"

enum {
    BATCH = 256 * 1024, // bytes given to the socket at once
    ANSWER = 4096,
    STEP_US = 20000 // after which a blocked send looks whether to stop
};

static void dial(struct flood *flood, const struct args *args) {
    struct sockaddr_in server = {
            .sin_family = AF_INET, .sin_port = htons((uint16_t)args->port)};
    struct timeval step = {.tv_usec = STEP_US};

    if (inet_pton(AF_INET, args->host, &server.sin_addr) != 1) {
        die("--host must be an IPv4 address, not '%s'", args->host);
    }
    flood->conn.index = (uint32_t)args->connections;
    flood->conn.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (flood->conn.fd < 0
            || connect(flood->conn.fd, (const struct sockaddr *)&server,
                       sizeof(server))
                    != 0) {
        die_errno(errno, "the flooding client cannot connect");
    }
    setsockopt(flood->conn.fd, SOL_SOCKET, SO_SNDTIMEO, &step, sizeof(step));
    flood->conn.state = CONN_UPGRADING;
}

static void upgrade(struct flood *flood, const struct args *args) {
    char answer[ANSWER];
    size_t length = 0;

    conn_send_upgrade(&flood->conn, args);
    (void)conn_flush(&flood->conn);
    do {
        ssize_t got = recv(
                flood->conn.fd, answer + length, sizeof(answer) - length, 0);

        if (got <= 0) {
            die("the flooding client was refused");
        }
        length += (size_t)got;
    } while (conn_check_upgrade(&flood->conn, args, answer, length) == 0);
    flood->conn.state = CONN_LEAVING; // what comes now is not read
}

static void *run(void *arg) {
    struct flood *flood = arg;
    size_t at = 0;

    while (!atomic_load(&flood->is_stopping)) {
        ssize_t sent = send(flood->conn.fd, flood->frames.data + at,
                flood->frames.length - at, MSG_NOSIGNAL);

        if (sent > 0) {
            at = (at + (size_t)sent) % flood->frames.length;
            atomic_fetch_add(&flood->sent, (uint64_t)sent);
        } else if (errno != EAGAIN && errno != EINTR) {
            die_errno(errno, "the flooding client cannot send");
        }
    }
    return NULL;
}

void flood_begin(struct flood *flood, const struct args *args) {
    struct stamp stamp;

    memset(flood, 0, sizeof(*flood));
    dial(flood, args);
    upgrade(flood, args);
    stamp_init(&stamp, "\"event_type\":\"pong\"", args->size);
    while (flood->frames.length < BATCH) {
        stamp_print(&stamp, STAMP_FIRST, moment_ns(), &flood->frames);
        if (flood->frame_size == 0) {
            flood->frame_size = flood->frames.length;
        }
    }
    stamp_finish(&stamp);
    if (pthread_create(&flood->thread, NULL, run, flood) != 0) {
        die("cannot start a thread");
    }
}

void flood_end(struct flood *flood) {
    atomic_store(&flood->is_stopping, true);
    pthread_join(flood->thread, NULL);
    conn_close(&flood->conn);
    bytes_finish(&flood->frames);
}

uint64_t flood_messages(const struct flood *flood) {
    return atomic_load(&flood->sent) / flood->frame_size;
}
