/*
 * lws_events - libwebsockets' reasons, translated into typed calls.
 *
 * The only place that knows the names of reasons. Everything else gets calls
 * with the arguments they mean: handshake.h, ws.h, http1.h.
 *
 * Thread:  logic
 * Errors:  the result libwebsockets expects
 */
#ifndef KERNEL_NET_LWS_EVENTS_H
#define KERNEL_NET_LWS_EVENTS_H

#include <libwebsockets.h>
#include <stddef.h>

// The callback of every protocol; user is the struct link of a WebSocket.
int lws_events(struct lws *wsi, enum lws_callback_reasons reason, void *user,
        void *in, size_t len);

#endif
