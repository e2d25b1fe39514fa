#include "kernel/core/memory_store.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include <nexus/error.h>

#include "kernel/core/memory_dedupe.h"
#include "kernel/core/memory_facts.h"
#include "kernel/core/memory_logs.h"

struct memory_store {
    const struct clock *clock;
    size_t max_bytes;
    struct memory_logs *logs;
    struct memory_facts *facts;
    struct memory_dedupe *dedupe;
    union {
        struct nx_record records[MEMORY_ANSWER_MAX];
        struct nx_fact facts[MEMORY_ANSWER_MAX];
    } answer; // what the one being given shows
};

struct memory_store *memory_store_create(
        const struct clock *clock, const struct memory_limits *limits) {
    struct memory_store *store = calloc(1, sizeof(*store));
    if (!store) {
        return NULL;
    }
    size_t bytes = limits->bytes;
    store->clock = clock;
    store->max_bytes = bytes;
    store->logs = memory_logs_create(clock, limits->logs);
    store->facts = memory_facts_create(clock, limits->facts, bytes / 2);
    store->dedupe = memory_dedupe_create(clock, MEMORY_DEDUPE_MAX, bytes / 4);
    if (!store->logs || !store->facts || !store->dedupe) {
        memory_store_destroy(store);
        return NULL;
    }
    return store;
}

void memory_store_destroy(struct memory_store *store) {
    if (store) {
        memory_logs_destroy(store->logs);
        memory_facts_destroy(store->facts);
        memory_dedupe_destroy(store->dedupe);
        free(store);
    }
}

static size_t bytes_but_logs(const struct memory_store *store) {
    return memory_facts_bytes(store->facts)
            + memory_dedupe_bytes(store->dedupe);
}

// --- publish --------------------------------------------------------------

static struct memory_dedupe_key dedupe_key(
        const struct memory_request *request) {
    struct nx_str key = request->text[MEMORY_TEXT_DEDUPE];
    return (struct memory_dedupe_key){
            .room = request->text[MEMORY_TEXT_ROOM],
            .key = {key.ptr, key.len},
    };
}

static bool has_dedupe_key(const struct memory_request *request) {
    return request->text[MEMORY_TEXT_DEDUPE].len > 0;
}

static bool goes_to_log(const struct memory_request *request) {
    return request->keep_count > 0 && (request->flags & NX_PUBLISH_NO_LOG) == 0;
}

// True when it was published before; result is then that of the first time.
static bool is_duplicate(struct memory_store *store,
        const struct memory_request *request,
        struct nx_publish_result *result) {
    if (!has_dedupe_key(request)) {
        return false;
    }
    struct memory_dedupe_key key = dedupe_key(request);
    const struct memory_first *first = memory_dedupe_find(store->dedupe, &key);
    if (!first) {
        return false;
    }
    result->epoch = first->epoch;
    result->offset = first->offset;
    result->time_ms = first->time_ms;
    result->memo = first->memo;
    result->duplicate = 1;
    return true;
}

static bool is_conflict(struct memory_store *store,
        const struct memory_request *request,
        struct nx_publish_result *result) {
    if ((request->flags & NX_PUBLISH_EXPECT) == 0) {
        return false;
    }
    const struct memory_log *log =
            memory_logs_find(store->logs, request->text[MEMORY_TEXT_ROOM]);
    uint64_t end = log ? log->last : 0;
    if (end == request->offset) {
        return false;
    }
    result->status = NX_ERR_CONFLICT;
    result->epoch = log ? log->epoch : memory_logs_next_epoch(store->logs);
    result->offset = end;
    return true;
}

static bool remember(struct memory_store *store,
        const struct memory_request *request,
        const struct nx_publish_result *result) {
    if (!has_dedupe_key(request)) {
        return true;
    }
    struct memory_dedupe_key key = dedupe_key(request);
    struct memory_first first = {
            .epoch = result->epoch,
            .offset = result->offset,
            .time_ms = result->time_ms,
            .memo = result->memo,
    };
    uint64_t ttl_ms = (uint64_t)request->dedupe_ttl_s * 1000;
    return memory_dedupe_put(store->dedupe, &key, ttl_ms, &first);
}

// Gives the record its place. What can fail comes first, so that a key is
// never remembered for a record that was not stored, nor the other way round.
static bool store_record(struct memory_store *store,
        struct memory_request *request, struct nx_publish_result *result) {
    struct memory_log *log = NULL;
    if (goes_to_log(request)) {
        log = memory_logs_prepare(store->logs, request->text[MEMORY_TEXT_ROOM]);
        if (!log) {
            return false;
        }
        result->epoch = log->epoch;
        result->offset = log->last + 1;
    }
    if (!remember(store, request, result)) {
        return false;
    }
    if (log) {
        struct memory_keep keep = {request->keep_count, request->keep_age_ms};
        memory_logs_append(store->logs, log, request->record, &keep);
        request->record = NULL;
    }
    return true;
}

static void deliver(const struct memory_request *request,
        const struct memory_record *record,
        const struct nx_publish_result *result,
        const struct nx_provider_sink *sink) {
    if ((request->flags & NX_PUBLISH_SILENT) != 0) {
        return;
    }
    struct nx_record shown = {
            .struct_size = sizeof(shown),
            .epoch = result->epoch,
            .offset = result->offset,
            .time_ms = result->time_ms,
            .payload = {record->payload, record->len},
    };
    sink->deliver(
            sink->ctx, request->text[MEMORY_TEXT_ROOM], &shown, request->tag);
}

