#include "kernel/net/http1.h"

#include <errno.h>
#include <libwebsockets.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include <nexus/error.h>
#include <nexus/util/buf.h>

#include "kernel/base/timers.h"
#include "kernel/core/core.h"
#include "kernel/core/http.h"
#include "kernel/core/settings.h"
#include "kernel/net/address.h"
#include "kernel/net/answer.h"
#include "kernel/net/handshake.h"
#include "kernel/net/head.h"
#include "kernel/net/received.h"
#include "kernel/net/server.h"

#define BODY_MS   30000 // to send a body
#define ANSWER_MS 30000 // to take an answer
#define ALIVE_MS  1000  // between two looks at a client that waits

// Of a body that was refused, this much is still read: closing with unread
// bytes would reset the connection, and the client might miss the answer.
#define SKIP_MAX ((size_t)1024 * 1024)

// Less than any request has; more than a FIN counts for.
#define REQUEST_MIN 16

#define PIECE_BYTES ((size_t)64 * 1024)
#define HEAD_ROOM   1024 // for the headers of an answer

enum http_state {
    HTTP_IDLE,    // between requests
    HTTP_BODY,    // reads the body
    HTTP_SERVING, // waits for core's answer
    HTTP_ANSWERING,
};

struct http_link {
    struct server *server;
    struct lws *wsi;
    enum http_state state;
    struct head head;
    struct nx_buf body;
    size_t body_left; // announced and not arrived
    struct nx_buf out;
    size_t sent;
    struct timer timer;
    uint64_t read_before; // bytes, when the last request had ended
    bool reused;          // not the first request
    bool close;           // after this answer
    bool skip;            // the body is read and thrown away
    bool no_body;         // the answer to HEAD
};

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

static void on_timer(void *arg) {
    struct http_link *link = arg;
    if (link->state == HTTP_SERVING && client_is_there(link)) {
        start_timer(link, ALIVE_MS);
        return;
    }
    server_drop(link->server, link->wsi);
}

static struct http_link *link_create(struct server *server, struct lws *wsi) {
    struct http_link *link = calloc(1, sizeof(*link));
    if (!link) {
        return NULL;
    }
    link->server = server;
    link->wsi = wsi;
    timer_init(&link->timer, on_timer, link);
    server->http_links++;
    lws_set_opaque_user_data(wsi, link);
    return link;
}

static void forget_request(struct http_link *link) {
    timer_cancel(&link->timer);
    head_finish(&link->head);
    nx_buf_finish(&link->body);
    nx_buf_finish(&link->out);
    link->state = HTTP_IDLE;
}

void http1_closed(struct http_link *link) {
    if (!link) {
        return;
    }
    if (link->state == HTTP_SERVING) {
        http_gone(core_of(link), link);
    }
    lws_set_opaque_user_data(link->wsi, NULL);
    link->server->http_links--;
    forget_request(link);
    free(link);
}

