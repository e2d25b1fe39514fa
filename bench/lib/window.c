#include "bench/lib/window.h"

#include <stdio.h>

#include "bench/lib/die.h"
#include "bench/lib/moment.h"
#include "bench/lib/proc.h"

/* Above this share of its core the generator, not the server, sets the pace. */
static const double bound_share = 0.95;

static uint64_t server_cpu(const struct window *window) {
    uint64_t us = 0;

    if (window->server_pid != 0
            && !proc_cpu_us((pid_t)window->server_pid, &us)) {
        die("cannot read the CPU time of process %u",
                (unsigned)window->server_pid);
    }
    return us;
}

void window_open(struct window *window, uint64_t server_pid) {
    window->server_pid = server_pid;
    window->ns = moment_ns();
    window->own_ns = moment_cpu_ns();
    window->server_us = server_cpu(window);
}

void window_close(struct window *window) {
    window->ns = moment_ns() - window->ns;
    window->own_ns = moment_cpu_ns() - window->own_ns;
    window->server_us = server_cpu(window) - window->server_us;
}

double window_seconds(const struct window *window) {
    return (double)window->ns / (double)MOMENT_SECOND;
}

void window_report(const struct window *window, struct report *report,
        const char *unit, uint64_t units) {
    double own = (double)window->own_ns / (double)window->ns;
    char name[64];

    report_number(report, "seconds", window_seconds(window));
    report_number(report, "generator_cpu", own);
    report_flag(report, "generator_bound", own > bound_share);
    if (window->server_pid == 0) {
        return;
    }
    report_number(report, "server_cpu",
            (double)window->server_us * 1000 / (double)window->ns);
    if (units > 0) {
        (void)snprintf(name, sizeof(name), "server_us_per_%s", unit);
        report_number(report, name, (double)window->server_us / (double)units);
    }
}
