/*
 * state - what an instance hands to the one that takes its place.
 *
 * What others were told last, who is within the grace period, and who has yet
 * to be told what. Subscriptions are on the sessions and choices in storage:
 * the former are not here, the latter are, so that nothing has to be read.
 *
 * Records in the byte order of the machine, each beginning with its kind: the
 * reader is in the same process.
 *
 * Thread:  logic
 * Errors:  INVALID when the bytes are not readable
 */
#ifndef PLUGINS_PRESENCE_STATE_H
#define PLUGINS_PRESENCE_STATE_H

#include <nexus/plugin.h>

struct presence;

nx_status state_save(
        const struct presence *presence, const struct nx_state_writer *writer);
nx_status state_restore(
        struct presence *presence, const struct nx_state_reader *reader);

#endif
