#include "kernel/core/writer.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/util/buf.h>
#include <nexus/util/list.h>

#include "kernel/base/random.h"
#include "kernel/core/json_doc.h"
#include "kernel/core/json_text.h"
#include "kernel/core/json_view.h"

#define EVENT_ID_RANDOM_BYTES 4
#define HEX_DIGITS_MAX        16

struct nx_writer {
    struct nx_list link; // struct writers::open or idle
    struct writers *ws;
    uint64_t serial; // counts the writers lent before
    struct nx_buf buf;
    enum nx_err status; // STATE while idle
    unsigned depth;     // open brackets, 1 while only the object itself is
    uint64_t arrays;    // bit n: the bracket at depth n + 1 is an array's
    bool comma;         // the next member or item needs one before it
};

struct writers {
    struct clock *clock;
    size_t max_bytes;
    struct nx_list open; // struct nx_writer::link, in the order of serials
    struct nx_list idle; // struct nx_writer::link
    struct nx_list docs; // struct json_doc::link, the one added last first
    size_t open_count;
    uint64_t lent;     // ever
    uint64_t event_id; // last one given out
    char event_id_prefix[2 * EVENT_ID_RANDOM_BYTES + 1];
};

static struct nx_writer *writer_of(struct nx_list *link) {
    return nx_container_of(link, struct nx_writer, link);
}

// ---- pool ----

struct writers *writers_create(struct clock *clock, size_t max_bytes) {
    struct writers *ws = calloc(1, sizeof(*ws));
    if (!ws) {
        return NULL;
    }
    ws->clock = clock;
    ws->max_bytes = max_bytes;
    nx_list_init(&ws->open);
    nx_list_init(&ws->idle);
    nx_list_init(&ws->docs);
    random_hex(ws->event_id_prefix, EVENT_ID_RANDOM_BYTES);
    return ws;
}

void writers_destroy(struct writers *ws) {
    if (!ws) {
        return;
    }
    (void)writers_reap(ws, 0);
    for (struct nx_list *link = nx_list_take_first(&ws->idle); link;
            link = nx_list_take_first(&ws->idle)) {
        struct nx_writer *w = writer_of(link);
        nx_buf_finish(&w->buf);
        free(w);
    }
    // They belong to others and stay; only the list goes.
    while (nx_list_take_first(&ws->docs)) {
    }
    free(ws);
}

void writers_add_doc(struct writers *ws, struct json_doc *doc) {
    nx_list_remove(&doc->link);
    nx_list_prepend(&ws->docs, &doc->link);
}

static struct nx_str find_span(
        struct writers *ws, const struct nx_json *value) {
    struct nx_str span = {NULL, 0};
    nx_list_for_each (link, &ws->docs) {
        struct json_doc *doc = nx_container_of(link, struct json_doc, link);
        span = json_doc_span(doc, value);
        if (span.ptr) {
            break;
        }
    }
    return span;
}

struct nx_str writers_raw(struct writers *ws, const struct nx_json *value) {
    struct nx_str raw = find_span(ws, value);
    if (!raw.ptr && !nx_list_empty(&ws->docs)) {
        raw = json_doc_raw(
                nx_container_of(ws->docs.next, struct json_doc, link), value);
    }
    return raw;
}

size_t writers_open_count(const struct writers *ws) {
    return ws->open_count;
}

uint64_t writers_mark(const struct writers *ws) {
    return ws->lent;
}

size_t writers_reap(struct writers *ws, uint64_t mark) {
    size_t reaped = 0;
    while (!nx_list_empty(&ws->open)
            && writer_of(ws->open.prev)->serial > mark) {
        writer_discard(writer_of(ws->open.prev));
        reaped++;
    }
    return reaped;
}

static struct nx_writer *make_writer(struct writers *ws) {
    struct nx_writer *w = calloc(1, sizeof(*w));
    if (w) {
        w->ws = ws;
        nx_list_init(&w->link);
        nx_buf_init(&w->buf, ws->max_bytes);
    }
    return w;
}

// Takes note of how an append went. There is always room left to close what
// is open, so that the text never fails later than the last put.
static bool settle(struct nx_writer *w, enum nx_err err) {
    if (err == NX_OK && w->buf.max - w->buf.len < w->depth) {
        err = NX_ERR_TOO_LARGE;
    }
    w->status = err;
    return err == NX_OK;
}

// Lends a writer with an open object in it, unless limit are open already.
static struct nx_writer *lend(struct writers *ws, size_t limit) {
    if (ws->open_count >= limit) {
        return NULL;
    }
    struct nx_list *link = nx_list_take_first(&ws->idle);
    struct nx_writer *w = link ? writer_of(link) : make_writer(ws);
    if (!w) {
        return NULL;
    }
    nx_list_append(&ws->open, &w->link);
    ws->open_count++;
    w->serial = ++ws->lent;
    w->depth = 1;
    w->arrays = 0;
    w->comma = false;
    (void)settle(w, json_text_append(&w->buf, "{", 1));
    return w;
}

