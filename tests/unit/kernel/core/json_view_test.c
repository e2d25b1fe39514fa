#include "kernel/core/json_view.h"

#include <stdbool.h>
#include <string.h>

#include <nexus/error.h>

#include "kernel/core/json_doc.h"
#include "tests/support/cmocka.h"

static struct json_doc doc;

static int set_up(void **state) {
    (void)state;
    static const char text[] =
            "{\"null\":null,\"true\":true,\"false\":false,\"int\":-7,"
            "\"big\":9223372036854775807,\"small\":-9223372036854775808,"
            "\"float\":2.5,\"string\":\"\xc3\xa4\",\"empty\":\"\","
            "\"array\":[10,[],\"x\"],\"object\":{\"a\":{\"b\":\"deep\"}}}";
    json_doc_init(&doc);
    return json_doc_parse(&doc, text, strlen(text), 32) == NX_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    json_doc_finish(&doc);
    return 0;
}

static const struct nx_json *member(const char *key) {
    return json_view_get(json_doc_root(&doc), key);
}

static void tells_the_kind_of_each_value(void **state) {
    (void)state;
    assert_int_equal(json_view_kind(NULL), NX_JSON_NONE);
    assert_int_equal(json_view_kind(member("missing")), NX_JSON_NONE);
    assert_int_equal(json_view_kind(member("null")), NX_JSON_NULL);
    assert_int_equal(json_view_kind(member("true")), NX_JSON_BOOL);
    assert_int_equal(json_view_kind(member("false")), NX_JSON_BOOL);
    assert_int_equal(json_view_kind(member("int")), NX_JSON_INT);
    assert_int_equal(json_view_kind(member("float")), NX_JSON_FLOAT);
    assert_int_equal(json_view_kind(member("string")), NX_JSON_STRING);
    assert_int_equal(json_view_kind(member("array")), NX_JSON_ARRAY);
    assert_int_equal(json_view_kind(member("object")), NX_JSON_OBJECT);
}

static void finds_members_and_items_through_levels(void **state) {
    (void)state;
    const struct nx_json *a = json_view_get(member("object"), "a");

    assert_string_equal(json_view_str(json_view_get(a, "b")).ptr, "deep");
    assert_string_equal(
            json_view_str(json_view_at(member("array"), 2)).ptr, "x");
    assert_null(json_view_at(member("array"), 3));
    assert_null(json_view_at(member("array"), SIZE_MAX));
}

static void chains_through_what_is_not_there(void **state) {
    (void)state;
    static const char *const others[] = {
            "missing", "null", "true", "int", "float", "string"};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        const struct nx_json *value = member(others[i]);
        assert_null(json_view_get(value, "a"));
        assert_null(json_view_at(value, 0));
        assert_null(json_view_at(json_view_get(value, "a"), 0));
        assert_int_equal(json_view_count(value), 0);
    }
    assert_null(json_view_get(member("array"), "a"));
    assert_null(json_view_get(member("object"), NULL));
    assert_null(json_view_at(member("object"), 0));
}

static void counts_members_and_items(void **state) {
    (void)state;
    assert_int_equal(json_view_count(json_doc_root(&doc)), 11);
    assert_int_equal(json_view_count(member("array")), 3);
    assert_int_equal(json_view_count(member("object")), 1);
    assert_int_equal(json_view_count(json_view_at(member("array"), 1)), 0);
}

static void gives_the_text_of_strings_only(void **state) {
    (void)state;
    struct nx_str text = json_view_str(member("string"));
    assert_int_equal(text.len, 2);
    assert_string_equal(text.ptr, "\xc3\xa4");

    text = json_view_str(member("empty"));
    assert_non_null(text.ptr);
    assert_int_equal(text.len, 0);

    static const char *const others[] = {
            "missing", "null", "int", "true", "array", "object"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        text = json_view_str(member(others[i]));
        assert_null(text.ptr);
        assert_int_equal(text.len, 0);
    }
}

static void reads_integers(void **state) {
    (void)state;
    int64_t n = 0;
    assert_int_equal(json_view_i64(member("int"), &n), NX_OK);
    assert_true(n == -7);
    assert_int_equal(json_view_i64(member("big"), &n), NX_OK);
    assert_true(n == INT64_MAX);
    assert_int_equal(json_view_i64(member("small"), &n), NX_OK);
    assert_true(n == INT64_MIN);
}

