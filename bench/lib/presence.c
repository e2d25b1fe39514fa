/*
 * A crowd comes and goes while some watch. The first connections are the
 * watchers, each subscribed to its own share of the crowd; the next one is a
 * stranger, who sends one ping after the other and is told nothing. Then the
 * crowd connects, and when all are there, leaves at once. Measured are what
 * the watchers are told, and how long the stranger waits for its pongs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lib/die.h"
#include "bench/lib/histogram.h"
#include "bench/lib/moment.h"
#include "bench/lib/report.h"
#include "bench/lib/scenario.h"
#include "bench/lib/settle.h"
#include "bench/lib/stamp.h"
#include "bench/lib/swarm.h"
#include "bench/lib/window.h"

enum {
    NAME_MAX = 32
};

#define PATIENCE (30 * MOMENT_SECOND) // without one more event

struct presence {
    struct args args; // connections: how many are to be there by now
    uint64_t crowd;
    uint64_t watchers;
    struct swarm swarm;
    struct stamp stamp;
    uint64_t pinged; // counter of the ping in flight
    uint64_t sent_ns;
    struct histogram quiet; // pongs while nobody comes or goes
    struct histogram busy;
    struct histogram *pongs; // one of them
    uint64_t subscribed;     // watchers that have their answer
    uint64_t online;
    uint64_t offline;
    uint64_t unexpected;
    uint64_t unsettled;
    uint64_t come_ns;
    uint64_t go_ns;
    uint64_t told_ns; // from the first Close frame to the last event
    struct proc_memory before;
    struct proc_memory with;
    struct proc_memory after;
    bool is_stopping;
};

static void ping(struct presence *presence, struct conn *conn) {
    if (presence->is_stopping) {
        return;
    }
    presence->sent_ns = moment_ns();
    stamp_print(&presence->stamp, ++presence->pinged, presence->sent_ns,
            &conn->out);
}

static void on_text(
        void *owner, struct conn *conn, const char *text, size_t length) {
    struct presence *presence = owner;
    struct event event = {0};

    if (!event_scan(&event, text, length)) {
        presence->unexpected++;
    } else if (event_word_is(event.type, "pong")) {
        histogram_record(
                presence->pongs, presence->swarm.now - presence->sent_ns);
        ping(presence, conn);
    } else if (event_word_is(event.type, "ack")) {
        presence->subscribed++;
    } else if (event_word_is(event.type, "presence.online")) {
        presence->online++;
    } else if (event_word_is(event.type, "presence.offline")) {
        presence->offline++;
    } else {
        presence->unexpected++;
        swarm_other(&presence->swarm, &event, text, length);
    }
}

/* Every watcher has as many of the crowd, the last ones fewer. */
static void subscribe(struct presence *presence, uint64_t watcher) {
    uint64_t share =
            (presence->crowd + presence->watchers - 1) / presence->watchers;
    uint64_t first = watcher * share;
    struct conn *conn = &presence->swarm.conns[watcher];
    size_t size = 128 + share * NAME_MAX;
    char *text = malloc(size);
    size_t at = 0;

    if (text == NULL) {
        die("out of memory");
    }
    at = (size_t)snprintf(text, size,
            "{\"event_type\":\"presence.subscribe\",\"ref\":\"s\","
            "\"user_ids\":[");
    for (uint64_t i = first; i < first + share && i < presence->crowd; i++) {
        at += (size_t)snprintf(text + at, size - at, "%s\"bench-%u\"",
                i > first ? "," : "", (unsigned)(presence->watchers + 1 + i));
    }
    at += (size_t)snprintf(text + at, size - at, "]}");
    conn_send(conn, FRAME_TEXT, text, at);
    swarm_flush(&presence->swarm, conn);
    free(text);
}

/* Until a counter has reached its goal. */
static void await(
        struct presence *presence, const uint64_t *counter, uint64_t goal) {
    uint64_t seen = *counter;
    uint64_t seen_ns = moment_ns();

    while (*counter < goal) {
        swarm_turn(&presence->swarm, 20);
        if (*counter > seen) {
            seen = *counter;
            seen_ns = moment_ns();
        } else if (moment_ns() - seen_ns > PATIENCE) {
            die("only %u of %u events have come", (unsigned)*counter,
                    (unsigned)goal);
        }
    }
}

