#include "kernel/net/ws.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/util/buf.h>

#include "kernel/base/log.h"
#include "kernel/base/timers.h"
#include "kernel/core/close.h"
#include "kernel/core/core.h"
#include "kernel/core/json_text.h"
#include "kernel/core/packer.h"
#include "kernel/core/session_io.h"
#include "kernel/core/settings.h"
#include "kernel/net/backlog.h"
#include "kernel/net/fair.h"
#include "kernel/net/handshake.h"
#include "kernel/net/inflated.h"
#include "kernel/net/server.h"

// What was written may take this long to leave before a Close frame; then
// libwebsockets gives the peer another 5 s to answer it.
#define CLOSE_MS 5000

// The largest that a setting allows.
#define MESSAGE_BYTES_MAX ((size_t)16 << 20)

#define CLOSE_CODES_END   5000 // the first that nobody may use
#define CLOSE_NO_STATUS   1005
#define CLOSE_ABNORMAL    1006
#define REASON_MAX        123 // what a Close frame has room for

static const char no_memory[] = "the server is out of memory";
static const char no_rsv1[] = "RSV1 is for the first frame of a message";

struct link {
    struct server *server;
    struct lws *wsi;
    nx_session_id session;
    struct nx_buf *message;  // of several pieces, NULL between messages
    struct backlog *backlog; // NULL: nothing waits
    struct fair_use use;
    struct timer timer;  // limits.message_timeout; CLOSE_MS once we close
    char *reason;        // owned; for our Close frame, NULL: none
    uint16_t close_code; // ours, 0: we have not closed
    uint16_t peer_code;  // theirs, 0: no Close frame came
    bool held : 1;       // not read from while something waits
    bool paused : 1;     // by core
    bool blocked : 1;    // core was told TRANSPORT_BUSY
    bool deaf : 1;       // the rest of a refused message is skipped
    bool silent : 1;     // nothing may be written any more
    bool ending : 1;     // libwebsockets is closing
    bool deflate : 1;    // permessage-deflate was agreed on
    bool packed : 1;     // the message is compressed
    bool in_frame : 1;   // the next piece is of the same frame
};

// The next size of the allocator's is 160.
_Static_assert(sizeof(struct link) <= 128, "a connection has become larger");

static struct core *core_of(const struct link *link) {
    return link->server->core;
}

static size_t message_limit(const struct link *link) {
    return session_io_message_max(core_of(link), link->session);
}

// --- messages -------------------------------------------------------------

static void free_message(struct link *link) {
    if (link->message) {
        nx_buf_finish(link->message);
        free(link->message);
        link->message = NULL;
    }
}

// Nothing that comes in is looked at any more.
static void reject(struct link *link, uint16_t code, const char *why) {
    link->deaf = true;
    timer_cancel(&link->timer);
    free_message(link);
    session_io_refuse(core_of(link), link->session, code, why);
}

// Its turn has come. False when it is refused, and all behind it.
static bool handle(struct link *link, struct backlog_message *message) {
    struct core *core = core_of(link);
    const char *why;
    uint16_t code = message->packed
            ? inflated_replace(core->packer, message, message_limit(link), &why)
            : 0;
    if (code != 0) {
        reject(link, code, why);
        return false;
    }
    session_io_message(
            core, link->session, message->data, message->len, message->binary);
    return true;
}

// --- messages that wait ---------------------------------------------------

static void drop_backlog(struct link *link) {
    fair_leave(&link->use);
    backlog_destroy(link->backlog);
    link->backlog = NULL;
}

static void set_reading(const struct link *link) {
    lws_rx_flow_control(link->wsi, link->held || link->paused ? 0 : 1);
}

// When the connection ends: its share does not matter any more.
static void handle_backlog(struct link *link) {
    struct backlog_message message;
    while (link->backlog && backlog_next(link->backlog, &message)
            && handle(link, &message)) {
    }
    drop_backlog(link);
}

// Whether some are left. Core may pause the connection in between.
static bool handle_share(struct link *link) {
    struct backlog_message message;
    while (!link->paused && !backlog_empty(link->backlog)
            && fair_take(link->server->fair, &link->use, link->session)
            && backlog_next(link->backlog, &message)) {
        if (!handle(link, &message)) {
            return false;
        }
    }
    return !backlog_empty(link->backlog);
}

// Reading is only stopped here, between two reads: libwebsockets would keep
// what is left of one in a queue of its own.
void ws_serve(struct fair_use *use) {
    struct link *link = nx_container_of(use, struct link, use);
    bool waits = handle_share(link);
    if (!waits) {
        drop_backlog(link);
    } else if (link->paused) {
        fair_leave(&link->use);
    }
    if (waits != link->held && !link->silent) {
        link->held = waits;
        set_reading(link);
    }
}

// --- life -----------------------------------------------------------------

static void refuse(struct link *link, uint16_t code, const char *why) {
    handle_backlog(link);
    reject(link, code, why);
}

