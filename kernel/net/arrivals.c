#include "kernel/net/arrivals.h"

#include <errno.h>
#include <ev.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nexus/util/buf.h>
#include <nexus/util/list.h>

#include "kernel/base/log.h"
#include "kernel/base/timers.h"
#include "kernel/core/core.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"
#include "kernel/net/loop.h"
#include "kernel/net/raw_head.h"
#include "kernel/net/server.h"
#include "kernel/net/visit.h"

// After an answer: for the client to take it, and what is read meanwhile.
#define LEAVE_MS  2000
#define LEAVE_MAX ((size_t)1024 * 1024)

struct arrival {
    struct arrivals *arrivals;
    struct visit *visit;
    int fd;
    ev_io readable;
    struct timer timer; // listen.head_timeout, then LEAVE_MS
    struct nx_list link;
    struct nx_buf kept; // what came of the head in earlier pieces
    size_t skipped;     // while leaving
    bool leaving;       // it has had its answer
};

struct arrivals {
    struct server *server;
    struct nx_list list; // struct arrival::link, the oldest first
    size_t count;
    struct nx_buf head; // the one being handed on
    char scratch[SERVER_HEADER_MAX];
};

struct arrivals *arrivals_create(struct server *server) {
    struct arrivals *arrivals = calloc(1, sizeof(*arrivals));
    if (arrivals) {
        arrivals->server = server;
        nx_list_init(&arrivals->list);
        nx_buf_init(&arrivals->head, SERVER_HEADER_MAX);
    }
    return arrivals;
}

size_t arrivals_count(const struct arrivals *arrivals) {
    return arrivals->count;
}

// --- life -----------------------------------------------------------------

static struct core *core_of(const struct arrival *arrival) {
    return arrival->arrivals->server->core;
}

static size_t header_limit(const struct arrival *arrival) {
    return (size_t)core_of(arrival)->settings->limits_header_bytes;
}

// Leaves its socket and its visit alone.
static void forget(struct arrival *arrival) {
    struct arrivals *arrivals = arrival->arrivals;
    ev_io_stop(loop_native(arrivals->server->loop), &arrival->readable);
    timer_cancel(&arrival->timer);
    nx_list_remove(&arrival->link);
    arrivals->count--;
    nx_buf_finish(&arrival->kept);
    free(arrival);
}

static void drop(struct arrival *arrival) {
    (void)close(arrival->fd);
    visit_destroy(arrival->visit);
    forget(arrival);
}

void arrivals_destroy(struct arrivals *arrivals) {
    if (!arrivals) {
        return;
    }
    nx_list_for_each_safe (link, next, &arrivals->list) {
        drop(nx_container_of(link, struct arrival, link));
    }
    nx_buf_finish(&arrivals->head);
    free(arrivals);
}

// --- out ------------------------------------------------------------------

static void refuse(
        struct arrival *arrival, const struct refusal *refusal, bool no_body) {
    struct core *core = core_of(arrival);
    refusal_send(refusal, core, no_body, arrival->fd);
    stats_refused_as(core->stats, refusal->detail);
    (void)shutdown(arrival->fd, SHUT_WR);
    arrival->leaving = true;
    nx_buf_finish(&arrival->kept);
    timers_set(&core->timers, &arrival->timer, LEAVE_MS);
}

static void on_late(void *arg) {
    struct arrival *arrival = arg;
    // Browsers open connections that they may never need: they want no answer.
    if (arrival->leaving || arrival->kept.len == 0) {
        drop(arrival);
        return;
    }
    const struct refusal late = {408, "timeout",
            "the request was not there in time (listen.head_timeout)", NULL};
    refuse(arrival, &late, false);
}

static void hand_on(struct arrival *arrival, size_t head_len) {
    struct server *server = arrival->arrivals->server;
    const struct nx_buf *head = &arrival->arrivals->head;
    int fd = arrival->fd;
    struct visit *visit = arrival->visit;
    forget(arrival);
    server_adopt(server, fd, visit, (struct nx_str){head->data, head_len});
}

// --- in -------------------------------------------------------------------

// Takes bytes off the socket that were looked at there before.
static bool take(struct arrival *arrival, size_t len) {
    char *behind = arrival->arrivals->scratch;
    return recv(arrival->fd, behind, len, 0) == (ssize_t)len;
}