static void prepare(struct presence *presence) {
    struct swarm *swarm = &presence->swarm;

    presence->args.connections = presence->watchers + 1;
    swarm_ramp(swarm);
    for (uint64_t i = 0; i < presence->watchers; i++) {
        subscribe(presence, i);
    }
    await(presence, &presence->subscribed, presence->watchers);
    presence->pongs = &presence->quiet;
    ping(presence, &swarm->conns[presence->watchers]);
    swarm_flush(swarm, &swarm->conns[presence->watchers]);
    swarm_serve(swarm, presence->args.warmup);
    histogram_clear(&presence->quiet);
    swarm_serve(swarm, presence->args.seconds);
}

static void settle(struct presence *presence, struct proc_memory *memory) {
    struct histogram *pongs = presence->pongs;

    presence->pongs = &presence->quiet;
    presence->unsettled +=
            !settle_memory(&presence->swarm, presence->args.server_pid, memory);
    presence->pongs = pongs;
}

static void come_and_go(struct presence *presence, struct window *window) {
    struct swarm *swarm = &presence->swarm;
    uint32_t first = (uint32_t)presence->watchers + 1;

    settle(presence, &presence->before);
    presence->pongs = &presence->busy;
    window_open(window, presence->args.server_pid);
    presence->args.connections = first + presence->crowd;
    presence->come_ns = moment_ns();
    swarm_ramp(swarm);
    presence->come_ns = moment_ns() - presence->come_ns;
    await(presence, &presence->online, presence->crowd);
    settle(presence, &presence->with);
    presence->told_ns = moment_ns();
    swarm_leave_from(swarm, first);
    presence->go_ns = moment_ns() - presence->told_ns;
    await(presence, &presence->offline, presence->crowd);
    presence->told_ns = moment_ns() - presence->told_ns;
    window_close(window);
    settle(presence, &presence->after);
    presence->unexpected += presence->online - presence->crowd;
    presence->unexpected += presence->offline - presence->crowd;
}

static double seconds_of(uint64_t ns) {
    return (double)ns / (double)MOMENT_SECOND;
}

static void report(struct presence *presence, const struct window *window) {
    struct report out;
    uint64_t events = presence->online + presence->offline;

    report_begin(&out, presence->args.json, "presence");
    report_number(&out, "crowd", (double)presence->crowd);
    report_number(&out, "watchers", (double)presence->watchers);
    report_number(&out, "come_s", seconds_of(presence->come_ns));
    report_number(&out, "go_s", seconds_of(presence->go_ns));
    report_number(&out, "told_s", seconds_of(presence->told_ns));
    report_number(&out, "online", (double)presence->online);
    report_number(&out, "offline", (double)presence->offline);
    report_number(&out, "events", (double)events);
    report_number(&out, "pongs", (double)presence->busy.total);
    report_number(&out, "quiet_p99_us",
            (double)histogram_quantile(&presence->quiet, 0.99) / 1000);
    report_latency(&out, &presence->busy);
    report_number(
            &out, "rss_mb_before", (double)presence->before.rss_kb / 1024);
    report_number(&out, "rss_mb_with", (double)presence->with.rss_kb / 1024);
    report_number(&out, "rss_mb_after", (double)presence->after.rss_kb / 1024);
    window_report(window, &out, "change", events);
    report_number(&out, "errors", (double)presence->swarm.errors);
    report_number(&out, "unexpected", (double)presence->unexpected);
    report_number(&out, "unsettled", (double)presence->unsettled);
    report_end(&out);
}

void presence_run(const struct args *args) {
    static struct presence presence; // histograms are too large for the stack
    struct window window = {0};

    if (args->server_pid == 0) {
        die("presence needs --server-pid");
    }
    presence.args = *args;
    presence.crowd = args->connections;
    presence.watchers = args->watchers;
    presence.pinged = STAMP_FIRST;
    presence.pongs = &presence.quiet;
    presence.args.connections += args->watchers + 1;
    stamp_init(&presence.stamp, "\"event_type\":\"ping\"", args->size);
    swarm_init(
            &presence.swarm, &presence.args, SWARM_NO_ROOM, on_text, &presence);
    prepare(&presence);
    come_and_go(&presence, &window);
    presence.is_stopping = true;
    report(&presence, &window);
    swarm_leave(&presence.swarm);
    swarm_finish(&presence.swarm);
    stamp_finish(&presence.stamp);
}
