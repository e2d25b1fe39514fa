#include "plugins/chat/behind.h"

#include <string.h>

#include <nexus/util/buf.h>

#include "plugins/chat/chat.h"
#include "plugins/chat/device.h"

#define KEY       "behind"
#define BYTES_MAX 65536 // of one key of a session

// One connection. Ids of sessions begin anew with the server, so the id alone
// may be that of another one.
struct who {
    nx_session_id session;
    int64_t since; // when it connected
};

// Each entry is the session that was sent it, and the name, which has no
// control characters, ended by a NUL.
struct entry {
    struct who who;
    struct nx_str name;
};

static struct who who_is(const struct chat *chat, nx_session_id session) {
    struct device_ref device = {.used_at = 0};
    (void)device_of(chat, session, &device);
    return (struct who){session, device.used_at};
}

static bool is_same(const struct who *one, const struct who *other) {
    return one->session == other->session && one->since == other->since;
}

static struct nx_bytes list_of(const struct chat *chat, nx_session_id session) {
    return chat->sdk.users->data_get(chat->host, session, KEY);
}

static nx_status set_list(
        const struct chat *chat, nx_session_id session, struct nx_buf *list) {
    nx_status status = NX_ERR_LIMIT;
    if (!list->failed) {
        status = chat->sdk.users->data_set(
                chat->host, session, KEY, nx_bytes_n(list->data, list->len));
    }
    nx_buf_finish(list);
    return status;
}

static void append(struct nx_buf *list, const struct entry *entry) {
    nx_buf_append(list, &entry->who, sizeof(entry->who));
    nx_buf_append(list, entry->name.ptr, entry->name.len);
    nx_buf_append_char(list, '\0');
}

// Takes the next entry off the list.
static bool next(struct nx_bytes *list, struct entry *entry) {
    const size_t head = sizeof(entry->who);
    if (list->len <= head) {
        return false;
    }
    const char *at = list->ptr;
    memcpy(&entry->who, at, head);
    entry->name = nx_str_n(at + head, strnlen(at + head, list->len - head));
    size_t len = head + entry->name.len + 1;
    if (len > list->len) {
        return false;
    }
    *list = nx_bytes_n(at + len, list->len - len);
    return true;
}

nx_status behind_add(
        struct chat *chat, nx_session_id session, struct nx_str name) {
    struct nx_bytes old = list_of(chat, session);
    const struct entry entry = {who_is(chat, session), name};
    struct nx_buf list;
    nx_buf_init(&list, BYTES_MAX);
    nx_buf_append(&list, old.ptr, old.len);
    append(&list, &entry);
    return set_list(chat, session, &list);
}

// Takes entries of the name out: one of this session, or all of those before
// it. Returns whether there were any.
static bool take(struct chat *chat, nx_session_id session, struct nx_str name,
        bool former) {
    struct nx_bytes rest = list_of(chat, session);
    const struct who self = who_is(chat, session);
    struct nx_buf list;
    struct entry entry;
    size_t taken = 0;
    nx_buf_init(&list, BYTES_MAX);
    while (next(&rest, &entry)) {
        bool meant = is_same(&entry.who, &self) != former
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
    (void)set_list(chat, session, &list); // it is shorter than it was
    return true;
}

void behind_remove(
        struct chat *chat, nx_session_id session, struct nx_str name) {
    (void)take(chat, session, name, false);
}

void behind_each(const struct chat *chat, nx_session_id session, behind_fn fn,
        void *user) {
    struct nx_bytes rest = list_of(chat, session);
    const struct who self = who_is(chat, session);
    struct entry entry;
    while (next(&rest, &entry)) {
        if (!is_same(&entry.who, &self)) {
            fn(user, entry.name);
        }
    }
}

struct search {
    struct nx_str name;
    bool found;
};

static void compare(void *user, struct nx_str name) {
    struct search *search = user;
    search->found |= nx_str_eq(search->name, name);
}

bool behind_is(
        const struct chat *chat, nx_session_id session, struct nx_str name) {
    struct search search = {.name = name};
    behind_each(chat, session, compare, &search);
    return search.found;
}

bool behind_take(struct chat *chat, nx_session_id session, struct nx_str name) {
    return take(chat, session, name, true);
}