static void on_late(void *arg) {
    struct link *link = arg;
    if (link->close_code != 0) {
        server_drop(link->server, link->wsi);
        return;
    }
    // Like silence: the way to the client may be broken, and it may try again.
    refuse(link, CLOSE_HEARTBEAT_TIMEOUT, "a message was not complete in time");
}

static void link_destroy(struct link *link) {
    timer_cancel(&link->timer);
    free_message(link);
    drop_backlog(link);
    free(link->reason);
    free(link);
}

int ws_established(struct server *server, struct lws *wsi) {
    struct link *link = calloc(1, sizeof(*link));
    if (!link) {
        return -1;
    }
    link->server = server;
    link->wsi = wsi;
    timer_init(&link->timer, on_late, link);
    nx_list_init(&link->use.waiting);
    link->session = handshake_open(server, wsi, link);
    if (link->session == 0) {
        link_destroy(link);
        return -1;
    }
    link->deflate = extension_is_on(&server->extension, wsi);
    // Also makes libwebsockets report the beginning of a close: see
    // ws_ending().
    lws_set_wsi_user(wsi, link);
    return 0;
}

// What to tell core: the peer's code, else ours or the one libwebsockets sent
// on its own account (1007).
static uint16_t final_code(const struct link *link) {
    if (link->peer_code != 0) {
        return link->peer_code;
    }
    if (link->close_code != 0) {
        return link->close_code;
    }
    if (lws_get_close_length(link->wsi) >= 2) {
        const unsigned char *payload = lws_get_close_payload(link->wsi);
        return (uint16_t)(payload[0] << 8 | payload[1]);
    }
    return CLOSE_ABNORMAL;
}

void ws_closed(struct link *link) {
    handle_backlog(link);
    lws_set_wsi_user(link->wsi, NULL);
    session_io_closed(core_of(link), link->session, final_code(link));
    link_destroy(link);
}

// --- in -------------------------------------------------------------------

// Of the bytes to keep until the message is whole.
static size_t piece_limit(const struct link *link) {
    size_t limit = message_limit(link);
    return link->packed ? packer_body_max(limit) : limit;
}

// True when the message with this piece, and what its frame still announces,
// is longer than that.
static bool is_longer(const struct link *link, size_t len, size_t limit) {
    size_t have = link->message ? link->message->len : 0;
    size_t rest = have < limit ? limit - have : 0;
    return len > rest || lws_remaining_packet_payload(link->wsi) > rest - len;
}

// Nothing is kept for a frame that lies about its length. What nearly every
// message passes is asked first.
static bool too_long(const struct link *link, size_t len) {
    const struct settings *settings = core_of(link)->settings;
    return is_longer(link, len, (size_t)settings->limits_message_bytes)
            && is_longer(link, len, piece_limit(link));
}

static bool keep_piece(struct link *link, const char *data, size_t len) {
    if (!link->message) {
        link->message = malloc(sizeof(*link->message));
        if (!link->message) {
            return false;
        }
        // See too_long().
        nx_buf_init(link->message, packer_body_max(MESSAGE_BYTES_MAX));
        struct core *core = core_of(link);
        timers_set(&core->timers, &link->timer,
                core->settings->limits_message_timeout * 1000);
    }
    return nx_buf_append(link->message, data, len);
}

static bool keep_for_later(
        struct link *link, const struct backlog_message *message) {
    if (!link->backlog) {
        link->backlog = backlog_create();
    }
    if (!link->backlog || !backlog_add(link->backlog, message)) {
        return false;
    }
    fair_wait(link->server->fair, &link->use);
    session_io_alive(core_of(link), link->session);
    return true;
}

// RSV1 belongs to the first frame of a message alone (RFC 7692, 6.1), and
// libwebsockets lets it pass everywhere once there is an extension.
static bool note_frame(struct link *link) {
    bool rsv1 = lws_get_reserved_bits(link->wsi) != 0;
    bool begins = !link->in_frame;
    link->in_frame = lws_remaining_packet_payload(link->wsi) > 0;
    if (lws_is_first_fragment(link->wsi)) {
        link->packed = rsv1;
        return true;
    }
    return !begins || !rsv1;
}

// libwebsockets could check the text, but would take Pongs for part of it.
static void hand_over(struct link *link, const char *data, size_t len) {
    struct backlog_message message = {.data = data,
            .len = len,
            .binary = lws_frame_is_binary(link->wsi) != 0,
            .packed = link->packed};
    if (!message.packed && !message.binary && !json_text_is_utf8(data, len)) {
        refuse(link, CLOSE_INVALID_UTF8, "the message is not valid UTF-8");
        return;
    }
    if (!link->backlog && !link->paused
            && fair_take(link->server->fair, &link->use, link->session)) {
        (void)handle(link, &message);
        return;
    }
    if (!keep_for_later(link, &message)) {
        refuse(link, CLOSE_OVERLOADED, no_memory);
    }
}

static void deliver(struct link *link) {
    struct nx_buf *message = link->message;
    link->message = NULL;
    timer_cancel(&link->timer);
    hand_over(link, message->data ? message->data : "", message->len);
    nx_buf_finish(message);
    free(message);
}

