/*
 * restore - brings a session's rooms up to date after its client was away.
 *
 * Room by room: what the log has after the client's position is read in pages
 * and queued no faster than the client reads; when the end is reached the
 * session is a member and goes on live, without a hole. How many pages are
 * read at once is limited (resume.parallel), all others stand in line, and
 * lines move once in a turn: a storm of returning clients leaves time for
 * those who are here. Until a resumed session is restored its events wait.
 *
 * Owner:   struct restores, of the core; a session points to its own
 * Thread:  logic
 * Errors:  told to the client, room by room
 */
#ifndef KERNEL_CORE_RESTORE_H
#define KERNEL_CORE_RESTORE_H

#include <stdbool.h>
#include <stddef.h>

#include <nexus/rooms.h>
#include <nexus/types.h>

struct core;
struct restore;
struct restores;
struct resume_record;
struct session;

struct restores *restores_create(struct core *core);

// The engine answers no more. Accepts NULL.
void restores_destroy(struct restores *restores);

// Moves the line. Called once in a turn; true when it can move on at once.
bool restores_run(struct restores *restores);

// How many stand in line.
size_t restores_waiting(const struct restores *restores);

// A restore of the record's rooms for a session that resumes, which begins
// when session `after` (0: none) has ended. Takes the rooms out of the
// record. NULL without memory: the record is as it was.
struct restore *restore_create(struct session *session,
        struct resume_record *record, nx_session_id after);

// The same for a request (system.resume) of a session that is a member of
// these rooms; answers the op.
struct restore *restore_create_for(
        struct session *session, struct resume_record *record, nx_op_id op);

// The session is there: stands in line from now on.
void restore_begin(struct session *session);

// The session ends, or its queue has room again.
void restore_abandon(struct session *session);
void restore_drained(struct session *session);

// Whether the session is one that resumes, and not restored yet.
bool restore_holds(const struct session *session);

// Whether the room is still to be restored; taking it off that list.
bool restore_expects(const struct restore *restore, struct nx_str room);
bool restore_strike(struct restore *restore, struct nx_str room);

// Adds the rooms that are still to be restored to a record.
bool restore_copy_rest(
        const struct restore *restore, struct resume_record *record);

#endif
