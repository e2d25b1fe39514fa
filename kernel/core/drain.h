/*
 * drain - sends all clients away before the server stops, a few at a time.
 *
 * From the start on nobody new is let in and /health/ready says 503. After
 * drain.delay each session is told when to reconnect and closed with 4512,
 * evenly over drain.window, or faster when they are few. The times they are
 * told begin when the last of them is told, spread over drain.window.
 *
 * Owner:   core
 * Thread:  logic
 * Errors:  drain_create: NULL without memory
 */
#ifndef KERNEL_CORE_DRAIN_H
#define KERNEL_CORE_DRAIN_H

#include <stdbool.h>

struct core;
struct drain;
struct session;

struct drain *drain_create(struct core *core);

// Accepts NULL.
void drain_destroy(struct drain *drain);

// Once. The first are sent away in this turn unless there is a delay.
void drain_start(struct drain *drain);

// Tells one session when to come back, and closes it.
void drain_send_away(const struct drain *drain, struct session *session);

#endif
