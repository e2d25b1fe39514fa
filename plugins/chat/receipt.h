/*
 * receipt - tells senders that their messages have reached somebody.
 *
 * Proof comes from the server (on_received) or from the client itself
 * (chat.delivered). Each member has a watermark; only the first proof for a
 * message counts, whichever device it came from.
 *
 * Thread:  logic
 */
#ifndef PLUGINS_CHAT_RECEIPT_H
#define PLUGINS_CHAT_RECEIPT_H

#include <stdint.h>

#include <nexus/rooms.h>
#include <nexus/types.h>

struct chat;
struct conversation;
struct member;

// on_received of the room kind; user is the struct chat.
void receipt_proved(void *user, const struct nx_received_event *ev);

// The same for what was sent outside of the room: messages after `after` up
// to `upto` have reached the user.
void receipt_add(struct chat *chat, struct nx_str conversation,
        struct nx_str user, uint64_t after, uint64_t upto);

// Moves a member's watermark and tells the senders. The conversation must be
// ready.
void receipt_advance(
        struct conversation *conv, struct member *member, uint64_t upto);

#endif
