/*
 * offer - what a client offers in Sec-WebSocket-Protocol.
 *
 * "nexus.v1", and "bearer.<token>" as a place for the token that browsers can
 * reach. The answer names "nexus.v1" alone. libwebsockets chooses on its own
 * after us, so an offer that it would stumble over is refused here, where the
 * client can be told why.
 *
 * Thread:  any (pure functions)
 * Errors:  enum offer_result
 */
#ifndef KERNEL_NET_OFFER_H
#define KERNEL_NET_OFFER_H

#include <nexus/types.h>

#define OFFER_PROTOCOL "nexus.v1"

// The longest header, and the longest name in front of ours, that
// libwebsockets copes with.
#define OFFER_HEADER_MAX 126
#define OFFER_NAME_MAX   63

enum offer_result {
    OFFER_NONE,    // nothing was offered, which is fine
    OFFER_OURS,    // nexus.v1 is among the names
    OFFER_UNKNOWN, // only others
    OFFER_ORDER,   // nexus.v1 must come first, before names such as these
};

// list is the header's value, "" or NULL without one. *bearer becomes the
// token, borrowed from list, or absent.
enum offer_result offer_read(const char *list, struct nx_str *bearer);

#endif
