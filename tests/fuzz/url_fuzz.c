/*
 * url_fuzz - decoding, query arguments and path patterns against plain
 * definitions of the same.
 *
 * Three lines: a text, a path (or the query), a pattern.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/util/buf.h>

#include "kernel/core/json_text.h"
#include "kernel/core/url.h"
#include "kernel/net/uri.h"
#include "tests/fuzz/input.h"

#define SEGMENTS_MAX 256
#define BUF_MAX      ((size_t)1 << 20)

// A copy in a block of its own size: reading past it is seen.
static char *exact(struct nx_str text) {
    char *copy = malloc(text.len + (text.len == 0));
    assert(copy);
    if (text.len > 0) {
        memcpy(copy, text.ptr, text.len);
    }
    return copy;
}

static char *terminated(struct nx_str text) {
    char *copy = strndup(text.ptr ? text.ptr : "", text.len);
    assert(copy);
    return copy;
}

static bool is_same(struct nx_str a, struct nx_str b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

// --- decoding -------------------------------------------------------------

// What was encoded decodes to itself, if it may stand in a text at all.
static void check_encoding(struct nx_str text) {
    struct nx_buf encoded;
    char *out = malloc(text.len + 1);
    nx_buf_init(&encoded, BUF_MAX);
    assert(out && nx_buf_append_cstr(&encoded, "/"));
    assert(uri_append_path(&encoded, text.ptr, text.len));
    struct nx_str path = {encoded.data + 1, encoded.len - 1};
    bool proper = json_text_is_utf8(text.ptr, text.len)
            && (text.len == 0 || !memchr(text.ptr, '\0', text.len));
    assert(url_decode(path, false, out, text.len + 1) == proper);
    assert(!proper || memcmp(out, text.ptr, text.len) == 0);
    assert(text.len == 0 || !url_decode(path, false, out, text.len));
    nx_buf_finish(&encoded);
    free(out);
}

static void check_decoding(struct nx_str text) {
    char *copy = exact(text);
    char *out = malloc(text.len + 1);
    char *form = malloc(text.len + 1);
    struct nx_str own = {copy, text.len};
    assert(out && form);
    bool plain = url_decode(own, false, out, text.len + 1);
    assert(plain == url_decode(own, true, form, text.len + 1));
    if (plain) {
        size_t len = strlen(out);
        assert(json_text_is_utf8(out, len) && strlen(form) == len);
        for (size_t i = 0; i < len; i++) {
            assert(form[i] == out[i] || (form[i] == ' ' && out[i] == '+'));
        }
        check_encoding((struct nx_str){out, len});
    }
    free(form);
    free(out);
    free(copy);
}

// --- query ----------------------------------------------------------------

static void check_query(struct nx_str query) {
    char *copy = exact(query);
    struct nx_str rest = {copy, query.len};
    struct nx_str name;
    struct nx_str value;
    const char *at = copy;
    while (url_next_argument(&rest, &name, &value)) {
        // In their order, apart by separators only.
        assert(name.ptr >= at && value.ptr + value.len <= copy + query.len);
        while (at < name.ptr) {
            assert(*at++ == '&');
        }
        at = name.ptr + name.len;
        assert(value.ptr == at || (value.ptr == at + 1 && *at == '='));
        at = value.ptr + value.len;
        assert(!memchr(name.ptr, '=', name.len));
        assert(!memchr(name.ptr, '&', (size_t)(at - name.ptr)));
        char *wanted = terminated(name);
        struct nx_str whole = {copy, query.len};
        if (strlen(wanted) == name.len) {
            assert(url_argument(whole, wanted).ptr);
        }
        free(wanted);
    }
    assert(rest.len == 0);
    free(copy);
}

// --- patterns -------------------------------------------------------------

struct segments {
    size_t count;
    struct nx_str all[SEGMENTS_MAX];
};

// "/a//b" is "a", "" and "b"; a text without a slash in front is none.
static bool split(struct nx_str path, struct segments *out) {
    out->count = 0;
    if (path.len == 0 || path.ptr[0] != '/') {
        return false;
    }
    for (size_t i = 0; i < path.len; i++) {
        if (path.ptr[i] != '/') {
            out->all[out->count - 1].len++;
        } else if (out->count == SEGMENTS_MAX) {
            return false;
        } else {
            out->all[out->count++] = (struct nx_str){path.ptr + i + 1, 0};
        }
    }
    return true;
}

static bool is_variable(struct nx_str segment) {
    return segment.len > 2 && segment.ptr[0] == '{';
}

static bool matches(const struct segments *path, const struct segments *want) {
    bool fits = path->count == want->count;
    for (size_t i = 0; fits && i < path->count; i++) {
        fits = is_variable(want->all[i]) ? path->all[i].len > 0
                                         : is_same(path->all[i], want->all[i]);
    }
    return fits;
}

static void check_segments(struct nx_str path, const char *pattern,
        const struct segments *got, const struct segments *want) {
    for (size_t i = 0; i < got->count; i++) {
        struct nx_str name = want->all[i];
        if (is_variable(name)) {
            char *text =
                    terminated((struct nx_str){name.ptr + 1, name.len - 2});
            assert(url_segment(path, pattern, text).ptr == got->all[i].ptr);
            assert(is_same(url_segment(path, pattern, text), got->all[i]));
            free(text);
        }
    }
}

static void check_pattern(struct nx_str path, const char *pattern) {
    struct segments got;
    struct segments want;
    struct nx_str text = {pattern, strlen(pattern)};
    char *copy = exact(path);
    struct nx_str own = {copy, path.len};
    bool usable = split(text, &want);
    if (url_is_pattern(pattern) && usable) {
        assert(url_same_pattern(pattern, pattern));
        bool fits = split(own, &got) && matches(&got, &want);
        assert(url_matches(own, pattern) == fits);
        if (fits) {
            check_segments(own, pattern, &got, &want);
        }
        char *other = terminated(path);
        assert(url_same_pattern(pattern, other)
                == url_same_pattern(other, pattern));
        free(other);
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    struct nx_str text = input_until(&in, '\n');
    struct nx_str path = input_until(&in, '\n');
    char *pattern = terminated(input_text(&in, in.left));
    check_encoding(text);
    check_decoding(text);
    check_query(path);
    check_pattern(path, pattern);
    free(pattern);
    return 0;
}
