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

#include <nexus/error.h>
#include <nexus/types.h>

#define BLOB_BYTES_MAX 65536u
#define BLOB_COUNT_MAX 64u

struct blob;

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

#endif
