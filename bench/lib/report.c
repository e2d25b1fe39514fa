#include "bench/lib/report.h"

#include <stddef.h>
#include <stdio.h>

static void start_member(struct report *report, const char *name) {
    if (report->json) {
        (void)printf("%s\"%s\":", report->has_members ? "," : "{", name);
    } else {
        (void)printf("%-28s", name);
    }
    report->has_members = true;
}

static void end_member(const struct report *report) {
    if (!report->json) {
        (void)putchar('\n');
    }
}

void report_begin(struct report *report, bool json, const char *scenario) {
    *report = (struct report){.json = json};
    start_member(report, "scenario");
    (void)printf(json ? "\"%s\"" : "%s", scenario);
    end_member(report);
}

void report_number(struct report *report, const char *name, double value) {
    start_member(report, name);
    (void)printf("%.*f", value > -100 && value < 100 ? 4 : 0, value);
    end_member(report);
}

void report_flag(struct report *report, const char *name, bool value) {
    start_member(report, name);
    (void)fputs(value ? "true" : "false", stdout);
    end_member(report);
}

void report_end(struct report *report) {
    if (report->json) {
        (void)puts("}");
    }
    (void)fflush(stdout);
}

void report_latency(struct report *report, const struct histogram *histogram) {
    static const struct {
        const char *name;
        double share;
    } quantiles[] = {
            {"p50_us", 0.5},
            {"p90_us", 0.9},
            {"p99_us", 0.99},
            {"p99_9_us", 0.999},
            {"max_us", 1},
    };

    for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
        uint64_t ns = histogram_quantile(histogram, quantiles[i].share);

        report_number(report, quantiles[i].name, (double)ns / 1000);
    }
}
