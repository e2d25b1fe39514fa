#include "kernel/core/json_doc.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/core/json_text.h"
#include "kernel/core/json_view.h"
#include "tests/support/cmocka.h"

#define DEPTH 32

struct fixture {
    struct json_doc doc;
};

static int set_up(void **state) {
    static struct fixture fixture;
    json_doc_init(&fixture.doc);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *fixture = *state;
    json_doc_finish(&fixture->doc);
    return 0;
}

static struct json_doc *doc_of(void **state) {
    struct fixture *fixture = *state;
    return &fixture->doc;
}

static void must_parse(struct json_doc *doc, const char *text) {
    enum nx_err err = json_doc_parse(doc, text, strlen(text), DEPTH);
    if (err != NX_OK) {
        print_error("%s: %s\n", text, json_doc_reason(doc));
    }
    assert_int_equal(err, NX_OK);
}

static void expect_text(struct nx_str text, const char *expected) {
    assert_non_null(text.ptr);
    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(text.ptr, expected, text.len);
}

static void expect_raw(
        struct json_doc *doc, const char *key, const char *expected) {
    const struct nx_json *value = json_view_get(json_doc_root(doc), key);
    assert_non_null(value);
    expect_text(json_doc_raw(doc, value), expected);
}

static void expect_refused(struct json_doc *doc, const char *text, size_t len,
        const char *reason) {
    assert_int_equal(json_doc_parse(doc, text, len, DEPTH), NX_ERR_BAD_JSON);
    assert_null(json_doc_root(doc));
    if (!strstr(json_doc_reason(doc), reason)) {
        print_error("%s: %s\n", text, json_doc_reason(doc));
    }
    assert_non_null(strstr(json_doc_reason(doc), reason));
    assert_non_null(strstr(json_doc_reason(doc), "(at byte "));
}

static void is_empty_before_anything_was_parsed(void **state) {
    struct json_doc *doc = doc_of(state);

    assert_null(json_doc_root(doc));
    assert_string_equal(json_doc_reason(doc), "");
    assert_null(json_doc_raw(doc, NULL).ptr);
}

static void accepts_any_kind_of_root(void **state) {
    static const char *const texts[] = {
            "{}", "[]", "\"a\"", "1", "-0.5e3", "true", "false", "null"};
    struct json_doc *doc = doc_of(state);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        must_parse(doc, texts[i]);
        expect_text(json_doc_raw(doc, json_doc_root(doc)), texts[i]);
    }
}

static const struct {
    const char *text;
    const char *reason;
} not_json[] = {
        {"", "empty"},
        {" \t\r\n", "empty"},
        {"{", "end of file"},
        {"}", "unexpected token"},
        {"]", "unexpected token"},
        {"{]", "expected"},
        {"[}", "unexpected token"},
        {"[1,]", "unexpected token"},
        {"[1 2]", "expected"},
        {"[,1]", "unexpected token"},
        {"{\"a\"}", "':' expected"},
        {"{\"a\":}", "unexpected token"},
        {"{\"a\":1,}", "expected"},
        {"{a:1}", "expected"},
        {"{'a':1}", "expected"},
        {"{1:1}", "expected"},
        {"{\"a\":1 \"b\":2}", "expected"},
        {"{\"a\":1};", "end of file expected"},
        {"{}{}", "end of file expected"},
        {"{} null", "end of file expected"},
        {"\"abc", "premature end of input"},
        {"{\"a\":\"b\\", "invalid escape"},
        {"\"\\x\"", "invalid escape"},
        {"\"\\u12\"", "invalid escape"},
        {"\"\\ud800\"", "invalid Unicode"},
        {"\"\\udc00\"", "invalid Unicode"},
        {"\"\\ud800\\u0041\"", "invalid Unicode"},
        {"\"a\nb\"", "newline"},
        {"\"a\tb\"", "control character"},
        {"\"\\u0000\"", "\\u0000 is not allowed"},
        {"{\"a\\u0000b\":1}", "\\u0000 is not allowed"},
        {"01", "invalid token"},
        {"1.", "invalid token"},
        {".5", "invalid token"},
        {"+1", "invalid token"},
        {"- 1", "invalid token"},
        {"1e", "invalid token"},
        {"0x10", "expected"},
        {"9223372036854775808", "too big integer"},
        {"-9223372036854775809", "too big negative integer"},
        {"1e400", "overflow"},
        {"NaN", "invalid token"},
        {"Infinity", "invalid token"},
        {"nul", "invalid token"},
        {"True", "invalid token"},
        {"// a\n1", "invalid token"},
        {"\"\x80\"", "unable to decode"},
        {"\"\xc0\xaf\"", "unable to decode"},
        {"\"\xed\xa0\x80\"", "unable to decode"},
        {"\"\xf4\x90\x80\x80\"", "unable to decode"},
        {"\"\xe2\x82\"", "unable to decode"},
        {"\xef\xbb\xbf{}", "invalid token"},
};

