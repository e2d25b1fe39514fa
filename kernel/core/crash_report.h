/*
 * crash_report - the text that says what the server was doing at its end.
 *
 * One fact a line, its name first. The same text, with another head, tells of
 * a turn of the loop that takes too long.
 *
 * Owner:   the caller, who lends all that is pointed to
 * Thread:  any, and signal handlers
 * Errors:  none; facts that are missing are left out
 */
#ifndef KERNEL_CORE_CRASH_REPORT_H
#define KERNEL_CORE_CRASH_REPORT_H

#include <signal.h>
#include <stdint.h>

#include "kernel/base/raw_text.h"
#include "kernel/core/where.h"

struct trace;

struct crash_facts {
    const char *title;     // "crash report"
    int signo;             // 0: nothing has happened yet
    const siginfo_t *info; // of signo
    const char *message;   // of the C library, NULL: none
    int64_t stalled_ns;    // that this turn has lasted, 0: it does not matter
    int64_t busy_ns;       // of these, on a CPU
    int64_t started_ns;    // CLOCK_MONOTONIC, the server's
    int64_t now_ns;
    int64_t wall_ms;
    const struct where *where;
};

// The wire of the signals that end a server: "SIGSEGV", or "signal".
const char *crash_report_signal(int signo);

// Everything but the calls.
void crash_report_facts(const struct crash_facts *facts, struct raw_text *text);

// The calls, whose code it is, and the end. blamed may be NULL.
void crash_report_trace(const struct trace *trace,
        const struct where_plugin *blamed, struct raw_text *text);

#endif
