#include "kernel/core/json_text.h"

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/core/json_doc.h"
#include "tests/support/cmocka.h"
#include "tests/support/prng.h"

#define LETTERS "abcdefghijklmnopqrst"

static struct nx_buf buf;

static int set_up(void **state) {
    (void)state;
    nx_buf_init(&buf, 1 << 20);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    nx_buf_finish(&buf);
    return 0;
}

static void expect_str(const char *text, size_t len, const char *expected) {
    nx_buf_clear(&buf);
    assert_int_equal(json_text_str(&buf, text, len), NX_OK);
    assert_string_equal(buf.data, expected);
}

static void expect_f64(double value, const char *expected) {
    nx_buf_clear(&buf);
    assert_int_equal(json_text_f64(&buf, value), NX_OK);
    assert_string_equal(buf.data, expected);
}

static void escapes_every_character_that_must_be(void **state) {
    (void)state;
    expect_str("\"\\/", 3, "\"\\\"\\\\/\"");
    expect_str("\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\"");
    expect_str("\0\x01\x0b\x1f\x7f", 5, "\"\\u0000\\u0001\\u000b\\u001f\x7f\"");
    expect_str("", 0, "\"\"");
    // Behind runs longer than a machine word, at each offset.
    for (int i = 0; i < 20; i++) {
        char text[48];
        char expected[48];
        (void)snprintf(
                text, sizeof(text), "%.*s\"%.*s", i, LETTERS, 19 - i, LETTERS);
        (void)snprintf(expected, sizeof(expected), "\"%.*s\\\"%.*s\"", i,
                LETTERS, 19 - i, LETTERS);
        expect_str(text, 20, expected);
    }
}

// Every byte that is not allowed in a JSON string is found wherever it
// stands: the parser is the judge.
static void writes_each_single_byte_so_that_it_is_read_again(void **state) {
    (void)state;
    for (unsigned c = 1; c < 0x80; c++) {
        for (size_t at = 0; at < 12; at++) {
            char text[12];
            memset(text, 'a', sizeof(text));
            text[at] = (char)c;
            nx_buf_clear(&buf);
            assert_int_equal(json_text_str(&buf, text, sizeof(text)), NX_OK);
            json_t *back = json_loadb(buf.data, buf.len, JSON_DECODE_ANY, NULL);
            assert_non_null(back);
            assert_int_equal(json_string_length(back), sizeof(text));
            assert_memory_equal(json_string_value(back), text, sizeof(text));
            json_decref(back);
        }
    }
}

// Reads one character the other way round: by its bits, then by its value, as
// RFC 3629 defines it. Returns its length, 0 when there is none.
static size_t decoded_len(const unsigned char *p, size_t len) {
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000, 0};
    size_t n = 0;
    while (n < 5 && (p[0] & (0x80u >> n)) != 0) {
        n++;
    }
    if (n == 0) {
        return 1;
    }
    if (n == 1 || n == 5 || n > len) {
        return 0;
    }
    uint32_t code = p[0] & (0xffu >> (n + 1));
    for (size_t k = 1; k < n; k++) {
        if (p[k] >> 6 != 2) {
            return 0;
        }
        code = code << 6 | (p[k] & 0x3f);
    }
    bool is_surrogate = code >= 0xd800 && code < 0xe000;
    bool is_character =
            code >= smallest[n] && code <= 0x10ffff && !is_surrogate;
    return is_character ? n : 0;
}

static bool is_utf8_by_decoding(const unsigned char *p, size_t len) {
    while (len > 0) {
        size_t n = decoded_len(p, len);
        if (n == 0) {
            return false;
        }
        p += n;
        len -= n;
    }
    return true;
}

static void expect_same_judgement(const unsigned char *bytes, size_t len) {
    const char *text = (const char *)bytes;
    bool valid = is_utf8_by_decoding(bytes, len);
    assert_int_equal(json_text_is_utf8(text, len), valid);
    nx_buf_clear(&buf);
    assert_int_equal(
            json_text_str(&buf, text, len), valid ? NX_OK : NX_ERR_INVALID);
}

static void knows_utf8_in_all_sequences_of_three_bytes(void **state) {
    (void)state;
    for (unsigned n = 0; n < 1u << 24; n++) {
        const unsigned char bytes[] = {(unsigned char)(n >> 16),
                (unsigned char)(n >> 8), (unsigned char)n};
        // A third byte makes a difference only to longer sequences.
        if (bytes[0] >= 0xe0 || n % 256 == 'a') {
            expect_same_judgement(bytes, 3);
            expect_same_judgement(bytes, 2);
        }
    }
}

