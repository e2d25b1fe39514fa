/*
 * control_peer - one connection to the control socket.
 *
 * Reads lines, hands them to core/admin.h one at a time, each when the answer
 * to the last has been sent, and sends what waits whenever the socket takes
 * it. It ends itself: at the end of the connection, when a line is too long,
 * and when nothing has moved for control.timeout.
 *
 * Owner:   control.c, through the list
 * Thread:  logic
 * Errors:  control_peer_create: false, and the descriptor is closed
 */
#ifndef KERNEL_NET_CONTROL_PEER_H
#define KERNEL_NET_CONTROL_PEER_H

#include <stdbool.h>

#include <nexus/util/list.h>

struct core;
struct loop;

// Those that are connected.
struct control_peers {
    struct loop *loop;
    struct core *core;
    struct nx_list list; // struct control_peer::link
    long count;
};

void control_peers_init(
        struct control_peers *peers, struct loop *loop, struct core *core);

// Ends all of them; what waits is sent if it can be at once.
void control_peers_finish(struct control_peers *peers);

// Takes the descriptor.
bool control_peers_add(struct control_peers *peers, int fd);

#endif