void writer_discard(struct nx_writer *w) {
    if (!w || w->status == NX_ERR_STATE) {
        return;
    }
    w->status = NX_ERR_STATE;
    nx_buf_clear(&w->buf);
    nx_buf_shrink(&w->buf, WRITERS_KEEP_BYTES);
    nx_list_remove(&w->link);
    nx_list_prepend(&w->ws->idle, &w->link);
    w->ws->open_count--;
}

// ---- events ----

static struct nx_str event_id(
        struct writers *ws, char out[WRITER_EVENT_ID_SIZE]) {
    static const char digits[] = "0123456789abcdef";
    char hex[HEX_DIGITS_MAX];
    size_t first = sizeof(hex);
    for (uint64_t n = ++ws->event_id; n > 0; n >>= 4) {
        hex[--first] = digits[n & 0xf];
    }
    size_t len = sizeof(ws->event_id_prefix) - 1;
    memcpy(out, ws->event_id_prefix, len);
    out[len++] = '-';
    memcpy(out + len, hex + first, sizeof(hex) - first);
    return (struct nx_str){out, len + sizeof(hex) - first};
}

static void put_event_head(
        struct nx_writer *w, struct nx_str type, struct nx_str user) {
    if (!w) {
        return;
    }
    char id[WRITER_EVENT_ID_SIZE];
    if (!type.ptr) {
        writer_fail(w, NX_ERR_INVALID);
    }
    writer_put_str(w, "event_type", type);
    writer_put_str(w, "event_id", event_id(w->ws, id));
    writer_put_cstr(w, "timestamp", clock_timestamp(w->ws->clock));
    writer_put_str(w, "user_id", user);
}

struct nx_writer *writer_object(struct writers *ws) {
    return lend(ws, WRITERS_OPEN_MAX);
}

struct nx_writer *writer_event(
        struct writers *ws, const char *type, struct nx_str user) {
    struct nx_writer *w = lend(ws, WRITERS_OPEN_MAX);
    struct nx_str text = {type, type ? strlen(type) : 0};
    put_event_head(w, text, user);
    return w;
}

struct nx_writer *writer_answer(struct writers *ws, struct nx_str type) {
    struct nx_writer *w = lend(ws, WRITERS_OPEN_MAX + WRITERS_RESERVE);
    if (type.ptr) {
        put_event_head(w, type, (struct nx_str){NULL, 0});
    }
    return w;
}

// ---- writing ----

static bool in_array(const struct nx_writer *w) {
    return (w->arrays >> (w->depth - 1) & 1) != 0;
}

static enum nx_err append_key(struct nx_buf *buf, const char *key) {
    enum nx_err err = json_text_str(buf, key, strlen(key));
    return err == NX_OK ? json_text_append(buf, ":", 1) : err;
}

// Writes what comes before a value. False when there shall be none.
static bool begin_value(struct nx_writer *w, const char *key) {
    if (!w || w->status != NX_OK) {
        return false;
    }
    if (in_array(w) != !key) {
        return settle(w, NX_ERR_INVALID);
    }
    enum nx_err err = NX_OK;
    if (w->comma) {
        err = json_text_append(&w->buf, ",", 1);
    }
    if (err == NX_OK && key) {
        err = append_key(&w->buf, key);
    }
    w->comma = true;
    return settle(w, err);
}

// Text of the writer itself would move while it is appended.
static bool is_own_text(const struct nx_writer *w, const char *ptr) {
    return w && (uintptr_t)ptr - (uintptr_t)w->buf.data <= w->buf.cap;
}

static void put_text(struct nx_writer *w, const char *key, const char *text) {
    if (begin_value(w, key)) {
        (void)settle(w, json_text_append(&w->buf, text, strlen(text)));
    }
}

void writer_put_str(struct nx_writer *w, const char *key, struct nx_str value) {
    if (!value.ptr && value.len == 0) {
        return;
    }
    if (!value.ptr || is_own_text(w, value.ptr)) {
        writer_fail(w, NX_ERR_INVALID);
    }
    if (begin_value(w, key)) {
        (void)settle(w, json_text_str(&w->buf, value.ptr, value.len));
    }
}

void writer_put_cstr(struct nx_writer *w, const char *key, const char *value) {
    struct nx_str text = {value, value ? strlen(value) : 0};
    writer_put_str(w, key, text);
}

void writer_put_i64(struct nx_writer *w, const char *key, int64_t value) {
    if (begin_value(w, key)) {
        (void)settle(w, json_text_i64(&w->buf, value));
    }
}

void writer_put_u64(struct nx_writer *w, const char *key, uint64_t value) {
    if (begin_value(w, key)) {
        (void)settle(w, json_text_u64(&w->buf, value));
    }
}

