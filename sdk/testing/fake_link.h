/*
 * fake_link - one connection: what the server writes, and what it hears.
 *
 * The transport that the core is given. A link is kept after its end, so that
 * tests can look at it.
 *
 * Owner:   struct fake_host
 * Thread:  that of the test, but the wake of the transport
 * Errors:  the process ends when the server writes a broken frame
 */
#ifndef FAKE_LINK_H
#define FAKE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>
#include <nexus/util/list.h>

#define FAKE_LINK_BROKEN      1006
#define FAKE_LINK_REASON_SIZE 124

struct fake_event;
struct fake_host;

struct link {
    struct nx_list node; // struct fake_host::links
    struct fake_host *host;
    nx_session_id session;
    uint16_t code; // what ended it, 0: nothing yet
    bool closed;   // the server was told of the end
    bool full;     // the client reads nothing
    bool writable; // it reads again and the server does not know yet
    bool hold_pongs;
    char reason[FAKE_LINK_REASON_SIZE];
    struct fake_event *welcome;
    struct nx_list unread; // struct fake_event::link
    struct nx_list read;   // the same
    struct nx_list pings;  // struct ping::node, not answered
    size_t sent;
    size_t writes;
    size_t ping_count;
};

struct link *fake_link_create(struct fake_host *host);
void fake_link_destroy(struct link *link);

// Ends the connection, once; the server hears of it in the next round.
void fake_link_end(struct link *link, uint16_t code, struct nx_str reason);

#endif