static void knows_utf8_in_sequences_of_four_bytes(void **state) {
    (void)state;
    static const unsigned char edges[] = {
            0, 'a', 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    const unsigned count = sizeof(edges);
    const unsigned pairs = count * count;
    for (unsigned n = 0; n < 18 * 256 * pairs; n++) {
        const unsigned char bytes[] = {(unsigned char)(0xee + n / pairs / 256),
                (unsigned char)(n / pairs), edges[n % count],
                edges[n / count % count]};
        expect_same_judgement(bytes, 4);
    }
}

static void writes_floats_with_few_digits(void **state) {
    (void)state;
    expect_f64(0.0, "0.0");
    expect_f64(-0.0, "-0.0");
    expect_f64(1.0, "1.0");
    expect_f64(-37.0, "-37.0");
    expect_f64(0.1, "0.1");
    expect_f64(0.1 + 0.2, "0.30000000000000004");
    expect_f64(1.0 / 3, "0.3333333333333333");
    expect_f64(1e15, "1e+15");
    expect_f64(999999999999999.0, "999999999999999.0");
    expect_f64(123456789012345678.0, "1.2345678901234568e+17");
    expect_f64(5e-324, "4.94065645841247e-324");
    expect_f64(1.7976931348623157e308, "1.7976931348623157e+308");
}

static void writes_any_float_so_that_it_is_read_again(void **state) {
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 50000; i++) {
        uint64_t bits = prng_next(&seed);
        double value = 0;
        memcpy(&value, &bits, sizeof(value));
        nx_buf_clear(&buf);
        if (!isfinite(value)) {
            assert_int_equal(json_text_f64(&buf, value), NX_ERR_INVALID);
            continue;
        }
        assert_int_equal(json_text_f64(&buf, value), NX_OK);
        double back = strtod(buf.data, NULL);
        assert_memory_equal(&back, &value, sizeof(value));
        assert_non_null(strpbrk(buf.data, ".e"));
    }
}

static void refuses_what_is_no_number(void **state) {
    (void)state;
    assert_int_equal(json_text_f64(&buf, (double)NAN), NX_ERR_INVALID);
    assert_int_equal(json_text_f64(&buf, (double)INFINITY), NX_ERR_INVALID);
    assert_int_equal(json_text_f64(&buf, -(double)INFINITY), NX_ERR_INVALID);
    assert_int_equal(json_text_value(&buf, NULL), NX_ERR_INVALID);
}

static void writes_integers_to_their_ends(void **state) {
    (void)state;
    assert_int_equal(json_text_i64(&buf, INT64_MIN), NX_OK);
    assert_int_equal(json_text_append(&buf, " ", 1), NX_OK);
    assert_int_equal(json_text_u64(&buf, UINT64_MAX), NX_OK);
    assert_string_equal(buf.data, "-9223372036854775808 18446744073709551615");
}

static void writes_whole_trees_in_their_order(void **state) {
    (void)state;
    static const char text[] =
            "{\"z\":[],\"a\":[1,[2.5,{}],{\"k\":[null,true,false]}],"
            "\"m\":{\"\":\"\\n\",\"x\":-1},\"b\":\"\xe2\x82\xac\"}";
    struct json_doc doc;
    json_doc_init(&doc);
    assert_int_equal(json_doc_parse(&doc, text, strlen(text), 32), NX_OK);

    assert_int_equal(json_text_value(&buf, json_doc_root(&doc)), NX_OK);

    assert_string_equal(buf.data, text);
    json_doc_finish(&doc);
}

static void writes_trees_as_deep_as_a_document_may_be(void **state) {
    (void)state;
    char text[2 * JSON_DOC_DEPTH_MAX];
    memset(text, '[', JSON_DOC_DEPTH_MAX);
    memset(text + JSON_DOC_DEPTH_MAX, ']', JSON_DOC_DEPTH_MAX);
    struct json_doc doc;
    json_doc_init(&doc);
    assert_int_equal(
            json_doc_parse(&doc, text, sizeof(text), JSON_DOC_DEPTH_MAX),
            NX_OK);

    assert_int_equal(json_text_value(&buf, json_doc_root(&doc)), NX_OK);

    assert_int_equal(buf.len, sizeof(text));
    json_doc_finish(&doc);
}

static void tells_a_full_buffer_from_broken_text(void **state) {
    (void)state;
    for (size_t max = 1; max < 16; max++) {
        struct nx_buf small;
        nx_buf_init(&small, max);
        enum nx_err err = json_text_str(&small, "0123456789\n", 11);
        assert_int_equal(err, max < 14 ? NX_ERR_TOO_LARGE : NX_OK);
        nx_buf_finish(&small);

        nx_buf_init(&small, max);
        err = json_text_i64(&small, -1234567890);
        assert_int_equal(err, max < 11 ? NX_ERR_TOO_LARGE : NX_OK);
        nx_buf_finish(&small);
    }
}

static void cuts_between_characters(void **state) {
    (void)state;
    static const char text[] = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80";
    static const size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    for (size_t max = 0; max < 12; max++) {
        assert_int_equal(json_text_cut(text, 10, max), expected[max]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(escapes_every_character_that_must_be),
            TEST(writes_each_single_byte_so_that_it_is_read_again),
            TEST(knows_utf8_in_all_sequences_of_three_bytes),
            TEST(knows_utf8_in_sequences_of_four_bytes),
            TEST(writes_floats_with_few_digits),
            TEST(writes_any_float_so_that_it_is_read_again),
            TEST(refuses_what_is_no_number),
            TEST(writes_integers_to_their_ends),
            TEST(writes_whole_trees_in_their_order),
            TEST(writes_trees_as_deep_as_a_document_may_be),
            TEST(tells_a_full_buffer_from_broken_text),
            TEST(cuts_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
