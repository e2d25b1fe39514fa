/*
 * tracked - an event on its way whose receipt proves something.
 *
 * Thread:  logic
 * Errors:  nx_status; LIMIT: too many are on their way to that session. After
 *          an error nothing was sent
 */
#ifndef PLUGINS_CHAT_TRACKED_H
#define PLUGINS_CHAT_TRACKED_H

#include <nexus/types.h>

#include "plugins/chat/receipt.h"

struct chat;

struct tracked_proof {
    nx_session_id session;
    struct nx_str conversation;
    struct proof proof; // once it is received
};

// Consumes the event; copies the proof.
nx_status tracked_send(struct chat *chat, struct nx_writer *event,
        const struct tracked_proof *proof);

#endif
