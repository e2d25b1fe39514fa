/*
 * listeners - every listener that the settings ask for.
 *
 * Owner:   kernel.c; destroyed before the server
 * Thread:  logic
 * Errors:  listeners_create: NULL, the reason is logged
 */
#ifndef KERNEL_NET_LISTENERS_H
#define KERNEL_NET_LISTENERS_H

#include <stddef.h>

struct listener;
struct loop;
struct server;
struct settings;

struct listeners;

struct listeners *listeners_create(struct loop *loop, struct server *server,
        const struct settings *settings);

// Accepts NULL.
void listeners_destroy(struct listeners *listeners);

// At least one. i is below the count.
size_t listeners_count(const struct listeners *listeners);
const struct listener *listeners_get(
        const struct listeners *listeners, size_t i);

// One line for each.
void listeners_log(const struct listeners *listeners);

#endif
