/*
 * projection - messages as they are now, made from a log of what happened.
 *
 * Covers the records after `from` up to `last`, without a hole; edits and
 * deletes are folded into the message they belong to. With texts it can
 * answer a reader; without them it is an index that knows who sent what.
 * Reading records is somebody else's business: nothing here knows JSON.
 *
 * Owner:   whoever embeds it; messages are borrowed until the next change
 * Thread:  that of the owner
 * Errors:  false without memory; unchanged
 */
#ifndef PLUGINS_CHAT_PROJECTION_H
#define PLUGINS_CHAT_PROJECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>

struct projected {
    uint64_t seq;
    uint64_t changed_seq; // of the record that made it what it is
    int64_t time_ms;
    uint32_t version; // 1, and one more for each edit
    uint32_t claimed; // highest version given to an edit on its way
    bool deleted;
    bool deleting; // a delete is on its way
    char *text;    // JSON object without seq, owned; NULL in an index
    size_t text_len;
    struct nx_str id; // in names
    struct nx_str sender;
    char names[];
};

struct projection {
    struct projected **ring; // cap of them, a power of two; NULL when cap is 0
    size_t cap;
    size_t head; // position of the oldest
    size_t count;
    size_t bytes; // memory of all messages
    uint64_t from;
    uint64_t last;
    bool texts;
};

void projection_init(struct projection *view, bool texts);

// Frees everything; a finished one may be initialised again.
void projection_finish(struct projection *view);

// Forgets all messages; covers nothing, from and last are position.
void projection_clear(struct projection *view, uint64_t position);

// A message seen in the log. seq must be above last.
struct projection_entry {
    uint64_t seq;
    int64_t time_ms;
    uint32_t version;
    struct nx_str id;
    struct nx_str sender;
    struct nx_str text; // copied if the projection keeps texts
};

// Returns the new message, or NULL.
struct projected *projection_add(
        struct projection *view, const struct projection_entry *entry);

// A record that is no message of its own.
void projection_skip(struct projection *view, uint64_t seq);

// An edit: takes the text if the projection keeps texts.
bool projection_edit(struct projection *view, struct projected *message,
        uint32_t version, struct nx_str text);

// A delete: leaves a tombstone.
bool projection_delete(
        struct projection *view, struct projected *message, struct nx_str text);

// By id, newest first. NULL when there is none.
struct projected *projection_find(
        const struct projection *view, struct nx_str id);

// The i-th oldest.
struct projected *projection_at(const struct projection *view, size_t i);

// How many messages have a smaller seq: the index of the first that has not.
size_t projection_rank(const struct projection *view, uint64_t seq);

// Forgets messages with seq <= from, and then those before oldest_ms.
void projection_trim(struct projection *view, uint64_t from, int64_t oldest_ms);

// Forgets the oldest until at most max_count of them and max_bytes remain.
void projection_limit(
        struct projection *view, size_t max_count, size_t max_bytes);

#endif
