#include "kernel/core/admin_out.h"

#include <assert.h>
#include <string.h>

#define KEEP_BYTES 4096u // while nothing waits

void admin_out_init(struct admin_out *out, size_t max_bytes,
        void (*ready)(void *ctx), void *ctx) {
    memset(out, 0, sizeof(*out));
    nx_buf_init(&out->buf, max_bytes);
    out->ready = ready;
    out->ctx = ctx;
}

void admin_out_finish(struct admin_out *out) {
    nx_buf_finish(&out->buf);
}

size_t admin_out_max(const struct admin_out *out) {
    return out->buf.max - 2; // the end of the line, and a NUL
}

// Forgets what was sent.
static void compact(struct admin_out *out) {
    struct nx_buf *buf = &out->buf;
    if (out->sent > 0) {
        buf->len -= out->sent;
        memmove(buf->data, buf->data + out->sent, buf->len);
        buf->data[buf->len] = '\0';
        out->sent = 0;
    }
}

// Undoes what was appended since the line began.
static void take_back(struct admin_out *out) {
    struct nx_buf *buf = &out->buf;
    buf->len = out->line;
    buf->failed = false;
    if (buf->data) {
        buf->data[buf->len] = '\0';
    }
}

struct nx_buf *admin_out_begin(struct admin_out *out, size_t room) {
    struct nx_buf *buf = &out->buf;
    size_t most = admin_out_max(out);
    if (room > most || buf->len - out->sent > most - room) {
        return NULL;
    }
    if (buf->len > most - room) {
        compact(out);
    }
    out->line = buf->len;
    return buf;
}

bool admin_out_end(struct admin_out *out) {
    if (!nx_buf_append_char(&out->buf, '\n')) {
        take_back(out);
        return false;
    }
    out->ready(out->ctx);
    return true;
}

struct nx_str admin_out_waiting(const struct admin_out *out) {
    struct nx_str waiting = {NULL, out->buf.len - out->sent};
    if (waiting.len > 0) {
        waiting.ptr = out->buf.data + out->sent;
    }
    return waiting;
}

void admin_out_sent(struct admin_out *out, size_t len) {
    assert(len <= out->buf.len - out->sent);
    out->sent += len;
    if (out->sent == out->buf.len) {
        out->sent = 0;
        nx_buf_clear(&out->buf);
        nx_buf_shrink(&out->buf, KEEP_BYTES);
    }
}
