/*
 * fair - the share of a turn that one connection gets.
 *
 * While several connections send, each has as many messages handled in a turn
 * as the average one had in the turn before, and at least FAIR_MIN. Whoever
 * has more keeps them in a backlog, is not read from meanwhile, and goes on in
 * the next turn. So one that floods the server costs the others little. One
 * that has sent alone for FAIR_ALONE_MS is not bounded: what its messages
 * cause then leaves together.
 *
 * Owner:   the server
 * Thread:  logic
 * Errors:  fair_create: NULL without memory
 */
#ifndef KERNEL_NET_FAIR_H
#define KERNEL_NET_FAIR_H

#include <stdbool.h>
#include <stdint.h>

#include <nexus/types.h>
#include <nexus/util/list.h>

#define FAIR_MIN      16u
#define FAIR_ALONE_MS 100

struct core;
struct fair;
struct loop;

// Embedded by each connection; zeroed, with an initialized list.
struct fair_use {
    struct nx_list waiting; // struct fair::waiting
    uint64_t turn;          // of the last message
    uint32_t messages;      // handled in it
};

// serve is called at the end of each turn, before core's, for every
// connection that waits.
struct fair *fair_create(struct loop *loop, const struct core *core,
        void (*serve)(struct fair_use *use));

// Accepts NULL. Nobody may wait any more.
void fair_destroy(struct fair *fair);

// Whether one more message may be handled now, and if so counts it.
bool fair_take(struct fair *fair, struct fair_use *use, nx_session_id who);

// The connection has messages left, or none any more.
void fair_wait(struct fair *fair, struct fair_use *use);
void fair_leave(struct fair_use *use);

#endif
