#include "kernel/core/memory_logs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/util/strmap.h>

#include "kernel/base/random.h"

// What a log costs in the map, roughly: a slot, its index, its entry.
#define MAP_BYTES 96

struct room_log {
    struct nx_list age;    // struct memory_logs::by_age
    struct nx_list filled; // struct memory_logs::filled, when it has records
    struct memory_log log;
    size_t name_len;
    char name[];
};

struct memory_logs {
    const struct clock *clock;
    struct nx_strmap *by_name;
    size_t max_logs;
    struct nx_list by_age; // struct room_log::age, written longest ago first
    struct nx_list filled; // struct room_log::filled, in the same order
    uint64_t next_epoch;   // of logs that will be made, until one is dropped
    size_t records;
    size_t bytes;
    size_t fixed_bytes; // part of bytes: logs as if they had no records
    uint64_t dropped;
    uint64_t evicted;
};

static void renew_epoch(struct memory_logs *logs) {
    do {
        logs->next_epoch = random_u64();
    } while (logs->next_epoch == 0);
}

struct memory_logs *memory_logs_create(
        const struct clock *clock, size_t max_logs) {
    struct memory_logs *logs = calloc(1, sizeof(*logs));
    if (!logs) {
        return NULL;
    }
    logs->by_name = nx_strmap_create(max_logs);
    if (!logs->by_name) {
        free(logs);
        return NULL;
    }
    logs->clock = clock;
    renew_epoch(logs);
    logs->max_logs = max_logs;
    nx_list_init(&logs->by_age);
    nx_list_init(&logs->filled);
    return logs;
}

static void free_room_log(void *value) {
    struct room_log *room = value;
    memory_log_finish(&room->log);
    free(room);
}

void memory_logs_destroy(struct memory_logs *logs) {
    if (logs) {
        nx_strmap_destroy(logs->by_name, free_room_log);
        free(logs);
    }
}

static struct room_log *room_of(struct memory_log *log) {
    return nx_container_of(log, struct room_log, log);
}

static size_t fixed_bytes(const struct room_log *room) {
    return sizeof(*room) + 2 * room->name_len + MAP_BYTES;
}

// Every change of a log happens between these two, so the sums stay right.
static void begin_change(struct memory_logs *logs, struct room_log *room) {
    logs->records -= room->log.count;
    logs->bytes -= room->log.bytes;
}

static void end_change(struct memory_logs *logs, struct room_log *room) {
    logs->records += room->log.count;
    logs->bytes += room->log.bytes;
    if (room->log.count == 0) {
        nx_list_remove(&room->filled);
    }
}

static void drop_oldest_log(struct memory_logs *logs) {
    struct nx_list *link = nx_list_take_first(&logs->by_age);
    if (!link) {
        return;
    }
    struct room_log *room = nx_container_of(link, struct room_log, age);
    begin_change(logs, room);
    logs->bytes -= fixed_bytes(room);
    logs->fixed_bytes -= fixed_bytes(room);
    nx_list_remove(&room->filled);
    (void)nx_strmap_remove(logs->by_name, room->name, room->name_len);
    free_room_log(room);
    logs->dropped++;
    renew_epoch(logs);
}

static struct room_log *add_room_log(
        struct memory_logs *logs, struct nx_str name) {
    struct room_log *room = calloc(1, sizeof(*room) + name.len);
    if (!room) {
        return NULL;
    }
    memory_log_init(&room->log, logs->next_epoch);
    nx_list_init(&room->age);
    nx_list_init(&room->filled);
    room->name_len = name.len;
    memcpy(room->name, name.ptr, name.len);
    if (!memory_log_reserve(&room->log)) {
        free_room_log(room);
        return NULL;
    }

    if (nx_strmap_count(logs->by_name) >= logs->max_logs) {
        drop_oldest_log(logs);
    }
    if (!nx_strmap_put(logs->by_name, name.ptr, name.len, room)) {
        free_room_log(room);
        return NULL;
    }
    nx_list_append(&logs->by_age, &room->age);
    logs->bytes += fixed_bytes(room);
    logs->fixed_bytes += fixed_bytes(room);
    end_change(logs, room);
    return room;
}

const struct memory_log *memory_logs_find(
        struct memory_logs *logs, struct nx_str room) {
    struct room_log *found = nx_strmap_get(logs->by_name, room.ptr, room.len);
    if (!found) {
        return NULL;
    }
    begin_change(logs, found);
    memory_log_expire(&found->log, logs->clock);
    end_change(logs, found);
    return &found->log;
}

struct memory_log *memory_logs_prepare(
        struct memory_logs *logs, struct nx_str room) {
    struct room_log *found = nx_strmap_get(logs->by_name, room.ptr, room.len);
    if (!found) {
        found = add_room_log(logs, room);
        return found ? &found->log : NULL;
    }
    begin_change(logs, found);
    bool reserved = memory_log_reserve(&found->log);
    end_change(logs, found);
    return reserved ? &found->log : NULL;
}

static void move_to_end(struct nx_list *head, struct nx_list *link) {
    nx_list_remove(link);
    nx_list_append(head, link);
}

void memory_logs_append(struct memory_logs *logs, struct memory_log *log,
        struct memory_record *record, const struct memory_keep *keep) {
    struct room_log *room = room_of(log);
    move_to_end(&logs->by_age, &room->age);
    move_to_end(&logs->filled, &room->filled);
    begin_change(logs, room);
    memory_log_append(log, record, logs->clock, keep->count, keep->age_ms);
    end_change(logs, room);
}

static void evict_oldest_record(struct memory_logs *logs) {
    struct room_log *room =
            nx_container_of(logs->filled.next, struct room_log, filled);
    begin_change(logs, room);
    memory_log_drop_first(&room->log);
    end_change(logs, room);
    logs->evicted++;
}

// An empty log still knows its epoch and end, so it is worth keeping, but not
// at any price: somebody may make rooms only to fill them once.
static bool must_drop_log(const struct memory_logs *logs, size_t most_bytes) {
    if (nx_list_empty(&logs->filled)) {
        return true;
    }
    const struct room_log *oldest =
            nx_container_of(logs->by_age.next, struct room_log, age);
    return logs->fixed_bytes > most_bytes / 4 && oldest->log.count == 0;
}

void memory_logs_shrink(struct memory_logs *logs, size_t most_bytes) {
    while (logs->bytes > most_bytes && !nx_list_empty(&logs->by_age)) {
        if (must_drop_log(logs, most_bytes)) {
            drop_oldest_log(logs);
        } else {
            evict_oldest_record(logs);
        }
    }
}

uint64_t memory_logs_next_epoch(const struct memory_logs *logs) {
    return logs->next_epoch;
}

size_t memory_logs_count(const struct memory_logs *logs) {
    return nx_strmap_count(logs->by_name);
}

size_t memory_logs_records(const struct memory_logs *logs) {
    return logs->records;
}

size_t memory_logs_bytes(const struct memory_logs *logs) {
    return logs->bytes;
}

uint64_t memory_logs_dropped(const struct memory_logs *logs) {
    return logs->dropped;
}

uint64_t memory_logs_evicted(const struct memory_logs *logs) {
    return logs->evicted;
}
