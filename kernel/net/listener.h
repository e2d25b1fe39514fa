/*
 * listener - the listening socket, and connections as they come in.
 *
 * Our own and not libwebsockets', so that connections can be bounded before
 * anything is allocated for them. Without file descriptors it stops accepting
 * for a second, turns away who waits, and says so once.
 *
 * Owner:   kernel.c; destroyed before the server
 * Thread:  logic
 * Errors:  listener_create: NULL, the reason is logged and names the setting
 */
#ifndef KERNEL_NET_LISTENER_H
#define KERNEL_NET_LISTENER_H

#include <stdint.h>

#include "kernel/net/address.h"

struct loop;
struct server;
struct settings;

struct listener;

// Listens and accepts from the next turn of the loop on.
struct listener *listener_create(struct loop *loop, struct server *server,
        const struct settings *settings);

// Accepts NULL.
void listener_destroy(struct listener *listener);

// Where it listens: the port chosen for listen.port 0.
const struct address *listener_address(const struct listener *listener);

#endif
