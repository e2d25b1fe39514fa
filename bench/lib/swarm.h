/*
 * swarm - all client connections and the one loop that serves them.
 *
 * Opens them a window at a time, waits for each one's welcome and for the
 * answer to its room.join, answers Pings, and hands every other text to the
 * scenario. All bytes are read into one buffer; a connection keeps only the
 * beginning of a frame whose end has not come.
 *
 * Owner:   the scenario
 * Thread:  main
 * Errors:  a lost, refused or closed connection ends the program; error
 *          events are counted and the first one is printed
 */
#ifndef BENCH_LIB_SWARM_H
#define BENCH_LIB_SWARM_H

#include <netinet/in.h>
#include <stdint.h>

#include "bench/lib/args.h"
#include "bench/lib/conn.h"
#include "bench/lib/event.h"
#include "bench/lib/unpack.h"

enum swarm_rooms {
    SWARM_NO_ROOM,
    SWARM_ONE_ROOM, // all join "bench"
    SWARM_OWN_ROOM  // each joins "bench-<index>"
};

typedef void (*swarm_on_text)(
        void *owner, struct conn *conn, const char *text, size_t length);

struct swarm {
    const struct args *args;
    enum swarm_rooms rooms;
    swarm_on_text on_text; // only for connections that are READY
    void *owner;
    struct sockaddr_in server;
    int epoll;
    struct conn *conns;
    uint32_t opened;
    uint32_t ready; // joined, ever
    uint32_t left;
    uint8_t *buffer;
    uint64_t now; // when the text being handled was read
    uint64_t ramp_ns;
    uint64_t bytes; // read, ever
    struct unpack unpack;
    uint64_t pings;
    uint64_t errors;
};

void swarm_init(struct swarm *swarm, const struct args *args,
        enum swarm_rooms rooms, swarm_on_text on_text, void *owner);
void swarm_finish(struct swarm *swarm);

/* Until every connection is READY. */
void swarm_ramp(struct swarm *swarm);

/* One epoll_wait and everything it brings. */
void swarm_turn(struct swarm *swarm, int timeout_ms);

/* Turns for so long, or until a line comes on stdin. */
void swarm_serve(struct swarm *swarm, double seconds);
void swarm_hold(struct swarm *swarm, const char *word);

void swarm_flush(struct swarm *swarm, struct conn *conn);

/* For a text that the scenario does not measure. */
void swarm_other(struct swarm *swarm, const struct event *event,
        const char *text, size_t length);

/* Close frames to all, and waits until the server has closed; bounded. The
 * other one keeps those with an index below first. */
void swarm_leave(struct swarm *swarm);
void swarm_leave_from(struct swarm *swarm, uint32_t first);

#endif