static void reads_integers_as_floats_but_not_the_reverse(void **state) {
    (void)state;
    double number = 0;
    int64_t n = 42;
    assert_int_equal(json_view_f64(member("float"), &number), NX_OK);
    assert_true(number == 2.5);
    assert_int_equal(json_view_f64(member("int"), &number), NX_OK);
    assert_true(number == -7.0);

    assert_int_equal(json_view_i64(member("float"), &n), NX_ERR_INVALID);
    assert_true(n == 42);
}

static void reads_booleans(void **state) {
    (void)state;
    int32_t flag = 42;
    assert_int_equal(json_view_boolean(member("true"), &flag), NX_OK);
    assert_int_equal(flag, 1);
    assert_int_equal(json_view_boolean(member("false"), &flag), NX_OK);
    assert_int_equal(flag, 0);
}

static void leaves_the_result_alone_when_the_kind_differs(void **state) {
    (void)state;
    int64_t n = 42;
    double number = 42;
    int32_t flag = 42;
    static const char *const others[] = {
            "missing", "null", "string", "array", "object"};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        const struct nx_json *value = member(others[i]);
        assert_int_equal(json_view_i64(value, &n), NX_ERR_INVALID);
        assert_int_equal(json_view_f64(value, &number), NX_ERR_INVALID);
        assert_int_equal(json_view_boolean(value, &flag), NX_ERR_INVALID);
    }
    assert_int_equal(json_view_boolean(member("int"), &flag), NX_ERR_INVALID);
    assert_int_equal(json_view_i64(member("true"), &n), NX_ERR_INVALID);
    assert_true(n == 42 && number == 42 && flag == 42);
}

struct visits {
    int count;
    int stop_after;
    size_t keys;
    char first[16];
};

static int32_t visit(
        void *user, struct nx_str key, const struct nx_json *value) {
    struct visits *visits = user;
    assert_non_null(value);
    if (visits->count++ == 0 && key.ptr) {
        assert_int_equal(key.len, strlen(key.ptr));
        assert_true(key.len < sizeof(visits->first));
        memcpy(visits->first, key.ptr, key.len + 1);
    }
    visits->keys += key.ptr ? 1 : 0;
    return visits->count == visits->stop_after;
}

static void visits_members_with_keys_in_order(void **state) {
    (void)state;
    struct visits visits = {0};
    json_view_each(json_doc_root(&doc), visit, &visits);
    assert_int_equal(visits.count, 11);
    assert_int_equal(visits.keys, 11);
    assert_string_equal(visits.first, "null");
}

static void visits_items_without_keys(void **state) {
    (void)state;
    struct visits visits = {0};
    json_view_each(member("array"), visit, &visits);
    assert_int_equal(visits.count, 3);
    assert_int_equal(visits.keys, 0);
}

static void stops_visiting_when_told(void **state) {
    (void)state;
    struct visits members = {.stop_after = 2};
    struct visits items = {.stop_after = 2};
    json_view_each(json_doc_root(&doc), visit, &members);
    json_view_each(member("array"), visit, &items);
    assert_int_equal(members.count, 2);
    assert_int_equal(items.count, 2);
}

static void visits_nothing_in_a_scalar(void **state) {
    (void)state;
    struct visits visits = {0};
    json_view_each(NULL, visit, &visits);
    json_view_each(member("string"), visit, &visits);
    json_view_each(member("null"), visit, &visits);
    assert_int_equal(visits.count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(tells_the_kind_of_each_value),
            TEST(finds_members_and_items_through_levels),
            TEST(chains_through_what_is_not_there),
            TEST(counts_members_and_items),
            TEST(gives_the_text_of_strings_only),
            TEST(reads_integers),
            TEST(reads_integers_as_floats_but_not_the_reverse),
            TEST(reads_booleans),
            TEST(leaves_the_result_alone_when_the_kind_differs),
            TEST(visits_members_with_keys_in_order),
            TEST(visits_items_without_keys),
            TEST(stops_visiting_when_told),
            TEST(visits_nothing_in_a_scalar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
