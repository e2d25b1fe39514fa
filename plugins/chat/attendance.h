/*
 * attendance - live sessions of members in the conversation's room.
 *
 * Membership is a fact and outlives connections; attendance is which of the
 * member's sessions are in the room right now and so hear what happens. The
 * two are kept in step here: who becomes a member enters with all devices.
 *
 * Thread:  logic
 * Errors:  a session that cannot enter (LIMIT) hears nothing, but its
 *          user's requests still work
 */
#ifndef PLUGINS_CHAT_ATTENDANCE_H
#define PLUGINS_CHAT_ATTENDANCE_H

#include <stdbool.h>

#include <nexus/rooms.h>
#include <nexus/types.h>

struct conversation;

// One session enters, if it is not in the room already: at once, or behind
// what its device has missed. While the chat is quiet it enters when that is
// over.
nx_status attendance_enter(struct conversation *conv, nx_session_id session);

// All sessions of a user enter or leave.
void attendance_enter_all(struct conversation *conv, struct nx_str user);
void attendance_leave_all(struct conversation *conv, struct nx_str user);

bool attendance_is_in(const struct conversation *conv, nx_session_id session);

// Sends an event to everybody in the room on every node, but not to session
// except, and keeps no record. Consumes the writer, which may be NULL.
void attendance_tell(struct conversation *conv, struct nx_writer *event,
        nx_session_id except);

// on_member of the room kind; user is the struct chat.
void attendance_changed(void *user, const struct nx_member_event *ev);

#endif
