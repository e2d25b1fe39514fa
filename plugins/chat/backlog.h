/*
 * backlog - what a user has missed in one conversation, sent to a session.
 *
 * Messages after the user's delivered watermark are sent as they are now,
 * then the session enters the room just behind them, so that what follows
 * is live and without a hole. When more were missed than are sent, the
 * session is told of the gap; chat.history has the rest.
 *
 * Owner:   itself, until its function is called
 * Thread:  logic
 * Errors:  nx_status; after an error nothing was begun
 */
#ifndef PLUGINS_CHAT_BACKLOG_H
#define PLUGINS_CHAT_BACKLOG_H

#include <stdint.h>

#include <nexus/types.h>

struct chat;

// What became of it: the session is in the room, or status says why not;
// sent is how many messages it got.
typedef void (*backlog_fn)(void *user, nx_status status, uint32_t sent);

struct backlog_order {
    nx_session_id session;
    struct nx_str user;
    struct nx_str conversation;
    uint32_t budget; // messages to send at most
    backlog_fn fn;
    void *ctx;
};

// Everything in order is copied. fn is called once, never before this
// returns.
nx_status backlog_send(struct chat *chat, const struct backlog_order *order);

#endif
