#include "kernel/net/http1.h"

#include <errno.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <nexus/error.h>

#include "kernel/core/core.h"
#include "kernel/core/http.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"
#include "kernel/net/framing.h"
#include "kernel/net/handshake.h"
#include "kernel/net/http_link.h"
#include "kernel/net/proxies.h"
#include "kernel/net/received.h"
#include "kernel/net/server.h"
#include "kernel/net/visit.h"

#define ALIVE_MS 1000 // between two looks at a client that waits

// Less than any request has; more than a FIN counts for.
#define REQUEST_MIN 16

static struct core *core_of(const struct http_link *link) {
    return link->server->core;
}

static void start_timer(struct http_link *link, int64_t ms) {
    timers_set(&core_of(link)->timers, &link->timer, ms);
}

// --- life -----------------------------------------------------------------

// While core thinks, libwebsockets must not read, and so does not notice an
// end of the connection.
static bool client_is_there(const struct http_link *link) {
    char byte;
    ssize_t n = recv(
            lws_get_socket_fd(link->wsi), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void count_delay(const struct http_link *link) {
    struct stats *stats = core_of(link)->stats;
    if (link->state == HTTP_BODY) {
        stats_refused(stats, LIMIT_HTTP_BODY_TIMEOUT);
    } else if (link->state == HTTP_ANSWERING) {
        stats_refused(stats, LIMIT_HTTP_ANSWER_TIMEOUT);
    }
}

static void on_timer(void *arg) {
    struct http_link *link = arg;
    if (link->state == HTTP_SERVING && client_is_there(link)) {
        start_timer(link, ALIVE_MS);
        return;
    }
    count_delay(link);
    server_drop(link->server, link->wsi);
}

static struct http_link *link_create(
        struct server *server, struct lws *wsi, struct visit *visit) {
    struct http_link *link = calloc(1, sizeof(*link));
    if (!link) {
        return NULL;
    }
    link->server = server;
    link->wsi = wsi;
    link->visit = visit;
    // On a Unix socket is_hidden() could not tell.
    link->single = !received_bytes(lws_get_socket_fd(wsi), &link->read_before);
    timer_init(&link->timer, on_timer, link);
    http_link_init_watcher(link);
    server->http_links++;
    visit->http = link;
    return link;
}

void http_link_clear(struct http_link *link) {
    timer_cancel(&link->timer);
    head_finish(&link->head);
    nx_buf_finish(&link->body);
    nx_buf_finish(&link->out);
    link->state = HTTP_IDLE;
}

void http1_closing(struct http_link *link) {
    if (link) {
        http_link_stop_watching(link);
    }
}

void http1_closed(struct http_link *link) {
    if (!link) {
        return;
    }
    http_link_stop_watching(link);
    if (link->state == HTTP_SERVING) {
        http_gone(core_of(link), link);
    }
    link->visit->http = NULL;
    link->server->http_links--;
    http_link_clear(link);
    free(link);
}

// --- handing over to core -------------------------------------------------

static struct nx_str get_header(void *ctx, const char *name) {
    const struct http_link *link = ctx;
    return head_field_by_name(&link->head, name);
}

static void begin_serving(struct http_link *link) {
    link->state = HTTP_SERVING;
    timer_cancel(&link->timer);
    // libwebsockets would end the connection while core thinks.
    lws_set_timeout(link->wsi, NO_PENDING_TIMEOUT, 0);
}

// Core may have answered already; if not, the next request has to wait.
static void wait_for_answer(struct http_link *link) {
    if (link->state == HTTP_SERVING) {
        lws_rx_flow_control(link->wsi, 0);
        start_timer(link, ALIVE_MS);
    }
}

static void refuse(
        struct http_link *link, nx_status status, const char *detail) {
    begin_serving(link);
    link->close = true;
    link->skip = true;
    http_refuse(core_of(link), link, status, detail);
    wait_for_answer(link);
}

static void serve(struct http_link *link) {
    char address[IP_TEXT_SIZE];
    struct place client = visit_client(link->visit, &link->head);
    place_format(&client, address);
    struct http_request request = {
            .method = {link->head.method, strlen(link->head.method)},
            .path = head_path(&link->head),
            .query = head_query(&link->head),
            .address = {address, strlen(address)},
            .body = {link->body.data, link->body.len},
            .header = get_header,
            .ctx = link,
    };
    begin_serving(link);
    http_serve(core_of(link), link, &request);
    wait_for_answer(link);
}

static void send_allow(struct http_link *link) {
    const struct http_response response = {.status = 204,
            .allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"};
    begin_serving(link);
    http1_respond(link->server, link, &response);
}

// --- request --------------------------------------------------------------

// curl asks before it sends a large body.
static void send_continue(struct http_link *link) {
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    unsigned char bytes[sizeof(text)];
    memcpy(bytes, text, sizeof(text));
    (void)lws_write(link->wsi, bytes, sizeof(text) - 1, LWS_WRITE_HTTP);
}

static void begin_body(struct http_link *link) {
    size_t limit = (size_t)core_of(link)->settings->limits_http_body_bytes;
    if (link->body_left > limit) {
        refuse(link, NX_ERR_TOO_LARGE,
                "the body is longer than limits.http_body_bytes");
        return;
    }
    link->state = HTTP_BODY;
    nx_buf_init(&link->body, limit);
    start_timer(link, core_of(link)->settings->limits_http_body_timeout * 1000);
    if (head_field_has(&link->head, HEAD_EXPECT, "100-continue")) {
        send_continue(link);
    }
}

static void handle_request(struct http_link *link) {
    const char *flaw = framing_read(&link->head, &link->body_left);
    if (flaw) {
        refuse(link, NX_ERR_BAD_REQUEST, flaw);
    } else if (link->body_left > 0) {
        begin_body(link);
    } else if (strcmp(link->head.method, "OPTIONS") == 0) {
        send_allow(link);
    } else if (strcmp(link->head.method, "POST") == 0) {
        // libwebsockets reports the end of an empty body, but only for POST.
        begin_body(link);
    } else {
        serve(link);
    }
}

// libwebsockets 4.1.6 comes to grief over a request with a body that it has
// already in its own buffer, behind another request: it takes the headers for
// the body and then runs in a circle for ever. So such a connection is closed.
// RFC 9112 tells clients not to do this, and to expect the end if they do.
static bool is_hidden(const struct http_link *link, enum head_result result) {
    if (!link->reused) {
        return false;
    }
    if (result != HEAD_OK) {
        return true; // perhaps
    }
    uint64_t read;
    if (!framing_expects_body(&link->head)) {
        return false;
    }
    bool fresh = received_bytes(lws_get_socket_fd(link->wsi), &read)
            && read >= REQUEST_MIN && read - REQUEST_MIN >= link->read_before;
    return !fresh;
}

static bool is_full(const struct server *server) {
    return server->http_links
            > (size_t)server->core->settings->limits_http_connections;
}

static bool is_websocket_path(const struct http_link *link) {
    struct nx_str path = head_path(&link->head);
    return strcmp(link->head.method, "GET") == 0 && path.ptr
            && strcmp(path.ptr, core_of(link)->settings->listen_path) == 0;
}

static enum head_result begin_request(struct http_link *link) {
    enum head_result result = head_read(&link->head, link->wsi);
    link->sent = 0;
    link->skip = false;
    link->body_left = 0;
    link->no_body = strcmp(link->head.method, "HEAD") == 0;
    link->close = link->single || !link->head.http11
            || head_field_has(&link->head, HEAD_CONNECTION, "close");
    return result;
}

// False when it was refused.
static bool admit(struct http_link *link) {
    enum visitors_answer answer = visit_admit(link->visit, &link->head);
    if (answer == VISITORS_WELCOME) {
        return true;
    }
    const struct visit_refusal *why = visit_refusal(answer);
    refuse(link, why->status, why->detail);
    return false;
}

int http1_request(struct server *server, struct lws *wsi) {
    struct visit *visit = visit_of(wsi);
    struct http_link *link = visit->http;
    if (!link) {
        link = link_create(server, wsi, visit);
    }
    // A second request while one is at work cannot happen; if it does, its
    // answer could go to the wrong one.
    if (!link || link->state != HTTP_IDLE) {
        return -1;
    }
    enum head_result result = begin_request(link);
    if (result == HEAD_NO_MEMORY || is_hidden(link, result)) {
        return -1;
    }
    if (result == HEAD_MALFORMED) {
        refuse(link, NX_ERR_BAD_REQUEST, "not an HTTP/1.1 request");
    } else if (result == HEAD_TOO_LONG) {
        refuse(link, NX_ERR_TOO_LARGE, "path or query is too long");
    } else if (is_full(server)) {
        refuse(link, NX_ERR_OVERLOADED,
                "too many HTTP connections: limits.http_connections");
    } else if (is_websocket_path(link)) {
        handshake_refuse_plain(server, wsi);
        return -1;
    } else if (admit(link)) {
        handle_request(link);
    }
    return 0;
}

// --- body -----------------------------------------------------------------

int http1_body(struct http_link *link, const char *data, size_t len) {
    link->body_left -= len < link->body_left ? len : link->body_left;
    if (link->state == HTTP_BODY) {
        return nx_buf_append(&link->body, data, len) ? 0 : -1;
    }
    return 0;
}

int http1_body_end(struct http_link *link) {
    if (link->state == HTTP_BODY) {
        serve(link);
        return 0;
    }
    // A refused body that was skipped: the answer has left already, or
    // http1_writable() will see that nothing is left to read.
    link->body_left = 0;
    bool done = link->state == HTTP_ANSWERING && link->close
            && link->sent == link->out.len;
    return done ? -1 : 0;
}
