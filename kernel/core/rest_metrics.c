#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <nexus/plugin.h>
#include <nexus/router.h>

#include "kernel/core/core.h"
#include "kernel/core/engine.h"
#include "kernel/core/exposition.h"
#include "kernel/core/http_answer.h"
#include "kernel/core/memory.h"
#include "kernel/core/op.h"
#include "kernel/core/overload.h"
#include "kernel/core/plugin_exposition.h"
#include "kernel/core/plugins.h"
#include "kernel/core/process.h"
#include "kernel/core/reload.h"
#include "kernel/core/rest.h"
#include "kernel/core/restore.h"
#include "kernel/core/resume.h"
#include "kernel/core/resume_store.h"
#include "kernel/core/rooms.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"
#include "kernel/core/users.h"
#include "kernel/core/watchdog.h"
#include "nexus_version.h"

#define TEXT_MAX    ((size_t)16 << 20)
#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static void counter(struct exposition *text, const char *name, const char *help,
        uint64_t value) {
    if (exposition_counter(text, name, help)) {
        exposition_u64(text, NULL, value);
    }
}

static void gauge(struct exposition *text, const char *name, const char *help,
        double value) {
    if (exposition_gauge(text, name, help)) {
        exposition_f64(text, NULL, value);
    }
}

// ---- the process ----

static void put_process(struct exposition *text, const struct core *core) {
    struct process_usage usage;
    process_read(&usage);
    gauge(text, "process_start_time_seconds",
            "When the server started, in seconds since 1970.",
            (double)core->stats->started_ms / 1000);
    gauge(text, "process_resident_memory_bytes", "Memory in RAM.",
            (double)usage.resident_bytes);
    gauge(text, "process_virtual_memory_bytes", "Address space.",
            (double)usage.virtual_bytes);
    if (exposition_counter(text, "process_cpu_seconds_total",
                "CPU time of all threads, user and system.")) {
        exposition_f64(text, NULL, usage.cpu_seconds);
    }
    gauge(text, "process_open_fds", "Open file descriptors.",
            (double)usage.open_fds);
    gauge(text, "process_max_fds", "File descriptors that may be open.",
            (double)usage.max_fds);
}

static void put_build(struct exposition *text) {
    char abi[24];
    (void)snprintf(abi, sizeof(abi), "%u.%u", NX_ABI_MAJOR, NX_ABI_MINOR);
    const struct exposition_label labels[] = {
            {"version", NEXUS_VERSION}, {"abi", abi}, {NULL, NULL}};
    if (exposition_gauge(text, "nexus_build_info",
                "Always 1; the labels say which server this is.")) {
        exposition_u64(text, labels, 1);
    }
}

// ---- what is there now ----

static void put_now(struct exposition *text, const struct core *core) {
    gauge(text, "nexus_sessions", "WebSocket connections.",
            (double)sessions_count(core->sessions));
    gauge(text, "nexus_sessions_max", "The setting limits.connections.",
            (double)core->settings->limits_connections);
    gauge(text, "nexus_users", "Users with at least one session.",
            (double)users_count(core->users));
    gauge(text, "nexus_rooms", "Rooms with members.",
            (double)rooms_count(core->rooms));
    gauge(text, "nexus_draining", "1 while clients are sent away, else 0.",
            core->draining);
    gauge(text, "nexus_queued_bytes", "Bytes waiting in all outboxes.",
            (double)core->stats->queued_bytes);
    gauge(text, "nexus_pending_requests",
            "Requests that wait for their answer.",
            (double)ops_count(core->ops) - 1); // not the one answered here
}

static void put_overload(
        struct exposition *text, const struct overload *overload) {
    gauge(text, "nexus_overloaded", "1 while new sessions are refused, else 0.",
            overload_active(overload));
    counter(text, "nexus_overloads_total",
            "Times the server began to refuse new sessions.",
            overload_times(overload));
    if (!exposition_gauge(text, "nexus_load_ratio",
                "What is measured as part of what makes the server "
                "overloaded.")) {
        return;
    }
    for (enum overload_measure i = 0; i < MEASURE_COUNT; i++) {
        struct overload_state state;
        overload_look(overload, i, &state);
        const struct exposition_label labels[] = {
                {"limit", limit_setting(state.setting)}, {NULL, NULL}};
        double ratio = state.limit > 0 ? state.value / state.limit : 0;
        exposition_f64(text, labels, ratio);
    }
}

