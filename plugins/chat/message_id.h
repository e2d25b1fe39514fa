/*
 * message_id - "m", the conversation's key and 64 random bits, in hex.
 *
 * The key inside lets an edit that names only its message find its
 * conversation.
 *
 * Thread:  any
 */
#ifndef PLUGINS_CHAT_MESSAGE_ID_H
#define PLUGINS_CHAT_MESSAGE_ID_H

#include <stdbool.h>
#include <stdint.h>

#include <nexus/types.h>

#define MESSAGE_ID_LEN 33

void message_id_make(
        uint64_t key, uint64_t random, char out[MESSAGE_ID_LEN + 1]);

// False when it is no message id of ours.
bool message_id_key(struct nx_str id, uint64_t *key);

#endif
