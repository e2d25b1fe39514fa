#include "kernel/net/control_peer.h"

#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/base/log.h"
#include "kernel/base/timers.h"
#include "kernel/core/admin.h"
#include "kernel/core/core.h"
#include "kernel/core/settings.h"
#include "kernel/net/loop.h"

struct control_peer {
    struct nx_list link; // struct control_peers::list
    struct control_peers *peers;
    struct admin_peer *admin;
    int fd;
    bool ended; // it sends no more, or is not listened to any more
    ev_io readable;
    ev_io writable;
    struct timer deadline;
    size_t len;
    char in[ADMIN_REQUEST_MAX + 1]; // a line and its end
};

// --- life -----------------------------------------------------------------

static void destroy(struct control_peer *peer) {
    struct ev_loop *ev = loop_native(peer->peers->loop);
    ev_io_stop(ev, &peer->readable);
    ev_io_stop(ev, &peer->writable);
    timer_cancel(&peer->deadline);
    nx_list_remove(&peer->link);
    peer->peers->count--;
    admin_disconnect(peer->admin);
    (void)close(peer->fd);
    free(peer);
}

static void on_deadline(void *arg) {
    log_debug("control", "ending a connection that does not move on",
            LOG_STR("limit", "control.timeout"));
    destroy(arg);
}

// It is not its turn: events or an answer are to come, whenever that is.
static bool may_be_silent(const struct control_peer *peer) {
    bool awaits = admin_tails(peer->admin) || admin_pending(peer->admin);
    return awaits && admin_waiting(peer->admin).len == 0;
}

// Something has moved.
static void rearm(struct control_peer *peer) {
    struct core *core = peer->peers->core;
    if (may_be_silent(peer)) {
        timer_cancel(&peer->deadline);
    } else {
        timers_set(&core->timers, &peer->deadline,
                core->settings->control_timeout * 1000);
    }
}

static void on_ready(void *ctx) {
    struct control_peer *peer = ctx;
    ev_io_start(loop_native(peer->peers->loop), &peer->writable);
    if (!timer_armed(&peer->deadline)) {
        rearm(peer);
    }
}

// --- requests -------------------------------------------------------------

static void refuse_long(struct control_peer *peer) {
    peer->ended = true;
    admin_refuse(peer->admin, "too_long",
            "a request is one line of at most 8192 bytes");
}

// At most one line: the next has to wait until its answer is sent, so that
// no turn has more than one of each connection.
static void take_line(struct control_peer *peer) {
    if (peer->ended && peer->len == 0) {
        return;
    }
    const char *end = memchr(peer->in, '\n', peer->len);
    if (end) {
        size_t line = (size_t)(end - peer->in);
        admin_request(peer->admin, peer->in, line);
        peer->len -= line + 1;
        memmove(peer->in, end + 1, peer->len);
    } else if (peer->len == sizeof(peer->in)) {
        peer->len = 0;
        refuse_long(peer);
    }
}

// Whether an answer, or a part of it, has not been sent yet.
static bool owes(const struct control_peer *peer) {
    return admin_waiting(peer->admin).len > 0 || admin_pending(peer->admin);
}

// False when there is no more to do for it.
static bool go_on(struct control_peer *peer) {
    if (!owes(peer)) {
        take_line(peer);
        rearm(peer);
    }
    // A tail is over when its reader is gone.
    bool over = peer->ended && (!owes(peer) || admin_tails(peer->admin));
    bool full = peer->len == sizeof(peer->in);
    struct ev_loop *ev = loop_native(peer->peers->loop);
    if (peer->ended || full) {
        ev_io_stop(ev, &peer->readable);
    } else {
        ev_io_start(ev, &peer->readable);
    }
    return !over;
}

static void on_readable(struct ev_loop *ev, ev_io *watcher, int events) {
    struct control_peer *peer = watcher->data;
    (void)ev;
    (void)events;
    ssize_t got = recv(
            peer->fd, peer->in + peer->len, sizeof(peer->in) - peer->len, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (got <= 0) {
        peer->ended = true;
    } else {
        peer->len += (size_t)got;
        rearm(peer);
    }
    if (got < 0 || !go_on(peer)) {
        destroy(peer);
    }
}

static void on_writable(struct ev_loop *ev, ev_io *watcher, int events) {
    struct control_peer *peer = watcher->data;
    struct nx_str waiting = admin_waiting(peer->admin);
    (void)events;
    ssize_t sent = waiting.len == 0
            ? 0
            : send(peer->fd, waiting.ptr, waiting.len, MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (sent < 0) {
        destroy(peer);
        return;
    }
    admin_sent(peer->admin, (size_t)sent);
    rearm(peer);
    if (admin_waiting(peer->admin).len == 0) {
        ev_io_stop(ev, &peer->writable);
        if (!go_on(peer)) {
            destroy(peer);
        }
    }
}

// --- all of them ----------------------------------------------------------

void control_peers_init(
        struct control_peers *peers, struct loop *loop, struct core *core) {
    peers->loop = loop;
    peers->core = core;
    peers->count = 0;
    nx_list_init(&peers->list);
}

// Whoever asked for the end of the server should get the answer.
static void send_last(struct control_peer *peer) {
    struct nx_str waiting = admin_waiting(peer->admin);
    if (waiting.len > 0) {
        (void)send(peer->fd, waiting.ptr, waiting.len,
                MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}

void control_peers_finish(struct control_peers *peers) {
    struct nx_list *link;
    while ((link = nx_list_take_first(&peers->list)) != NULL) {
        struct control_peer *peer =
                nx_container_of(link, struct control_peer, link);
        send_last(peer);
        destroy(peer);
    }
}

bool control_peers_add(struct control_peers *peers, int fd) {
    struct control_peer *peer = calloc(1, sizeof(*peer));
    struct admin_peer *admin =
            peer ? admin_connect(peers->core, on_ready, peer) : NULL;
    if (!admin) {
        free(peer);
        (void)close(fd);
        return false;
    }
    peer->peers = peers;
    peer->admin = admin;
    peer->fd = fd;
    ev_io_init(&peer->readable, on_readable, fd, EV_READ);
    peer->readable.data = peer;
    ev_io_init(&peer->writable, on_writable, fd, EV_WRITE);
    peer->writable.data = peer;
    timer_init(&peer->deadline, on_deadline, peer);
    nx_list_append(&peers->list, &peer->link);
    peers->count++;
    ev_io_start(loop_native(peers->loop), &peer->readable);
    rearm(peer);
    return true;
}
