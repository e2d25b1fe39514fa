#include "kernel/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kernel/base/log.h"
#include "kernel/core/core.h"
#include "kernel/core/reload.h"
#include "kernel/core/rooms.h"
#include "kernel/core/session.h"

#define MODULE   "supervisor"
#define BEAT_MS  30000 // when no watchdog asks for more
#define AGAIN_MS 100   // after the manager had no room
#define LEAST_MS 10    // whatever the watchdog asks for
#define US_IN_MS INT64_C(1000)

// --- the socket -----------------------------------------------------------

// A path, or '@' and an abstract name, as the manager writes it.
static bool set_address(struct supervisor *supervisor, const char *name) {
    struct sockaddr_un *address = &supervisor->address;
    size_t len = strlen(name);
    if ((name[0] != '/' && name[0] != '@') || len < 2
            || len >= sizeof(address->sun_path)) {
        return false;
    }
    memset(address, 0, sizeof(*address));
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, name, len);
    size_t used = offsetof(struct sockaddr_un, sun_path) + len;
    if (name[0] == '@') {
        address->sun_path[0] = '\0';
    } else {
        used++; // the NUL
    }
    supervisor->address_len = (socklen_t)used;
    return true;
}

static void open_socket(struct supervisor *supervisor, const char *name) {
    if (!set_address(supervisor, name)) {
        log_warn(MODULE, "NOTIFY_SOCKET is no path and no abstract name",
                LOG_STR("value", name));
        return;
    }
    supervisor->fd =
            socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (supervisor->fd < 0) {
        log_warn(MODULE, "cannot open a socket", LOG_ERRNO());
    }
}

static void complain(struct supervisor *supervisor) {
    if (!supervisor->complained) {
        supervisor->complained = true;
        log_warn(MODULE, "the service manager does not listen", LOG_ERRNO());
    }
}

// False when it has to be told again.
static bool tell(struct supervisor *supervisor, const char *text) {
    ssize_t sent = sendto(supervisor->fd, text, strlen(text), MSG_NOSIGNAL,
            (const struct sockaddr *)&supervisor->address,
            supervisor->address_len);
    if (sent >= 0) {
        return true;
    }
    if (errno == EAGAIN || errno == ENOBUFS || errno == EINTR) {
        return false;
    }
    complain(supervisor);
    return true;
}

static void set_beat(struct supervisor *supervisor) {
    int64_t delay_ms = BEAT_MS;
    if (supervisor->owed[0] != '\0') {
        delay_ms = AGAIN_MS;
    } else if (supervisor->watchdog_us > 0) {
        delay_ms = supervisor->watchdog_us / US_IN_MS / 2;
        delay_ms = delay_ms < LEAST_MS ? LEAST_MS : delay_ms;
    }
    if (supervisor->core) {
        timers_set(&supervisor->core->timers, &supervisor->beat, delay_ms);
    }
}

// A later change makes an earlier one that was not taken worthless.
static void change(struct supervisor *supervisor, const char *text) {
    if (supervisor->fd < 0) {
        return;
    }
    supervisor->owed[0] = '\0';
    if (!tell(supervisor, text)) {
        (void)snprintf(supervisor->owed, sizeof(supervisor->owed), "%s", text);
    }
    set_beat(supervisor);
}

// --- what is told ---------------------------------------------------------

// "STATUS=", which systemctl status shows.
static void put_status(const struct core *core, char *text, size_t size) {
    struct reload_status last;
    reload_look(core->reload, &last);
    bool failed = last.at_ms > 0 && last.outcome != RELOAD_DONE;
    (void)snprintf(text, size, "STATUS=%s %zu sessions, %zu rooms%s%s%s%.300s",
            core->draining ? "draining" : "serving",
            sessions_count(core->sessions), rooms_count(core->rooms),
            failed ? "; last reload " : "",
            failed ? reload_outcome_word(last.outcome) : "", failed ? ": " : "",
            failed ? last.reason : "");
    // A line is an assignment.
    for (char *at = text; (at = strchr(at, '\n')) != NULL;) {
        *at = ' ';
    }
}

