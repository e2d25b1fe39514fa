/*
 * http1 - HTTP requests on the server's listener, and their answers.
 *
 * One struct http_link for each connection that has sent a request; it stays
 * for the next one. A request is handed to core when it is whole. Until core
 * answers nothing is read, so pipelined requests wait; whether the client is
 * still there is looked at once a second. Answers leave in the order of the
 * requests, as the socket takes them.
 *
 * Owner:   libwebsockets' connection; gone after http1_closed()
 * Thread:  logic
 * Errors:  a non-zero result asks libwebsockets to close
 */
#ifndef KERNEL_NET_HTTP1_H
#define KERNEL_NET_HTTP1_H

#include <stddef.h>

struct http_link;
struct http_response;
struct lws;
struct server;

// --- what happens to a connection ----------------------------------------

// The headers of a request are there.
int http1_request(struct server *server, struct lws *wsi);
int http1_body(struct http_link *link, const char *data, size_t len);
int http1_body_end(struct http_link *link);
int http1_writable(struct http_link *link);

// The socket is about to be closed. Accepts NULL.
void http1_closing(struct http_link *link);

// Frees the link. Accepts NULL.
void http1_closed(struct http_link *link);

// --- transport_ops: ctx is the server ------------------------------------

void http1_respond(void *ctx, struct http_link *link,
        const struct http_response *response);

#endif
