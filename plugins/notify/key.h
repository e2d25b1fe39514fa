/*
 * key - the names of the facts this plugin keeps.
 *
 *     i/<user>                  the inbox of a user
 *     k/<call> <user> <key>     an Idempotency-Key and its answer
 *     b/<notification id>       a broadcast under way
 *
 * Owner:   whoever embeds it
 * Thread:  any
 * Errors:  none: parts are checked for their length before
 */
#ifndef PLUGINS_NOTIFY_KEY_H
#define PLUGINS_NOTIFY_KEY_H

#include <stddef.h>

#include <nexus/types.h>

#define KEY_MAX             512
#define KEY_IDEMPOTENCY_MAX 255 // bytes of an Idempotency-Key

#define KEY_INBOXES         "i/"
#define KEY_BROADCASTS      "b/"

struct key {
    size_t len;
    char text[KEY_MAX];
};

struct nx_str key_text(const struct key *key);

void key_inbox(struct key *key, struct nx_str user);
void key_idempotency(struct key *key, const char *call, struct nx_str user,
        struct nx_str idempotency_key);
void key_broadcast(struct key *key, struct nx_str id);

// The user of an inbox's key.
struct nx_str key_inbox_user(struct nx_str key);

#endif
