#include "kernel/net/listener.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nexus/util/buf.h>

#include "kernel/base/log.h"
#include "kernel/core/settings.h"
#include "kernel/net/arrivals.h"
#include "kernel/net/loop.h"
#include "kernel/net/refusal.h"
#include "kernel/net/server.h"
#include "kernel/net/unix_socket.h"
#include "kernel/net/visit.h"

#define BACKLOG       4096
#define PER_TURN      64  // then everybody else gets a turn
#define PAUSE_SECONDS 1.0 // without file descriptors

// What differs between the kinds.
struct kind_row {
    const char *scheme;
    const char *setting; // of the port
};

static const struct kind_row kinds[] = {
        [LISTENER_CLEAR] = {"ws", "listen.port"},
        [LISTENER_TLS] = {"wss", "listen.tls_port"},
        [LISTENER_UNIX] = {"unix", "listen.unix"},
};

struct listener {
    enum listener_kind kind;
    struct ev_loop *ev;
    struct server *server;
    const struct settings *settings; // borrowed
    int fd;
    int reserve; // given up to accept and close when there is no other
    struct address address;         // not of LISTENER_UNIX
    struct unix_socket unix_socket; // of LISTENER_UNIX alone
    ev_io readable;
    ev_timer pause;
    bool starved; // said so already
};

// --- accepting ------------------------------------------------------------

static void set_option(int fd, int level, int name) {
    const int on = 1;
    (void)setsockopt(fd, level, name, &on, sizeof(on));
}

static int open_reserve(void) {
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

// Whoever waits would wait for nothing: better an end than silence.
static void turn_away(struct listener *listener) {
    for (int i = 0; i < PER_TURN && listener->reserve >= 0; i++) {
        (void)close(listener->reserve);
        int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            (void)close(fd);
        }
        listener->reserve = open_reserve();
        if (fd < 0) {
            return;
        }
    }
}

static void pause_accepting(struct listener *listener) {
    if (!listener->starved) {
        listener->starved = true;
        log_warn("net", "cannot accept connections", LOG_ERRNO());
    }
    if (errno == EMFILE || errno == ENFILE) {
        turn_away(listener);
    }
    ev_io_stop(listener->ev, &listener->readable);
    ev_timer_set(&listener->pause, PAUSE_SECONDS, 0.0);
    ev_timer_start(listener->ev, &listener->pause);
}

static void on_pause_over(struct ev_loop *ev, ev_timer *watcher, int events) {
    struct listener *listener = watcher->data;
    if (listener->reserve < 0) {
        listener->reserve = open_reserve();
    }
    ev_io_start(listener->ev, &listener->readable);
}

// Whoever does not speak TLS is told why, if that costs no waiting.
static void refuse(
        struct listener *listener, int fd, enum visitors_answer answer) {
    if (listener->kind != LISTENER_TLS && answer != VISITORS_NO_MEMORY) {
        const struct visit_refusal *why = visit_refusal(answer);
        const struct refusal refusal = refusal_of(why->status, why->detail);
        refusal_send(&refusal, listener->server->core, false, fd);
    }
    (void)close(fd);
}

static void welcome(
        struct listener *listener, int fd, const struct address *peer) {
    enum visitors_answer answer;
    struct visit *visit = visit_create(listener->server, peer, &answer);
    if (!visit) {
        refuse(listener, fd, answer);
        return;
    }
    set_option(fd, IPPROTO_TCP, TCP_NODELAY);
    if (listener->kind == LISTENER_TLS) {
        server_adopt_tls(listener->server, fd, visit);
    } else {
        arrivals_add(listener->server->arrivals, fd, visit);
    }
}

// False when there is nothing more to accept now.
static bool accept_one(struct listener *listener) {
    struct address peer = {.len = sizeof(peer.storage)};
    int fd = accept4(listener->fd, (struct sockaddr *)&peer.storage, &peer.len,
            SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        welcome(listener, fd, &peer);
        if (listener->starved) {
            listener->starved = false;
            log_info("net", "accepting connections again");
        }
        return true;
    }
    switch (errno) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        pause_accepting(listener);
        return false;
    case EAGAIN:
        return false;
    default:
        // This one connection went wrong before it came to us.
        return true;
    }
}

static void on_readable(struct ev_loop *ev, ev_io *watcher, int events) {
    struct listener *listener = watcher->data;
    for (int i = 0; i < PER_TURN && accept_one(listener); i++) {
    }
}

// --- listening ------------------------------------------------------------

static uint16_t port_of(const struct listener *listener) {
    const struct settings *settings = listener->settings;
    return (uint16_t)(listener->kind == LISTENER_TLS ? settings->listen_tls_port
                                                     : settings->listen_port);
}

