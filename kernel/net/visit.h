/*
 * visit - one accepted connection, from accept() to its end: where it comes
 * from, and for which address it counts.
 *
 * It counts for its peer from the beginning. A trusted proxy does not count:
 * there it is the client it speaks for, from the moment its request is there,
 * and an HTTP connection for each request anew, since proxies use one for
 * many clients. limits.address_exceptions and whoever is on the other side of
 * a Unix socket count for nobody.
 *
 * Owner:   whoever has the socket: listener.c, then libwebsockets' connection
 * Thread:  logic
 * Errors:  enum visitors_answer
 */
#ifndef KERNEL_NET_VISIT_H
#define KERNEL_NET_VISIT_H

#include <stdbool.h>

#include <nexus/error.h>

#include "kernel/core/limit.h"
#include "kernel/net/proxies.h"
#include "kernel/net/visitors.h"

struct address;
struct head;
struct http_link;
struct lws;
struct server;

struct visit {
    struct server *server;
    struct visitor *visitor; // NULL: counts for nobody
    struct http_link *http;  // NULL: no HTTP request came, or it is over
    struct place peer;
    bool trusted; // the peer is one of listen.trusted_proxies
};

// Why somebody is not welcome.
struct visit_refusal {
    nx_status status;
    enum limit limit; // for NX_ERR_LIMIT and NX_ERR_RATE_LIMITED
    const char *detail;
};

// A new connection of that peer; NULL unless the answer is VISITORS_WELCOME.
// Refusals are counted.
struct visit *visit_create(struct server *server, const struct address *peer,
        enum visitors_answer *answer);

// The connection has ended. Accepts NULL.
void visit_destroy(struct visit *visit);

// The one of a connection; NULL for those that are libwebsockets' own.
struct visit *visit_of(struct lws *wsi);

// The other end, or whom a trusted proxy speaks for in this request.
struct place visit_client(const struct visit *visit, const struct head *head);

// Counts the connection for whom a trusted proxy speaks for in this request;
// from others there is nothing new. Refusals are not counted.
enum visitors_answer visit_admit(struct visit *visit, const struct head *head);

// The request is over, and the next may be somebody else's.
void visit_rest(struct visit *visit);

// For any answer but VISITORS_WELCOME.
const struct visit_refusal *visit_refusal(enum visitors_answer answer);

#endif