static void put_engine(struct exposition *text, const struct core *core) {
    const struct engine *engine = core->engine;
    struct memory_stats memory;
    memory_stats(core->memory, &memory);
    gauge(text, "nexus_engine_pending", "Requests the engine has not answered.",
            (double)engine_pending(engine, NULL));
    gauge(text, "nexus_engine_oldest_seconds",
            "How long the one that waits longest has waited.",
            (double)engine_oldest_ms(engine) / 1000);
    gauge(text, "nexus_engine_durable",
            "1 if acknowledged records survive a crash, else 0.",
            engine_durable(engine));
    gauge(text, "nexus_engine_working",
            "1 while the engine says that it works, else 0.",
            engine_working(engine));
    gauge(text, "nexus_engine_memory_bytes",
            "Logs, facts and dedupe keys of the engine in memory.",
            (double)memory.bytes);
    gauge(text, "nexus_engine_memory_logs", "Rooms with a log in memory.",
            (double)memory.logs);
    gauge(text, "nexus_engine_memory_records", "Records of all these logs.",
            (double)memory.records);
    gauge(text, "nexus_engine_memory_facts", "Facts of plugins in memory.",
            (double)memory.facts);
    counter(text, "nexus_engine_memory_logs_dropped_total",
            "Whole logs dropped to make room.", memory.logs_dropped);
    counter(text, "nexus_engine_memory_records_evicted_total",
            "Records dropped to make room, before their age.",
            memory.records_evicted);
}

// ---- what has been done ----

static void put_counters(struct exposition *text, const struct stats *stats) {
    const struct {
        const char *name;
        const char *help;
        uint64_t value;
    } all[] = {
            {"nexus_sessions_opened_total", "Sessions whose user became known.",
                    stats->sessions_opened},
            {"nexus_sessions_refused_total",
                    "Connections refused before they became sessions.",
                    stats->sessions_refused},
            {"nexus_events_received_total", "Messages from clients.",
                    stats->events_in},
            {"nexus_events_sent_total",
                    "Events queued for clients, one for each receiver.",
                    stats->events_out},
            {"nexus_bytes_received_total", "Bytes of messages from clients.",
                    stats->bytes_in},
            {"nexus_bytes_sent_total", "Bytes of frames written to sockets.",
                    stats->bytes_out},
            {"nexus_writes_total", "Writes to sockets that carried them.",
                    stats->writes},
            {"nexus_records_delivered_total",
                    "Records of rooms given to their members.", stats->records},
            {"nexus_unknown_fields_total",
                    "Fields and arguments that nobody knew.",
                    stats->unknown_fields},
    };
    for (size_t i = 0; i < ROWS(all); i++) {
        counter(text, all[i].name, all[i].help, all[i].value);
    }
}

static void seconds(struct exposition *text, const char *name, const char *help,
        uint64_t ns) {
    if (exposition_counter(text, name, help)) {
        exposition_f64(text, NULL, (double)ns / 1e9);
    }
}

static void put_deflate(struct exposition *text, const struct stats *stats) {
    gauge(text, "nexus_deflate_sessions",
            "Connections that agreed on permessage-deflate.",
            (double)stats->deflate_sessions);
    counter(text, "nexus_deflate_events_total",
            "Events compressed, each once for all who get it.",
            stats->deflate_frames);
    counter(text, "nexus_deflate_input_bytes_total", "Bytes of these before.",
            stats->deflate_bytes_in);
    counter(text, "nexus_deflate_output_bytes_total",
            "Bytes of these afterwards.", stats->deflate_bytes_out);
    counter(text, "nexus_deflate_saved_bytes_total",
            "Bytes that their receivers were not sent.", stats->deflate_saved);
    counter(text, "nexus_deflate_futile_total",
            "Events that compressing did not make smaller.",
            stats->deflate_futile);
    counter(text, "nexus_deflate_skipped_total",
            "Events sent as they are because deflate.turn_ms was used up.",
            stats->deflate_skipped);
    seconds(text, "nexus_deflate_seconds_total", "Time spent on compressing.",
            stats->deflate_ns);
    counter(text, "nexus_inflate_messages_total",
            "Compressed messages from clients.", stats->inflate_messages);
    counter(text, "nexus_inflate_input_bytes_total",
            "Bytes of these as they came.", stats->inflate_bytes_in);
    counter(text, "nexus_inflate_output_bytes_total",
            "Bytes of these decompressed.", stats->inflate_bytes_out);
    seconds(text, "nexus_inflate_seconds_total", "Time spent on that.",
            stats->inflate_ns);
}