static void refuses_what_is_not_json(void **state) {
    for (size_t i = 0; i < sizeof(not_json) / sizeof(not_json[0]); i++) {
        const char *text = not_json[i].text;
        expect_refused(doc_of(state), text, strlen(text), not_json[i].reason);
    }
}

static void refuses_a_zero_byte(void **state) {
    expect_refused(doc_of(state), "{}\0", 3, "expected");
    expect_refused(doc_of(state), "\"a\0b\"", 5, "control character");
    expect_refused(doc_of(state), "\0", 1, "invalid token");
}

static void refuses_duplicate_members_at_any_depth(void **state) {
    static const char *const texts[] = {
            "{\"a\":1,\"a\":2}",
            "{\"a\":1,\"b\":2,\"\\u0061\":3}",
            "[{\"b\":{\"a\":1,\"a\":1}}]",
            "{\"\":1,\"\":2}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        expect_refused(doc_of(state), texts[i], strlen(texts[i]), "duplicate");
    }
}

// The parser quotes the first byte of a character after a backslash.
static void says_why_in_valid_utf8_whatever_the_text(void **state) {
    struct json_doc *doc = doc_of(state);
    expect_refused(doc, "\"\\\xc3\xa4\"", 5, "invalid escape near '\"\\?'");
    expect_refused(doc, "[\xc3\xa4]", 4, "invalid token near '\xc3\xa4'");
    for (unsigned c = 1; c < 256; c++) {
        char text[] = {'[', (char)c, 'x', (char)c, '\0'};
        if (json_doc_parse(doc, text, 4, DEPTH) == NX_OK) {
            continue;
        }
        const char *reason = json_doc_reason(doc);
        assert_true(json_text_is_utf8(reason, strlen(reason)));
    }
}

static char *nested(char open, char close, size_t depth) {
    char *text = malloc(2 * depth);
    assert_non_null(text);
    memset(text, open, depth);
    memset(text + depth, close, depth);
    return text;
}

static void parses_to_the_limit_of_depth_and_no_further(void **state) {
    struct json_doc *doc = doc_of(state);
    char *text = nested('[', ']', DEPTH + 1);

    assert_int_equal(
            json_doc_parse(doc, text + 1, 2 * (size_t)DEPTH, DEPTH), NX_OK);
    assert_int_equal(json_doc_parse(doc, text, 2 * (size_t)DEPTH + 2, DEPTH),
            NX_ERR_TOO_DEEP);

    assert_null(json_doc_root(doc));
    assert_non_null(strstr(json_doc_reason(doc), "more than 32 levels"));
    assert_non_null(strstr(json_doc_reason(doc), "at byte 33"));
    free(text);
}

static void refuses_thousands_of_levels_without_recursion(void **state) {
    static const char brackets[][2] = {{'[', ']'}, {'{', '}'}, {'[', 'x'}};
    struct json_doc *doc = doc_of(state);
    for (size_t i = 0; i < 3; i++) {
        char *text = nested(brackets[i][0], brackets[i][1], 5000);
        assert_int_equal(json_doc_parse(doc, text, 10000, JSON_DOC_DEPTH_MAX),
                NX_ERR_TOO_DEEP);
        free(text);
    }
}