static void publish(struct memory_store *store, struct memory_request *request,
        const struct nx_provider_sink *sink) {
    struct nx_str memo = request->text[MEMORY_TEXT_MEMO];
    struct nx_publish_result result = {
            .struct_size = sizeof(result),
            .status = NX_OK,
            .time_ms = clock_wall_ms(store->clock),
            .memo = {memo.ptr, memo.len},
    };
    // The newest record stays at least until the answer was given.
    const struct memory_record *record = request->record;
    if (!is_duplicate(store, request, &result)
            && !is_conflict(store, request, &result)) {
        if (store_record(store, request, &result)) {
            deliver(request, record, &result, sink);
        } else {
            result.status = NX_ERR_NO_MEMORY;
            result.epoch = 0;
            result.offset = 0;
        }
    }
    sink->published(sink->ctx, request->cookie, &result);
}

// --- history --------------------------------------------------------------

static void history(struct memory_store *store,
        const struct memory_request *request,
        const struct nx_provider_sink *sink) {
    struct nx_record *records = store->answer.records;
    struct nx_history_result result = {
            .struct_size = sizeof(result),
            .status = NX_OK,
            .epoch = memory_logs_next_epoch(store->logs),
            .records = records,
    };
    const struct memory_log *log =
            memory_logs_find(store->logs, request->text[MEMORY_TEXT_ROOM]);
    if (log) {
        result.epoch = log->epoch;
        result.first = memory_log_first(log);
        result.last = log->last;
        result.count = request->direction == NX_HISTORY_BEFORE
                ? memory_log_before(
                        log, request->offset, records, request->limit)
                : memory_log_after(
                        log, request->offset, records, request->limit);
    }
    sink->history(sink->ctx, request->cookie, &result);
}

// --- facts ----------------------------------------------------------------

static void put(struct memory_store *store,
        const struct memory_request *request, struct nx_fact_result *result) {
    struct nx_str value = request->text[MEMORY_TEXT_VALUE];
    struct memory_put what = {
            .space = request->text[MEMORY_TEXT_SPACE],
            .key = request->text[MEMORY_TEXT_KEY],
            .value = {value.ptr, value.len},
            .ttl_ms = request->ttl_ms,
            .expect_revision = request->expect_revision,
    };
    result->status = memory_facts_put(store->facts, &what, &result->revision);
}

static void get(struct memory_store *store,
        const struct memory_request *request, struct nx_fact_result *result) {
    result->status =
            memory_facts_get(store->facts, request->text[MEMORY_TEXT_SPACE],
                    request->text[MEMORY_TEXT_KEY], &store->answer.facts[0]);
    if (result->status == NX_OK) {
        result->count = 1;
        result->revision = store->answer.facts[0].revision;
    }
}

static void scan(struct memory_store *store,
        const struct memory_request *request, struct nx_fact_result *result) {
    struct memory_range range = {
            .space = request->text[MEMORY_TEXT_SPACE],
            .prefix = request->text[MEMORY_TEXT_KEY],
            .after = request->text[MEMORY_TEXT_VALUE],
    };
    result->count = memory_facts_scan(
            store->facts, &range, store->answer.facts, request->limit);
}

static void fact(struct memory_store *store,
        const struct memory_request *request,
        const struct nx_provider_sink *sink) {
    struct nx_fact_result result = {
            .struct_size = sizeof(result),
            .status = NX_OK,
            .facts = store->answer.facts,
    };
    if (request->kind == MEMORY_PUT) {
        put(store, request, &result);
    } else if (request->kind == MEMORY_GET) {
        get(store, request, &result);
    } else if (request->kind == MEMORY_SCAN) {
        scan(store, request, &result);
    } else {
        result.status = memory_facts_remove(store->facts,
                request->text[MEMORY_TEXT_SPACE],
                request->text[MEMORY_TEXT_KEY]);
    }
    sink->fact(sink->ctx, request->cookie, &result);
}

// --- all of them ----------------------------------------------------------

void memory_store_execute(struct memory_store *store,
        struct memory_request *request, const struct nx_provider_sink *sink) {
    switch (request->kind) {
    case MEMORY_PUBLISH:
        publish(store, request, sink);
        break;
    case MEMORY_HISTORY:
        history(store, request, sink);
        break;
    case MEMORY_PUT:
    case MEMORY_GET:
    case MEMORY_REMOVE:
    case MEMORY_SCAN:
        fact(store, request, sink);
        break;
    }
    size_t others = bytes_but_logs(store);
    assert(others <= store->max_bytes);
    memory_logs_shrink(store->logs, store->max_bytes - others);
}

void memory_store_sweep(struct memory_store *store, size_t most) {
    (void)memory_facts_sweep(store->facts, most);
    (void)memory_dedupe_sweep(store->dedupe, most);
}

void memory_store_stats(
        const struct memory_store *store, struct memory_stats *stats) {
    stats->logs = memory_logs_count(store->logs);
    stats->records = memory_logs_records(store->logs);
    stats->bytes = memory_logs_bytes(store->logs) + bytes_but_logs(store);
    stats->facts = memory_facts_count(store->facts);
    stats->dedupe_keys = memory_dedupe_count(store->dedupe);
    stats->logs_dropped = memory_logs_dropped(store->logs);
    stats->records_evicted = memory_logs_evicted(store->logs);
    stats->dedupe_forgotten = memory_dedupe_forgotten(store->dedupe);
}
