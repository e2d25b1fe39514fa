/*
 * raw_head_fuzz - the reader of request heads: the first byte says in how
 * many pieces the rest arrives.
 */
#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include <nexus/util/buf.h>

#include "kernel/net/raw_head.h"
#include "tests/fuzz/input.h"

#define BYTES_MAX ((size_t)1 << 20)

// The same end is found whatever the pieces.
static enum raw_head_state find(
        const char *text, size_t len, size_t piece, size_t *end) {
    enum raw_head_state state = RAW_HEAD_PARTIAL;
    size_t seen = 0;
    while (state == RAW_HEAD_PARTIAL && seen < len) {
        size_t now = len - seen < piece ? len : seen + piece;
        state = raw_head_find(text, now, seen, end);
        seen = now;
    }
    return state;
}

// What was rewritten is whole, and rewritten again it stays as it is.
static void check_stable(const struct nx_buf *once, bool upgrade) {
    struct nx_buf twice;
    size_t end = 0;
    bool upgrade_too;
    nx_buf_init(&twice, BYTES_MAX);
    assert(raw_head_find(once->data, once->len, 0, &end) == RAW_HEAD_WHOLE);
    assert(end == once->len);
    assert(raw_head_rewrite(once->data, once->len, &twice, &upgrade_too).status
            == 0);
    assert(upgrade_too == upgrade);
    assert(twice.len == once->len);
    assert(memcmp(twice.data, once->data, once->len) == 0);
    nx_buf_finish(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    size_t piece = (size_t)input_byte(&in) + 1;
    struct nx_str text = input_text(&in, size);
    size_t end = 0;
    size_t end_at_once = 0;
    struct nx_buf out;
    bool upgrade;
    if (text.len == 0) {
        return 0;
    }
    enum raw_head_state state = find(text.ptr, text.len, piece, &end);
    enum raw_head_state at_once =
            raw_head_find(text.ptr, text.len, 0, &end_at_once);
    assert((state == RAW_HEAD_WHOLE) == (at_once == RAW_HEAD_WHOLE));
    assert(end == end_at_once && end <= text.len);
    nx_buf_init(&out, BYTES_MAX);
    if (state == RAW_HEAD_WHOLE) {
        struct refusal refusal =
                raw_head_rewrite(text.ptr, end, &out, &upgrade);
        assert(refusal.status == 0 || refusal.detail);
        assert(refusal.status != 0 || out.len <= end + RAW_HEAD_GROWTH);
        if (refusal.status == 0) {
            check_stable(&out, upgrade);
        }
    } else {
        assert(raw_head_excess(text.ptr, text.len).status > 400);
    }
    if (state == RAW_HEAD_WRONG) {
        assert(raw_head_objection(text.ptr, text.len).status == 400);
    }
    nx_buf_finish(&out);
    return 0;
}
