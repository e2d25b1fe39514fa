/*
 * kernel_events - the events and REST routes the kernel itself serves.
 *
 * ping, pong, connect, disconnect and system.ack (conn_events.c), room.join,
 * room.leave and room.broadcast with their kind of room (room_events.c),
 * system.resume (resume_events.c),
 * statistics, users online, members and health (rest.c): registered in the
 * same tables plugins use, with no owner.
 *
 * Thread:  logic
 * Errors:  those of registry.h
 */
#ifndef KERNEL_CORE_KERNEL_EVENTS_H
#define KERNEL_CORE_KERNEL_EVENTS_H

#include <nexus/error.h>

struct core;
struct registry;

// Registers all of them.
enum nx_err kernel_register(struct registry *registry, struct core *core);

enum nx_err conn_events_register(struct registry *registry, struct core *core);
enum nx_err room_events_register(struct registry *registry, struct core *core);
enum nx_err resume_events_register(
        struct registry *registry, struct core *core);
enum nx_err rest_register(struct registry *registry, struct core *core);

#endif
