/*
 * net_case - a server on a free port, its core, and one client in a thread.
 *
 * The client is a list of steps: send these bytes, then read until that text
 * has come, or until the end of the connection. Meanwhile the loop runs here.
 * What the client read is looked at when it has finished.
 *
 * Owner:   the test's stack; finish it at the end
 * Thread:  the test's
 * Errors:  a failed assertion
 */
#ifndef TESTS_UNIT_KERNEL_NET_NET_CASE_H
#define TESTS_UNIT_KERNEL_NET_NET_CASE_H

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <nexus/util/buf.h>

#include "kernel/base/log.h"
#include "kernel/core/core.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"
#include "kernel/net/listener.h"
#include "kernel/net/loop.h"
#include "kernel/net/server.h"
#include "tests/support/cmocka.h"

#define NET_CASE_DEADLINE_S 10
#define NET_CASE_REPLY_MAX  ((size_t)16 << 20)
#define NET_CASE_RECEIVE    65536 // the client's buffer: little, and known

struct net_step {
    const void *send; // NULL: nothing
    size_t len;
    const char *await; // NULL: the end of the connection
    size_t await_len;
    int idle_ms; // before reading
};

#define NET_SEND(text, until) \
    { \
        .send = (text), .len = strlen(text), .await = (until), \
        .await_len = strlen(until) \
    }
#define NET_SEND_BYTES(bytes, n, until, m) \
    { .send = (bytes), .len = (n), .await = (until), .await_len = (m) }
#define NET_UNTIL_END(text) \
    { .send = (text), .len = strlen(text) }

struct net_case {
    struct settings *settings;
    struct loop *loop;
    struct server *server;
    struct core *core;
    struct listener *listener;
    const struct net_step *steps;
    size_t step_count;
    atomic_bool done;
    struct nx_buf reply; // all that the client has read
    bool ended;          // it saw the end of the connection
    bool late;           // a deadline passed
    unsigned turns;      // of the loop
};

// --- client thread --------------------------------------------------------

static inline int net_case_connect(const struct net_case *c) {
    const struct address *address = listener_address(c->listener);
    const struct timeval deadline = {.tv_sec = NET_CASE_DEADLINE_S};
    const int size = NET_CASE_RECEIVE;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline));
    if (connect(fd, (const struct sockaddr *)&address->storage, address->len)
            != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static inline bool net_case_has(
        const struct net_case *c, size_t from, const struct net_step *step) {
    if (!step->await || step->await_len == 0) {
        return step->await != NULL;
    }
    return c->reply.len > from
            && memmem(c->reply.data + from, c->reply.len - from, step->await,
                       step->await_len)
            != NULL;
}

static inline void net_case_read(
        struct net_case *c, int fd, const struct net_step *step) {
    char piece[65536];
    size_t from = c->reply.len;
    while (!net_case_has(c, from, step)) {
        ssize_t n = recv(fd, piece, sizeof(piece), 0);
        if (n <= 0) {
            c->ended = n == 0;
            c->late = n < 0;
            return;
        }
        (void)nx_buf_append(&c->reply, piece, (size_t)n);
    }
}

static inline void *net_case_client(void *arg) {
    struct net_case *c = arg;
    int fd = net_case_connect(c);
    for (size_t i = 0; fd >= 0 && i < c->step_count && !c->ended; i++) {
        const struct net_step *step = &c->steps[i];
        (void)send(fd, step->send, step->len, MSG_NOSIGNAL);
        (void)poll(NULL, 0, step->idle_ms);
        net_case_read(c, fd, step);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    atomic_store(&c->done, true);
    loop_wake(c->loop);
    return NULL;
}

// --- server ---------------------------------------------------------------

static inline void net_case_signalled(void *ctx, int signo) {
    (void)ctx;
    fail_msg("signal %d", signo);
}

// Stops when the client is done and its session has ended, too.
static inline void net_case_turned(void *ctx) {
    struct net_case *c = ctx;
    c->turns++;
    if (atomic_load(&c->done) && sessions_count(c->core->sessions) == 0) {
        loop_stop(c->loop);
    }
}

// sets are "path=value" and end with NULL; NULL is none.
static inline void net_case_init(struct net_case *c, const char *const *sets) {
    const char *all[8] = {"listen.port=0"};
    struct settings_source source = {.sets = all, .set_count = 1};
    struct settings_errors errors;
    struct clock clock;
    memset(c, 0, sizeof(*c));
    while (sets && *sets) {
        assert_true(source.set_count < 8);
        all[source.set_count++] = *sets++;
    }
    log_set_level(LOG_LEVEL_ERROR);
    settings_errors_init(&errors);
    c->settings = settings_create(&source, &errors);
    settings_errors_finish(&errors);
    assert_non_null(c->settings);
    c->loop = loop_create();
    c->server = server_create(c->loop);
    clock_init(&clock);
    c->core = core_create(c->settings, &c->server->transport, &clock);
    assert_non_null(c->core);
    assert_true(server_start(c->server, c->core));
    c->listener =
            listener_create(c->loop, c->server, c->settings, LISTENER_CLEAR);
    assert_non_null(c->listener);
    nx_buf_init(&c->reply, NET_CASE_REPLY_MAX);
}

static inline void net_case_finish(struct net_case *c) {
    listener_destroy(c->listener);
    server_destroy(c->server);
    core_destroy(c->core);
    loop_destroy(c->loop);
    settings_destroy(c->settings);
    nx_buf_finish(&c->reply);
}

static inline void net_case_talk(
        struct net_case *c, const struct net_step *steps, size_t count) {
    const struct loop_work work = {.core = c->core,
            .signalled = net_case_signalled,
            .turned = net_case_turned,
            .ctx = c};
    pthread_t client;
    c->steps = steps;
    c->step_count = count;
    c->ended = false;
    c->late = false;
    c->turns = 0;
    atomic_store(&c->done, false);
    nx_buf_clear(&c->reply);
    assert_int_equal(pthread_create(&client, NULL, net_case_client, c), 0);
    loop_run(c->loop, &work);
    assert_int_equal(pthread_join(client, NULL), 0);
    assert_false(c->late);
}

// One request on a connection of its own, read to the end.
static inline const char *net_case_ask(
        struct net_case *c, const char *request) {
    const struct net_step step = NET_UNTIL_END(request);
    net_case_talk(c, &step, 1);
    return c->reply.data ? c->reply.data : "";
}

#endif
