/*
 * routes - POST /api/notifications/send and /broadcast.
 *
 * Checks everything before anything happens: a call is refused as a whole.
 *
 * Thread:  logic
 * Errors:  as nexus.http route()
 */
#ifndef PLUGINS_NOTIFY_ROUTES_H
#define PLUGINS_NOTIFY_ROUTES_H

#include <nexus/types.h>

struct notify;

nx_status routes_register(struct notify *notify);

#endif
