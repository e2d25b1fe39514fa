/*
 * rows - records or facts that were read, for an answer on another thread.
 *
 * Bytes are copied one behind the other; pointers into them are made at the
 * end, when they do not move any more.
 *
 * Owner:   struct request embeds it
 * Thread:  one at a time
 * Errors:  false without memory; rows_failed() then, and the answer is none
 */
#ifndef PLUGINS_STORE_ROWS_H
#define PLUGINS_STORE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/engine.h>
#include <nexus/util/buf.h>

// Bytes of one answer. A thousand messages of the largest size that chat
// allows by default fit.
#define ROWS_BYTES_MAX ((size_t)32 << 20)

struct rows {
    struct nx_buf bytes;
    size_t count;
    size_t room; // for so many
    bool failed; // no memory
    union {
        struct nx_record *records; // a history's
        struct nx_fact *facts;     // or a get's and a scan's
        void *any;
    } of;
};

void rows_init(struct rows *rows);
void rows_finish(struct rows *rows);

// Whether one more with so many bytes fits below ROWS_BYTES_MAX.
bool rows_fits(const struct rows *rows, size_t bytes);

// Adds a copy; the strings are taken from the arguments.
bool rows_add_record(struct rows *rows, const struct nx_record *record);
bool rows_add_fact(struct rows *rows, const struct nx_fact *fact);

// Makes the pointers right. Nothing is added after this.
void rows_seal_records(struct rows *rows);
void rows_seal_facts(struct rows *rows);

static inline size_t rows_size(const struct rows *rows) {
    return rows->bytes.cap + rows->room * sizeof(struct nx_fact);
}

#endif
