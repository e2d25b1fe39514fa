#include "kernel/core/usernames.h"

#include <string.h>

#include <nexus/util/buf.h>
#include <nexus/util/str.h>

#include "kernel/core/blobs.h"
#include "kernel/core/session.h"

// No plugin's id has a slash.
#define OWNER "nexus/rooms"
#define KEY   "usernames"

// The list has the room and the name of each, both ended by a NUL.
struct entry {
    struct nx_str room;
    struct nx_str username;
};

static bool take_text(struct nx_bytes *list, struct nx_str *out) {
    const char *at = list->ptr;
    const char *end = list->len > 0 ? memchr(at, '\0', list->len) : NULL;
    if (!end) {
        return false;
    }
    size_t len = (size_t)(end - at);
    *out = (struct nx_str){at, len};
    *list = (struct nx_bytes){end + 1, list->len - len - 1};
    return true;
}

static bool next(struct nx_bytes *list, struct entry *entry) {
    return take_text(list, &entry->room) && take_text(list, &entry->username);
}

static void append(struct nx_buf *list, const struct entry *entry) {
    nx_buf_append(list, entry->room.ptr, entry->room.len);
    nx_buf_append_char(list, '\0');
    nx_buf_append(list, entry->username.ptr, entry->username.len);
    nx_buf_append_char(list, '\0');
}

void usernames_set(
        struct session *session, struct nx_str room, struct nx_str username) {
    struct nx_bytes rest = blobs_get(&session->blobs, OWNER, KEY);
    const struct entry added = {room, username};
    struct entry entry;
    struct nx_buf list;
    if (rest.len == 0 && username.len == 0) {
        return;
    }
    nx_buf_init(&list, BLOB_BYTES_MAX);
    while (next(&rest, &entry)) {
        if (!nx_str_eq(entry.room, room)) {
            append(&list, &entry);
        }
    }
    if (username.len > 0) {
        append(&list, &added);
    }
    if (!list.failed) {
        const struct nx_bytes bytes = {list.data, list.len};
        (void)blobs_set(&session->blobs, OWNER, KEY, bytes);
    }
    nx_buf_finish(&list);
}

struct nx_str usernames_get(const struct session *session, struct nx_str room) {
    struct nx_bytes rest = blobs_get(&session->blobs, OWNER, KEY);
    struct entry entry;
    while (next(&rest, &entry)) {
        if (nx_str_eq(entry.room, room)) {
            return entry.username;
        }
    }
    return nx_str_none();
}
