/*
 * server - the libwebsockets context, and core's transport on top of it.
 *
 * Connections come in by server_adopt*() and are then libwebsockets'; what
 * happens to them arrives in lws_events.c and goes on to handshake.c, ws.c
 * and http1.c. Made in two steps, because core needs the transport before
 * there can be connections.
 *
 * Owner:   kernel.c; destroyed before core, to which it reports every end
 * Thread:  logic
 * Errors:  NULL or false, the reason is logged
 */
#ifndef KERNEL_NET_SERVER_H
#define KERNEL_NET_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include <nexus/types.h>

#include "kernel/core/transport.h"
#include "kernel/net/extension.h"

// The highest limits.header_bytes, and what is added to it on our side.
#define SERVER_HEADER_MAX (16384 + 128)

// The most that is read from one connection in a turn of the loop.
#define SERVER_READ_BYTES 16384

struct arrivals;
struct core;
struct fair;
struct loop;
struct lws;
struct lws_context;
struct lws_vhost;
struct settings;
struct settings_errors;
struct ssl_ctx_st;
struct visit;
struct visitors;

struct server_ticker;

struct server {
    struct loop *loop;
    struct core *core; // NULL until server_start
    struct transport transport;
    struct lws_context *context;
    struct lws_vhost *vhost;
    struct lws_vhost *tls_vhost; // NULL without listen.tls_port
    struct ssl_ctx_st *tls_now;  // for new handshakes, NULL: the vhost's own
    struct ssl_ctx_st *tls_next; // of a reload that is being prepared
    struct server_ticker *ticker;
    struct visitors *visitors;
    struct arrivals *arrivals;
    struct visit *adopting; // the one that server_adopted() is to take
    struct fair *fair;
    size_t http_links;  // limits.http_connections
    size_t descriptors; // that there is room for
    struct extension extension;
};

struct server *server_create(struct loop *loop);

// Closes every connection at once and reports it to core. Accepts NULL.
void server_destroy(struct server *server);

// Also bounds the process's file descriptors: what libwebsockets does at a
// close takes time in proportion to that limit.
bool server_start(struct server *server, struct core *core);

// Takes an accepted connection and its visit, which belong to the server from
// then on. It begins with a TLS handshake.
void server_adopt_tls(struct server *server, int fd, struct visit *visit);

// The same for one in clear text, of which the head of a request was read.
void server_adopt(
        struct server *server, int fd, struct visit *visit, struct nx_str head);

// libwebsockets has made its object for the connection being adopted.
void server_adopted(struct server *server, struct lws *wsi);

// Whether the settings can take effect in a running server; the certificate
// is read again, and served after server_reload().
bool server_prepare_reload(struct server *server, const struct settings *wanted,
        struct settings_errors *errors);

// core->settings has changed.
void server_reload(struct server *server);

// The callback for an SSL_CTX that libwebsockets has made: 0, or -1.
int server_secure(struct server *server, struct ssl_ctx_st *ctx);

// Ends a connection soon and without ceremony, whatever state it is in.
// Safe anywhere, also in its own callbacks.
void server_drop(struct server *server, struct lws *wsi);

#endif
