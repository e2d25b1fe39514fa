/*
 * supervisor - tells the service manager how the server is doing.
 *
 * The protocol of systemd's sd_notify(3): one datagram for each change, to
 * the socket that NOTIFY_SOCKET names. A beat on the logic thread tells how
 * many clients there are, and is what the watchdog waits for: a server that
 * is stuck misses it. Without NOTIFY_SOCKET nothing is ever sent.
 *
 * Owner:   kernel.c
 * Thread:  logic
 * Errors:  none: a manager that does not listen is logged once, one that has
 *          no room is told again
 */
#ifndef KERNEL_SUPERVISOR_H
#define KERNEL_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "kernel/base/timers.h"

#define SUPERVISOR_TEXT_MAX 1024

struct core;

struct supervisor {
    int fd; // -1: there is no manager
    struct sockaddr_un address;
    socklen_t address_len;
    int64_t watchdog_us; // 0: it does not wait for beats
    struct core *core;   // NULL unless ready
    struct timer beat;
    bool stopping;
    bool complained;
    char owed[SUPERVISOR_TEXT_MAX]; // the last change if it was not taken
};

// Takes what the manager left in the environment, so that no child of the
// server finds it there. Before other threads begin.
void supervisor_init(struct supervisor *supervisor);

// While the core is there.
void supervisor_finish(struct supervisor *supervisor);

// The server serves; the beat begins.
void supervisor_ready(struct supervisor *supervisor, struct core *core);

// A reload begins, and ends, whatever its outcome. Of no interest to the
// manager of a server that stops.
void supervisor_reloading(struct supervisor *supervisor);
void supervisor_reloaded(struct supervisor *supervisor);

// The server stops, which takes so long at most.
void supervisor_stopping(struct supervisor *supervisor, int64_t within_ms);

#endif
