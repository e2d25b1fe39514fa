#include "plugins/notify/inbox_codec.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/util/str.h>

#include "plugins/notify/inbox.h"

#define VERSION 1

// ---- writing ----

static void put(struct nx_buf *out, uint64_t number, size_t bytes) {
    char text[8];
    for (size_t i = 0; i < bytes; i++) {
        text[i] = (char)(number >> (8 * i) & 0xff);
    }
    nx_buf_append(out, text, bytes);
}

static void put_entry(struct nx_buf *out, const struct entry *entry) {
    put(out, entry->seq, 8);
    put(out, (uint64_t)entry->created_ms, 8);
    put(out, (uint64_t)entry->expires_ms, 8);
    put(out, (uint64_t)entry->read_ms, 8);
    put(out, (uint64_t)entry->priority, 1);
    put(out, entry->received ? 1 : 0, 1);
    put(out, entry->id_len, 2);
    put(out, entry->body_len, 4);
    nx_buf_append(out, entry->text, entry->id_len + entry->body_len);
}

bool inbox_encode(const struct inbox *inbox, struct nx_buf *out) {
    nx_buf_append(out, "NI", 2);
    put(out, VERSION, 1);
    put(out, 0, 1);
    put(out, inbox->last_seq, 8);
    put(out, inbox->count, 4);
    for (size_t i = 0; i < inbox->count; i++) {
        put_entry(out, inbox->entries[i]);
    }
    return !out->failed;
}

// ---- reading ----

struct source {
    const unsigned char *at;
    size_t left;
    bool failed; // there was less than asked for
};

static uint64_t take(struct source *source, size_t bytes) {
    uint64_t number = 0;
    if (source->left < bytes) {
        source->failed = true;
        return 0;
    }
    for (size_t i = 0; i < bytes; i++) {
        number |= (uint64_t)source->at[i] << (8 * i);
    }
    source->at += bytes;
    source->left -= bytes;
    return number;
}

static struct nx_str take_text(struct source *source, size_t len) {
    if (source->failed || source->left < len) {
        source->failed = true;
        return nx_str_c("");
    }
    struct nx_str text = nx_str_n((const char *)source->at, len);
    source->at += len;
    source->left -= len;
    return text;
}

static bool take_entry(struct source *source, struct inbox *inbox) {
    uint64_t seq = take(source, 8);
    int64_t created_ms = (int64_t)take(source, 8);
    int64_t expires_ms = (int64_t)take(source, 8);
    int64_t read_ms = (int64_t)take(source, 8);
    uint64_t priority = take(source, 1);
    bool received = take(source, 1) != 0;
    size_t id_len = (size_t)take(source, 2);
    size_t body_len = (size_t)take(source, 4);
    struct nx_str id = take_text(source, id_len);
    struct nx_str body = take_text(source, body_len);
    uint64_t before =
            inbox->count > 0 ? inbox->entries[inbox->count - 1]->seq : 0;
    if (source->failed || priority >= PRIORITY_COUNT || seq <= before
            || seq > inbox->last_seq) {
        return false;
    }
    struct entry *entry = entry_create(id, body);
    if (!entry) {
        return false;
    }
    entry->seq = seq;
    entry->created_ms = created_ms;
    entry->expires_ms = expires_ms;
    entry->read_ms = read_ms;
    entry->priority = (enum priority)priority;
    entry->received = received;
    if (!inbox_append(inbox, entry)) {
        free(entry);
        return false;
    }
    return true;
}

bool inbox_decode(struct inbox *inbox, struct nx_bytes from) {
    struct source source = {.at = from.ptr, .left = from.len};
    bool known = nx_str_is(take_text(&source, 2), "NI")
            && take(&source, 1) == VERSION && take(&source, 1) == 0;
    inbox->last_seq = take(&source, 8);
    uint64_t count = take(&source, 4);
    if (!known || source.failed) {
        return false;
    }
    for (uint64_t i = 0; i < count; i++) {
        if (!take_entry(&source, inbox)) {
            return false;
        }
    }
    return source.left == 0;
}
