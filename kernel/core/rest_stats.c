#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <nexus/router.h>

#include "kernel/core/core.h"
#include "kernel/core/engine.h"
#include "kernel/core/op.h"
#include "kernel/core/plugin.h"
#include "kernel/core/plugins.h"
#include "kernel/core/rest.h"
#include "kernel/core/rooms.h"
#include "kernel/core/session.h"
#include "kernel/core/stats.h"
#include "kernel/core/users.h"
#include "kernel/core/writer.h"
#include "nexus_version.h"

// For people: a tenth of an event per second says enough.
static double rounded(double rate) {
    return round(rate * 10) / 10;
}

static void put_events(struct nx_writer *body, const struct stats *stats) {
    writer_begin_object(body, "events");
    writer_put_u64(body, "in_total", stats->events_in);
    writer_put_u64(body, "out_total", stats->events_out);
    writer_put_f64(body, "in_per_second", rounded(stats->events_in_rate));
    writer_put_f64(body, "out_per_second", rounded(stats->events_out_rate));
    writer_end(body);
    writer_begin_object(body, "bytes");
    writer_put_u64(body, "in_total", stats->bytes_in);
    writer_put_u64(body, "out_total", stats->bytes_out);
    writer_end(body);
}

static void put_trouble(struct nx_writer *body, const struct stats *stats) {
    writer_put_u64(body, "errors", stats->errors);
    writer_put_u64(body, "rate_limited", stats->rate_limited);
    writer_put_u64(body, "shed", stats->shed);
    writer_put_u64(body, "unknown_fields", stats->unknown_fields);
    writer_begin_object(body, "closed");
    writer_put_u64(body, "slow_consumer", stats->closed_slow);
    writer_put_u64(body, "heartbeat_timeout", stats->closed_heartbeat);
    writer_end(body);
    writer_begin_object(body, "http");
    writer_put_u64(body, "requests", stats->http_requests);
    writer_put_u64(body, "errors", stats->http_errors);
    writer_end(body);
}

static void put_latency(struct nx_writer *body, const struct stats *stats) {
    static const struct {
        const char *name;
        double part;
    } quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}};
    writer_begin_object(body, "latency_ms");
    for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
        double seconds =
                stats_latency_quantile(&stats->handling, quantiles[i].part);
        writer_put_f64(body, quantiles[i].name, seconds * 1000);
    }
    writer_end(body);
}

static void put_engine(struct nx_writer *body, const struct core *core) {
    const struct engine *engine = core->engine;
    writer_begin_object(body, "queues");
    // All but the one being answered here.
    writer_put_u64(body, "pending_requests", ops_count(core->ops) - 1);
    writer_put_u64(body, "engine_pending", engine_pending(engine, NULL));
    writer_put_i64(body, "engine_oldest_ms", engine_oldest_ms(engine));
    writer_end(body);
    writer_begin_object(body, "engine");
    writer_put_cstr(body, "name", engine_name(engine));
    writer_put_bool(body, "durable", engine_durable(engine));
    writer_put_bool(body, "working", engine_working(engine));
    writer_end(body);
}

// The second number of statm, in pages. 0 when the system does not tell.
static uint64_t resident_bytes(void) {
    char text[128];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    ssize_t len = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[len > 0 ? len : 0] = '\0';
    char *second = text;
    (void)strtoull(text, &second, 10);
    long page = sysconf(_SC_PAGESIZE);
    return strtoull(second, NULL, 10) * (uint64_t)(page > 0 ? page : 0);
}

static double seconds_of(const struct timeval *time) {
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static void put_process(struct nx_writer *body) {
    struct rusage usage = {0};
    (void)getrusage(RUSAGE_SELF, &usage);
    writer_begin_object(body, "memory");
    writer_put_u64(body, "resident_bytes", resident_bytes());
    writer_end(body);
    writer_put_f64(body, "cpu_seconds",
            seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime));
}

static void put_plugins(struct nx_writer *body, const struct plugins *plugins) {
    writer_begin_array(body, "plugins");
    for (size_t i = 0; i < plugins_count(plugins); i++) {
        const struct plugin *plugin = plugins_get(plugins, i);
        writer_begin_object(body, NULL);
        writer_put_cstr(body, "name", plugins_name(plugins, i));
        writer_put_cstr(body, "version", plugins_version(plugins, i));
        writer_put_u64(body, "calls", plugin->calls);
        writer_put_u64(body, "busy_ms", plugin->busy_ns / 1000000);
        writer_put_u64(body, "slow_calls", plugin->slow_calls);
        writer_end(body);
    }
    writer_end(body);
}

int32_t rest_stats(void *user, const struct nx_http_request *request) {
    static const char *const known[] = {NULL};
    struct core *core = user;
    const struct stats *stats = core->stats;
    struct rest rest;
    if (!rest_open(&rest, core, request, known)) {
        return NX_DONE;
    }
    int64_t up_ms = clock_wall_ms(&core->clock) - stats->started_ms;
    struct nx_writer *body = rest_body(&rest);
    writer_put_cstr(body, "version", NEXUS_VERSION);
    writer_put_i64(body, "uptime_seconds", up_ms > 0 ? up_ms / 1000 : 0);
    writer_put_u64(body, "connections", sessions_count(core->sessions));
    writer_put_u64(body, "users", users_count(core->users));
    writer_put_u64(body, "rooms", rooms_count(core->rooms));
    put_events(body, stats);
    put_trouble(body, stats);
    put_latency(body, stats);
    put_engine(body, core);
    put_process(body);
    put_plugins(body, core->plugins);
    return rest_close(&rest, body);
}
