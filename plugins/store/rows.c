#include "plugins/store/rows.h"

#include <stdlib.h>

#define SMALLEST_ROOM 8

void rows_init(struct rows *rows) {
    *rows = (struct rows){0};
    nx_buf_init(&rows->bytes, 2 * ROWS_BYTES_MAX);
}

void rows_finish(struct rows *rows) {
    free(rows->of.any);
    nx_buf_finish(&rows->bytes);
    rows_init(rows);
}

bool rows_fits(const struct rows *rows, size_t bytes) {
    return rows->count == 0 || rows->bytes.len + bytes <= ROWS_BYTES_MAX;
}

// Room for one more of either kind.
static bool make_room(struct rows *rows, size_t size) {
    if (rows->count < rows->room) {
        return true;
    }
    size_t room = rows->room > 0 ? 2 * rows->room : SMALLEST_ROOM;
    void *grown = realloc(rows->of.any, room * size);
    if (!grown) {
        rows->failed = true;
        return false;
    }
    rows->of.any = grown;
    rows->room = room;
    return true;
}

// A NUL follows, for those who look at a payload with a debugger.
static bool add_bytes(struct rows *rows, const void *ptr, size_t len) {
    bool good = nx_buf_append(&rows->bytes, ptr, len)
            && nx_buf_append_char(&rows->bytes, '\0');
    rows->failed |= !good;
    return good;
}

bool rows_add_record(struct rows *rows, const struct nx_record *record) {
    if (!make_room(rows, sizeof(*record))
            || !add_bytes(rows, record->payload.ptr, record->payload.len)) {
        return false;
    }
    rows->of.records[rows->count++] = *record;
    return true;
}

bool rows_add_fact(struct rows *rows, const struct nx_fact *fact) {
    if (!make_room(rows, sizeof(*fact))
            || !add_bytes(rows, fact->key.ptr, fact->key.len)
            || !add_bytes(rows, fact->value.ptr, fact->value.len)) {
        return false;
    }
    rows->of.facts[rows->count++] = *fact;
    return true;
}

void rows_seal_records(struct rows *rows) {
    const char *at = rows->bytes.data;
    for (size_t i = 0; i < rows->count; i++) {
        rows->of.records[i].payload.ptr = at;
        at += rows->of.records[i].payload.len + 1;
    }
}

void rows_seal_facts(struct rows *rows) {
    const char *at = rows->bytes.data;
    for (size_t i = 0; i < rows->count; i++) {
        struct nx_fact *fact = &rows->of.facts[i];
        fact->key.ptr = at;
        at += fact->key.len + 1;
        fact->value.ptr = at;
        at += fact->value.len + 1;
    }
}
