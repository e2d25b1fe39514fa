/*
 * users - who is online: each user as the set of its sessions.
 *
 * A user exists while it has an open session. Names come from the
 * authentication and are compared by bytes.
 *
 * Owner:   core; a user goes with its last session
 * Thread:  logic
 * Errors:  NULL without memory
 */
#ifndef KERNEL_CORE_USERS_H
#define KERNEL_CORE_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>
#include <nexus/util/list.h>

#define USER_NAME_MAX 128

struct session;
struct users;

struct user {
    struct nx_list sessions; // struct session::user_link, oldest first
    uint32_t session_count;
    bool hidden;        // looks offline to others; set by users_hide()
    bool arriving;      // plugins were not asked yet whether it should
    bool wants_to_hide; // what they said
    size_t name_len;
    char name[]; // ends with a NUL that name_len does not count
};

struct users *users_create(void);

// Accepts NULL. No user may be left.
void users_destroy(struct users *users);

// Adds the session to the user of that name, who is created when needed, and
// then hidden until visibility_arrived().
struct user *users_attach(
        struct users *users, struct nx_str name, struct session *session);

// Takes the session out of its user, who goes when it was the last.
void users_detach(struct users *users, struct session *session);

struct user *users_find(const struct users *users, struct nx_str name);

size_t users_count(const struct users *users);

// Marks the user as one who looks offline; nothing is told to anybody, that
// is visibility.h. users_hidden_count: how many are marked.
void users_hide(struct users *users, struct user *user, bool hidden);
size_t users_hidden_count(const struct users *users);

// Walks users: start with *cursor = 0, NULL at the end. Users that come and
// go meanwhile do no harm.
struct user *users_next(const struct users *users, size_t *cursor);

static inline struct nx_str user_name(const struct user *user) {
    struct nx_str name = {user->name, user->name_len};
    return name;
}

#endif
