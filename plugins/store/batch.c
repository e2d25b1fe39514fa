#include "plugins/store/batch.h"

#include <string.h>

#include <nexus/error.h>

#include "plugins/store/queue.h"
#include "plugins/store/request.h"

#define SWEEP_FACTS 1000
#define SWEEP_ROOMS 64

bool batch_init(
        struct batch *batch, struct db *db, const struct batch_limits *limits) {
    memset(batch, 0, sizeof(*batch));
    batch->db = db;
    batch->facts = (struct facts){
            .db = db, .meta = &batch->meta, .max_facts = limits->facts};
    batch->dedupe = (struct dedupe){
            .db = db, .meta = &batch->meta, .max_keys = limits->dedupe_keys};
    batch->logs =
            logs_create(db, &batch->meta, limits->rooms_cached, limits->rooms);
    return batch->logs != NULL;
}

void batch_finish(struct batch *batch) {
    logs_destroy(batch->logs);
    batch->logs = NULL;
}

// What is in memory may be ahead of the file after a rollback.
static void forget(struct batch *batch) {
    logs_forget(batch->logs);
    batch->facts.next_ms = 0;
    batch->dedupe.next_ms = 0;
    batch->dedupe.added = 0;
    batch->meta.now = batch->meta.written;
}

bool batch_load(struct batch *batch) {
    forget(batch);
    return meta_load(&batch->meta, batch->db);
}

// --- publish --------------------------------------------------------------

static bool goes_to_log(const struct request *request) {
    return request->keep_count > 0 && (request->flags & NX_PUBLISH_NO_LOG) == 0;
}

static bool has_key(const struct request *request) {
    return request->text[REQUEST_DEDUPE].len > 0;
}

static bool is_known(
        struct batch *batch, struct request *request, const struct log *log) {
    return log && has_key(request)
            && dedupe_find(&batch->dedupe, log->room,
                       request->text[REQUEST_DEDUPE], request->now_ms,
                       &request->published, &request->rows.bytes)
            == DEDUPE_KNOWN;
}

static bool is_conflict(const struct batch *batch, struct request *request,
        const struct log *log) {
    uint64_t end = log ? (uint64_t)log->last : 0;
    if ((request->flags & NX_PUBLISH_EXPECT) == 0 || end == request->offset) {
        return false;
    }
    request->published.status = NX_ERR_CONFLICT;
    request->published.epoch =
            log ? log->epoch : (uint64_t)batch->meta.now.epoch;
    request->published.offset = end;
    return true;
}

static int64_t clamp(uint64_t number) {
    return number > INT64_MAX ? INT64_MAX : (int64_t)number;
}

static bool append(
        struct batch *batch, struct request *request, struct log *log) {
    const struct log_append what = {
            .payload = request->text[REQUEST_PAYLOAD],
            .now_ms = request->now_ms,
            .keep_count = request->keep_count,
            .keep_age_ms = clamp(request->keep_age_ms),
    };
    if (!logs_append(batch->logs, log, &what)) {
        return false;
    }
    request->published.epoch = log->epoch;
    request->published.offset = (uint64_t)log->last;
    return true;
}

static bool remember(struct batch *batch, const struct request *request,
        const struct log *log) {
    int64_t ttl_ms = (int64_t)request->dedupe_ttl_s * 1000;
    return dedupe_add(&batch->dedupe, log->room, request->text[REQUEST_DEDUPE],
            request->now_ms + ttl_ms, &request->published);
}

static void store_record(struct batch *batch, struct request *request) {
    struct nx_str room = request->text[REQUEST_ROOM];
    if (request_writes(request)) {
        struct log *log = logs_make(batch->logs, room);
        if (!log) {
            request->published.status = NX_ERR_LIMIT;
            return;
        }
        if ((goes_to_log(request) && !append(batch, request, log))
                || (has_key(request) && !remember(batch, request, log))) {
            return;
        }
    }
    request->deliver = (request->flags & NX_PUBLISH_SILENT) == 0;
}

static void publish(struct batch *batch, struct request *request) {
    struct nx_str memo = request->text[REQUEST_MEMO];
    request->published = (struct nx_publish_result){
            .struct_size = sizeof(request->published),
            .status = NX_OK,
            .time_ms = request->now_ms,
            .memo = {memo.ptr, memo.len},
    };
    const struct log *log = request_writes(request)
            ? logs_find(batch->logs, request->text[REQUEST_ROOM])
            : NULL;
    if (!is_known(batch, request, log) && !is_conflict(batch, request, log)) {
        store_record(batch, request);
    }
}

// --- the others -----------------------------------------------------------

static void history(struct batch *batch, struct request *request) {
    struct nx_history_result *result = &request->history;
    *result = (struct nx_history_result){
            .struct_size = sizeof(*result),
            .status = NX_OK,
            .epoch = (uint64_t)batch->meta.now.epoch,
    };
    struct log *log = logs_find(batch->logs, request->text[REQUEST_ROOM]);
    if (!log || !logs_expire(batch->logs, log, request->now_ms)) {
        return;
    }
    result->epoch = log->epoch;
    result->first = (uint64_t)log->first;
    result->last = (uint64_t)log->last;
    if (request->direction == NX_HISTORY_BEFORE) {
        (void)logs_before(batch->logs, log, request->offset, request->limit,
                &request->rows);
    } else {
        (void)logs_after(batch->logs, log, request->offset, request->limit,
                &request->rows);
    }
    if (request->rows.failed) {
        request_fail(request, NX_ERR_NO_MEMORY);
        return;
    }
    rows_seal_records(&request->rows);
    result->count = request->rows.count;
    result->records = request->rows.of.records;
}

