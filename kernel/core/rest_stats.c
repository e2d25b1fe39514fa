#include <math.h>

#include <nexus/router.h>

#include "kernel/core/core.h"
#include "kernel/core/engine.h"
#include "kernel/core/histogram.h"
#include "kernel/core/memory.h"
#include "kernel/core/metrics.h"
#include "kernel/core/op.h"
#include "kernel/core/overload.h"
#include "kernel/core/plugin.h"
#include "kernel/core/plugins.h"
#include "kernel/core/process.h"
#include "kernel/core/quarantine_doc.h"
#include "kernel/core/reload.h"
#include "kernel/core/rest.h"
#include "kernel/core/restore.h"
#include "kernel/core/resume.h"
#include "kernel/core/resume_store.h"
#include "kernel/core/rooms.h"
#include "kernel/core/session.h"
#include "kernel/core/stats.h"
#include "kernel/core/users.h"
#include "kernel/core/writer.h"
#include "nexus_version.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

// For people: a tenth of an event per second says enough.
static double tenth(double rate) {
    return round(rate * 10) / 10;
}

// Three digits, as 0.0123 or 45.6: more would be made up.
static double three_digits(double value) {
    double unit = value > 0 ? pow(10, floor(log10(value)) - 2) : 1;
    // Dividing by a whole number gives the double that prints shortest.
    return unit < 1 ? round(value * round(1 / unit)) / round(1 / unit)
                    : round(value / unit) * unit;
}

static void put_events(struct nx_writer *body, const struct stats *stats) {
    writer_begin_object(body, "events");
    writer_put_u64(body, "in_total", stats->events_in);
    writer_put_u64(body, "out_total", stats->events_out);
    writer_put_f64(body, "in_per_second", tenth(stats->events_in_rate));
    writer_put_f64(body, "out_per_second", tenth(stats->events_out_rate));
    writer_end(body);
    writer_begin_object(body, "bytes");
    writer_put_u64(body, "in_total", stats->bytes_in);
    writer_put_u64(body, "out_total", stats->bytes_out);
    writer_end(body);
}

static void put_closed(struct nx_writer *body, const struct stats *stats) {
    static const char *const words[STATS_CLOSE_COUNT] = {
#define CLOSE_WORD_(name, number, word, meaning, action) word,
            CLOSE_CODES(CLOSE_WORD_)
#undef CLOSE_WORD_
                    [STATS_CLOSE_NO_STATUS] = "no_status",
            [STATS_CLOSE_LOST] = "lost",
            [STATS_CLOSE_OTHER] = "other",
    };
    writer_begin_object(body, "closed");
    for (size_t i = 0; i < STATS_CLOSE_COUNT; i++) {
        writer_put_u64(body, words[i], stats->closed[i]);
    }
    writer_end(body);
}

static void put_refused(struct nx_writer *body, const struct stats *stats) {
    writer_begin_object(body, "refused");
    writer_put_u64(body, "sessions", stats->sessions_refused);
    for (enum limit limit = 0; limit < LIMIT_COUNT; limit++) {
        writer_put_u64(body, limit_setting(limit), stats->refused[limit]);
    }
    writer_end(body);
}

static void put_shed(struct nx_writer *body, const struct stats *stats) {
    static const char *const words[OUTBOX_SHED_REASONS] = {
#define SHED_WORD_(name, word) word,
            OUTBOX_SHEDS(SHED_WORD_)
#undef SHED_WORD_
    };
    writer_put_u64(body, "shed", stats_shed(stats));
    writer_begin_object(body, "shed_by");
    for (size_t i = 0; i < OUTBOX_SHED_REASONS; i++) {
        writer_put_u64(body, words[i], stats->shed[i]);
    }
    writer_end(body);
}

static void put_trouble(struct nx_writer *body, const struct stats *stats) {
    writer_put_u64(body, "errors", stats->errors);
    writer_put_f64(body, "errors_per_second", tenth(stats->errors_rate));
    writer_put_u64(body, "rate_limited",
            stats->refused[LIMIT_MESSAGES_PER_SECOND]
                    + stats->refused[LIMIT_BYTES_PER_SECOND]);
    put_shed(body, stats);
    writer_put_u64(body, "unknown_fields", stats->unknown_fields);
    put_refused(body, stats);
    put_closed(body, stats);
    writer_begin_object(body, "http");
    writer_put_u64(body, "requests", stats->http_requests);
    writer_put_u64(body, "errors", stats->http_errors);
    writer_end(body);
}

static void put_quantiles(struct nx_writer *body, const char *name,
        const struct histogram *histogram) {
    static const struct {
        const char *name;
        double part;
    } quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999},
            {"max", 1}};
    writer_begin_object(body, name);
    for (size_t i = 0; i < ROWS(quantiles); i++) {
        double ns = histogram_quantile(histogram, quantiles[i].part);
        writer_put_f64(body, quantiles[i].name, three_digits(ns / 1e6));
    }
    writer_end(body);
}

// Of the last one to two minutes.
static void put_latency(struct nx_writer *body, const struct stats *stats) {
    struct histogram recent;
    stats_recent_events(stats, &recent);
    put_quantiles(body, "latency_ms", &recent);
    stats_recent_turns(stats, &recent);
    put_quantiles(body, "turn_ms", &recent);
}

