/*
 * state - what a new instance has to know of the one before.
 *
 * Which notifications are on their way to which session, which are proved but
 * not yet stored as such, and when the next one of a user expires. Without,
 * some would come twice and some counts too late. Each record:
 *
 *     what:u8  session:u64  user_len:u8  user  count:u32  number:u64 each
 *
 * in the byte order of the machine.
 *
 * Thread:  logic
 * Errors:  INVALID for bytes that are no state; others as the writer's
 */
#ifndef PLUGINS_NOTIFY_STATE_H
#define PLUGINS_NOTIFY_STATE_H

#include <nexus/plugin.h>

struct notify;

nx_status state_save(
        const struct notify *notify, const struct nx_state_writer *writer);

nx_status state_restore(
        struct notify *notify, const struct nx_state_reader *reader);

#endif
