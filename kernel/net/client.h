/*
 * client - where the client of a connection is.
 *
 * Thread:  logic
 * Errors:  none
 */
#ifndef KERNEL_NET_CLIENT_H
#define KERNEL_NET_CLIENT_H

#include "kernel/net/proxies.h"

struct head;
struct lws;
struct server;

// The other end of the connection, or whom a trusted proxy speaks for there.
struct place client_place(
        const struct server *server, struct lws *wsi, const struct head *head);

// The other end of a socket.
struct place client_peer(int fd);

#endif
