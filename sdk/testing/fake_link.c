#include "fake_link.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_parts.h"
#include "kernel/core/core.h"
#include "kernel/core/session_io.h"

#define PING_MAX 125

// Opcodes of RFC 6455.
#define OPCODE_TEXT 1
#define OPCODE_PING 9

struct ping {
    struct nx_list node; // struct link::pings
    size_t len;
    unsigned char data[PING_MAX];
};

// ---- what the server does to it ----

static void take_text(
        struct link *link, const unsigned char *body, size_t len) {
    struct fake_event *event = fake_event_create((const char *)body, len);
    nx_list_append(&link->unread, &event->link);
    link->sent++;
}

static void take_ping(
        struct link *link, const unsigned char *body, size_t len) {
    struct ping *ping = fake_alloc(sizeof(*ping));
    ping->len = len < PING_MAX ? len : PING_MAX;
    memcpy(ping->data, body, ping->len);
    nx_list_init(&ping->node);
    nx_list_append(&link->pings, &ping->node);
    link->ping_count++;
}

static size_t read_number(const unsigned char *bytes, size_t count) {
    size_t number = 0;
    for (size_t i = 0; i < count; i++) {
        number = number << 8 | bytes[i];
    }
    return number;
}

// Takes one frame off; returns its length, 0 when it is none that a server
// may send whole: unmasked, final, complete.
static size_t take_frame(
        struct link *link, const unsigned char *frame, size_t len) {
    if (len < 2 || (frame[0] & 0xf0) != 0x80 || (frame[1] & 0x80) != 0) {
        return 0;
    }
    size_t size = frame[1];
    size_t extra = size == 127 ? 8 : (size == 126 ? 2 : 0);
    size_t header = 2 + extra;
    if (len < header) {
        return 0;
    }
    if (extra > 0) {
        size = read_number(frame + 2, extra);
    }
    if (size > len - header) {
        return 0;
    }
    unsigned opcode = frame[0] & 0x0f;
    if (opcode == OPCODE_TEXT) {
        take_text(link, frame + header, size);
    } else if (opcode == OPCODE_PING) {
        take_ping(link, frame + header, size);
    }
    return header + size;
}

static enum transport_result write_frames(
        void *ctx, struct link *link, const unsigned char *frames, size_t len) {
    (void)ctx;
    if (link->code != 0) {
        return TRANSPORT_GONE;
    }
    if (link->full) {
        return TRANSPORT_BUSY;
    }
    link->writes++;
    while (len > 0) {
        size_t taken = take_frame(link, frames, len);
        if (taken == 0) {
            (void)fputs("fake_host: the server wrote a broken frame\n", stderr);
            abort();
        }
        frames += taken;
        len -= taken;
    }
    return TRANSPORT_TAKEN;
}

void fake_link_end(struct link *link, uint16_t code, struct nx_str reason) {
    if (link->code != 0) {
        return;
    }
    size_t len = reason.len < FAKE_LINK_REASON_SIZE ? reason.len
                                                    : FAKE_LINK_REASON_SIZE - 1;
    link->code = code;
    if (len > 0) {
        memcpy(link->reason, reason.ptr, len);
    }
}

static void close_link(
        void *ctx, struct link *link, uint16_t code, struct nx_str reason) {
    (void)ctx;
    fake_link_end(link, code, reason);
}

// Reading again changes nothing here: tests send what they want.
static void pause_link(void *ctx, struct link *link, bool paused) {
    (void)ctx;
    (void)link;
    (void)paused;
}

static void respond(void *ctx, struct http_link *link,
        const struct http_response *response) {
    (void)ctx;
    fake_http_respond(link, response);
}

static void wake(void *ctx) {
    struct fake_host *host = ctx;
    (void)pthread_mutex_lock(&host->mutex);
    host->woken = true;
    (void)pthread_cond_signal(&host->wake);
    (void)pthread_mutex_unlock(&host->mutex);
}

const struct transport_ops fake_transport_ops = {
        .write = write_frames,
        .close = close_link,
        .pause = pause_link,
        .respond = respond,
        .wake = wake,
};

// ---- what happens on the wire ----

static bool answer_pings(struct link *link) {
    bool answered = false;
    struct nx_list *node;
    while (!link->hold_pongs && link->code == 0
            && (node = nx_list_take_first(&link->pings)) != NULL) {
        struct ping *ping = nx_container_of(node, struct ping, node);
        session_io_pong(link->host->core, link->session, ping->data, ping->len);
        free(ping);
        answered = true;
    }
    return answered;
}

static bool run_link(struct link *link) {
    struct core *core = link->host->core;
    if (link->closed) {
        return false;
    }
    if (link->code != 0) {
        link->closed = true;
        session_io_closed(core, link->session, link->code);
        return true;
    }
    bool worked = link->writable;
    if (link->writable) {
        link->writable = false;
        session_io_writable(core, link->session);
    }
    return answer_pings(link) || worked;
}

bool fake_clients_run(struct fake_host *host) {
    bool worked = false;
    nx_list_for_each (node, &host->links) {
        worked |= run_link(nx_container_of(node, struct link, node));
    }
    return worked;
}

void fake_clients_break(struct fake_host *host) {
    struct nx_str none = {NULL, 0};
    nx_list_for_each (node, &host->links) {
        fake_link_end(nx_container_of(node, struct link, node),
                FAKE_LINK_BROKEN, none);
    }
    (void)fake_clients_run(host);
}

void fake_clients_lose(struct fake_host *host) {
    struct nx_str none = {NULL, 0};
    nx_list_for_each (node, &host->links) {
        struct link *link = nx_container_of(node, struct link, node);
        fake_link_end(link, FAKE_LINK_BROKEN, none);
        link->closed = true;
    }
}

struct link *fake_link_create(struct fake_host *host) {
    struct link *link = fake_alloc(sizeof(*link));
    link->host = host;
    nx_list_init(&link->node);
    nx_list_init(&link->unread);
    nx_list_init(&link->read);
    nx_list_init(&link->pings);
    nx_list_append(&host->links, &link->node);
    return link;
}

void fake_link_destroy(struct link *link) {
    struct nx_list *node;
    while ((node = nx_list_take_first(&link->pings)) != NULL) {
        free(nx_container_of(node, struct ping, node));
    }
    fake_events_destroy(&link->unread);
    fake_events_destroy(&link->read);
    nx_list_remove(&link->node);
    free(link);
}

void fake_clients_finish(struct fake_host *host) {
    struct nx_list *node;
    while ((node = nx_list_take_first(&host->links)) != NULL) {
        fake_link_destroy(nx_container_of(node, struct link, node));
    }
}
