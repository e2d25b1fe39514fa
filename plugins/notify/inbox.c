#include "plugins/notify/inbox.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/util/str.h>

#define CAP_MIN 8

void inbox_init(struct inbox *inbox) {
    memset(inbox, 0, sizeof(*inbox));
}

void inbox_clear(struct inbox *inbox) {
    for (size_t i = 0; i < inbox->count; i++) {
        free(inbox->entries[i]);
    }
    inbox->count = 0;
    inbox->bytes = 0;
    inbox->last_seq = 0;
}

void inbox_finish(struct inbox *inbox) {
    inbox_clear(inbox);
    free(inbox->entries);
    inbox_init(inbox);
}

// ---- one entry ----

struct nx_str entry_id(const struct entry *entry) {
    return nx_str_n(entry->text, entry->id_len);
}

struct nx_str entry_body(const struct entry *entry) {
    return nx_str_n(entry->text + entry->id_len, entry->body_len);
}

bool entry_is_over(const struct entry *entry, int64_t now_ms) {
    return entry->expires_ms != 0 && entry->expires_ms <= now_ms;
}

size_t entry_size(const struct entry *entry) {
    return sizeof(*entry) + entry->id_len + entry->body_len;
}

struct entry *entry_create(struct nx_str id, struct nx_str body) {
    struct entry *entry = calloc(1, sizeof(*entry) + id.len + body.len);
    if (entry) {
        entry->id_len = id.len;
        entry->body_len = body.len;
        memcpy(entry->text, id.ptr, id.len);
        memcpy(entry->text + id.len, body.ptr, body.len);
    }
    return entry;
}

// ---- finding ----

size_t inbox_above(const struct inbox *inbox, uint64_t seq) {
    size_t low = 0;
    size_t high = inbox->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (inbox->entries[middle]->seq > seq) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

struct entry *inbox_find_seq(const struct inbox *inbox, uint64_t seq) {
    size_t at = inbox_above(inbox, seq);
    struct entry *entry = at > 0 ? inbox->entries[at - 1] : NULL;
    return entry && entry->seq == seq ? entry : NULL;
}

// Newest first: ids that somebody names were mostly sent a moment ago.
struct entry *inbox_find(const struct inbox *inbox, struct nx_str id) {
    for (size_t i = inbox->count; i > 0; i--) {
        struct entry *entry = inbox->entries[i - 1];
        if (nx_str_eq(entry_id(entry), id)) {
            return entry;
        }
    }
    return NULL;
}

// ---- counting ----

size_t inbox_unread(const struct inbox *inbox, int64_t now_ms) {
    size_t unread = 0;
    for (size_t i = 0; i < inbox->count; i++) {
        const struct entry *entry = inbox->entries[i];
        unread += entry->read_ms == 0 && !entry_is_over(entry, now_ms) ? 1 : 0;
    }
    return unread;
}

size_t inbox_total(const struct inbox *inbox, int64_t now_ms) {
    size_t total = 0;
    for (size_t i = 0; i < inbox->count; i++) {
        total += entry_is_over(inbox->entries[i], now_ms) ? 0 : 1;
    }
    return total;
}

int64_t inbox_next_expiry(const struct inbox *inbox) {
    int64_t next = 0;
    for (size_t i = 0; i < inbox->count; i++) {
        int64_t at = inbox->entries[i]->expires_ms;
        if (at != 0 && (next == 0 || at < next)) {
            next = at;
        }
    }
    return next;
}

// ---- changing ----

static bool reserve(struct inbox *inbox) {
    if (inbox->count < inbox->cap) {
        return true;
    }
    size_t cap = inbox->cap > 0 ? inbox->cap * 2 : CAP_MIN;
    struct entry **entries =
            realloc(inbox->entries, cap * sizeof(struct entry *));
    if (!entries) {
        return false;
    }
    inbox->entries = entries;
    inbox->cap = cap;
    return true;
}

// There is room for it.
static void push(struct inbox *inbox, struct entry *entry) {
    inbox->entries[inbox->count++] = entry;
    inbox->bytes += entry_size(entry);
    if (entry->seq > inbox->last_seq) {
        inbox->last_seq = entry->seq;
    }
}

bool inbox_append(struct inbox *inbox, struct entry *entry) {
    if (!reserve(inbox)) {
        return false;
    }
    push(inbox, entry);
    return true;
}

static void remove_at(struct inbox *inbox, size_t at) {
    struct entry *entry = inbox->entries[at];
    inbox->bytes -= entry_size(entry);
    inbox->count--;
    for (size_t i = at; i < inbox->count; i++) {
        inbox->entries[i] = inbox->entries[i + 1];
    }
    free(entry);
}

void inbox_remove(struct inbox *inbox, const struct entry *entry) {
    remove_at(inbox, inbox_above(inbox, entry->seq) - 1);
}

size_t inbox_expire(struct inbox *inbox, int64_t now_ms, inbox_leave_fn expired,
        void *user) {
    size_t before = inbox->count;
    for (size_t i = inbox->count; i > 0; i--) {
        const struct entry *entry = inbox->entries[i - 1];
        if (entry_is_over(entry, now_ms)) {
            expired(user, entry);
            remove_at(inbox, i - 1);
        }
    }
    return before - inbox->count;
}

// The one that matters least: of the lowest priority the oldest.
static size_t least(const struct inbox *inbox) {
    size_t found = 0;
    for (size_t i = 1; i < inbox->count; i++) {
        if (inbox->entries[i]->priority < inbox->entries[found]->priority) {
            found = i;
        }
    }
    return found;
}

static bool is_full(const struct inbox *inbox,
        const struct inbox_limits *limits, const struct entry *coming) {
    return inbox->count >= limits->count
            || inbox->bytes + entry_size(coming) > limits->bytes;
}

// Whether the entry fits once everything that matters less, or as little and
// is older, has left. Asked before anything leaves.
static bool may_fit(const struct inbox *inbox,
        const struct inbox_limits *limits, const struct entry *coming) {
    size_t count = 0;
    size_t bytes = entry_size(coming);
    for (size_t i = 0; i < inbox->count; i++) {
        const struct entry *entry = inbox->entries[i];
        if (entry->priority > coming->priority) {
            count++;
            bytes += entry_size(entry);
        }
    }
    return count < limits->count && bytes <= limits->bytes;
}

static struct entry *entry_of(const struct arriving *arriving, uint64_t seq) {
    struct entry *entry = entry_create(arriving->id, arriving->body);
    if (entry) {
        entry->seq = seq;
        entry->priority = arriving->priority;
        entry->created_ms = arriving->created_ms;
        entry->expires_ms = arriving->expires_ms;
    }
    return entry;
}

enum inbox_added inbox_add(struct inbox *inbox, const struct arriving *arriving,
        const struct inbox_limits *limits, uint64_t *seq,
        inbox_leave_fn evicted, void *user) {
    const struct entry *same = inbox_find(inbox, arriving->id);
    if (same) {
        *seq = same->seq;
        return INBOX_DUPLICATE;
    }
    struct entry *entry = entry_of(arriving, inbox->last_seq + 1);
    if (!entry || !reserve(inbox)) {
        free(entry);
        return INBOX_FAILED;
    }
    if (!may_fit(inbox, limits, entry)) {
        free(entry);
        return INBOX_DROPPED;
    }
    while (is_full(inbox, limits, entry)) {
        size_t at = least(inbox);
        evicted(user, inbox->entries[at]);
        remove_at(inbox, at);
    }
    *seq = entry->seq;
    push(inbox, entry);
    return INBOX_ADDED;
}
