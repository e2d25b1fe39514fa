/*
 * typing - who is writing in which conversation, as leases.
 *
 * A lease begins with is_typing true and ends by false, by a message, when
 * the session leaves the room, or after some seconds without a renewal; the
 * others are told once of each end. Nothing is stored, and what is sent may
 * be dropped for clients that are slow.
 *
 * Owner:   struct chat embeds it
 * Thread:  logic
 * Errors:  beyond TYPING_MAX leases nobody is told of more
 */
#ifndef PLUGINS_CHAT_TYPING_H
#define PLUGINS_CHAT_TYPING_H

#include <nexus/plugin.h>
#include <nexus/types.h>
#include <nexus/util/list.h>

struct chat;
struct conversation;
struct nx_strmap;

#define TYPING_MAX 16384

struct typing {
    struct nx_strmap *leases; // conversation NUL user -> struct lease
    struct nx_list by_age;    // struct lease::link, the next to end first
    nx_timer_id timer;        // for the first of them
};

nx_status typing_init(struct typing *typing);

// Forgets all leases, telling nobody.
void typing_finish(struct typing *typing);

// The user has sent what was being typed.
void typing_stop(struct conversation *conv, struct nx_str user);

// A session left the room of a conversation.
void typing_left(struct chat *chat, struct nx_str conversation,
        struct nx_str user, nx_session_id session);

// All leases as bytes for a successor, and back. restore: INVALID when they
// are not readable.
nx_status typing_save(
        const struct chat *chat, const struct nx_state_writer *writer);
nx_status typing_restore(
        struct chat *chat, const struct nx_state_reader *reader);

// Lets the timer run for what was restored.
void typing_start(struct chat *chat);

#endif