static void put_engine(struct nx_writer *body, const struct core *core) {
    const struct engine *engine = core->engine;
    writer_begin_object(body, "queues");
    // All but the one being answered here.
    writer_put_u64(body, "pending_requests", ops_count(core->ops) - 1);
    writer_put_u64(body, "engine_pending", engine_pending(engine, NULL));
    writer_put_i64(body, "engine_oldest_ms", engine_oldest_ms(engine));
    writer_put_u64(body, "outbox_bytes", core->stats->queued_bytes);
    writer_end(body);
    writer_begin_object(body, "engine");
    writer_put_cstr(body, "name", engine_name(engine));
    writer_put_bool(body, "durable", engine_durable(engine));
    writer_put_bool(body, "working", engine_working(engine));
    writer_end(body);
}

static void put_overload(
        struct nx_writer *body, const struct overload *overload) {
    writer_begin_object(body, "overload");
    writer_put_bool(body, "active", overload_active(overload));
    writer_put_u64(body, "times", overload_times(overload));
    writer_put_i64(body, "lasts_ms", overload_lasts_ms(overload));
    writer_begin_object(body, "measured");
    for (enum overload_measure i = 0; i < MEASURE_COUNT; i++) {
        struct overload_state state;
        overload_look(overload, i, &state);
        writer_begin_object(body, limit_setting(state.setting));
        writer_put_f64(body, "value", three_digits(state.value));
        writer_put_f64(body, "limit", state.limit);
        writer_end(body);
    }
    writer_end(body);
    writer_end(body);
}

static void put_resume(struct nx_writer *body, const struct core *core) {
    const struct stats *stats = core->stats;
    writer_begin_object(body, "resume");
    writer_put_u64(body, "sessions", resume_away(core->resume));
    writer_put_u64(body, "waiting", restores_waiting(core->restores));
    writer_put_u64(body, "unwritten", resume_store_unwritten(core->resume));
    for (enum resume_outcome i = 0; i < RESUME_OUTCOME_COUNT; i++) {
        writer_put_u64(body, resume_outcome_word(i), stats->resumes[i]);
    }
    writer_put_u64(body, "records", stats->replayed);
    writer_put_u64(body, "gaps", stats->gaps);
    writer_put_u64(body, "expired", stats->resume_expired);
    writer_put_u64(body, "evicted", stats->resume_evicted);
    writer_end(body);
}

static void put_reload(struct nx_writer *body, const struct core *core) {
    struct reload_status status;
    reload_look(core->reload, &status);
    writer_begin_object(body, "reload");
    for (enum reload_outcome i = 0; i < RELOAD_OUTCOME_COUNT; i++) {
        writer_put_u64(body, reload_outcome_word(i), status.count[i]);
    }
    writer_put_bool(body, "running", status.running);
    if (status.at_ms > 0) {
        writer_begin_object(body, "last");
        writer_put_cstr(body, "outcome", reload_outcome_word(status.outcome));
        writer_put_cstr(body, "reason", status.reason);
        writer_put_i64(body, "at", status.at_ms);
        writer_put_i64(body, "prepare_ms", status.prepare_ms);
        writer_put_f64(body, "freeze_ms", (double)status.freeze_us / 1000);
        writer_put_f64(body, "stall_ms", (double)status.stall_us / 1000);
        writer_end(body);
    }
    writer_put_u64(body, "images", plugins_image_count(core->plugins));
    writer_end(body);
}

static void put_process(struct nx_writer *body, const struct core *core) {
    struct process_usage usage;
    struct memory_stats memory;
    process_read(&usage);
    memory_stats(core->memory, &memory);
    writer_begin_object(body, "memory");
    writer_put_u64(body, "resident_bytes", usage.resident_bytes);
    writer_put_u64(body, "engine_bytes", memory.bytes);
    writer_end(body);
    writer_put_f64(body, "cpu_seconds", round(usage.cpu_seconds * 1000) / 1000);
    writer_put_f64(body, "cpu_percent", tenth(core->stats->cpu_rate * 100));
    writer_put_u64(body, "open_files", usage.open_fds);
}

static void put_metric(
        struct nx_writer *body, const struct metrics_view *view) {
    if (view->kind != NX_METRIC_HISTOGRAM) {
        writer_put_f64(body, view->name, view->value);
        return;
    }
    writer_begin_object(body, view->name);
    writer_put_u64(body, "count", view->count);
    writer_put_f64(body, "mean",
            view->count > 0 ? three_digits(view->sum / (double)view->count)
                            : 0);
    writer_end(body);
}

// What the plugin counts itself.
static void put_metrics(struct nx_writer *body, struct metrics *metrics) {
    writer_begin_object(body, "metrics");
    for (size_t i = 0; i < metrics_count(metrics); i++) {
        struct metrics_view view;
        metrics_read(metrics, i, &view);
        put_metric(body, &view);
    }
    writer_end(body);
}

static void put_plugins(struct nx_writer *body, const struct plugins *plugins) {
    struct histogram spent;
    writer_begin_array(body, "plugins");
    for (size_t i = 0; i < plugins_count(plugins); i++) {
        const struct plugin *plugin = plugins_get(plugins, i);
        writer_begin_object(body, NULL);
        writer_put_cstr(body, "name", plugins_name(plugins, i));
        writer_put_cstr(body, "version", plugins_version(plugins, i));
        writer_put_u64(body, "calls", plugin->calls);
        writer_put_u64(body, "busy_ms", plugin->busy_ns / 1000000);
        writer_put_u64(body, "slow_calls", plugin->slow_calls);
        writer_put_u64(body, "misuses", plugin->misuses);
        plugin_calls_total(&plugin->spent, &spent);
        put_quantiles(body, "callback_ms", &spent);
        put_metrics(body, plugin->metrics);
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
    put_resume(body, core);
    put_engine(body, core);
    put_overload(body, core->overload);
    put_reload(body, core);
    put_process(body, core);
    put_plugins(body, core->plugins);
    quarantine_put_items(body, core->quarantine);
    return rest_close(&rest, body);
}
