/*
 * facts - writing the small facts of a conversation.
 *
 * Puts and removes reach the engine in the order of the calls, and before a
 * publish that is called later. So a new conversation and its first member
 * need not be waited for: when the first message is safe, so are they. When
 * one of them fails the conversation is loaded afresh.
 *
 * Thread:  logic
 * Errors:  nx_status; after an error nothing was written and nobody called
 */
#ifndef PLUGINS_CHAT_FACTS_H
#define PLUGINS_CHAT_FACTS_H

#include <stdint.h>

#include <nexus/types.h>

struct conversation;
struct key;
struct stored;

// Writes an object and consumes the writer, which may be NULL.
nx_status facts_put(struct conversation *conv, const struct key *key,
        struct nx_writer *value, uint64_t expect_revision);

// Removes a fact; wait, unless NULL, is called when that is safe.
nx_status facts_remove(
        struct conversation *conv, const struct key *key, struct stored *wait);

// Founds a conversation that does not exist: gives it its key and writes it.
nx_status facts_found(struct conversation *conv, struct nx_str creator);

#endif