// --- request --------------------------------------------------------------

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
    struct address peer;
    char address[ADDRESS_TEXT_SIZE] = "unknown";
    if (address_of_peer(&peer, lws_get_socket_fd(link->wsi))) {
        address_format(&peer, address);
    }
    // HEAD is GET whose body stays here.
    const char *method = link->no_body ? "GET" : link->head.method;
    struct http_request request = {
            .method = {method, strlen(method)},
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

// Digits only: libwebsockets takes a negative length for a huge one.
static bool read_length(struct nx_str text, size_t *length) {
    *length = 0;
    if (text.len == 0 || text.len > 15) {
        return text.ptr == NULL;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
        *length = *length * 10 + (size_t)(text.ptr[i] - '0');
    }
    return true;
}

// True when the method's body is expected even without a Content-Length.
static bool wants_length(const struct http_link *link) {
    const char *method = link->head.method ? link->head.method : "POST";
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0
            || strcmp(method, "PATCH") == 0;
}

// What cannot be understood is answered, and the connection closed: where
// such a request ends is anybody's guess.
static const char *find_flaw(struct http_link *link) {
    struct nx_str length = head_field(&link->head, HEAD_CONTENT_LENGTH);
    if (head_field(&link->head, HEAD_TRANSFER_ENCODING).ptr) {
        return "Transfer-Encoding is not supported; send Content-Length";
    }
    if (!read_length(length, &link->body_left)) {
        return "Content-Length must be one number";
    }
    if (!length.ptr && wants_length(link)) {
        return "Content-Length is missing";
    }
    if (link->head.http11 && !head_field(&link->head, HEAD_HOST).ptr) {
        return "the Host header is missing";
    }
    if (lws_hdr_fragment_length(link->wsi, WSI_TOKEN_HOST, 1) > 0) {
        return "there is more than one Host header";
    }
    return NULL;
}

static void send_allow(struct http_link *link) {
    const struct http_response response = {.status = 204,
            .allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"};
    begin_serving(link);
    http1_respond(link->server, link, &response);
}

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
    start_timer(link, BODY_MS);
    if (head_field_has(&link->head, HEAD_EXPECT, "100-continue")) {
        send_continue(link);
    }
}

static void handle_request(struct http_link *link) {
    const char *flaw = find_flaw(link);
    if (flaw) {
        refuse(link, NX_ERR_BAD_REQUEST, flaw);
    } else if (strcmp(link->head.method, "OPTIONS") == 0
            && link->body_left == 0) {
        send_allow(link);
    } else if (link->body_left > 0) {
        begin_body(link);
    } else if (strcmp(link->head.method, "POST") == 0) {
        // libwebsockets reports the end of an empty body only after POST.
        begin_body(link);
    } else {
        serve(link);
    }
}

// libwebsockets 4.1.6 comes to grief over a request with a body that it has
// already in its own buffer, behind another request: it takes the headers for
// the body and then runs in a circle for ever. So such a connection is closed.
// RFC 9112 tells clients not to do this, and to expect the end if they do.
static bool is_hidden(const struct http_link *link) {
    if (!link->reused) {
        return false;
    }
    struct nx_str length = head_field(&link->head, HEAD_CONTENT_LENGTH);
    bool body = length.ptr ? strcmp(length.ptr, "0") != 0 : wants_length(link);
    uint64_t read;
    if (!body) {
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
    return strcmp(link->head.method, "GET") == 0
            && strcmp(head_path(&link->head).ptr,
                       core_of(link)->settings->listen_path)
            == 0;
}

int http1_request(struct server *server, struct lws *wsi) {
    struct http_link *link = lws_get_opaque_user_data(wsi);
    if (!link) {
        link = link_create(server, wsi);
    }
    // A second request while one is at work cannot happen; if it does, its
    // answer could go to the wrong one.
    if (!link || link->state != HTTP_IDLE) {
        return -1;
    }
    enum head_result result = head_read(&link->head, wsi);
    if (result == HEAD_NO_MEMORY || is_hidden(link)) {
        return -1;
    }
    link->sent = 0;
    link->skip = false;
    link->body_left = 0;
    link->no_body = link->head.method && strcmp(link->head.method, "HEAD") == 0;
    link->close = !link->head.http11
            || head_field_has(&link->head, HEAD_CONNECTION, "close");
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
    } else {
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

// --- answer ---------------------------------------------------------------

void http1_respond(void *ctx, struct http_link *link,
        const struct http_response *response) {
    if (link->state != HTTP_SERVING) {
        return;
    }
    link->state = HTTP_ANSWERING;
    link->close = link->close || core_of(link)->draining;
    const struct answer answer = {.response = response,
            .close = link->close,
            .no_body = link->no_body,
            .wall_ms = clock_wall_ms(&core_of(link)->clock)};
    nx_buf_init(&link->out, response->body.len + HEAD_ROOM);
    if (!answer_append(&link->out, &answer)) {
        server_drop(link->server, link->wsi);
        return;
    }
    start_timer(link, ANSWER_MS);
    lws_rx_flow_control(link->wsi, 1);
    lws_callback_on_writable(link->wsi);
}

static int finish_answer(struct http_link *link) {
    if (link->close) {
        bool more = link->skip && link->body_left > 0
                && link->body_left <= SKIP_MAX;
        return more ? 0 : -1;
    }
    forget_request(link);
    link->reused = true;
    if (!received_bytes(lws_get_socket_fd(link->wsi), &link->read_before)) {
        link->read_before = UINT64_MAX;
    }
    return lws_http_transaction_completed(link->wsi) ? -1 : 0;
}

int http1_writable(struct http_link *link) {
    if (link->state != HTTP_ANSWERING) {
        return 0;
    }
    size_t rest = link->out.len - link->sent;
    if (rest > 0 && !lws_partial_buffered(link->wsi)) {
        size_t piece = rest < PIECE_BYTES ? rest : PIECE_BYTES;
        unsigned char *bytes = (unsigned char *)link->out.data + link->sent;
        if (lws_write(link->wsi, bytes, piece, LWS_WRITE_HTTP) < 0) {
            return -1;
        }
        link->sent += piece;
    }
    if (link->sent < link->out.len || lws_partial_buffered(link->wsi)) {
        lws_callback_on_writable(link->wsi);
        return 0;
    }
    return finish_answer(link);
}
