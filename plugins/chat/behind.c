#include "plugins/chat/behind.h"

#include <string.h>

#include <nexus/util/buf.h>

#include "plugins/chat/chat.h"

#define KEY       "behind"
#define BYTES_MAX 65536 // of one key of a session

// Each entry is the id of the session that was sent it, and the name, which has
// no control characters, ended by a NUL.
struct entry {
    nx_session_id session;
    struct nx_str name;
};

static struct nx_bytes list_of(const struct chat *chat, nx_session_id session) {
    return chat->sdk.users->data_get(chat->host, session, KEY);
}

static void set_list(
        const struct chat *chat, nx_session_id session, struct nx_buf *list) {
    if (!list->failed) {
        (void)chat->sdk.users->data_set(
                chat->host, session, KEY, nx_bytes_n(list->data, list->len));
    }
    nx_buf_finish(list);
}

static void append(struct nx_buf *list, const struct entry *entry) {
    nx_buf_append(list, &entry->session, sizeof(entry->session));
    nx_buf_append(list, entry->name.ptr, entry->name.len);
    nx_buf_append_char(list, '\0');
}

// Takes the next entry off the list.
static bool next(struct nx_bytes *list, struct entry *entry) {
    const size_t head = sizeof(entry->session);
    if (list->len <= head) {
        return false;
    }
    const char *at = list->ptr;
    memcpy(&entry->session, at, head);
    entry->name = nx_str_n(at + head, strnlen(at + head, list->len - head));
    size_t len = head + entry->name.len + 1;
    if (len > list->len) {
        return false;
    }
    *list = nx_bytes_n(at + len, list->len - len);
    return true;
}

void behind_add(struct chat *chat, nx_session_id session, struct nx_str name) {
    struct nx_bytes old = list_of(chat, session);
    const struct entry entry = {session, name};
    struct nx_buf list;
    nx_buf_init(&list, BYTES_MAX);
    nx_buf_append(&list, old.ptr, old.len);
    append(&list, &entry);
    set_list(chat, session, &list);
}

// Takes entries of the name out: one of this session, or all of those before
// it. Returns whether there were any.
static bool take(struct chat *chat, nx_session_id session, struct nx_str name,
        bool former) {
    struct nx_bytes rest = list_of(chat, session);
    struct nx_buf list;
    struct entry entry;
    size_t taken = 0;
    nx_buf_init(&list, BYTES_MAX);
    while (next(&rest, &entry)) {
        bool meant = (entry.session != session) == former
                && nx_str_eq(entry.name, name);
        if (meant && (former || taken == 0)) {
            taken++;
        } else {
            append(&list, &entry);
        }
    }
    if (taken == 0) {
        nx_buf_finish(&list);
        return false;
    }
    set_list(chat, session, &list);
    return true;
}

void behind_remove(
        struct chat *chat, nx_session_id session, struct nx_str name) {
    (void)take(chat, session, name, false);
}

bool behind_is(
        const struct chat *chat, nx_session_id session, struct nx_str name) {
    struct nx_bytes rest = list_of(chat, session);
    struct entry entry;
    while (next(&rest, &entry)) {
        if (entry.session != session && nx_str_eq(entry.name, name)) {
            return true;
        }
    }
    return false;
}

bool behind_take(struct chat *chat, nx_session_id session, struct nx_str name) {
    return take(chat, session, name, true);
}
