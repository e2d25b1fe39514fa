/*
 * welcome - the first event a session gets, and the names it has on the wire.
 *
 * Thread:  logic
 * Errors:  NULL without memory
 */
#ifndef KERNEL_CORE_WELCOME_H
#define KERNEL_CORE_WELCOME_H

struct core;
struct nx_writer;
struct resume_ticket;
struct session;

#define WELCOME_ID_SIZE 20 // "c-", 16 digits and a NUL, and one to spare

// system.message with identity, resumption, heartbeat, features and limits.
struct nx_writer *welcome_event(
        const struct session *session, const struct resume_ticket *ticket);

// The member `features` of an event.
void welcome_put_features(struct nx_writer *w, const struct core *core);

// "c-1f": the connection, unique as long as the server runs.
void welcome_connection_id(
        const struct session *session, char out[WELCOME_ID_SIZE]);

#endif
