/*
 * backlog - what a device has missed in one conversation, sent to a session.
 *
 * Tells of the gap, sends the events behind it as they are now, and lets the
 * session enter the room just behind these, so that what follows is live and
 * without a hole. Sends no more at a time than fits a part of the session's
 * queue, and moves the device's cursor when that is proved to have arrived.
 *
 * Owner:   itself, until its function is called
 * Thread:  logic
 * Errors:  nx_status; after an error nothing was begun
 */
#ifndef PLUGINS_CHAT_BACKLOG_H
#define PLUGINS_CHAT_BACKLOG_H

#include <nexus/types.h>

struct chat;
struct stop;

// What became of it: OK: the session is in the room; AGAIN: there is more,
// call once more when the client has read; NOT_FOUND: no longer a member.
typedef void (*backlog_fn)(void *user, nx_status status);

// All of it lives until fn is called.
struct backlog_order {
    nx_session_id session;
    struct nx_str user;
    struct nx_str device; // absent: one without a cursor
    struct stop *stop;
    backlog_fn fn;
    void *ctx;
};

// fn is called once, never before this returns.
nx_status backlog_send(struct chat *chat, const struct backlog_order *order);

#endif
