/*
 * receipt - what has reached whom, and telling senders of it.
 *
 * Proof comes from the server (on_received, tracked sends) or from the client
 * itself (chat.delivered, system.ack, chat.read). It moves the cursor of the
 * device it came from, and the watermark of its user, which only the first
 * device with a message moves: senders are told of that.
 *
 * Thread:  logic
 */
#ifndef PLUGINS_CHAT_RECEIPT_H
#define PLUGINS_CHAT_RECEIPT_H

#include <stdint.h>

#include <nexus/rooms.h>
#include <nexus/router.h>
#include <nexus/types.h>

struct chat;
struct conversation;
struct member;

// A device has all up to `upto` of a log, or was told what it has not.
struct proof {
    struct nx_str user;
    struct nx_str device; // absent: one without a cursor
    uint64_t epoch;       // of the log, 0: of the one there is
    uint64_t after;       // what is not behind this was not received
    uint64_t upto;
};

// on_received of the room kind; user is the struct chat.
void receipt_proved(void *user, const struct nx_received_event *ev);

// Observes system.ack, which may come before the session is in the room.
int32_t receipt_acked(void *user, const struct nx_event *ev);

// Takes a proof in, once the conversation is loaded. Everything is copied.
void receipt_add(struct chat *chat, struct nx_str conversation,
        const struct proof *proof);

// The same for what a member's client says itself in a session. The
// conversation must be ready.
void receipt_advance(struct conversation *conv, struct member *member,
        nx_session_id session, uint64_t upto);

#endif
