#include "kernel/net/control.h"

#include <errno.h>
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/base/folders.h"
#include "kernel/base/log.h"
#include "kernel/base/timers.h"
#include "kernel/core/core.h"
#include "kernel/core/settings.h"
#include "kernel/core/settings_paths.h"
#include "kernel/net/control_peer.h"
#include "kernel/net/loop.h"
#include "kernel/net/unix_socket.h"

#define BACKLOG  16
#define PER_TURN 4
#define PAUSE_MS 1000 // without descriptors or memory

struct control {
    struct loop *loop;
    struct core *core;
    char *path;
    struct unix_socket socket;
    int fd;
    ev_io readable;
    struct timer pause;
    struct control_peers peers;
};

// --- who may come in ------------------------------------------------------

// A line for one that is not let in, if it takes it at once.
static void turn_away(int fd, const char *code, const char *message) {
    char text[256];
    int len = snprintf(text, sizeof(text),
            "{\"v\":1,\"ok\":false,\"code\":\"%s\",\"message\":\"%s\"}\n", code,
            message);
    (void)send(fd, text, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)close(fd);
}

// The permissions of the socket say the same; this holds whatever became of
// them.
static bool is_owner(int fd) {
    struct ucred who = {.uid = (uid_t)-1};
    socklen_t len = sizeof(who);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0) {
        return false;
    }
    if (who.uid == 0 || who.uid == geteuid()) {
        return true;
    }
    log_warn("control", "refused a connection of another user",
            LOG_UINT("uid", who.uid), LOG_INT("pid", who.pid));
    return false;
}

static void welcome(struct control *control, int fd) {
    if (!is_owner(fd)) {
        turn_away(fd, "forbidden",
                "only root and the user of the server may use this socket");
    } else if (control->peers.count
            >= control->core->settings->control_connections) {
        turn_away(fd, "busy",
                "too many connections at a time (control.connections)");
    } else {
        (void)control_peers_add(&control->peers, fd);
    }
}

static void on_pause_over(void *arg) {
    struct control *control = arg;
    ev_io_start(loop_native(control->loop), &control->readable);
}

// The socket stays readable: without a pause the loop would turn for nothing.
static void pause_accepting(struct control *control) {
    log_warn("control", "cannot accept a connection", LOG_ERRNO());
    ev_io_stop(loop_native(control->loop), &control->readable);
    timers_set(&control->core->timers, &control->pause, PAUSE_MS);
}

static void on_readable(struct ev_loop *ev, ev_io *watcher, int events) {
    struct control *control = watcher->data;
    (void)ev;
    (void)events;
    for (int i = 0; i < PER_TURN; i++) {
        int fd = accept4(control->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            welcome(control, fd);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS
                || errno == ENOMEM) {
            pause_accepting(control);
            return;
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

// --- life -----------------------------------------------------------------

// The folder of the socket may be the first thing that data_dir gets.
static bool make_data_dir(const struct settings *settings) {
    char *path = strdup(settings->data_dir);
    bool made = path && folders_make(path);
    if (!made) {
        log_error("control", "cannot make the folder of the control socket",
                LOG_STR("setting", "data_dir"),
                LOG_STR("folder", settings->data_dir), LOG_ERRNO());
    }
    free(path);
    return made;
}

static bool open_socket(struct control *control) {
    const struct unix_socket_place place = {
            .setting = "control.socket",
            .path = control->path,
            .mode = S_IRUSR | S_IWUSR,
            .backlog = BACKLOG,
    };
    if (!make_data_dir(control->core->settings)) {
        return false;
    }
    control->fd = unix_socket_open(&control->socket, &place);
    return control->fd >= 0;
}

struct control *control_create(struct loop *loop, struct core *core) {
    struct control *control = calloc(1, sizeof(*control));
    if (!control) {
        log_error("control", "out of memory");
        return NULL;
    }
    control->loop = loop;
    control->core = core;
    control->fd = -1;
    control_peers_init(&control->peers, loop, core);
    timer_init(&control->pause, on_pause_over, control);
    ev_io_init(&control->readable, on_readable, -1, EV_READ);
    control->readable.data = control;
    control->path = settings_control_path(core->settings);
    if (!control->path || !open_socket(control)) {
        control_destroy(control);
        return NULL;
    }
    ev_io_set(&control->readable, control->fd, EV_READ);
    ev_io_start(loop_native(loop), &control->readable);
    log_info("control", "listening for nexusctl",
            LOG_STR("socket", control->path));
    return control;
}

void control_destroy(struct control *control) {
    if (!control) {
        return;
    }
    control_peers_finish(&control->peers);
    ev_io_stop(loop_native(control->loop), &control->readable);
    timer_cancel(&control->pause);
    if (control->fd >= 0) {
        (void)close(control->fd);
        unix_socket_remove(&control->socket);
    }
    free(control->path);
    free(control);
}
