#include "kernel/core/memory_log.h"

#include <assert.h>

#define SMALLEST_CAP 4

void memory_log_init(struct memory_log *log, uint64_t epoch) {
    *log = (struct memory_log){.epoch = epoch};
}

void memory_log_finish(struct memory_log *log) {
    while (log->count > 0) {
        memory_log_drop_first(log);
    }
    free((void *)log->ring);
    log->ring = NULL;
}

static struct memory_record **place(
        const struct memory_log *log, size_t position) {
    return &log->ring[(log->head + position) & (log->cap - 1)];
}

static size_t ring_bytes(size_t cap) {
    return cap * sizeof(struct memory_record *);
}

// Moves to a ring of cap places, 0 or a power of two. The records must fit.
static bool resize(struct memory_log *log, size_t cap) {
    assert(cap >= log->count);
    struct memory_record **ring = NULL;
    if (cap > 0) {
        ring = (struct memory_record **)calloc(
                cap, sizeof(struct memory_record *));
        if (!ring) {
            return false;
        }
    }
    for (size_t i = 0; i < log->count; i++) {
        ring[i] = *place(log, i);
    }
    free((void *)log->ring);
    log->bytes -= ring_bytes(log->cap);
    log->bytes += ring_bytes(cap);
    log->ring = ring;
    log->cap = cap;
    log->head = 0;
    return true;
}

bool memory_log_reserve(struct memory_log *log) {
    if (log->count < log->cap) {
        return true;
    }
    return resize(log, log->cap > 0 ? 2 * log->cap : SMALLEST_CAP);
}

uint64_t memory_log_first(const struct memory_log *log) {
    return log->count > 0 ? log->last - log->count + 1 : 0;
}

void memory_log_drop_first(struct memory_log *log) {
    assert(log->count > 0);
    struct memory_record *record = *place(log, 0);
    log->bytes -= memory_record_bytes(record);
    log->head = (log->head + 1) & (log->cap - 1);
    log->count--;
    free(record);

    if (log->count == 0) {
        (void)resize(log, 0);
    } else if (log->cap > SMALLEST_CAP && log->count <= log->cap / 8) {
        (void)resize(log, log->cap / 2); // Or it stays large.
    }
}

void memory_log_expire(struct memory_log *log, const struct clock *clock) {
    if (log->keep_age_ms == 0) {
        return;
    }
    int64_t now = clock_now_ms(clock);
    while (log->count > 0
            && (uint64_t)(now - (*place(log, 0))->added_ms)
                    > log->keep_age_ms) {
        memory_log_drop_first(log);
    }
}

void memory_log_append(struct memory_log *log, struct memory_record *record,
        const struct clock *clock, uint32_t keep_count, uint64_t keep_age_ms) {
    assert(keep_count > 0 && log->count < log->cap);
    record->time_ms = clock_wall_ms(clock);
    record->added_ms = clock_now_ms(clock);
    *place(log, log->count) = record;
    log->count++;
    log->last++;
    log->bytes += memory_record_bytes(record);

    log->keep_age_ms = keep_age_ms;
    while (log->count > keep_count) {
        memory_log_drop_first(log);
    }
    memory_log_expire(log, clock);
}

static void describe(
        const struct memory_log *log, size_t position, struct nx_record *out) {
    const struct memory_record *record = *place(log, position);
    *out = (struct nx_record){
            .struct_size = sizeof(*out),
            .epoch = log->epoch,
            .offset = memory_log_first(log) + position,
            .time_ms = record->time_ms,
            .payload = {record->payload, record->len},
    };
}

size_t memory_log_after(const struct memory_log *log, uint64_t offset,
        struct nx_record *records, size_t limit) {
    if (offset >= log->last) {
        return 0;
    }
    uint64_t wanted = log->last - offset; // from offset + 1 to the end
    size_t from = wanted < log->count ? log->count - (size_t)wanted : 0;
    size_t count = 0;
    while (count < limit && from + count < log->count) {
        describe(log, from + count, &records[count]);
        count++;
    }
    return count;
}

size_t memory_log_before(const struct memory_log *log, uint64_t offset,
        struct nx_record *records, size_t limit) {
    size_t end = log->count; // one past the first position to return
    uint64_t first = memory_log_first(log);
    if (offset > 0 && offset <= log->last) {
        end = offset > first && first > 0 ? (size_t)(offset - first) : 0;
    }
    size_t count = 0;
    while (count < limit && count < end) {
        describe(log, end - 1 - count, &records[count]);
        count++;
    }
    return count;
}