static void labelled(struct exposition *text, const char *name,
        const char *value, uint64_t count) {
    const struct exposition_label labels[] = {{name, value}, {NULL, NULL}};
    exposition_u64(text, labels, count);
}

static void put_resumes(struct exposition *text, const struct core *core) {
    const struct stats *stats = core->stats;
    if (exposition_counter(text, "nexus_resumes_total",
                "Attempts to resume a session, by what became of them.")) {
        for (enum resume_outcome i = 0; i < RESUME_OUTCOME_COUNT; i++) {
            labelled(
                    text, "outcome", resume_outcome_word(i), stats->resumes[i]);
        }
    }
    gauge(text, "nexus_resume_sessions",
            "Sessions without a connection that can be resumed.",
            (double)resume_away(core->resume));
    gauge(text, "nexus_resume_sessions_max", "The setting resume.sessions.",
            (double)core->settings->resume_sessions);
    gauge(text, "nexus_resume_waiting",
            "Sessions in line to get what their clients missed.",
            (double)restores_waiting(core->restores));
    gauge(text, "nexus_resume_unwritten",
            "Sessions whose copy in storage is out of date.",
            (double)resume_store_unwritten(core->resume));
    counter(text, "nexus_resume_records_total",
            "Records sent to clients that came back.", stats->replayed);
    counter(text, "nexus_resume_gaps_total",
            "Times that some could not be sent, and the client was told.",
            stats->gaps);
    counter(text, "nexus_resume_expired_total",
            "Sessions whose clients did not come back in time.",
            stats->resume_expired);
    counter(text, "nexus_resume_evicted_total",
            "Sessions dropped before their time, by resume.sessions or "
            "resume.sessions_per_user.",
            stats->resume_evicted);
    counter(text, "nexus_resume_too_large_total",
            "Times a session was not kept, by resume.record_bytes.",
            stats->resume_too_large);
    counter(text, "nexus_resume_write_errors_total",
            "Sessions that storage did not take; they are tried again.",
            stats->resume_write_errors);
}

static void put_closed(struct exposition *text, const struct stats *stats) {
    static const char *const codes[STATS_CLOSE_COUNT] = {
#define CODE_TEXT_(name, number, word, meaning, action) #number,
            CLOSE_CODES(CODE_TEXT_)
#undef CODE_TEXT_
                    [STATS_CLOSE_NO_STATUS] = "1005",
            [STATS_CLOSE_LOST] = "1006",
            [STATS_CLOSE_OTHER] = "other",
    };
    if (exposition_counter(text, "nexus_sessions_closed_total",
                "Connections closed, by close code.")) {
        for (size_t i = 0; i < STATS_CLOSE_COUNT; i++) {
            labelled(text, "code", codes[i], stats->closed[i]);
        }
    }
}

static void put_refusals(struct exposition *text, const struct stats *stats) {
    if (exposition_counter(text, "nexus_refusals_total",
                "What was refused, by the setting that limits it.")) {
        for (enum limit limit = 0; limit < LIMIT_COUNT; limit++) {
            labelled(
                    text, "limit", limit_setting(limit), stats->refused[limit]);
        }
    }
}

static void put_shed(struct exposition *text, const struct stats *stats) {
    static const char *const words[OUTBOX_SHED_REASONS] = {
#define SHED_WORD_(name, word) word,
            OUTBOX_SHEDS(SHED_WORD_)
#undef SHED_WORD_
    };
    if (exposition_counter(text, "nexus_frames_shed_total",
                "Droppable frames that slow clients did not get.")) {
        for (size_t i = 0; i < OUTBOX_SHED_REASONS; i++) {
            labelled(text, "reason", words[i], stats->shed[i]);
        }
    }
}

static void put_reloads(struct exposition *text, const struct core *core) {
    struct reload_status status;
    reload_look(core->reload, &status);
    if (exposition_counter(text, "nexus_reloads_total",
                "Reloads of the configuration and the plugins.")) {
        for (enum reload_outcome i = 0; i < RELOAD_OUTCOME_COUNT; i++) {
            labelled(text, "outcome", reload_outcome_word(i), status.count[i]);
        }
    }
    if (exposition_histogram(text, "nexus_reload_freeze_seconds",
                "How long events had to wait while plugins were exchanged.")) {
        exposition_seconds(text, NULL, reload_freezes(core->reload));
    }
    if (exposition_histogram(text, "nexus_reload_stall_seconds",
                "The longest time in each reload that the loop was held up.")) {
        exposition_seconds(text, NULL, reload_stalls(core->reload));
    }
    gauge(text, "nexus_plugin_images",
            "Files of plugins in memory; old versions stay until a restart.",
            (double)plugins_image_count(core->plugins));
}