static void does_not_count_brackets_in_strings_and_siblings(void **state) {
    struct json_doc *doc = doc_of(state);
    static const char text[] =
            "{\"[[[[\":\"{{{{\\\"[[[[\\\\\",\"b\":[[],[],{}]}";

    assert_int_equal(json_doc_parse(doc, text, strlen(text), 3), NX_OK);
    assert_int_equal(
            json_doc_parse(doc, text, strlen(text), 2), NX_ERR_TOO_DEEP);
}

static void gives_the_original_bytes_of_members(void **state) {
    struct json_doc *doc = doc_of(state);
    must_parse(doc,
            " { \"a\" : 1.50 ,\t\"b\":\"\\u0041\\/\\\"],}:\" , \"c\": [ 1,\n"
            "{\"a\": 2}] , \"d\":{ \"x\":\",\" },\"e\":true, \"f\" :null,"
            "\"\":-0 } ");

    expect_raw(doc, "a", "1.50");
    expect_raw(doc, "b", "\"\\u0041\\/\\\"],}:\"");
    expect_raw(doc, "c", "[ 1,\n{\"a\": 2}]");
    expect_raw(doc, "d", "{ \"x\":\",\" }");
    expect_raw(doc, "e", "true");
    expect_raw(doc, "f", "null");
    expect_raw(doc, "", "-0");
    struct nx_str root = json_doc_raw(doc, json_doc_root(doc));
    assert_int_equal(root.ptr[0], '{');
    assert_int_equal(root.ptr[root.len - 1], '}');
}

// Every third is null, which the parser keeps elsewhere than the others.
static void format_value(char out[16], int n) {
    if (n % 3 == 0) {
        (void)snprintf(out, 16, "null");
    } else {
        (void)snprintf(out, 16, "%d.00", n);
    }
}

// An object with the members k0 to k1999 and z, an array.
static void parse_many(struct json_doc *doc) {
    static char text[40000];
    size_t len = 0;
    for (int i = 0; i < 2000; i++) {
        char value[16];
        format_value(value, i);
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%c\"k%d\": %s",
                i == 0 ? '{' : ',', i, value);
    }
    (void)snprintf(text + len, sizeof(text) - len, ",\"z\":[7]}");
    must_parse(doc, text);
}

static void gives_the_original_bytes_in_any_order(void **state) {
    struct json_doc *doc = doc_of(state);
    for (int round = 0; round < 2; round++) {
        parse_many(doc);
        for (int i = 1; i < 2000; i++) {
            char key[16];
            char expected[16];
            int n = (i * 7) % 2000; // Neither upwards nor downwards.
            (void)snprintf(key, sizeof(key), "k%d", n);
            format_value(expected, n);
            expect_raw(doc, key, expected);
        }
    }
    const struct nx_json *z = json_view_get(json_doc_root(doc), "z");
    assert_null(json_doc_span(doc, json_view_at(z, 0)).ptr);
    expect_text(json_doc_raw(doc, json_view_at(z, 0)), "7");
}

static void writes_values_further_down_again(void **state) {
    struct json_doc *doc = doc_of(state);
    must_parse(doc,
            "{\"a\":[ {\"z\" : 0.1, \"a\":\"\\u00e4\\u0001/\"}, [ ],"
            "{ }, -5 ]}");
    const struct nx_json *a = json_view_get(json_doc_root(doc), "a");

    struct nx_str first = json_doc_raw(doc, json_view_at(a, 0));
    struct nx_str last = json_doc_raw(doc, json_view_at(a, 3));

    expect_text(first, "{\"z\":0.1,\"a\":\"\xc3\xa4\\u0001/\"}");
    expect_text(last, "-5");
    expect_text(json_doc_raw(doc, json_view_at(a, 1)), "[]");
    expect_text(json_doc_raw(doc, json_view_at(a, 2)), "{}");
    assert_null(json_doc_span(doc, json_view_at(a, 0)).ptr);
    assert_int_equal(first.ptr[first.len], '\0');
}

