#include "plugins/presence/blob.h"

#include <stdio.h>
#include <string.h>

#include <nexus/util/buf.h>

#include "plugins/presence/person.h"
#include "plugins/presence/presence.h"
#include "plugins/presence/watcher.h"

#define PART_MAX  ((size_t)65536)
#define PARTS_MAX 48u // of the 64 keys that all plugins have on a session
#define KEY_SIZE  16

static void key_of(unsigned part, char key[KEY_SIZE]) {
    (void)snprintf(key, KEY_SIZE, "subs%u", part % 1000);
}

static struct nx_bytes get(
        const struct presence *presence, nx_session_id session, unsigned part) {
    char key[KEY_SIZE];
    key_of(part, key);
    return presence->sdk.users->data_get(presence->host, session, key);
}

bool blob_exists(const struct presence *presence, nx_session_id session) {
    return get(presence, session, 0).len > 0;
}

static bool read_part(struct nx_bytes bytes, blob_fn fn, void *user) {
    const char *at = bytes.ptr;
    size_t left = bytes.len;
    while (left > 0) {
        size_t len = (unsigned char)*at;
        if (len == 0 || len >= left || !fn(user, nx_str_n(at + 1, len))) {
            return false;
        }
        at += 1 + len;
        left -= 1 + len;
    }
    return true;
}

void blob_read(const struct presence *presence, nx_session_id session,
        blob_fn fn, void *user) {
    for (unsigned part = 0; part < PARTS_MAX; part++) {
        struct nx_bytes bytes = get(presence, session, part);
        if (bytes.len == 0 || !read_part(bytes, fn, user)) {
            return;
        }
    }
}

static nx_status set(const struct watcher *watcher, unsigned part,
        const struct nx_buf *bytes) {
    const struct presence *presence = watcher->presence;
    char key[KEY_SIZE];
    key_of(part, key);
    return presence->sdk.users->data_set(presence->host, watcher->session, key,
            nx_bytes_n(bytes->data, bytes->len));
}

// Fills one part; false when all names are in.
static bool fill(const struct watcher *watcher, size_t *cursor,
        struct person **next, struct nx_buf *bytes) {
    nx_buf_clear(bytes);
    while (*next && bytes->len + 1 + (*next)->name_len <= PART_MAX) {
        (void)nx_buf_append_char(bytes, (char)(unsigned char)(*next)->name_len);
        (void)nx_buf_append(bytes, (*next)->name, (*next)->name_len);
        *next = watcher_next(watcher, cursor);
    }
    return bytes->len > 0;
}

nx_status blob_write(const struct watcher *watcher) {
    size_t cursor = 0;
    struct person *next = watcher_next(watcher, &cursor);
    struct nx_buf bytes;
    nx_buf_init(&bytes, PART_MAX);
    nx_status status = NX_OK;
    unsigned part = 0;
    while (status == NX_OK && part < PARTS_MAX
            && fill(watcher, &cursor, &next, &bytes)) {
        status = bytes.failed ? NX_ERR_NO_MEMORY : set(watcher, part++, &bytes);
    }
    nx_buf_clear(&bytes);
    while (status == NX_OK && part < PARTS_MAX
            && get(watcher->presence, watcher->session, part).len > 0) {
        status = set(watcher, part++, &bytes);
    }
    nx_buf_finish(&bytes);
    return status == NX_OK && next ? NX_ERR_LIMIT : status;
}
