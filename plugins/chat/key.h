/*
 * key - names of the chat's facts in the engine.
 *
 *     c/<conversation>          the conversation itself
 *     m/<conversation>/<user>   a member: since when, watermarks
 *     u/<user>/<conversation>   the same seen from the user: which ones has he
 *     d/<user>                  the user's devices: since when
 *     k/<16 hex digits>         the conversation with that key
 *
 * Names are escaped, so a '/' in an id cannot reach into another's facts.
 *
 * Owner:   whoever embeds it; nothing is allocated
 * Thread:  any
 * Errors:  key_text is absent when the names were too long together
 */
#ifndef PLUGINS_CHAT_KEY_H
#define PLUGINS_CHAT_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>

#define KEY_MAX 512 // bytes the engine accepts

struct key {
    size_t len;
    bool failed;
    char text[KEY_MAX];
};

void key_conversation(struct key *key, struct nx_str conversation);

// An absent user gives the prefix of all members' keys; an absent
// conversation that of all keys of a user.
void key_member(
        struct key *key, struct nx_str conversation, struct nx_str user);
void key_index(struct key *key, struct nx_str user, struct nx_str conversation);

void key_devices(struct key *key, struct nx_str user);

void key_number(struct key *key, uint64_t number);

// Borrowed from key.
struct nx_str key_text(const struct key *key);

// The name behind the last '/' of a key that came from the engine.
bool key_last_name(struct nx_str key, char *out, size_t size, size_t *len);

#endif
