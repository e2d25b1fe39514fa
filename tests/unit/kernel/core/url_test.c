#include "kernel/core/url.h"

#include <string.h>

#include "tests/support/cmocka.h"

static struct nx_str str(const char *text) {
    return (struct nx_str){text, strlen(text)};
}

static void assert_str(struct nx_str got, const char *wanted) {
    assert_non_null(got.ptr);
    assert_int_equal(got.len, strlen(wanted));
    assert_memory_equal(got.ptr, wanted, got.len);
}

static void assert_decodes(const char *text, bool form, const char *wanted) {
    char out[64];
    assert_true(url_decode(str(text), form, out, sizeof(out)));
    assert_string_equal(out, wanted);
}

static void decodes_percent_signs_in_either_case(void **state) {
    (void)state;
    assert_decodes("", false, "");
    assert_decodes("plain", false, "plain");
    assert_decodes("a%20b%2Fc%2f", false, "a b/c/");
    assert_decodes("%C3%a4", false, "\xc3\xa4");
    assert_decodes("%25%32%30", false, "%20");
}

static void takes_a_plus_for_a_blank_in_forms_only(void **state) {
    (void)state;
    assert_decodes("a+b%2B", true, "a b+");
    assert_decodes("a+b%2B", false, "a+b+");
}

static void refuses_what_is_cut_off_or_no_number(void **state) {
    (void)state;
    static const char *const bad[] = {
            "%", "a%", "%4", "%4g", "%g4", "%-1", "%%41"};
    char out[64];
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(url_decode(str(bad[i]), false, out, sizeof(out)));
    }
    struct nx_str cut = {"%41", 2};
    assert_false(url_decode(cut, false, out, sizeof(out)));
}

static void refuses_zero_bytes_and_what_is_not_utf8(void **state) {
    (void)state;
    char out[64];
    struct nx_str raw = {"a\0b", 3};
    assert_false(url_decode(str("a%00"), false, out, sizeof(out)));
    assert_false(url_decode(raw, false, out, sizeof(out)));
    assert_false(url_decode(str("%C3"), false, out, sizeof(out)));
    assert_false(url_decode(str("%C0%AF"), false, out, sizeof(out)));
    assert_false(url_decode(str("%ED%A0%80"), false, out, sizeof(out)));
}

static void needs_room_for_the_text_and_its_end(void **state) {
    (void)state;
    char out[4] = "???";
    assert_true(url_decode(str("%61bc"), false, out, 4));
    assert_string_equal(out, "abc");
    assert_false(url_decode(str("abcd"), false, out, 4));
    assert_false(url_decode(str("a"), false, out, 1));
    assert_true(url_decode(str(""), false, out, 1));
    assert_false(url_decode(str(""), false, out, 0));
}

static void finds_the_first_argument_of_a_name(void **state) {
    (void)state;
    struct nx_str query = str("ab=1&a=2&b=&a=3&&flag&x=y=z");

    assert_str(url_argument(query, "a"), "2");
    assert_str(url_argument(query, "ab"), "1");
    assert_str(url_argument(query, "x"), "y=z");
    assert_null(url_argument(query, "c").ptr);
    assert_null(url_argument(query, "").ptr);
    assert_null(url_argument((struct nx_str){NULL, 0}, "a").ptr);
}

static void tells_an_empty_argument_from_an_absent_one(void **state) {
    (void)state;
    struct nx_str query = str("b=&flag");

    assert_str(url_argument(query, "b"), "");
    assert_str(url_argument(query, "flag"), "");
    assert_null(url_argument(query, "fla").ptr);
}

static void walks_the_arguments_of_a_query(void **state) {
    (void)state;
    struct nx_str query = str("&a=1&&b&=c&");
    struct nx_str name;
    struct nx_str value;

    assert_true(url_next_argument(&query, &name, &value));
    assert_str(name, "a");
    assert_str(value, "1");
    assert_true(url_next_argument(&query, &name, &value));
    assert_str(name, "b");
    assert_str(value, "");
    assert_true(url_next_argument(&query, &name, &value));
    assert_str(name, "");
    assert_str(value, "c");
    assert_false(url_next_argument(&query, &name, &value));
}

