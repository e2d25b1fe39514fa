// Random values go out through a writer and are read back by the parser, which
// must see the same; through a document and a second writer they come out once
// more, byte by byte the same.

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/core/json_doc.h"
#include "kernel/core/writer.h"
#include "tests/support/cmocka.h"
#include "tests/support/prng.h"

#define ROUNDS    2000
#define MAX_DEPTH 6
#define KEY_SIZE  24

static uint64_t seed = 7;

// A valid character of one to four bytes, the odd ones more often than not.
static size_t random_char(char *out) {
    static const char *const odd[] = {"\"", "\\", "\n", "\x01", "\x1f", "/",
            "\x7f", "\xc2\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
            "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\xe2\x80\xa8", "\r", "\t"};
    if (prng_below(&seed, 3) > 0) {
        *out = (char)('a' + prng_below(&seed, 26));
        return 1;
    }
    const char *c = odd[prng_below(&seed, sizeof(odd) / sizeof(odd[0]))];
    size_t len = 0;
    for (; c[len]; len++) {
        out[len] = c[len];
    }
    return len;
}

static size_t random_text(char *out, size_t size) {
    size_t wanted = prng_below(&seed, size - 4);
    size_t len = 0;
    while (len < wanted) {
        len += random_char(out + len);
    }
    out[len] = '\0';
    return len;
}

static json_t *random_scalar(struct nx_writer *w, const char *key) {
    char text[200];
    size_t len = 0;
    double number = 0;
    int64_t integer = (int64_t)prng_next(&seed);
    switch (prng_below(&seed, 6)) {
    case 0:
        len = random_text(text, sizeof(text));
        writer_put_str(w, key, (struct nx_str){text, len});
        return json_stringn(text, len);
    case 1:
        integer >>= prng_below(&seed, 64);
        writer_put_i64(w, key, integer);
        return json_integer(integer);
    case 2:
        number = (double)integer / (double)(1 + prng_below(&seed, 1000));
        writer_put_f64(w, key, number);
        return json_real(number);
    case 3:
        writer_put_bool(w, key, integer & 1);
        return json_boolean((integer & 1) != 0);
    case 4:
        writer_put_u64(w, key, (uint64_t)integer >> 1);
        return json_integer((json_int_t)((uint64_t)integer >> 1));
    default:
        writer_put_null(w, key);
        return json_null();
    }
}

// One container being filled, as the writer sees it and as the parser will.
struct level {
    json_t *value;
    uint64_t left; // members or items still to come
};

static json_t *open_container(struct nx_writer *w, const char *key) {
    if (prng_below(&seed, 2) > 0) {
        writer_begin_object(w, key);
        return json_object();
    }
    writer_begin_array(w, key);
    return json_array();
}

// Adds a member or an item. Returns it if it is a container, which is open
// then.
static json_t *add_value(struct nx_writer *w, json_t *parent, bool is_leaf) {
    char text[KEY_SIZE];
    // A number in front makes every key of a parent another.
    int len = snprintf(text, sizeof(text), "%zu", json_object_size(parent));
    (void)random_text(text + len, sizeof(text) - (size_t)len);
    char *key = json_is_object(parent) ? text : NULL;
    json_t *value = is_leaf ? random_scalar(w, key) : open_container(w, key);
    assert_int_equal(key ? json_object_set_new(parent, key, value)
                         : json_array_append_new(parent, value),
            0);
    return is_leaf ? NULL : value;
}

// Fills the writer; returns the same value as a tree.
static json_t *random_value(struct nx_writer *w) {
    struct level levels[MAX_DEPTH] = {{json_object(), 8}};
    size_t depth = 1;
    while (levels[0].left > 0 || depth > 1) {
        struct level *level = &levels[depth - 1];
        if (level->left == 0) {
            depth--;
            writer_end(w);
            continue;
        }
        level->left--;
        bool is_leaf = depth == MAX_DEPTH || prng_below(&seed, 3) > 0;
        json_t *inner = add_value(w, level->value, is_leaf);
        if (inner) {
            levels[depth++] = (struct level){inner, prng_below(&seed, 6)};
        }
    }
    return levels[0].value;
}

static void expect_same(struct nx_str text, const json_t *expected) {
    assert_non_null(text.ptr);
    json_t *back = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(back);
    assert_true(json_equal(back, expected));
    json_decref(back);
}

static void is_read_back_as_it_was_written(void **state) {
    (void)state;
    struct clock clock;
    clock_init_fake(&clock, 0);
    struct writers *ws = writers_create(&clock, (size_t)1 << 20);
    struct json_doc doc;
    json_doc_init(&doc);
    for (int i = 0; i < ROUNDS; i++) {
        struct nx_writer *w = writer_object(ws);
        struct nx_writer *copy = writer_object(ws);
        json_t *expected = random_value(w);
        struct nx_str text = writer_text(w);
        expect_same(text, expected);

        assert_int_equal(json_doc_parse(&doc, text.ptr, text.len, 32), NX_OK);
        if (i % 2 == 0) {
            writers_add_doc(ws, &doc); // Else it is all written again.
        }
        writer_put_members(copy, json_doc_root(&doc), NULL);
        assert_string_equal(writer_text(copy).ptr, text.ptr);

        json_doc_clear(&doc);
        json_decref(expected);
        writer_discard(copy);
        writer_discard(w);
    }
    json_doc_finish(&doc);
    writers_destroy(ws);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(is_read_back_as_it_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