// The part of it from `seen` on still is in the socket.
static void take_head(
        struct arrival *arrival, const char *text, size_t seen, size_t len) {
    struct nx_buf *head = &arrival->arrivals->head;
    bool upgrade;
    nx_buf_clear(head);
    const struct refusal refusal = raw_head_rewrite(text, len, head, &upgrade);
    bool no_body = raw_head_is_head(text, len);
    // libwebsockets 4.1.6 takes a head it is given for the body as well, and
    // never ends doing so. It must read the last byte by itself.
    size_t left = refusal.status == 0 && !upgrade ? 1 : 0;
    if (!take(arrival, len - seen - left)) {
        drop(arrival);
    } else if (refusal.status != 0) {
        refuse(arrival, &refusal, no_body);
    } else {
        hand_on(arrival, head->len - left);
    }
}

static void keep_part(
        struct arrival *arrival, const char *text, size_t seen, size_t len) {
    if (len >= header_limit(arrival)) {
        const struct refusal excess = raw_head_excess(text, len);
        refuse(arrival, &excess, raw_head_is_head(text, len));
    } else if (!nx_buf_append(&arrival->kept, text + seen, len - seen)
            || !take(arrival, len - seen)) {
        drop(arrival);
    }
}

// len bytes of scratch, of which the first `seen` came before, are the
// beginning of the head; the others still are in the socket, too.
static void look_at(struct arrival *arrival, size_t seen, size_t len) {
    char *text = arrival->arrivals->scratch;
    size_t end = len;
    switch (raw_head_find(text, len, seen, &end)) {
    case RAW_HEAD_WHOLE:
        take_head(arrival, text, seen, end);
        break;
    case RAW_HEAD_PARTIAL:
        keep_part(arrival, text, seen, len);
        break;
    case RAW_HEAD_WRONG: {
        const struct refusal objection = raw_head_objection(text, len);
        refuse(arrival, &objection, false);
        break;
    }
    }
}

static void read_head(struct arrival *arrival) {
    char *text = arrival->arrivals->scratch;
    size_t seen = arrival->kept.len;
    if (seen > 0) {
        memcpy(text, arrival->kept.data, seen);
    }
    ssize_t n = recv(
            arrival->fd, text + seen, header_limit(arrival) - seen, MSG_PEEK);
    if (n > 0) {
        look_at(arrival, seen, seen + (size_t)n);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        drop(arrival);
    }
}

static void skip(struct arrival *arrival) {
    char *text = arrival->arrivals->scratch;
    ssize_t n = recv(arrival->fd, text, SERVER_HEADER_MAX, 0);
    if (n > 0) {
        arrival->skipped += (size_t)n;
    }
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)
            || arrival->skipped > LEAVE_MAX) {
        drop(arrival);
    }
}

static void on_readable(struct ev_loop *ev, ev_io *watcher, int events) {
    struct arrival *arrival = watcher->data;
    if (arrival->leaving) {
        skip(arrival);
    } else {
        read_head(arrival);
    }
}

// --- new ------------------------------------------------------------------

static void make_room(struct arrivals *arrivals) {
    struct core *core = arrivals->server->core;
    if (arrivals->count < (size_t)core->settings->limits_handshakes) {
        return;
    }
    struct nx_list *oldest = nx_list_take_first(&arrivals->list);
    if (oldest) {
        stats_refused(core->stats, LIMIT_HANDSHAKES);
        drop(nx_container_of(oldest, struct arrival, link));
    }
}

static struct arrival *create(
        struct arrivals *arrivals, int fd, struct visit *visit) {
    struct arrival *arrival = calloc(1, sizeof(*arrival));
    if (!arrival) {
        return NULL;
    }
    struct core *core = arrivals->server->core;
    arrival->arrivals = arrivals;
    arrival->visit = visit;
    arrival->fd = fd;
    nx_buf_init(&arrival->kept, SERVER_HEADER_MAX);
    ev_io_init(&arrival->readable, on_readable, fd, EV_READ);
    arrival->readable.data = arrival;
    timer_init(&arrival->timer, on_late, arrival);
    timers_set(&core->timers, &arrival->timer,
            core->settings->listen_head_timeout * 1000);
    nx_list_append(&arrivals->list, &arrival->link);
    arrivals->count++;
    return arrival;
}

void arrivals_add(struct arrivals *arrivals, int fd, struct visit *visit) {
    make_room(arrivals);
    struct arrival *arrival = create(arrivals, fd, visit);
    if (!arrival) {
        (void)close(fd);
        visit_destroy(visit);
        return;
    }
    ev_io_start(loop_native(arrivals->server->loop), &arrival->readable);
    // Most clients have sent it by now; then epoll never hears of this.
    read_head(arrival);
}