static void matches_a_path_segment_by_segment(void **state) {
    (void)state;
    assert_true(url_matches(str("/"), "/"));
    assert_true(url_matches(str("/a/b"), "/a/b"));
    assert_true(url_matches(str("/a/b"), "/a/{x}"));
    assert_true(url_matches(str("/a/%2F/c"), "/{x}/{y}/c"));
    assert_false(url_matches(str("/a"), "/a/b"));
    assert_false(url_matches(str("/a/b"), "/a"));
    assert_false(url_matches(str("/a/"), "/a"));
    assert_false(url_matches(str("/a"), "/a/"));
    assert_false(url_matches(str("/ab"), "/a"));
    assert_false(url_matches(str("/a/b/c"), "/a/{x}"));
}

static void matches_no_empty_segment_with_a_variable(void **state) {
    (void)state;
    assert_false(url_matches(str("/a/"), "/a/{x}"));
    assert_false(url_matches(str("/a//b"), "/a/{x}/b"));
    assert_false(url_matches(str("//b"), "/{x}/b"));
}

static void matches_no_path_without_its_first_slash(void **state) {
    (void)state;
    assert_false(url_matches(str("a/b"), "/a/b"));
    assert_false(url_matches(str("a"), "/{x}"));
    assert_false(url_matches(str(""), "/"));
}

static void finds_the_segment_a_name_stands_for(void **state) {
    (void)state;
    struct nx_str path = str("/api/a%20b/c/d");
    const char *pattern = "/api/{one}/c/{two}";

    assert_str(url_segment(path, pattern, "one"), "a%20b");
    assert_str(url_segment(path, pattern, "two"), "d");
    assert_null(url_segment(path, pattern, "three").ptr);
    assert_null(url_segment(path, pattern, "on").ptr);
    assert_null(url_segment(path, pattern, "").ptr);
}

static void knows_what_a_pattern_may_look_like(void **state) {
    (void)state;
    assert_true(url_is_pattern("/"));
    assert_true(url_is_pattern("/a/{b}/c/{d}"));
    assert_false(url_is_pattern(""));
    assert_false(url_is_pattern("a/{b}"));
    assert_false(url_is_pattern("/a{b}"));
    assert_false(url_is_pattern("/{}"));
    assert_false(url_is_pattern("/{b"));
    assert_false(url_is_pattern("/b}"));
    assert_false(url_is_pattern("/{{b}}"));
    assert_false(url_is_pattern("/{b}/{b}"));
}

static void knows_patterns_that_match_the_same_paths(void **state) {
    (void)state;
    assert_true(url_same_pattern("/a/{b}", "/a/{c}"));
    assert_true(url_same_pattern("/a", "/a"));
    assert_false(url_same_pattern("/a/{b}", "/a/b"));
    assert_false(url_same_pattern("/a/b", "/a/{b}"));
    assert_false(url_same_pattern("/a", "/a/b"));
    assert_false(url_same_pattern("/a", "/a/"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(decodes_percent_signs_in_either_case),
            cmocka_unit_test(takes_a_plus_for_a_blank_in_forms_only),
            cmocka_unit_test(refuses_what_is_cut_off_or_no_number),
            cmocka_unit_test(refuses_zero_bytes_and_what_is_not_utf8),
            cmocka_unit_test(needs_room_for_the_text_and_its_end),
            cmocka_unit_test(finds_the_first_argument_of_a_name),
            cmocka_unit_test(tells_an_empty_argument_from_an_absent_one),
            cmocka_unit_test(walks_the_arguments_of_a_query),
            cmocka_unit_test(matches_a_path_segment_by_segment),
            cmocka_unit_test(matches_no_empty_segment_with_a_variable),
            cmocka_unit_test(matches_no_path_without_its_first_slash),
            cmocka_unit_test(finds_the_segment_a_name_stands_for),
            cmocka_unit_test(knows_what_a_pattern_may_look_like),
            cmocka_unit_test(knows_patterns_that_match_the_same_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
