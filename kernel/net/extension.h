/*
 * extension - permessage-deflate as libwebsockets gets to see it.
 *
 * Its own implementation stays out of this: it keeps a window for each
 * connection, resets it by the wrong parameter, declines nothing, and stops
 * the process by an assertion. What is registered here under that name lets
 * messages pass as they come, with RSV1 allowed; ws.c decompresses them, and
 * deflate_offer.c negotiates. libwebsockets handles one upgrade from its
 * request to its end in one go, so one struct serves them all.
 *
 * Owner:   the server, which embeds it
 * Thread:  logic
 * Errors:  as said
 */
#ifndef KERNEL_NET_EXTENSION_H
#define KERNEL_NET_EXTENSION_H

#include <stdbool.h>

#include "kernel/net/deflate_offer.h"

struct lws;
struct lws_extension;
struct lws_process_html_args;
struct settings;

// Of the upgrade under way.
struct extension {
    const struct lws *wsi; // whose it is
    struct deflate_offer offer;
    int window_bits;
    unsigned asked; // times libwebsockets has asked about the name
    bool on;        // agreed on, and libwebsockets knows
};

// For a vhost.
const struct lws_extension *extension_list(void);

// Reads what the request offers. False when that is too long for
// libwebsockets, which would end the connection without a word.
bool extension_begin(struct extension *extension, struct lws *wsi,
        const struct settings *settings);

// libwebsockets asks, for each time the name is offered: 0 is yes.
int extension_confirm(struct extension *extension, const struct lws *wsi);

// Completes the answer, of which libwebsockets has written the name: 0, or -1
// to give up.
int extension_answer(const struct extension *extension, const struct lws *wsi,
        struct lws_process_html_args *args);

// Whether this connection has it.
bool extension_is_on(const struct extension *extension, const struct lws *wsi);

#endif
