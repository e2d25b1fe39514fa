/*
 * ws - one WebSocket connection: messages in, frames out, closing.
 *
 * A struct link is what core knows a connection by. lws_events.c calls the
 * first half of this file for what libwebsockets reports, core the second
 * half through its transport.
 *
 * A turn of the loop reads at most SERVER_READ_BYTES from one connection; how
 * many of the messages in them it handles is up to fair.h.
 *
 * Owner:   libwebsockets' connection; gone after ws_closed()
 * Thread:  logic
 * Errors:  a non-zero result asks libwebsockets to close
 */
#ifndef KERNEL_NET_WS_H
#define KERNEL_NET_WS_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/core/transport.h"

struct fair_use;
struct lws;
struct server;

// --- what happens to a connection ----------------------------------------

int ws_established(struct server *server, struct lws *wsi);

// A piece of a message; whether it is the first or the last, lws knows.
void ws_received(struct link *link, const char *data, size_t len);
void ws_pong(struct link *link, const void *data, size_t len);
int ws_writable(struct link *link);

// The peer sent a Close frame. libwebsockets answers it, or -1 says that it
// was wrong and our answer is set.
int ws_peer_closes(struct link *link, const unsigned char *payload, size_t len);

// libwebsockets has begun to close: nothing may be written any more.
void ws_ending(struct link *link);

// A connection that had more messages than its share goes on: for fair.h.
void ws_serve(struct fair_use *use);

// Frees the link.
void ws_closed(struct link *link);

// --- transport_ops: ctx is the server ------------------------------------

enum transport_result ws_write(
        void *ctx, struct link *link, const unsigned char *frames, size_t len);
void ws_close(
        void *ctx, struct link *link, uint16_t code, struct nx_str reason);
void ws_pause(void *ctx, struct link *link, bool paused);

#endif
