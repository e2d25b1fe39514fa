/*
 * origin - which web pages may open a WebSocket.
 *
 * Browsers say in the header Origin where the page comes from; other clients
 * send none, and are let in. Compared with listen.origins exactly, but for
 * the case of letters.
 *
 * Thread:  any (pure functions)
 * Errors:  none
 */
#ifndef KERNEL_NET_ORIGIN_H
#define KERNEL_NET_ORIGIN_H

#include <stdbool.h>

#include <nexus/types.h>

struct settings;

// origin and host are headers, absent when the request has none.
bool origin_allowed(const struct settings *settings, struct nx_str origin,
        struct nx_str host);

#endif