static void stops_writing_at_its_ceiling(void **state) {
    struct json_doc *doc = doc_of(state);
    size_t len = (size_t)3 << 20;
    char *text = malloc(len);
    assert_non_null(text);
    memset(text, 'x', len);
    text[0] = text[1] = '[';
    text[2] = text[len - 3] = '"';
    text[len - 2] = text[len - 1] = ']';
    assert_int_equal(json_doc_parse(doc, text, len, DEPTH), NX_OK);
    const struct nx_json *item = json_view_at(json_doc_root(doc), 0);

    assert_int_equal(json_doc_raw(doc, item).len, len - 2);
    assert_int_equal(json_doc_raw(doc, item).len, len - 2);
    assert_null(json_doc_raw(doc, item).ptr);
    // The root is still there for nothing.
    assert_int_equal(json_doc_raw(doc, json_doc_root(doc)).len, len);
    free(text);
}

static void keeps_nothing_of_the_text_before(void **state) {
    struct json_doc *doc = doc_of(state);
    must_parse(doc, "{\"a\":1,\"b\":2,\"c\":3}");
    must_parse(doc, "{\"b\":10}");

    expect_raw(doc, "b", "10");
    assert_int_equal(json_view_count(json_doc_root(doc)), 1);
    assert_int_equal(doc->span_count, 1);

    assert_int_equal(json_doc_parse(doc, "{", 1, DEPTH), NX_ERR_BAD_JSON);
    assert_null(json_doc_root(doc));
    must_parse(doc, "[]");
    assert_string_equal(json_doc_reason(doc), "");
    json_doc_clear(doc);
    assert_null(json_doc_root(doc));
}

static void gives_memory_back_after_a_large_text(void **state) {
    struct json_doc *doc = doc_of(state);
    static char text[60000];
    size_t len = 0;
    for (int i = 0; i < 3000; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len,
                "%c\"key-%d\":%d", i == 0 ? '{' : ',', i, i);
    }
    text[len++] = '}';
    assert_int_equal(json_doc_parse_copy(doc, text, len, DEPTH), NX_OK);
    assert_int_equal(doc->span_count, 3000);

    json_doc_clear(doc);

    assert_true(doc->span_cap <= JSON_DOC_KEEP_SPANS);
    assert_true(doc->copy.cap <= JSON_DOC_KEEP_BYTES);
}

static void copies_a_text_that_will_not_stay(void **state) {
    struct json_doc *doc = doc_of(state);
    char text[] = "{\"a\": \"long enough to be noticed\"}";
    assert_int_equal(
            json_doc_parse_copy(doc, text, strlen(text), DEPTH), NX_OK);
    memset(text, 'x', sizeof(text));

    expect_raw(doc, "a", "\"long enough to be noticed\"");
    assert_int_equal(json_doc_parse_copy(doc, "", 0, DEPTH), NX_ERR_BAD_JSON);
    assert_int_equal(json_doc_parse_copy(doc, NULL, 0, DEPTH), NX_ERR_BAD_JSON);
}

static void leaves_its_list_when_cleared(void **state) {
    struct json_doc *doc = doc_of(state);
    struct nx_list list;
    nx_list_init(&list);
    must_parse(doc, "{}");
    nx_list_append(&list, &doc->link);

    json_doc_clear(doc);

    assert_true(nx_list_empty(&list));
}

static void finishes_what_was_never_used(void **state) {
    (void)state;
    struct json_doc doc;
    memset(&doc, 0, sizeof(doc));
    json_doc_finish(&doc);
    json_doc_init(&doc);
    json_doc_finish(&doc);
    json_doc_finish(&doc);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(is_empty_before_anything_was_parsed),
            TEST(accepts_any_kind_of_root),
            TEST(refuses_what_is_not_json),
            TEST(refuses_a_zero_byte),
            TEST(refuses_duplicate_members_at_any_depth),
            TEST(says_why_in_valid_utf8_whatever_the_text),
            TEST(parses_to_the_limit_of_depth_and_no_further),
            TEST(refuses_thousands_of_levels_without_recursion),
            TEST(does_not_count_brackets_in_strings_and_siblings),
            TEST(gives_the_original_bytes_of_members),
            TEST(gives_the_original_bytes_in_any_order),
            TEST(writes_values_further_down_again),
            TEST(stops_writing_at_its_ceiling),
            TEST(keeps_nothing_of_the_text_before),
            TEST(gives_memory_back_after_a_large_text),
            TEST(copies_a_text_that_will_not_stay),
            TEST(leaves_its_list_when_cleared),
            TEST(finishes_what_was_never_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
