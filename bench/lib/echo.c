/*
 * Every client keeps `depth` pings in flight. A ping's counter names its
 * place: counter = first + round * places + place, where a place is one of
 * the depth * connections pings that are in flight at any time. So an answer
 * is matched in any order, and one that nobody waits for is noticed.
 */
#include "bench/lib/echo.h"

#include <stdlib.h>

#include "bench/lib/die.h"
#include "bench/lib/moment.h"
#include "bench/lib/report.h"
#include "bench/lib/scenario.h"

struct echo_place {
    uint64_t n; // counter in flight
    uint64_t sent_ns;
};

static void ping(struct echo *echo, struct conn *conn, struct echo_place *place,
        uint64_t now) {
    place->n += echo->place_count;
    place->sent_ns = now;
    stamp_print(&echo->stamp, place->n, now, &conn->out);
}

static void on_text(
        void *owner, struct conn *conn, const char *text, size_t length) {
    struct echo *echo = owner;
    struct event event = {0};
    struct echo_place *place = NULL;

    if (!event_scan(&event, text, length)
            || !event_word_is(event.type, "pong")) {
        swarm_other(&echo->swarm, &event, text, length);
        return;
    }
    place = &echo->places[event.n % echo->place_count];
    if (event.n == 0 || event.n != place->n) {
        echo->unexpected++;
        return;
    }
    histogram_record(&echo->histogram, echo->swarm.now - place->sent_ns);
    echo->answers++;
    if (!echo->is_stopping) {
        ping(echo, conn, place, moment_ns());
    }
}

static void start(struct echo *echo) {
    uint64_t first = STAMP_FIRST - STAMP_FIRST % echo->place_count
            + echo->place_count; // place 0, round 0

    for (uint64_t i = 0; i < echo->place_count; i++) {
        echo->places[i].n = first + i;
    }
    for (uint64_t i = 0; i < echo->args->connections; i++) {
        struct conn *conn = &echo->swarm.conns[i];

        for (uint64_t k = 0; k < echo->args->depth; k++) {
            ping(echo, conn, &echo->places[i * echo->args->depth + k],
                    moment_ns());
        }
        swarm_flush(&echo->swarm, conn);
    }
}

static void report(struct echo *echo, const struct window *window) {
    struct report out;

    report_begin(&out, echo->args->json, "echo");
    report_number(&out, "connections", (double)echo->args->connections);
    report_number(&out, "depth", (double)echo->args->depth);
    report_number(&out, "size", (double)echo->args->size);
    report_number(&out, "messages_per_s",
            (double)echo->answers / window_seconds(window));
    report_latency(&out, &echo->histogram);
    window_report(window, &out, "message", echo->answers);
    report_number(&out, "errors", (double)echo->swarm.errors);
    report_number(&out, "unexpected", (double)echo->unexpected);
    report_end(&out);
}

void echo_begin(struct echo *echo, const struct args *args) {
    echo->args = args;
    echo->place_count = args->connections * args->depth;
    echo->places = calloc(echo->place_count, sizeof(*echo->places));
    if (echo->places == NULL) {
        die("out of memory");
    }
    stamp_init(&echo->stamp, "\"event_type\":\"ping\"", args->size);
    swarm_init(&echo->swarm, args, SWARM_NO_ROOM, on_text, echo);
    swarm_ramp(&echo->swarm);
    start(echo);
}

void echo_warm_up(struct echo *echo) {
    swarm_serve(&echo->swarm, echo->args->warmup);
}

void echo_measure(struct echo *echo, struct window *window) {
    histogram_clear(&echo->histogram);
    echo->answers = 0;
    window_open(window, echo->args->server_pid);
    swarm_serve(&echo->swarm, echo->args->seconds);
    window_close(window);
    if (echo->answers == 0) {
        die("no ping was answered in the time measured");
    }
}

void echo_end(struct echo *echo) {
    echo->is_stopping = true;
    swarm_leave(&echo->swarm);
    swarm_finish(&echo->swarm);
    stamp_finish(&echo->stamp);
    free(echo->places);
}

void echo_run(const struct args *args) {
    static struct echo echo; // the histogram is too large for the stack
    struct window window = {0};

    echo_begin(&echo, args);
    echo_warm_up(&echo);
    echo_measure(&echo, &window);
    report(&echo, &window);
    echo_end(&echo);
}
