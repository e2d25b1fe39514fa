/*
 * arrivals - connections in clear text whose request has not come yet.
 *
 * The head of the first request is read here, checked, and handed on to
 * libwebsockets in one piece; what lies behind it stays in the socket. Whoever
 * is refused, or is too late, is answered here and then listened to for a
 * moment, because an end with unread bytes would overtake the answer. When
 * there are too many, the one that has waited for longest goes.
 *
 * Owner:   the server
 * Thread:  logic
 * Errors:  answered to the client
 */
#ifndef KERNEL_NET_ARRIVALS_H
#define KERNEL_NET_ARRIVALS_H

#include <stddef.h>

struct arrivals;
struct server;
struct visit;

// NULL without memory.
struct arrivals *arrivals_create(struct server *server);

// Closes all. Accepts NULL.
void arrivals_destroy(struct arrivals *arrivals);

size_t arrivals_count(const struct arrivals *arrivals);

// Takes an accepted connection, which does not block, and its visit. It may
// be over or handed on when this returns.
void arrivals_add(struct arrivals *arrivals, int fd, struct visit *visit);

#endif