void ws_received(struct link *link, const char *data, size_t len) {
    if (link->deaf || link->silent) {
        return;
    }
    if (link->deflate && !note_frame(link)) {
        refuse(link, CLOSE_PROTOCOL_ERROR, no_rsv1);
        return;
    }
    bool last = lws_is_final_fragment(link->wsi) != 0;
    if (too_long(link, len)) {
        refuse(link, CLOSE_TOO_LARGE, "the message is too long");
        return;
    }
    if (last && !link->message) {
        hand_over(link, data ? data : "", len);
        return;
    }
    if (!keep_piece(link, data, len)) {
        refuse(link, CLOSE_OVERLOADED, no_memory);
        return;
    }
    if (last) {
        deliver(link);
    } else {
        session_io_alive(core_of(link), link->session);
    }
}

void ws_pong(struct link *link, const void *data, size_t len) {
    if (link->silent) {
        return;
    }
    if (lws_get_reserved_bits(link->wsi) != 0) {
        refuse(link, CLOSE_PROTOCOL_ERROR, no_rsv1);
        return;
    }
    session_io_pong(core_of(link), link->session, data, len);
}

// What is wrong with a Close frame that libwebsockets lets pass, as the code
// to answer it with; 0: nothing.
static uint16_t objection_to(const struct link *link, uint16_t code,
        const unsigned char *payload, size_t len) {
    if (len == 1 || code >= CLOSE_CODES_END
            || lws_get_reserved_bits(link->wsi) != 0) {
        return CLOSE_PROTOCOL_ERROR;
    }
    if (len > 2 && !json_text_is_utf8((const char *)payload + 2, len - 2)) {
        return CLOSE_INVALID_UTF8;
    }
    return 0;
}

int ws_peer_closes(
        struct link *link, const unsigned char *payload, size_t len) {
    link->silent = true;
    link->peer_code = CLOSE_NO_STATUS;
    if (len >= 2) {
        link->peer_code = (uint16_t)(payload[0] << 8 | payload[1]);
    }
    // What lies behind a Close frame is not read any more.
    lws_rx_flow_control(link->wsi, 0);
    uint16_t objection = objection_to(link, link->peer_code, payload, len);
    if (objection == 0) {
        return 0;
    }
    lws_close_reason(link->wsi, objection, NULL, 0);
    return -1;
}

void ws_ending(struct link *link) {
    link->silent = true;
    link->ending = true;
}

// --- out ------------------------------------------------------------------

int ws_writable(struct link *link) {
    if (link->ending) {
        // Once more would cut short the wait for the peer's Close frame.
        return 0;
    }
    if (link->close_code != 0) {
        // Everything written before has left. libwebsockets puts its Close
        // frame behind it, and waits 5 s for the answer.
        size_t len = link->reason ? strlen(link->reason) : 0;
        lws_close_reason(link->wsi, link->close_code,
                (unsigned char *)link->reason, len);
        timer_cancel(&link->timer);
        link->ending = true;
        return -1;
    }
    if (link->blocked) {
        link->blocked = false;
        session_io_writable(core_of(link), link->session);
    }
    return 0;
}

// lws_write() wants a pointer it could write through, and for raw bytes does
// not: kept here, where it can be seen.
static unsigned char *without_const(const unsigned char *bytes) {
    union {
        const unsigned char *in;
        unsigned char *out;
    } pointer = {.in = bytes};
    return pointer.out;
}

enum transport_result ws_write(
        void *ctx, struct link *link, const unsigned char *frames, size_t len) {
    if (link->silent) {
        return TRANSPORT_GONE;
    }
    // Part of an earlier write waits inside libwebsockets. Whatever was given
    // to it now would be queued without a limit.
    if (lws_partial_buffered(link->wsi)) {
        link->blocked = true;
        lws_callback_on_writable(link->wsi);
        return TRANSPORT_BUSY;
    }
    // Raw: the bytes are frames already. Anything but raw outside a WRITEABLE
    // callback breaks the stream when the socket is full.
    if (lws_write(link->wsi, without_const(frames), len, LWS_WRITE_RAW) < 0) {
        link->silent = true;
        server_drop(link->server, link->wsi);
        return TRANSPORT_GONE;
    }
    return TRANSPORT_TAKEN;
}

void ws_close(
        void *ctx, struct link *link, uint16_t code, struct nx_str reason) {
    if (link->close_code != 0 || link->silent) {
        return;
    }
    link->close_code = code;
    link->silent = true;
    size_t len = reason.len < REASON_MAX ? reason.len : REASON_MAX;
    link->reason = len > 0 ? strndup(reason.ptr, len) : NULL;
    free_message(link);
    drop_backlog(link);
    timers_set(&core_of(link)->timers, &link->timer, CLOSE_MS);
    // A paused connection would never see the peer's answer.
    lws_rx_flow_control(link->wsi, 1);
    lws_callback_on_writable(link->wsi);
}

void ws_pause(void *ctx, struct link *link, bool paused) {
    link->paused = paused;
    if (!paused && link->backlog) {
        fair_wait(link->server->fair, &link->use);
    }
    if (!link->silent) {
        set_reading(link);
    }
}
