/*
 * lease - one user who is typing in one conversation.
 *
 * Owner:   struct typing; plain memory, free() ends it
 * Thread:  logic
 * Errors:  NULL, false or nx_status
 */
#ifndef PLUGINS_CHAT_LEASE_H
#define PLUGINS_CHAT_LEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/plugin.h>
#include <nexus/types.h>
#include <nexus/util/list.h>

#define LEASE_KEY_MAX 400

struct lease_key {
    size_t len;
    char text[LEASE_KEY_MAX]; // conversation NUL user
};

struct lease {
    struct nx_list link; // struct typing::by_age
    nx_session_id session;
    uint64_t ends_ms;
    uint64_t told_ms; // when the others last heard of it, 0: never
    // In text.
    struct nx_str room_name;
    struct nx_str conversation;
    struct nx_str user;
    struct nx_str key;          // of struct typing::leases
    struct nx_str coalesce_key; // the key behind a word
    struct nx_str username;
    char text[];
};

// False when the names are too long.
bool lease_key_make(
        struct lease_key *key, struct nx_str conversation, struct nx_str user);

struct lease *lease_new(
        struct nx_str conversation, struct nx_str user, struct nx_str username);

// One lease as bytes; what remains of it counts from now_ms.
nx_status lease_write(const struct lease *lease, uint64_t now_ms,
        const struct nx_state_writer *writer);

// The next lease; *out is NULL at the end.
nx_status lease_read(const struct nx_state_reader *reader, uint64_t now_ms,
        struct lease **out);

#endif
