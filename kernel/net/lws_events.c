#include "kernel/net/lws_events.h"

#include "kernel/net/handshake.h"
#include "kernel/net/http1.h"
#include "kernel/net/server.h"
#include "kernel/net/visit.h"
#include "kernel/net/ws.h"

// One event as libwebsockets tells it.
struct event {
    struct lws *wsi;
    struct link *link; // NULL unless it is an open WebSocket
    void *user;        // the same, or what the reason says
    void *in;
    size_t len;
};

typedef int (*event_fn)(const struct event *event);

static struct server *server_of(const struct event *event) {
    return lws_context_user(lws_get_context(event->wsi));
}

static struct http_link *http_link_of(const struct event *event) {
    const struct visit *visit = visit_of(event->wsi);
    return visit ? visit->http : NULL;
}

// --- life -----------------------------------------------------------------

// The first thing to happen to a connection, before it can be anything else.
static int on_adopted(const struct event *event) {
    server_adopted(server_of(event), event->wsi);
    return 0;
}

static int on_destroy(const struct event *event) {
    struct visit *visit = visit_of(event->wsi);
    if (visit) {
        http1_closed(visit->http);
        lws_set_opaque_user_data(event->wsi, NULL);
        visit_destroy(visit);
    }
    return 0;
}

// --- HTTP -----------------------------------------------------------------

static int on_confirm_upgrade(const struct event *event) {
    return handshake_confirm(server_of(event), event->wsi);
}

static int on_http(const struct event *event) {
    return http1_request(server_of(event), event->wsi);
}

static int on_http_body(const struct event *event) {
    struct http_link *link = http_link_of(event);
    return link ? http1_body(link, event->in, event->len) : -1;
}

static int on_http_body_end(const struct event *event) {
    struct http_link *link = http_link_of(event);
    return link ? http1_body_end(link) : -1;
}

static int on_http_writable(const struct event *event) {
    struct http_link *link = http_link_of(event);
    return link ? http1_writable(link) : 0;
}

static int on_http_closing(const struct event *event) {
    http1_closing(http_link_of(event));
    return 0;
}

// --- WebSocket ------------------------------------------------------------

static int on_confirm_extension(const struct event *event) {
    return extension_confirm(&server_of(event)->extension, event->wsi);
}

static int on_add_headers(const struct event *event) {
    return extension_answer(
            &server_of(event)->extension, event->wsi, event->in);
}

static int on_established(const struct event *event) {
    // It may have sent ordinary requests before.
    http1_closed(http_link_of(event));
    return ws_established(server_of(event), event->wsi);
}

static int on_receive(const struct event *event) {
    if (event->link) {
        ws_received(event->link, event->in, event->len);
    }
    return 0;
}

static int on_pong(const struct event *event) {
    if (event->link) {
        ws_pong(event->link, event->in, event->len);
    }
    return 0;
}

static int on_writable(const struct event *event) {
    return event->link ? ws_writable(event->link) : 0;
}

static int on_peer_closes(const struct event *event) {
    if (event->link) {
        return ws_peer_closes(event->link, event->in, event->len);
    }
    return 0;
}

static int on_ending(const struct event *event) {
    if (event->link) {
        ws_ending(event->link);
    }
    return 0;
}

static int on_closed(const struct event *event) {
    if (event->link) {
        ws_closed(event->link);
    }
    return 0;
}

// --- start ----------------------------------------------------------------

static int on_tls_context(const struct event *event) {
    return server_secure(server_of(event), event->user);
}

// --- all ------------------------------------------------------------------

// A connection that speaks neither: CONNECT makes libwebsockets change to raw.
static int on_stranger(const struct event *event) {
    return -1;
}

struct reason_row {
    enum lws_callback_reasons reason;
    event_fn fn;
};

// The frequent ones first.
static const struct reason_row rows[] = {
        {LWS_CALLBACK_RECEIVE, on_receive},
        {LWS_CALLBACK_RECEIVE_PONG, on_pong},
        {LWS_CALLBACK_SERVER_WRITEABLE, on_writable},
        {LWS_CALLBACK_HTTP_CONFIRM_UPGRADE, on_confirm_upgrade},
        {LWS_CALLBACK_CONFIRM_EXTENSION_OKAY, on_confirm_extension},
        {LWS_CALLBACK_ADD_HEADERS, on_add_headers},
        {LWS_CALLBACK_ESTABLISHED, on_established},
        {LWS_CALLBACK_WS_PEER_INITIATED_CLOSE, on_peer_closes},
        {LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL, on_ending},
        {LWS_CALLBACK_CLOSED, on_closed},
        {LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED, on_adopted},
        {LWS_CALLBACK_HTTP, on_http},
        {LWS_CALLBACK_HTTP_BODY, on_http_body},
        {LWS_CALLBACK_HTTP_BODY_COMPLETION, on_http_body_end},
        {LWS_CALLBACK_HTTP_WRITEABLE, on_http_writable},
        {LWS_CALLBACK_CLOSED_HTTP, on_http_closing},
        {LWS_CALLBACK_WSI_DESTROY, on_destroy},
        {LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS, on_tls_context},
        {LWS_CALLBACK_RAW_ADOPT, on_stranger},
        {LWS_CALLBACK_RAW_RX, on_stranger},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

int lws_events(struct lws *wsi, enum lws_callback_reasons reason, void *user,
        void *in, size_t len) {
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].reason == reason) {
            const struct event event = {wsi, user, user, in, len};
            return rows[i].fn(&event);
        }
    }
    return 0;
}
