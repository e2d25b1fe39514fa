#include <libwebsockets.h>

#include "kernel/core/core.h"
#include "kernel/core/settings.h"
#include "kernel/net/answer.h"
#include "kernel/net/http1.h"
#include "kernel/net/http_link.h"
#include "kernel/net/loop.h"
#include "kernel/net/received.h"
#include "kernel/net/server.h"
#include "kernel/net/visit.h"

// Of a body that was refused, this much is still read: closing with unread
// bytes would reset the connection, and the client might miss the answer.
#define SKIP_MAX ((size_t)1024 * 1024)

// Small enough for what a socket takes at once when it is writable again: see
// wait_until_writable().
#define PIECE_BYTES ((size_t)16 * 1024)
#define HEAD_ROOM   1024 // for the headers of an answer

void http1_respond(void *ctx, struct http_link *link,
        const struct http_response *response) {
    if (link->state != HTTP_SERVING) {
        return;
    }
    struct core *core = link->server->core;
    link->state = HTTP_ANSWERING;
    link->close = link->close || core->draining;
    const struct answer answer = {.response = response,
            .close = link->close,
            .no_body = link->no_body,
            .wall_ms = clock_wall_ms(&core->clock)};
    nx_buf_init(&link->out, response->body.len + HEAD_ROOM);
    if (!answer_append(&link->out, &answer)) {
        server_drop(link->server, link->wsi);
        return;
    }
    timers_set(&core->timers, &link->timer,
            core->settings->limits_http_answer_timeout * 1000);
    // Writing, too, waits until reading goes on.
    lws_rx_flow_control(link->wsi, 1);
    lws_callback_on_writable(link->wsi);
}

// --- a full socket --------------------------------------------------------

// With bytes to read that it does not want yet, libwebsockets would turn in
// the loop without a pause, so reading is stopped while an answer leaves. But
// then it does not write either: we must see for ourselves when it can. It
// sends what is left of a piece first, and only then asks us for the next.

static void on_writable(struct ev_loop *ev, ev_io *watcher, int events) {
    struct http_link *link = watcher->data;
    ev_io_stop(ev, watcher);
    lws_rx_flow_control(link->wsi, 1);
    lws_callback_on_writable(link->wsi);
}

static void wait_until_writable(struct http_link *link) {
    if (ev_is_active(&link->writable)) {
        return;
    }
    lws_rx_flow_control(link->wsi, 0);
    ev_io_set(&link->writable, lws_get_socket_fd(link->wsi), EV_WRITE);
    ev_io_start(loop_native(link->server->loop), &link->writable);
}

void http_link_init_watcher(struct http_link *link) {
    ev_io_init(&link->writable, on_writable, -1, EV_WRITE);
    link->writable.data = link;
}

void http_link_stop_watching(struct http_link *link) {
    ev_io_stop(loop_native(link->server->loop), &link->writable);
}

// --- writing --------------------------------------------------------------

static int finish_answer(struct http_link *link) {
    if (link->close) {
        bool more = link->skip && link->body_left > 0
                && link->body_left <= SKIP_MAX;
        return more ? 0 : -1;
    }
    http_link_clear(link);
    link->reused = true;
    visit_rest(link->visit);
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
        wait_until_writable(link);
        return 0;
    }
    return finish_answer(link);
}
