/*
 * welcome - the first event a session gets, and the names it has on the wire.
 *
 * Thread:  logic
 * Errors:  NULL without memory
 */
#ifndef KERNEL_CORE_WELCOME_H
#define KERNEL_CORE_WELCOME_H

struct nx_writer;
struct session;

#define WELCOME_ID_SIZE 40 // "s-", 16 + 1 + 16 digits and a NUL

// system.message with identity, heartbeat, features and limits.
struct nx_writer *welcome_event(const struct session *session);

// "c-1f": the connection, unique as long as the server runs.
void welcome_connection_id(
        const struct session *session, char out[WELCOME_ID_SIZE]);

#endif
