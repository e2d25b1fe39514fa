/*
 * The echo scenario twice in one run: alone, and beside one client that
 * floods the server. What the second costs the others is the figure.
 */
#include "bench/lib/echo.h"
#include "bench/lib/flood.h"
#include "bench/lib/report.h"
#include "bench/lib/scenario.h"

struct part {
    struct window window;
    double p50_us;
    double p99_us;
    double per_s;
};

static void measure(struct echo *echo, struct part *part) {
    echo_measure(echo, &part->window);
    part->p50_us = (double)histogram_quantile(&echo->histogram, 0.5) / 1000;
    part->p99_us = (double)histogram_quantile(&echo->histogram, 0.99) / 1000;
    part->per_s = (double)echo->answers / window_seconds(&part->window);
}

static void report(const struct echo *echo, const struct part *alone,
        const struct part *beside, uint64_t flooded) {
    struct report out;

    report_begin(&out, echo->args->json, "fair");
    report_number(&out, "connections", (double)echo->args->connections);
    report_number(&out, "depth", (double)echo->args->depth);
    report_number(&out, "size", (double)echo->args->size);
    report_number(&out, "alone_p50_us", alone->p50_us);
    report_number(&out, "alone_p99_us", alone->p99_us);
    report_number(&out, "alone_messages_per_s", alone->per_s);
    report_number(&out, "p50_us", beside->p50_us);
    report_number(&out, "p99_us", beside->p99_us);
    report_number(&out, "messages_per_s", beside->per_s);
    report_number(&out, "p99_ratio", beside->p99_us / alone->p99_us);
    report_number(&out, "flood_messages_per_s",
            (double)flooded / window_seconds(&beside->window));
    window_report(&beside->window, &out, "message", echo->answers + flooded);
    report_number(&out, "errors", (double)echo->swarm.errors);
    report_number(&out, "unexpected", (double)echo->unexpected);
    report_end(&out);
}

void fair_run(const struct args *args) {
    static struct echo echo; // the histogram is too large for the stack
    struct flood flood;
    struct part alone;
    struct part beside;
    uint64_t before = 0;

    echo_begin(&echo, args);
    echo_warm_up(&echo);
    measure(&echo, &alone);
    flood_begin(&flood, args);
    echo_warm_up(&echo);
    before = flood_messages(&flood);
    measure(&echo, &beside);
    report(&echo, &alone, &beside, flood_messages(&flood) - before);
    flood_end(&flood);
    echo_end(&echo);
}
