/*
 * listener - one listening socket, and connections as they come in.
 *
 * Our own and not libwebsockets', so that connections can be bounded before
 * anything is allocated for them. Without file descriptors it stops accepting
 * for a second, turns away who waits, and says so once.
 *
 * Owner:   listeners.c; destroyed before the server
 * Thread:  logic
 * Errors:  listener_create: NULL, the reason is logged and names the setting
 */
#ifndef KERNEL_NET_LISTENER_H
#define KERNEL_NET_LISTENER_H

#include <stdint.h>

#include "kernel/net/address.h"

struct loop;
struct nx_buf;
struct server;
struct settings;

enum listener_kind {
    LISTENER_CLEAR, // listen.port
    LISTENER_TLS,   // listen.tls_port
    LISTENER_UNIX,  // listen.unix
};

struct listener;

// Listens and accepts from the next turn of the loop on.
struct listener *listener_create(struct loop *loop, struct server *server,
        const struct settings *settings, enum listener_kind kind);

// Accepts NULL.
void listener_destroy(struct listener *listener);

// Where it listens: the port chosen for listen.port 0. Not for LISTENER_UNIX.
const struct address *listener_address(const struct listener *listener);

// One line that says where.
void listener_log(const struct listener *listener);

// Appends the URL of the WebSocket, without a query.
void listener_append_url(const struct listener *listener, struct nx_buf *out);

#endif
