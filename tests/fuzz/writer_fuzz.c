/*
 * writer_fuzz - any sequence of calls on a writer, in any order.
 *
 * The first two bytes choose the ceiling; then each byte is a call, followed
 * by its key and its value. What the writer shows must be JSON below the
 * ceiling, and after a failure it must show nothing.
 */
#include <assert.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "kernel/core/json_doc.h"
#include "kernel/core/json_view.h"
#include "kernel/core/writer.h"
#include "tests/fuzz/input.h"

#define TEXT_MAX 40

static struct clock fuzz_clock;
static struct json_doc doc;

// Any bytes.
static struct nx_str next_text(struct input *in) {
    return input_text(in, input_below(in, TEXT_MAX));
}

// NULL one time in four.
static const char *next_key(struct input *in, char out[TEXT_MAX]) {
    uint8_t first = input_byte(in);
    size_t len = first / 4 % (TEXT_MAX - 1);
    input_bytes(in, out, len);
    out[len] = '\0';
    return first % 4 == 0 ? NULL : out;
}

static void put_number(
        struct nx_writer *w, const char *key, struct input *in, uint8_t kind) {
    uint64_t bits = 0;
    double value = 0;
    input_bytes(in, &bits, sizeof(bits));
    memcpy(&value, &bits, sizeof(value));
    if (kind == 0) {
        writer_put_f64(w, key, value);
    } else if (kind == 1) {
        writer_put_i64(w, key, (int64_t)bits);
    } else {
        writer_put_u64(w, key, bits);
    }
}

static void put_value(
        struct nx_writer *w, const char *key, struct input *in, uint8_t kind) {
    static const char *const raws[] = {"1", "\"x\"", "[ ]", "{\"a\":null}"};
    const char *raw = raws[input_byte(in) % 4];
    const struct nx_json *root = json_doc_root(&doc);
    const struct nx_json *value = json_view_get(root, kind % 2 ? "a" : "b");
    switch (kind) {
    case 0:
        writer_put_str(w, key, next_text(in));
        return;
    case 1:
        writer_put_raw(w, key, (struct nx_str){raw, strlen(raw)});
        return;
    case 2:
    case 3:
        writer_put_json(w, key, value);
        return;
    case 4:
        writer_put_json(w, key, json_view_at(value, 1));
        return;
    case 5:
        writer_put_members(w, root, NULL);
        return;
    default:
        writer_put_bool(w, key, kind & 1);
        return;
    }
}

static void call(
        struct nx_writer *w, struct nx_writer *other, struct input *in) {
    char buffer[TEXT_MAX];
    uint8_t what = input_byte(in);
    const char *key = next_key(in, buffer);
    switch (what % 8) {
    case 0:
        put_number(w, key, in, what / 8 % 3);
        return;
    case 1:
    case 2:
        put_value(w, key, in, what / 8 % 8);
        return;
    case 3:
        writer_begin_object(w, key);
        return;
    case 4:
        writer_begin_array(w, key);
        return;
    case 5:
    case 6:
        writer_end(w);
        return;
    default:
        writer_put_writer(w, other);
        return;
    }
}

static void expect_json(struct nx_writer *w, size_t max) {
    struct nx_str text = writer_text(w);
    enum nx_err status = writer_status(w);
    if (status != NX_OK) {
        assert(status == NX_ERR_INVALID || status == NX_ERR_TOO_LARGE);
        assert(!text.ptr && text.len == 0);
        return;
    }
    assert(text.len <= max && strlen(text.ptr) == text.len);
    // Numbers above INT64_MAX are JSON too.
    json_t *value = json_loadb(
            text.ptr, text.len, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
    assert(json_is_object(value));
    json_decref(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char message[] =
            "{\"a\": [ 1 , {\"x\":0.5} ] ,\"b\":\"\\u00e4\" }";
    struct input in = {data, size};
    size_t max = input_byte(&in);
    max = max << 8 | input_byte(&in);
    clock_init_fake(&fuzz_clock, 0);
    json_doc_init(&doc);
    struct writers *ws = writers_create(&fuzz_clock, max);
    assert(ws);
    enum nx_err err = json_doc_parse(&doc, message, strlen(message), 8);
    assert(err == NX_OK);
    if (max % 2 == 0) {
        writers_add_doc(ws, &doc);
    }
    struct nx_writer *writers[2] = {
            writer_object(ws),
            writer_event(ws, "t", (struct nx_str){"u", 1}),
    };
    for (unsigned n = 0; in.left > 0; n++) {
        uint8_t which = input_byte(&in) % 8 == 0;
        call(writers[which], writers[!which], &in);
        expect_json(writers[which], max);
    }
    assert(writers_open_count(ws) == 2);
    json_doc_finish(&doc);
    writers_destroy(ws);
    return 0;
}
