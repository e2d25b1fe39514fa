#include "kernel/core/users.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/util/strmap.h>

#include "kernel/core/session.h"

#define USERS_MAX ((size_t)1 << 30)

struct users {
    struct nx_strmap *by_name; // struct user
    size_t hidden_count;
};

struct users *users_create(void) {
    struct users *users = calloc(1, sizeof(*users));
    if (!users) {
        return NULL;
    }
    users->by_name = nx_strmap_create(USERS_MAX);
    if (!users->by_name) {
        free(users);
        return NULL;
    }
    return users;
}

void users_destroy(struct users *users) {
    if (!users) {
        return;
    }
    nx_strmap_destroy(users->by_name, free);
    free(users);
}

static struct user *user_create(struct users *users, struct nx_str name) {
    struct user *user = calloc(1, sizeof(*user) + name.len + 1);
    if (!user) {
        return NULL;
    }
    nx_list_init(&user->sessions);
    user->name_len = name.len;
    memcpy(user->name, name.ptr, name.len);
    if (!nx_strmap_put(users->by_name, name.ptr, name.len, user)) {
        free(user);
        return NULL;
    }
    return user;
}

struct user *users_attach(
        struct users *users, struct nx_str name, struct session *session) {
    struct user *user = users_find(users, name);
    bool is_new = false;
    if (!user) {
        user = user_create(users, name);
        is_new = user != NULL;
    }
    if (!user) {
        return NULL;
    }
    nx_list_append(&user->sessions, &session->user_link);
    user->session_count++;
    session->user = user;
    if (is_new) {
        user->arriving = true;
        users_hide(users, user, true);
    }
    return user;
}

void users_detach(struct users *users, struct session *session) {
    struct user *user = session->user;
    nx_list_remove(&session->user_link);
    session->user = NULL;
    user->session_count--;
    if (user->session_count == 0) {
        users_hide(users, user, false);
        nx_strmap_remove(users->by_name, user->name, user->name_len);
        free(user);
    }
}

struct user *users_find(const struct users *users, struct nx_str name) {
    return nx_strmap_get(users->by_name, name.ptr, name.len);
}

size_t users_count(const struct users *users) {
    return nx_strmap_count(users->by_name);
}

void users_hide(struct users *users, struct user *user, bool hidden) {
    if (user->hidden != hidden) {
        user->hidden = hidden;
        users->hidden_count += hidden ? 1 : (size_t)-1;
    }
}

size_t users_hidden_count(const struct users *users) {
    return users->hidden_count;
}

struct user *users_next(const struct users *users, size_t *cursor) {
    return nx_strmap_next(users->by_name, cursor, NULL, NULL);
}