static void tell_ready(struct supervisor *supervisor) {
    char status[SUPERVISOR_TEXT_MAX / 2];
    char text[SUPERVISOR_TEXT_MAX];
    put_status(supervisor->core, status, sizeof(status));
    (void)snprintf(text, sizeof(text), "READY=1\n%s", status);
    change(supervisor, text);
}

static void on_beat(void *arg) {
    struct supervisor *supervisor = arg;
    char status[SUPERVISOR_TEXT_MAX / 2];
    char text[SUPERVISOR_TEXT_MAX];
    if (supervisor->owed[0] != '\0' && tell(supervisor, supervisor->owed)) {
        supervisor->owed[0] = '\0';
    }
    put_status(supervisor->core, status, sizeof(status));
    (void)snprintf(text, sizeof(text), "%s%s",
            supervisor->watchdog_us > 0 ? "WATCHDOG=1\n" : "", status);
    // One that is not taken is no loss: the manager has others to read.
    (void)tell(supervisor, text);
    set_beat(supervisor);
}

// --- what the kernel calls ------------------------------------------------

static int64_t number(const char *text) {
    char *end = NULL;
    errno = 0;
    intmax_t value = text ? strtoimax(text, &end, 10) : 0;
    bool good = text && *end == '\0' && end != text && errno == 0;
    return good && value > 0 ? value : 0;
}

// The manager wants beats of the process it started, which may be a wrapper.
static int64_t watchdog_of_environment(void) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the only thread so far
    const char *pid = getenv("WATCHDOG_PID");
    if (pid && number(pid) != getpid()) {
        return 0;
    }
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the only thread so far
    return number(getenv("WATCHDOG_USEC"));
}

void supervisor_init(struct supervisor *supervisor) {
    memset(supervisor, 0, sizeof(*supervisor));
    supervisor->fd = -1;
    timer_init(&supervisor->beat, on_beat, supervisor);
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the only thread so far
    const char *name = getenv("NOTIFY_SOCKET");
    if (name) {
        supervisor->watchdog_us = watchdog_of_environment();
        open_socket(supervisor, name);
    }
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the only thread so far
    (void)unsetenv("NOTIFY_SOCKET");
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the only thread so far
    (void)unsetenv("WATCHDOG_USEC");
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the only thread so far
    (void)unsetenv("WATCHDOG_PID");
}

void supervisor_finish(struct supervisor *supervisor) {
    timer_cancel(&supervisor->beat);
    if (supervisor->fd >= 0) {
        (void)close(supervisor->fd);
        supervisor->fd = -1;
    }
}

void supervisor_ready(struct supervisor *supervisor, struct core *core) {
    supervisor->core = core;
    tell_ready(supervisor);
}

void supervisor_reloading(struct supervisor *supervisor) {
    char text[SUPERVISOR_TEXT_MAX];
    struct timespec now;
    if (supervisor->stopping) {
        return;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t now_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    (void)snprintf(text, sizeof(text),
            "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\nSTATUS=reloading",
            now_us);
    change(supervisor, text);
}

void supervisor_reloaded(struct supervisor *supervisor) {
    if (!supervisor->stopping) {
        tell_ready(supervisor);
    }
}

// The manager's patience and its watchdog must both outlast the longest way
// to stop, whatever drain.timeout says; storage is waited for without beats.
void supervisor_stopping(struct supervisor *supervisor, int64_t within_ms) {
    char text[SUPERVISOR_TEXT_MAX];
    char watchdog[64] = "";
    int64_t within_us = within_ms * US_IN_MS;
    supervisor->stopping = true;
    if (supervisor->watchdog_us > 0 && supervisor->watchdog_us < within_us) {
        (void)snprintf(watchdog, sizeof(watchdog), "\nWATCHDOG_USEC=%" PRId64,
                within_us);
    }
    (void)snprintf(text, sizeof(text),
            "STOPPING=1\nSTATUS=draining\nEXTEND_TIMEOUT_USEC=%" PRId64 "%s",
            within_us, watchdog);
    change(supervisor, text);
}
