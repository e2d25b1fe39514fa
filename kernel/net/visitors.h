/*
 * visitors - how many connections each address has, and how fast it makes
 * new ones.
 *
 * One struct visitor for each address that has connections, or had so many so
 * lately that it must wait. IPv6 counts by /64, which is what one customer is
 * given. When the table is full, the one without connections for longest is
 * forgotten. Every step takes the same time, however many there are.
 *
 * Owner:   the server; a visitor lives while it is entered
 * Thread:  logic
 * Errors:  enum visitors_answer
 */
#ifndef KERNEL_NET_VISITORS_H
#define KERNEL_NET_VISITORS_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/base/ip.h"

struct settings;
struct visitor;
struct visitors;

enum visitors_answer {
    VISITORS_WELCOME,
    VISITORS_TOO_MANY, // limits.connections_per_address
    VISITORS_TOO_FAST, // limits.connects_per_second
    VISITORS_NO_MEMORY,
};

// max: addresses at a time; not below the connections there can be. Settings
// are borrowed. NULL without memory.
struct visitors *visitors_create(const struct settings *settings, size_t max);

// Another number of addresses; those there are stay.
void visitors_bound(struct visitors *visitors, size_t max);

// Accepts NULL.
void visitors_destroy(struct visitors *visitors);

// Addresses in memory.
size_t visitors_count(const struct visitors *visitors);

// One connection more. When it is welcome, *visitor is for visitors_leave().
enum visitors_answer visitors_enter(struct visitors *visitors,
        const struct ip *ip, int64_t now_ms, struct visitor **visitor);

// That connection has ended.
void visitors_leave(
        struct visitors *visitors, struct visitor *visitor, int64_t now_ms);

#endif