static void put_errors(struct exposition *text, const struct stats *stats) {
    static const nx_status statuses[] = {
#define ERROR_NUMBER_(name, number, word, http, text) number,
            NX_ERRORS(ERROR_NUMBER_)
#undef ERROR_NUMBER_
    };
    if (!exposition_counter(text, "nexus_errors_total",
                "Error events sent to clients, by their code.")) {
        return;
    }
    for (size_t i = 0; i < ROWS(statuses); i++) {
        labelled(text, "code", nx_err_word(statuses[i]),
                stats->errors_by[-statuses[i]]);
    }
    labelled(text, "code", close_code_word(CLOSE_TOO_MANY_CONNECTIONS),
            stats->errors_replaced);
    labelled(text, "code", "plugin", stats->errors_plugin);
}

static void put_http(struct exposition *text, const struct stats *stats) {
    static const char *const classes[STATS_HTTP_CLASSES] = {
            [2] = "2xx", [3] = "3xx", [4] = "4xx", [5] = "5xx"};
    if (!exposition_counter(text, "nexus_http_requests_total",
                "HTTP requests answered, by class of status.")) {
        return;
    }
    for (size_t i = 2; i < STATS_HTTP_CLASSES; i++) {
        labelled(text, "status", classes[i], stats->http_answers[i]);
    }
}

// ---- how long and how large ----

static void put_prefix(
        struct exposition *text, const struct stats_prefix *prefix) {
    const struct exposition_label labels[] = {
            {"prefix", prefix->name}, {NULL, NULL}};
    exposition_seconds(text, labels, &prefix->spent);
}

static void put_handling(struct exposition *text, const struct stats *stats) {
    size_t cursor = 0;
    const struct stats_prefix *prefix;
    if (!exposition_histogram(text, "nexus_event_handling_seconds",
                "From a message's arrival to its handler's return, by the "
                "prefix registered for it.")) {
        return;
    }
    while ((prefix = stats_next_prefix(stats, &cursor)) != NULL) {
        put_prefix(text, prefix);
    }
    put_prefix(text, &stats->unknown);
    put_prefix(text, &stats->other);
}

static void put_histograms(struct exposition *text, const struct stats *stats) {
    put_handling(text, stats);
    if (exposition_histogram(text, "nexus_loop_turn_seconds",
                "Turns of the main loop, from waking up to going to sleep.")) {
        exposition_seconds(text, NULL, &stats->turns);
    }
    if (exposition_histogram(text, "nexus_fanout_size",
                "Sessions that got an event sent to a whole room.")) {
        exposition_sizes(text, NULL, &stats->fan_outs);
    }
    if (exposition_histogram(text, "nexus_outbox_bytes",
                "Bytes waiting for a session when it was its turn to be "
                "written to.")) {
        exposition_sizes(text, NULL, &stats->outboxes);
    }
}

// ---- the route ----

static void put_all(struct exposition *text, const struct core *core) {
    put_build(text);
    put_process(text, core);
    put_now(text, core);
    put_overload(text, core->overload);
    put_counters(text, core->stats);
    put_resumes(text, core);
    put_deflate(text, core->stats);
    put_closed(text, core->stats);
    put_refusals(text, core->stats);
    put_shed(text, core->stats);
    put_errors(text, core->stats);
    put_http(text, core->stats);
    put_histograms(text, core->stats);
    put_reloads(text, core);
    counter(text, "nexus_stuck_turns_total",
            "Turns of the loop that took longer than "
            "callbacks.stuck_warn_ms.",
            watchdog_stuck(core->watchdog));
    put_engine(text, core);
    plugin_exposition(text, core);
}

int32_t rest_metrics(void *user, const struct nx_http_request *request) {
    static const char *const known[] = {NULL};
    struct core *core = user;
    struct exposition text;
    struct rest rest;
    if (!rest_open(&rest, core, request, known)) {
        return NX_DONE;
    }
    bool good = exposition_init(&text, TEXT_MAX);
    if (good) {
        put_all(&text, core);
        good = !text.out.failed;
    }
    struct op *op = ops_find(core->ops, request->op);
    if (good && op) {
        const struct nx_bytes body = {text.out.data, text.out.len};
        http_answer_bytes(core, op, 200, EXPOSITION_TYPE, body);
        ops_remove(core->ops, op);
    }
    exposition_finish(&text);
    return good ? NX_DONE : NX_ERR_NO_MEMORY;
}
