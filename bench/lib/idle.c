// Clients that only stay.
#include <stdlib.h>

#include "bench/lib/die.h"
#include "bench/lib/moment.h"
#include "bench/lib/proc.h"
#include "bench/lib/report.h"
#include "bench/lib/scenario.h"
#include "bench/lib/settle.h"
#include "bench/lib/swarm.h"
#include "bench/lib/window.h"

struct idle {
    const struct args *args;
    struct swarm swarm;
    struct proc_memory before;
    struct proc_memory with; // all connections joined
    struct proc_memory after;
    uint64_t unsettled; // how often RSS never stopped changing
    struct window ramp;
    struct window stay;
};

static void on_text(
        void *owner, struct conn *conn, const char *text, size_t length) {
    struct idle *idle = owner;
    struct event event = {0};

    (void)conn;
    if (event_scan(&event, text, length)) {
        swarm_other(&idle->swarm, &event, text, length);
    }
}

static void settle(struct idle *idle, struct proc_memory *memory) {
    idle->unsettled +=
            !settle_memory(&idle->swarm, idle->args->server_pid, memory);
}

static double per_connection(
        const struct idle *idle, uint64_t before, uint64_t with) {
    return ((double)with - (double)before) / (double)idle->args->connections;
}

static void report(struct idle *idle) {
    double connections = (double)idle->args->connections;
    struct report out;

    report_begin(&out, idle->args->json, "idle");
    report_number(&out, "connections", connections);
    report_number(&out, "ramp_per_s",
            connections * (double)MOMENT_SECOND / (double)idle->swarm.ramp_ns);
    report_number(&out, "server_us_per_connection",
            (double)idle->ramp.server_us / connections);
    report_number(&out, "rss_kb_per_connection",
            per_connection(idle, idle->before.rss_kb, idle->with.rss_kb));
    report_number(&out, "private_kb_per_connection",
            per_connection(
                    idle, idle->before.private_kb, idle->with.private_kb));
    report_number(&out, "rss_kb_before", (double)idle->before.rss_kb);
    report_number(&out, "rss_kb_joined", (double)idle->with.rss_kb);
    report_number(&out, "rss_kb_after", (double)idle->after.rss_kb);
    window_report(&idle->stay, &out, "", 0);
    report_number(&out, "pings", (double)idle->swarm.pings);
    report_number(&out, "errors", (double)idle->swarm.errors);
    report_number(&out, "unsettled", (double)idle->unsettled);
    report_number(&out, "not_closed",
            (double)(idle->swarm.opened - idle->swarm.left));
    report_end(&out);
}

void idle_run(const struct args *args) {
    struct idle idle = {.args = args};

    if (args->server_pid == 0) {
        die("idle needs --server-pid");
    }
    swarm_init(&idle.swarm, args, SWARM_OWN_ROOM, on_text, &idle);
    settle(&idle, &idle.before);
    window_open(&idle.ramp, args->server_pid);
    swarm_ramp(&idle.swarm);
    window_close(&idle.ramp);
    settle(&idle, &idle.with);
    window_open(&idle.stay, args->server_pid);
    swarm_serve(&idle.swarm, args->seconds);
    window_close(&idle.stay);
    swarm_leave(&idle.swarm);
    settle(&idle, &idle.after);
    report(&idle);
    swarm_finish(&idle.swarm);
}
