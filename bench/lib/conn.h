/*
 * conn - one client connection: socket, what it waits for, what it owes.
 *
 * Every connection is its own user, bench-<index>, and comes from one of many
 * loopback addresses so that ports do not run out.
 *
 * Owner:   the swarm, in one array
 * Thread:  main
 * Errors:  a lost connection ends the program
 */
#ifndef BENCH_LIB_CONN_H
#define BENCH_LIB_CONN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/lib/args.h"
#include "bench/lib/bytes.h"
#include "bench/lib/frame.h"

enum conn_state {
    CONN_CLOSED,
    CONN_CONNECTING,
    CONN_UPGRADING, // waits for the 101
    CONN_GREETING,  // waits for the first event
    CONN_JOINING,   // waits for the answer to room.join
    CONN_READY,
    CONN_LEAVING // has sent a Close frame
};

struct conn {
    int fd;
    uint32_t index;
    enum conn_state state;
    bool wants_write; // epoll has been asked for EPOLLOUT
    uint64_t last;    // belongs to the scenario
    struct bytes in;  // beginning of a frame
    struct bytes out; // not yet taken by the socket
};

/* Starts connecting. */
void conn_open(struct conn *conn, const struct sockaddr_in *server);

/* Closes at once; with a reset where the peer has not closed first. */
void conn_close(struct conn *conn);

/* These only append to out. */
void conn_send_upgrade(struct conn *conn, const struct args *args);
void conn_send(struct conn *conn, enum frame_op op, const void *payload,
        size_t length);

/* Writes what the socket takes; true when nothing is left. */
bool conn_flush(struct conn *conn);

/* Reads once into buffer; 0: nothing there now. EOF closes and gives 0. */
size_t conn_read(struct conn *conn, uint8_t *buffer, size_t size);

/* Size of the 101 answer; 0: not whole yet. Anything else is fatal. */
size_t conn_check_upgrade(const struct conn *conn, const struct args *args,
        const char *text, size_t length);

#endif