void writer_put_f64(struct nx_writer *w, const char *key, double value) {
    if (begin_value(w, key)) {
        (void)settle(w, json_text_f64(&w->buf, value));
    }
}

void writer_put_bool(struct nx_writer *w, const char *key, int32_t value) {
    put_text(w, key, value ? "true" : "false");
}

void writer_put_null(struct nx_writer *w, const char *key) {
    put_text(w, key, "null");
}

void writer_put_json(
        struct nx_writer *w, const char *key, const struct nx_json *value) {
    if (!value || !begin_value(w, key)) {
        return;
    }
    struct nx_str span = find_span(w->ws, value);
    (void)settle(w,
            span.ptr ? json_text_append(&w->buf, span.ptr, span.len)
                     : json_text_value(&w->buf, value));
}

void writer_put_raw(struct nx_writer *w, const char *key, struct nx_str json) {
    if (!json.ptr && json.len == 0) {
        return;
    }
    if (!json.ptr || json.len == 0 || is_own_text(w, json.ptr)) {
        writer_fail(w, NX_ERR_INVALID);
    }
    if (begin_value(w, key)) {
        (void)settle(w, json_text_append(&w->buf, json.ptr, json.len));
    }
}

static bool is_listed(const char *const *list, const char *key) {
    while (list && *list && strcmp(*list, key) != 0) {
        list++;
    }
    return list && *list;
}

struct copy {
    struct nx_writer *w;
    const char *const *except;
};

static int32_t copy_member(
        void *user, struct nx_str key, const struct nx_json *value) {
    const struct copy *copy = user;
    if (!is_listed(copy->except, key.ptr)) {
        writer_put_json(copy->w, key.ptr, value);
    }
    return copy->w->status != NX_OK;
}

void writer_put_members(struct nx_writer *w, const struct nx_json *object,
        const char *const *except) {
    if (w && json_view_kind(object) == NX_JSON_OBJECT) {
        struct copy copy = {w, except};
        json_view_each(object, copy_member, &copy);
    }
}

void writer_put_writer(struct nx_writer *w, struct nx_writer *from) {
    if (!w || w->status != NX_OK || !from) {
        return;
    }
    struct nx_str text = writer_text(from);
    if (!text.ptr || from == w || in_array(w)) {
        writer_fail(w, text.ptr ? NX_ERR_INVALID : writer_status(from));
        return;
    }
    if (text.len == 2) {
        return; // "{}"
    }
    enum nx_err err = NX_OK;
    if (w->comma) {
        err = json_text_append(&w->buf, ",", 1);
    }
    if (err == NX_OK) {
        err = json_text_append(&w->buf, text.ptr + 1, text.len - 2);
    }
    w->comma = true;
    (void)settle(w, err);
}

static void begin(struct nx_writer *w, const char *key, bool array) {
    if (!begin_value(w, key)) {
        return;
    }
    if (w->depth == WRITER_DEPTH_MAX) {
        w->status = NX_ERR_INVALID;
        return;
    }
    uint64_t bit = UINT64_C(1) << w->depth;
    w->arrays = array ? w->arrays | bit : w->arrays & ~bit;
    w->depth++;
    w->comma = false;
    (void)settle(w, json_text_append(&w->buf, array ? "[" : "{", 1));
}

void writer_begin_object(struct nx_writer *w, const char *key) {
    begin(w, key, false);
}

void writer_begin_array(struct nx_writer *w, const char *key) {
    begin(w, key, true);
}

void writer_end(struct nx_writer *w) {
    if (!w || w->status != NX_OK) {
        return;
    }
    if (w->depth == 1) {
        w->status = NX_ERR_INVALID; // The object itself is the text's to end.
        return;
    }
    enum nx_err err = json_text_append(&w->buf, in_array(w) ? "]" : "}", 1);
    w->depth--;
    w->comma = true;
    (void)settle(w, err);
}

struct nx_str writer_text(struct nx_writer *w) {
    const struct nx_str absent = {NULL, 0};
    if (!w || w->status != NX_OK) {
        return absent;
    }
    size_t len = w->buf.len;
    char *out = nx_buf_reserve(&w->buf, w->depth);
    if (!out) {
        w->status = NX_ERR_NO_MEMORY;
        return absent;
    }
    for (unsigned level = w->depth; level > 0; level--) {
        *out++ = (w->arrays >> (level - 1) & 1) != 0 ? ']' : '}';
    }
    *out = '\0';
    return (struct nx_str){w->buf.data, len + w->depth};
}

enum nx_err writer_status(const struct nx_writer *w) {
    return w ? w->status : NX_ERR_STATE;
}

void writer_fail(struct nx_writer *w, enum nx_err status) {
    if (w && w->status == NX_OK) {
        w->status = status;
    }
}