// Names the setting to change, by what went wrong.
static void report(const struct listener *listener) {
    const char *setting = errno == EADDRINUSE || errno == EACCES
            ? kinds[listener->kind].setting
            : "listen.address";
    log_error("net", "cannot listen", LOG_STR("setting", setting),
            LOG_STR("address", listener->settings->listen_address),
            LOG_UINT("port", port_of(listener)), LOG_ERRNO());
}

static bool listen_on(struct listener *listener) {
    const struct address *address = &listener->address;
    listener->fd = socket(address->storage.ss_family,
            SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener->fd < 0) {
        return false;
    }
    set_option(listener->fd, SOL_SOCKET, SO_REUSEADDR);
    return bind(listener->fd, (const struct sockaddr *)&address->storage,
                   address->len)
            == 0
            && listen(listener->fd, BACKLOG) == 0
            && address_of_socket(&listener->address, listener->fd);
}

static bool open_tcp(struct listener *listener) {
    const char *text = listener->settings->listen_address;
    if (!address_parse(&listener->address, text, port_of(listener))) {
        log_error("net", "cannot listen: not an IPv4 or IPv6 address",
                LOG_STR("setting", "listen.address"), LOG_STR("address", text));
        return false;
    }
    if (!listen_on(listener)) {
        report(listener);
        return false;
    }
    return true;
}

static bool open_socket(struct listener *listener) {
    if (listener->kind != LISTENER_UNIX) {
        return open_tcp(listener);
    }
    const struct settings *settings = listener->settings;
    const struct unix_socket_place place = {
            .setting = "listen.unix",
            .path = settings->listen_unix,
            .mode = (mode_t)strtoul(settings->listen_unix_mode, NULL, 8),
            .backlog = BACKLOG,
    };
    listener->fd = unix_socket_open(&listener->unix_socket, &place);
    return listener->fd >= 0;
}

static void init_watchers(struct listener *listener) {
    ev_timer_init(&listener->pause, on_pause_over, 0.0, 0.0);
    listener->pause.data = listener;
    ev_io_init(&listener->readable, on_readable, -1, EV_READ);
    listener->readable.data = listener;
}

static void start_accepting(struct listener *listener) {
    ev_io_set(&listener->readable, listener->fd, EV_READ);
    ev_io_start(listener->ev, &listener->readable);
}

struct listener *listener_create(struct loop *loop, struct server *server,
        const struct settings *settings, enum listener_kind kind) {
    struct listener *listener = calloc(1, sizeof(*listener));
    if (!listener) {
        log_error("net", "out of memory");
        return NULL;
    }
    listener->kind = kind;
    listener->settings = settings;
    listener->ev = loop_native(loop);
    listener->server = server;
    listener->fd = -1;
    listener->reserve = open_reserve();
    init_watchers(listener);
    if (!open_socket(listener)) {
        listener_destroy(listener);
        return NULL;
    }
    start_accepting(listener);
    return listener;
}

void listener_destroy(struct listener *listener) {
    if (!listener) {
        return;
    }
    ev_io_stop(listener->ev, &listener->readable);
    ev_timer_stop(listener->ev, &listener->pause);
    if (listener->fd >= 0) {
        (void)close(listener->fd);
        unix_socket_remove(&listener->unix_socket);
    }
    if (listener->reserve >= 0) {
        (void)close(listener->reserve);
    }
    free(listener);
}

const struct address *listener_address(const struct listener *listener) {
    return &listener->address;
}

void listener_log(const struct listener *listener) {
    if (listener->kind == LISTENER_UNIX) {
        log_info("net", "listening",
                LOG_STR("scheme", kinds[listener->kind].scheme),
                LOG_STR("socket", listener->settings->listen_unix),
                LOG_STR("path", listener->settings->listen_path));
        return;
    }
    char text[ADDRESS_TEXT_SIZE];
    address_format(&listener->address, text);
    log_info("net", "listening",
            LOG_STR("scheme", kinds[listener->kind].scheme),
            LOG_STR("address", text),
            LOG_UINT("port", address_port(&listener->address)),
            LOG_STR("path", listener->settings->listen_path));
}

void listener_append_url(const struct listener *listener, struct nx_buf *out) {
    if (listener->kind == LISTENER_UNIX) {
        // As Node's ws writes it.
        nx_buf_appendf(out, "ws+unix:%s:%s", listener->settings->listen_unix,
                listener->settings->listen_path);
        return;
    }
    char host[ADDRESS_TEXT_SIZE];
    address_format(&listener->address, host);
    const char *shown = address_is_any(&listener->address) ? "localhost" : host;
    bool brackets = strchr(shown, ':') != NULL;
    nx_buf_appendf(out, "%s://%s%s%s:%u%s", kinds[listener->kind].scheme,
            brackets ? "[" : "", shown, brackets ? "]" : "",
            (unsigned)address_port(&listener->address),
            listener->settings->listen_path);
}