static nx_status put(struct batch *batch, struct request *request) {
    const struct fact_put what = {
            .space = request->text[REQUEST_SPACE],
            .key = request->text[REQUEST_KEY],
            .value = request->text[REQUEST_VALUE],
            .ttl_ms = request->ttl_ms,
            .expect_revision = request->expect_revision,
            .now_ms = request->now_ms,
    };
    return facts_put(&batch->facts, &what, &request->fact.revision);
}

static nx_status get(struct batch *batch, struct request *request) {
    nx_status status = facts_get(&batch->facts, request->text[REQUEST_SPACE],
            request->text[REQUEST_KEY], request->now_ms, &request->rows);
    if (status == NX_OK) {
        request->fact.revision = request->rows.of.facts[0].revision;
    }
    return status;
}

static nx_status scan(struct batch *batch, struct request *request) {
    const struct fact_range range = {
            .space = request->text[REQUEST_SPACE],
            .prefix = request->text[REQUEST_KEY],
            .after = request->text[REQUEST_VALUE],
            .now_ms = request->now_ms,
            .limit = request->limit,
    };
    return facts_scan(&batch->facts, &range, &request->rows);
}

static void fact(struct batch *batch, struct request *request) {
    struct nx_fact_result *result = &request->fact;
    *result = (struct nx_fact_result){.struct_size = sizeof(*result)};
    if (request->kind == REQUEST_PUT) {
        result->status = put(batch, request);
    } else if (request->kind == REQUEST_GET) {
        result->status = get(batch, request);
    } else if (request->kind == REQUEST_SCAN) {
        result->status = scan(batch, request);
    } else {
        result->status =
                facts_remove(&batch->facts, request->text[REQUEST_SPACE],
                        request->text[REQUEST_KEY], request->now_ms);
    }
    if (result->status == NX_ERR_NO_MEMORY
            || result->status == NX_ERR_TOO_LARGE) {
        request_fail(request, result->status);
        return;
    }
    rows_seal_facts(&request->rows);
    result->count = request->rows.count;
    result->facts = request->rows.of.facts;
}

static void execute(struct batch *batch, struct request *request) {
    switch (request->kind) {
    case REQUEST_PUBLISH:
        publish(batch, request);
        break;
    case REQUEST_HISTORY:
        history(batch, request);
        break;
    case REQUEST_PUT:
    case REQUEST_GET:
    case REQUEST_REMOVE:
    case REQUEST_SCAN:
        fact(batch, request);
        break;
    case REQUEST_SWEEP:
        (void)facts_sweep(&batch->facts, request->now_ms, SWEEP_FACTS);
        (void)logs_sweep(batch->logs, request->now_ms, SWEEP_ROOMS);
        break;
    }
}

// --- the transaction ------------------------------------------------------

static struct request *request_at(struct nx_list *link) {
    return nx_container_of(link, struct request, link);
}

static bool needs_commit(struct nx_list *requests) {
    nx_list_for_each (link, requests) {
        if (request_writes(request_at(link))) {
            return true;
        }
    }
    return false;
}

static void move_rest(
        struct nx_list *requests, struct nx_list *last, struct nx_list *rest) {
    while (requests->prev != last) {
        struct nx_list *link = requests->prev;
        nx_list_remove(link);
        nx_list_prepend(rest, link);
    }
}

static bool execute_all(
        struct batch *batch, struct nx_list *requests, struct nx_list *rest) {
    size_t bytes = 0;
    nx_list_for_each (link, requests) {
        struct request *request = request_at(link);
        execute(batch, request);
        if (db_failed(batch->db)) {
            return false;
        }
        bytes += rows_size(&request->rows);
        if (bytes > QUEUE_ANSWER_BYTES) {
            move_rest(requests, link, rest);
            break;
        }
    }
    return true;
}

static bool begin(struct batch *batch, bool writes) {
    (void)db_prepare(batch->db, writes ? SQL_BEGIN : SQL_BEGIN_READ);
    return db_run(batch->db);
}

static int64_t latest(struct nx_list *requests) {
    return request_at(requests->prev)->now_ms;
}

// Everything a commit must have besides the requests' own changes.
static bool complete(struct batch *batch, struct nx_list *requests) {
    (void)dedupe_sweep(&batch->dedupe, latest(requests));
    return !db_failed(batch->db) && logs_write(batch->logs)
            && meta_write(&batch->meta, batch->db);
}

static bool commit(struct batch *batch) {
    (void)db_prepare(batch->db, SQL_COMMIT);
    return db_run(batch->db);
}

static bool undo(struct batch *batch) {
    db_rollback(batch->db);
    return false;
}

bool batch_run(
        struct batch *batch, struct nx_list *requests, struct nx_list *rest) {
    bool writes = needs_commit(requests);
    batch->wrote = writes;
    struct meta before = batch->meta.written;
    bool good = begin(batch, writes) && execute_all(batch, requests, rest)
            && (writes ? complete(batch, requests) : logs_write(batch->logs))
            && commit(batch);
    if (!good) {
        batch->meta.written = before;
        forget(batch);
        return undo(batch);
    }
    return true;
}

bool batch_probe(struct batch *batch, int64_t now_ms) {
    struct meta before = batch->meta.written;
    bool begun = begin(batch, true);
    // The first number read would be of the moment the file was opened.
    batch->meta.now.opened =
            now_ms != before.opened ? now_ms : before.opened + 1;
    if (begun && meta_write(&batch->meta, batch->db) && commit(batch)) {
        return true;
    }
    batch->meta.written = before;
    batch->meta.now = before;
    return undo(batch);
}
