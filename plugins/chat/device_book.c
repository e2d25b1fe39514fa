#include "plugins/chat/device_book.h"

#include <stdlib.h>
#include <string.h>

#include "plugins/chat/chat.h"
#include "plugins/chat/device.h"
#include "plugins/chat/key.h"

// Several devices of a user that connect at the same moment overtake each
// other; each of them succeeds at least once in so many rounds.
#define TRIES_MAX (DEVICES_MAX + 1)

struct entry {
    struct nx_str id; // borrowed
    int64_t since;
    int64_t used_at;
};

struct visit {
    struct call call;
    struct chat *chat;
    device_book_fn fn;
    void *user;
    unsigned tries;
    int64_t used_at;
    int64_t since;
    struct nx_str user_name; // in text
    struct nx_str id;
    char text[];
};

static void finish(struct visit *visit, nx_status status) {
    visit->fn(visit->user, status, visit->since);
    free(visit);
}

static nx_status read_book(struct visit *visit);

static void is_written(void *user, const struct nx_fact_result *result) {
    struct visit *visit = user;
    call_end(&visit->call);
    nx_status status = result->status;
    if (status == NX_ERR_CONFLICT && ++visit->tries < TRIES_MAX) {
        status = read_book(visit);
        if (status == NX_OK) {
            return;
        }
    }
    finish(visit, status);
}

// Takes an entry in, in order of use. Returns how many there are.
static size_t insert(
        struct entry *entries, size_t count, const struct entry *entry) {
    size_t at = count;
    while (at > 0 && entries[at - 1].used_at < entry->used_at) {
        at--;
    }
    if (at == DEVICES_MAX) {
        return count;
    }
    size_t kept = count < DEVICES_MAX ? count : DEVICES_MAX - 1;
    memmove(&entries[at + 1], &entries[at], (kept - at) * sizeof(*entries));
    entries[at] = *entry;
    return kept + 1;
}

// The book with this device in it. Returns how many entries it has.
static size_t update(struct visit *visit, const struct nx_json *book,
        struct entry entries[DEVICES_MAX]) {
    const struct nx_json_v1 *json = visit->chat->sdk.json;
    const struct nx_json *list = json->get(book, "devices");
    struct entry own = {visit->id, visit->used_at, visit->used_at};
    size_t listed = json->count(list);
    size_t count = 0;
    for (size_t i = 0; i < listed; i++) {
        const struct nx_json *item = json->at(list, i);
        struct entry entry = {.id = json->str(json->get(item, "id"))};
        (void)json->i64(json->get(item, "since"), &entry.since);
        (void)json->i64(json->get(item, "used_at"), &entry.used_at);
        if (!nx_str_eq(entry.id, visit->id)) {
            count = insert(entries, count, &entry);
            continue;
        }
        own.since = entry.since;
        if (own.used_at < entry.used_at) {
            own.used_at = entry.used_at;
        }
    }
    visit->since = own.since;
    count = insert(entries, count, &own);
    size_t max = visit->chat->settings.devices;
    return count < max ? count : max;
}

static struct nx_writer *write_book(
        const struct chat *chat, const struct entry *entries, size_t count) {
    const struct nx_json_v1 *json = chat->sdk.json;
    struct nx_writer *out = json->object(chat->host);
    if (!out) {
        return NULL;
    }
    json->begin_array(out, "devices");
    for (size_t i = 0; i < count; i++) {
        json->begin_object(out, NULL);
        json->put_str(out, "id", entries[i].id);
        json->put_i64(out, "since", entries[i].since);
        json->put_i64(out, "used_at", entries[i].used_at);
        json->end(out);
    }
    json->end(out);
    return out;
}

static nx_status put_book(
        struct visit *visit, struct nx_writer *book, uint64_t revision) {
    struct chat *chat = visit->chat;
    struct nx_str text = chat->sdk.json->text(book);
    struct key key;
    key_devices(&key, visit->user_name);
    if (key.failed || !text.ptr) {
        return NX_ERR_TOO_LARGE;
    }
    nx_status status = chat->sdk.engine->put(chat->host, key_text(&key),
            nx_bytes_n(text.ptr, text.len), 0, revision, is_written, visit);
    if (status == NX_OK) {
        call_begin(chat, &visit->call, NULL);
    }
    return status;
}

static void is_read(void *user, const struct nx_fact_result *result) {
    struct visit *visit = user;
    struct chat *chat = visit->chat;
    struct entry entries[DEVICES_MAX];
    const struct nx_json *book = NULL;
    uint64_t revision = NX_PUT_NEW;
    call_end(&visit->call);
    if (result->status != NX_OK && result->status != NX_ERR_NOT_FOUND) {
        finish(visit, result->status);
        return;
    }
    if (result->status == NX_OK && result->count > 0) {
        const struct nx_fact *fact = &result->facts[0];
        book = chat->sdk.json->parse(
                chat->host, nx_str_n(fact->value.ptr, fact->value.len));
        revision = fact->revision;
    }
    size_t count = update(visit, book, entries);
    struct nx_writer *out = write_book(chat, entries, count);
    nx_status status = out ? put_book(visit, out, revision) : NX_ERR_NO_MEMORY;
    chat->sdk.json->discard(out);
    if (status != NX_OK) {
        finish(visit, status);
    }
}

static nx_status read_book(struct visit *visit) {
    struct chat *chat = visit->chat;
    struct key key;
    key_devices(&key, visit->user_name);
    if (key.failed) {
        return NX_ERR_TOO_LARGE;
    }
    nx_status status =
            chat->sdk.engine->get(chat->host, key_text(&key), is_read, visit);
    if (status == NX_OK) {
        call_begin(chat, &visit->call, NULL);
    }
    return status;
}

nx_status device_book_visit(struct chat *chat, const struct device_ref *device,
        device_book_fn fn, void *user) {
    size_t user_len = device->user.len;
    struct visit *visit = calloc(1, sizeof(*visit) + user_len + device->id.len);
    if (!visit) {
        return NX_ERR_NO_MEMORY;
    }
    memcpy(visit->text, device->user.ptr, user_len);
    memcpy(visit->text + user_len, device->id.ptr, device->id.len);
    visit->chat = chat;
    visit->fn = fn;
    visit->user = user;
    visit->used_at = device->used_at;
    visit->user_name = nx_str_n(visit->text, user_len);
    visit->id = nx_str_n(visit->text + user_len, device->id.len);
    nx_status status = read_book(visit);
    if (status != NX_OK) {
        free(visit);
    }
    return status;
}
