/*
 * blobs - bytes that plugins keep on a session or a room.
 *
 * A short list of (plugin id, key) -> bytes, found by walking it. Plain data
 * without destructors, so nothing dangles when a plugin is replaced.
 *
 * Owner:   the session or room that embeds it
 * Thread:  logic
 * Errors:  TOO_LARGE, LIMIT, NO_MEMORY; unchanged after an error
 */
#ifndef KERNEL_CORE_BLOBS_H
#define KERNEL_CORE_BLOBS_H

#include <stdbool.h>

#include <nexus/error.h>
#include <nexus/types.h>

#define BLOB_BYTES_MAX 65536u
#define BLOB_COUNT_MAX 64u

struct blob;
struct nx_buf;

struct blobs {
    struct blob *first; // newest first; NULL: none
};

void blobs_init(struct blobs *blobs);
void blobs_finish(struct blobs *blobs);

// Copies the bytes; an empty value removes the key.
enum nx_err blobs_set(struct blobs *blobs, const char *plugin_id,
        const char *key, struct nx_bytes value);

// Borrowed until the key is set again; {NULL, 0} when there is none.
struct nx_bytes blobs_get(
        const struct blobs *blobs, const char *plugin_id, const char *key);

// Copies all of from into an empty list. False without memory.
bool blobs_copy(struct blobs *blobs, const struct blobs *from);

// Moves all of from, which is empty afterwards, into an empty list.
void blobs_move(struct blobs *blobs, struct blobs *from);

// About how much memory they take.
size_t blobs_size(const struct blobs *blobs);

// All as bytes (pack.h), and back into an empty list. Reading returns false
// for bytes that are none.
void blobs_write(const struct blobs *blobs, struct nx_buf *buf);
bool blobs_read(struct blobs *blobs, struct nx_bytes *bytes);

#endif
