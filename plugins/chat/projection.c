#include "plugins/chat/projection.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SMALLEST_CAP 16

void projection_init(struct projection *view, bool texts) {
    memset(view, 0, sizeof(*view));
    view->texts = texts;
}

static size_t size_of(const struct projected *message) {
    return sizeof(*message) + message->id.len + message->sender.len
            + message->text_len + sizeof(void *);
}

static void free_message(struct projected *message) {
    free(message->text);
    free(message);
}

struct projected *projection_at(const struct projection *view, size_t i) {
    assert(i < view->count);
    return view->ring[(view->head + i) & (view->cap - 1)];
}

void projection_clear(struct projection *view, uint64_t position) {
    for (size_t i = 0; i < view->count; i++) {
        free_message(projection_at(view, i));
    }
    free(view->ring);
    view->ring = NULL;
    view->cap = 0;
    view->head = 0;
    view->count = 0;
    view->bytes = 0;
    view->from = position;
    view->last = position;
}

void projection_finish(struct projection *view) {
    projection_clear(view, 0);
}

static bool grow(struct projection *view) {
    size_t cap = view->cap > 0 ? view->cap * 2 : SMALLEST_CAP;
    struct projected **ring = calloc(cap, sizeof(struct projected *));
    if (!ring) {
        return false;
    }
    for (size_t i = 0; i < view->count; i++) {
        ring[i] = projection_at(view, i);
    }
    free(view->ring);
    view->ring = ring;
    view->cap = cap;
    view->head = 0;
    return true;
}

// A copy of the text; an empty one when texts are not kept.
static bool copy_text(const struct projection *view, struct nx_str text,
        char **out, size_t *len) {
    *out = NULL;
    *len = 0;
    if (!view->texts || text.len == 0) {
        return true;
    }
    *out = malloc(text.len);
    if (!*out) {
        return false;
    }
    memcpy(*out, text.ptr, text.len);
    *len = text.len;
    return true;
}

static struct projected *new_message(
        const struct projection *view, const struct projection_entry *entry) {
    struct projected *message =
            calloc(1, sizeof(*message) + entry->id.len + entry->sender.len);
    if (!message) {
        return NULL;
    }
    if (!copy_text(view, entry->text, &message->text, &message->text_len)) {
        free(message);
        return NULL;
    }
    message->seq = entry->seq;
    message->changed_seq = entry->seq;
    message->time_ms = entry->time_ms;
    message->version = entry->version;
    message->claimed = entry->version;
    if (entry->id.len > 0) {
        memcpy(message->names, entry->id.ptr, entry->id.len);
    }
    if (entry->sender.len > 0) {
        memcpy(message->names + entry->id.len, entry->sender.ptr,
                entry->sender.len);
    }
    message->id.ptr = message->names;
    message->id.len = entry->id.len;
    message->sender.ptr = message->names + entry->id.len;
    message->sender.len = entry->sender.len;
    return message;
}

struct projected *projection_add(
        struct projection *view, const struct projection_entry *entry) {
    assert(entry->seq > view->last);
    if (view->count == view->cap && !grow(view)) {
        return NULL;
    }
    struct projected *message = new_message(view, entry);
    if (!message) {
        return NULL;
    }
    view->ring[(view->head + view->count) & (view->cap - 1)] = message;
    view->count++;
    view->bytes += size_of(message);
    view->last = entry->seq;
    return message;
}

void projection_skip(struct projection *view, uint64_t seq) {
    assert(seq > view->last);
    view->last = seq;
}

static bool replace_text(struct projection *view, struct projected *message,
        struct nx_str text) {
    char *copy;
    size_t len;
    if (!copy_text(view, text, &copy, &len)) {
        return false;
    }
    view->bytes -= size_of(message);
    free(message->text);
    message->text = copy;
    message->text_len = len;
    view->bytes += size_of(message);
    return true;
}

bool projection_edit(struct projection *view, struct projected *message,
        uint32_t version, struct nx_str text) {
    if (!replace_text(view, message, text)) {
        return false;
    }
    message->version = version;
    if (message->claimed < version) {
        message->claimed = version;
    }
    return true;
}

bool projection_delete(struct projection *view, struct projected *message,
        struct nx_str text) {
    if (!replace_text(view, message, text)) {
        return false;
    }
    message->deleted = true;
    return true;
}

struct projected *projection_find(
        const struct projection *view, struct nx_str id) {
    for (size_t i = view->count; i > 0 && id.len > 0; i--) {
        struct projected *message = projection_at(view, i - 1);
        if (message->id.len == id.len
                && memcmp(message->id.ptr, id.ptr, id.len) == 0) {
            return message;
        }
    }
    return NULL;
}

size_t projection_rank(const struct projection *view, uint64_t seq) {
    size_t low = 0;
    size_t high = view->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (projection_at(view, middle)->seq < seq) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void drop_oldest(struct projection *view) {
    struct projected *message = projection_at(view, 0);
    view->head = (view->head + 1) & (view->cap - 1);
    view->count--;
    view->bytes -= size_of(message);
    if (view->from < message->seq) {
        view->from = message->seq;
    }
    free_message(message);
}

void projection_trim(
        struct projection *view, uint64_t from, int64_t oldest_ms) {
    while (view->count > 0) {
        const struct projected *oldest = projection_at(view, 0);
        if (oldest->seq > from && oldest->time_ms >= oldest_ms) {
            break;
        }
        drop_oldest(view);
    }
    if (view->from < from) {
        view->from = from < view->last ? from : view->last;
    }
}

void projection_limit(
        struct projection *view, size_t max_count, size_t max_bytes) {
    while (view->count > 0
            && (view->count > max_count || view->bytes > max_bytes)) {
        drop_oldest(view);
    }
}
