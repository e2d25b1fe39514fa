/*
 * envelope_fuzz - a message as a client may send it, through everything that
 * reads it and copies from it.
 *
 * The first byte chooses options, the rest is the message.
 */
#include <assert.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "kernel/core/envelope.h"
#include "kernel/core/json_text.h"
#include "kernel/core/json_view.h"
#include "tests/fuzz/input.h"

#define DEPTH         16
#define MAX_BYTES     ((size_t)1 << 20)

#define OPTION_STRICT 1
#define OPTION_COPY   2

static struct writers *ws;
static struct json_doc doc;

static const struct nx_field list[] = {
        {"a", NX_JSON_STRING | NX_JSON_ARRAY, NX_FIELD_NAME, 1, 8},
        {"b", NX_JSON_INT | NX_JSON_FLOAT, NX_FIELD_REQUIRED, -5, 5},
        {"c", NX_JSON_OBJECT | NX_JSON_NULL, 0, 0, 2},
        {NULL, 0, 0, 0, 0},
};

static json_t *parsed(struct nx_str text) {
    assert(text.ptr);
    json_t *value = json_loadb(
            text.ptr, text.len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    assert(value);
    return value;
}

static void expect_equal(struct nx_str text, const json_t *expected) {
    json_t *value = parsed(text);
    assert(json_equal(value, expected));
    json_decref(value);
}

// Takes the writer; what it wrote must be JSON.
static void expect_written(struct nx_writer *w, const json_t *expected) {
    assert(w);
    if (writer_status(w) == NX_OK) {
        json_t *value = parsed(writer_text(w));
        assert(!expected || json_equal(value, expected));
        json_decref(value);
    } else {
        assert(!writer_text(w).ptr);
        assert(writer_status(w) == NX_ERR_TOO_LARGE);
    }
    writer_discard(w);
}

static void expect_copies(const json_t *expected) {
    const struct nx_json *root = json_doc_root(&doc);
    expect_equal(json_doc_raw(&doc, root), expected);
    struct nx_buf buf;
    nx_buf_init(&buf, MAX_BYTES);
    if (json_text_value(&buf, root) == NX_OK) {
        expect_equal((struct nx_str){buf.data, buf.len}, expected);
    }
    nx_buf_finish(&buf);
    if (json_is_object(expected)) {
        struct nx_writer *w = writer_object(ws);
        writer_put_members(w, root, NULL);
        expect_written(w, expected);
    }
}

static int32_t expect_span(
        void *user, struct nx_str key, const struct nx_json *value) {
    const char *start = json_doc_raw(&doc, json_doc_root(&doc)).ptr;
    struct nx_str span = json_doc_span(&doc, value);
    assert(key.ptr && json_view_get(user, key.ptr) == value);
    assert(span.ptr > start && span.ptr < start + MAX_BYTES && span.len > 0);
    json_t *again = parsed(span);
    json_decref(again);
    return 0;
}

static void read_and_answer(bool strict) {
    const struct nx_json *root = json_doc_root(&doc);
    struct envelope envelope;
    struct fields_report report;
    const struct nx_str user = {"alice", 5};
    struct envelope_failure failure = {0};
    failure.status = envelope_read(&doc, &envelope);
    if (failure.status != NX_OK) {
        failure.field = envelope.field;
        failure.message =
                (struct nx_str){envelope.reason, strlen(envelope.reason)};
    } else {
        failure.status = fields_check(root, list, user, strict, &report);
        failure.field = report.field;
        failure.message = (struct nx_str){report.reason, strlen(report.reason)};
        assert((failure.status == NX_OK) == (report.reason[0] == '\0'));
    }
    failure.in_reply_to = envelope.type;
    failure.ref = envelope.ref;
    if (failure.status != NX_OK) {
        expect_written(envelope_error(ws, &failure), NULL);
        return;
    }
    struct nx_writer *result = writer_object(ws);
    writer_put_json(result, "result", json_view_get(root, "a"));
    expect_written(
            envelope_ack(ws, envelope.ref, &report.unknown, result), NULL);
    expect_written(envelope_result(ws, envelope.type, result), NULL);
    writer_discard(result);
}

// NOLINTNEXTLINE(misc-no-recursion): left ends it.
static bool is_too_deep(json_t *value, unsigned left) {
    if (!json_is_array(value) && !json_is_object(value)) {
        return false;
    }
    bool deep = left == 0;
    for (size_t i = 0; !deep && i < json_array_size(value); i++) {
        deep = is_too_deep(json_array_get(value, i), left - 1);
    }
    for (void *m = json_object_iter(value); !deep && m;
            m = json_object_iter_next(value, m)) {
        deep = is_too_deep(json_object_iter_value(m), left - 1);
    }
    return deep;
}

static void expect_reason(enum nx_err err, json_t *expected) {
    const char *reason = json_doc_reason(&doc);
    assert(!json_doc_root(&doc) && reason[0] != '\0');
    assert(json_text_is_utf8(reason, strlen(reason)));
    if (err == NX_ERR_TOO_DEEP) {
        assert(!expected || is_too_deep(expected, DEPTH));
    } else {
        assert(err == NX_ERR_BAD_JSON && !expected);
    }
}

static struct clock fuzz_clock;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    if (!ws) {
        clock_init_fake(&fuzz_clock, 0);
        ws = writers_create(&fuzz_clock, MAX_BYTES);
        json_doc_init(&doc);
    }
    const char *text = (const char *)data + 1;
    json_t *expected = json_loadb(
            text, size - 1, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    enum nx_err err = (data[0] & OPTION_COPY) != 0
            ? json_doc_parse_copy(&doc, text, size - 1, DEPTH)
            : json_doc_parse(&doc, text, size - 1, DEPTH);
    if (err == NX_OK) {
        assert(expected && !is_too_deep(expected, DEPTH));
        if (json_is_object(expected)) {
            assert(doc.span_count == json_object_size(expected));
        }
        expect_copies(expected); // Written again,
        writers_add_doc(ws, &doc);
        expect_copies(expected); // then copied.
        if (json_is_object(expected)) {
            json_view_each(json_doc_root(&doc), expect_span, doc.root);
        }
        read_and_answer((data[0] & OPTION_STRICT) != 0);
    } else {
        expect_reason(err, expected);
    }
    json_decref(expected);
    json_doc_clear(&doc);
    assert(writers_open_count(ws) == 0);
    return 0;
}
