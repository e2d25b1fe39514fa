/*
 * writer - JSON objects being written, straight into their final bytes.
 *
 * A pool lends out writers; each is one object from writer_object() to the
 * discard. The first failure sticks: every later call does nothing, and the
 * one who takes the text asks writer_status(). Names are not checked for
 * duplicates. A writer that was discarded ignores every call until it is
 * lent out again.
 *
 * Owner:   the pool owns the memory, the borrower the writer until discard
 * Thread:  that of the pool's owner
 * Errors:  sticky: INVALID, TOO_LARGE, NO_MEMORY; all accept NULL
 */
#ifndef KERNEL_CORE_WRITER_H
#define KERNEL_CORE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/error.h>
#include <nexus/types.h>

#include "kernel/base/clock.h"

#define WRITERS_OPEN_MAX   64    // lent to plugins at one time
#define WRITERS_RESERVE    8     // more for the kernel's own answers
#define WRITERS_KEEP_BYTES 16384 // of each buffer, for the next borrower
#define WRITER_DEPTH_MAX   64    // brackets open at one time

// "1b2c3d4e-5f": 8 hexadecimal digits drawn when the pool is made, so that a
// restart does not repeat an id, and a counter, so that nothing else does.
#define WRITER_EVENT_ID_SIZE 26

struct json_doc;
struct writers;

// clock is borrowed, for timestamps. max_bytes limits the text of each
// writer. NULL without memory.
struct writers *writers_create(struct clock *clock, size_t max_bytes);

// Discards what is open. Accepts NULL.
void writers_destroy(struct writers *ws);

// Values of this document are from now on copied from its text instead of
// being written again, until json_doc_clear or the next parse. Call after
// each successful parse.
void writers_add_doc(struct writers *ws, struct json_doc *doc);

// The text of a value of any added document (<nexus/json.h>, raw), which
// lives as long as that document and the one added last.
struct nx_str writers_raw(struct writers *ws, const struct nx_json *value);

size_t writers_open_count(const struct writers *ws);

// Remember the mark before a callback; reap after it discards the writers
// lent since then and not discarded, and returns how many they were. Mark 0
// stands for all. Callbacks may nest.
uint64_t writers_mark(const struct writers *ws);
size_t writers_reap(struct writers *ws, uint64_t mark);

// A new object. NULL without memory or with WRITERS_OPEN_MAX open.
struct nx_writer *writer_object(struct writers *ws);

// A new event: event_type, event_id, timestamp and, unless absent, user_id
// are written already. NULL as above.
struct nx_writer *writer_event(
        struct writers *ws, const char *type, struct nx_str user);

// For the kernel's answers: an event without user_id or, if type is absent,
// an object. Succeeds while the reserve lasts, whatever plugins hold.
struct nx_writer *writer_answer(struct writers *ws, struct nx_str type);

// Throws the writer away.
void writer_discard(struct nx_writer *w);

// Each appends one member, or one item when key is NULL and an array is open.
// Absent strings, raw texts and values append nothing; a number that is not
// finite, invalid UTF-8 and a key in the wrong place are INVALID.
void writer_put_str(struct nx_writer *w, const char *key, struct nx_str value);
void writer_put_cstr(struct nx_writer *w, const char *key, const char *value);
void writer_put_i64(struct nx_writer *w, const char *key, int64_t value);
void writer_put_u64(struct nx_writer *w, const char *key, uint64_t value);
void writer_put_f64(struct nx_writer *w, const char *key, double value);
void writer_put_bool(struct nx_writer *w, const char *key, int32_t value);
void writer_put_null(struct nx_writer *w, const char *key);
void writer_put_json(
        struct nx_writer *w, const char *key, const struct nx_json *value);
void writer_put_raw(struct nx_writer *w, const char *key, struct nx_str json);

// All members of object (nothing, if it is none) but those in the NULL-ended
// list except, which may be NULL.
void writer_put_members(struct nx_writer *w, const struct nx_json *object,
        const char *const *except);

// The members of another writer's object, as text. Its failure becomes w's.
// Nothing when from is NULL; from stays as it is.
void writer_put_writer(struct nx_writer *w, struct nx_writer *from);

void writer_begin_object(struct nx_writer *w, const char *key);
void writer_begin_array(struct nx_writer *w, const char *key);
void writer_end(struct nx_writer *w);

// The text so far with everything open closed, ending in a NUL; borrowed
// until the next call on the writer. Absent after a failure.
struct nx_str writer_text(struct nx_writer *w);

// OK or the failure that sticks. STATE after the discard and for NULL.
enum nx_err writer_status(const struct nx_writer *w);

// A failure of the caller's; the first one sticks.
void writer_fail(struct nx_writer *w, enum nx_err status);

#endif
