/*
 * attendance - from sessions to what their user is: online, away, gone.
 *
 * A user is online while one of its sessions is active, away when all have
 * been idle for auto_away, and offline when it has had no session for the
 * grace period. Costs are per user and change: the server tells who comes,
 * goes, enters rooms, and who is active again after having been idle.
 *
 * Owner:   struct presence
 * Thread:  logic
 * Errors:  none; a user beyond the setting `users` is not followed
 */
#ifndef PLUGINS_PRESENCE_ATTENDANCE_H
#define PLUGINS_PRESENCE_ATTENDANCE_H

#include <nexus/rooms.h>
#include <nexus/router.h>

struct person;
struct presence;

// The functions for on_session() and observe(); user is the struct presence.
void attendance_session(void *user, const struct nx_session_event *ev);
void attendance_member(void *user, const struct nx_member_event *ev);

// The person's fact was read.
void attendance_loaded(struct person *person);

// Looks at the person's sessions anew and plans the next look.
void attendance_look(struct person *person);

// Takes up all sessions there are; whoever had some and has none is leaving.
void attendance_adopt(struct presence *presence);

// The timer of the agenda runs again.
void attendance_resume(struct presence *presence);

// The instance ends for good: stores that all who are visible were just seen.
void attendance_save_all(struct presence *presence);

// Whatever is hidden is shown again.
void attendance_show_all(struct presence *presence);

// How long ago the person's sessions did something, the most recent one.
uint64_t attendance_idle_ms(const struct person *person);

#endif
