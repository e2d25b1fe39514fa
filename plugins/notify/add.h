/*
 * add - one notification into one inbox, and to the user's devices.
 *
 * Thread:  logic
 * Errors:  as change_submit(); then nothing is called
 */
#ifndef PLUGINS_NOTIFY_ADD_H
#define PLUGINS_NOTIFY_ADD_H

#include <stdbool.h>

#include <nexus/types.h>

#include "plugins/notify/inbox.h"

struct notice;
struct notify;

struct add_result {
    nx_status status;      // of storage
    struct nx_str user;    // borrowed until fn returns
    enum inbox_added what; // with NX_OK
    bool live;             // the user is connected
};

typedef void (*add_fn)(void *ctx, const struct add_result *result);

// fn may be NULL, and may be called before this returns.
nx_status add_submit(struct notify *notify, struct nx_str user,
        struct notice *notice, add_fn fn, void *ctx);

#endif
