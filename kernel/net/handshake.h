/*
 * handshake - which upgrade requests become WebSockets.
 *
 * RFC 6455 section 4.2 and our own rules, checked while the connection still
 * speaks HTTP, because libwebsockets checks few of them and refuses without a
 * word. Whoever is refused gets a status and a problem+json.
 *
 * Thread:  logic
 * Errors:  answered to the client
 */
#ifndef KERNEL_NET_HANDSHAKE_H
#define KERNEL_NET_HANDSHAKE_H

#include <nexus/types.h>

struct link;
struct lws;
struct server;

// 0: upgrade it; -1: drop it, the answer is sent.
int handshake_confirm(struct server *server, struct lws *wsi);

// Hands identity and address of an upgraded connection to the gate, while
// wsi still has its headers. Returns 0 without memory.
nx_session_id handshake_open(
        struct server *server, struct lws *wsi, struct link *link);

// For a GET of the WebSocket's path that is no upgrade: sends 426.
void handshake_refuse_plain(struct server *server, struct lws *wsi);

#endif
