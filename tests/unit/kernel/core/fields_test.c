#include "kernel/core/fields.h"

#include <stdio.h>
#include <string.h>

#include "kernel/core/json_doc.h"
#include "kernel/core/json_text.h"
#include "tests/support/cmocka.h"

static struct json_doc doc;
static struct fields_report report;

static const struct nx_str alice = {"alice", 5};
static const struct nx_str nobody = {NULL, 0};

static const struct nx_field list[] = {
        {"content", NX_JSON_STRING, NX_FIELD_REQUIRED, 1, 8},
        {"room_id", NX_JSON_STRING, NX_FIELD_NAME, 1, 64},
        {"limit", NX_JSON_INT, 0, -1, 100},
        {"at", NX_JSON_INT | NX_JSON_FLOAT, 0, 0, 10},
        {"tags", NX_JSON_ARRAY, 0, 0, 2},
        {"meta", NX_JSON_OBJECT, 0, 2, INT64_MAX},
        {"any", NX_JSON_ANY, 0, 0, 0},
        {"flag", NX_JSON_BOOL | NX_JSON_NULL, 0, 0, 0},
        {NULL, 0, 0, 0, 0},
};

static int set_up(void **state) {
    (void)state;
    json_doc_init(&doc);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    json_doc_finish(&doc);
    return 0;
}

static enum nx_err check_against(
        const struct nx_field *fields, const char *text, bool strict) {
    assert_int_equal(json_doc_parse(&doc, text, strlen(text), 32), NX_OK);
    memset(&report, 0xa5, sizeof(report));
    return fields_check(json_doc_root(&doc), fields, alice, strict, &report);
}

static enum nx_err check(const char *text) {
    return check_against(list, text, false);
}

static void expect_fine(const char *text) {
    assert_int_equal(check(text), NX_OK);
    assert_string_equal(report.field, "");
    assert_string_equal(report.reason, "");
}

static void expect_error(const char *text, enum nx_err err, const char *field,
        const char *reason) {
    assert_int_equal(check(text), err);
    assert_string_equal(report.field, field);
    assert_string_equal(report.reason, reason);
}

static void accepts_what_the_list_says(void **state) {
    (void)state;
    expect_fine("{\"content\":\"x\"}");
    expect_fine("{\"content\":\"12345678\",\"room_id\":\"r \xc3\xa4\","
                "\"limit\":-1,\"at\":9.5,\"tags\":[1,2],"
                "\"meta\":{\"a\":1,\"b\":2},\"any\":[],\"flag\":null}");
    expect_fine("{\"content\":\"x\",\"limit\":100,\"at\":10,\"tags\":[],"
                "\"flag\":false,\"any\":null}");
    assert_int_equal(report.unknown.count, 0);
}

static void misses_what_is_required_and_nothing_else(void **state) {
    (void)state;
    expect_error("{}", NX_ERR_MISSING_FIELD, "content", "content is required");
}

static void says_what_a_field_must_be(void **state) {
    (void)state;
    static const struct {
        const char *member;
        const char *field;
        const char *reason;
    } cases[] = {
            {"\"room_id\":5", "room_id",
                    "room_id must be a string of 1 to 64 bytes without control "
                    "characters"},
            {"\"limit\":\"5\"", "limit",
                    "limit must be an integer from -1 to 100"},
            {"\"limit\":5.0", "limit",
                    "limit must be an integer from -1 to 100"},
            {"\"limit\":-2", "limit",
                    "limit must be an integer from -1 to 100"},
            {"\"limit\":101", "limit",
                    "limit must be an integer from -1 to 100"},
            {"\"limit\":null", "limit",
                    "limit must be an integer from -1 to 100"},
            {"\"at\":10.5", "at", "at must be a number from 0 to 10"},
            {"\"at\":-0.5", "at", "at must be a number from 0 to 10"},
            {"\"at\":11", "at", "at must be a number from 0 to 10"},
            {"\"tags\":[1,2,3]", "tags",
                    "tags must be an array of at most 2 items"},
            {"\"tags\":{}", "tags", "tags must be an array of at most 2 items"},
            {"\"meta\":{\"a\":1}", "meta",
                    "meta must be an object of at least 2 members"},
            {"\"flag\":0", "flag", "flag must be true or false or null"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[128];
        (void)snprintf(
                text, sizeof(text), "{\"content\":\"x\",%s}", cases[i].member);
        expect_error(
                text, NX_ERR_INVALID_FIELD, cases[i].field, cases[i].reason);
    }
}

static void words_each_kind_of_limit(void **state) {
    (void)state;
    static const struct {
        struct nx_field field;
        const char *reason;
    } cases[] = {
            {{"f", NX_JSON_STRING, 0, 0, 16384},
                    "f must be a string of at most 16384 bytes"},
            {{"f", NX_JSON_STRING, 0, 3, 3},
                    "f must be a string of exactly 3 bytes"},
            {{"f", NX_JSON_STRING, 0, 0, 0}, "f must be a string"},
            {{"f", NX_JSON_STRING | NX_JSON_ARRAY, 0, 1, 9},
                    "f must be a string of 1 to 9 bytes or an array of 1 to 9 "
                    "items"},
            {{"f", NX_JSON_INT, 0, 0, INT64_MAX},
                    "f must be an integer of at least 0"},
            {{"f", NX_JSON_INT, 0, INT64_MIN, -1},
                    "f must be an integer of at most -1"},
            {{"f", NX_JSON_INT, 0, 7, 7}, "f must be an integer of exactly 7"},
            {{"f", NX_JSON_FLOAT | NX_JSON_NULL, 0, 0, 0},
                    "f must be a number or null"},
            {{"f", NX_JSON_NONE, 0, 0, 0}, "f must be absent"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct nx_field one[] = {cases[i].field, {.name = NULL}};
        assert_int_equal(check_against(one, "{\"f\":false}", false),
                NX_ERR_INVALID_FIELD);
        assert_string_equal(report.reason, cases[i].reason);
    }
}

static void counts_the_bytes_of_a_string(void **state) {
    (void)state;
    expect_fine("{\"content\":\"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\"}");
    static const char reason[] = "content must be a string of 1 to 8 bytes";
    expect_error("{\"content\":\"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4.\"}",
            NX_ERR_INVALID_FIELD, "content", reason);
    expect_error("{\"content\":\"\"}", NX_ERR_INVALID_FIELD, "content", reason);
}

static void keeps_control_characters_out_of_names(void **state) {
    (void)state;
    static const char *const names[] = {
            "\\n", "a\\u0001", "\\u007f", "a\\u0080", "\\u009fb", "x\\u001f"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char text[64];
        (void)snprintf(text, sizeof(text),
                "{\"content\":\"\\n\",\"room_id\":\"%s\"}", names[i]);
        assert_int_equal(check(text), NX_ERR_INVALID_FIELD);
        assert_string_equal(report.field, "room_id");
    }
    expect_fine("{\"content\":\"x\",\"room_id\":\" ~\\u00a0\\u20ac\"}");
    assert_true(fields_is_name(nobody));
    assert_false(fields_is_name((struct nx_str){"a\0b", 3}));
}

static void reports_the_first_field_of_the_list_that_fails(void **state) {
    (void)state;
    assert_int_equal(check("{\"at\":true,\"limit\":true,\"zzz\":1}"),
            NX_ERR_MISSING_FIELD);
    assert_int_equal(check("{\"at\":true,\"limit\":true,\"content\":\"x\"}"),
            NX_ERR_INVALID_FIELD);
    assert_string_equal(report.field, "limit");
}

static void names_unknown_fields_without_refusing_them(void **state) {
    (void)state;
    assert_int_equal(check("{\"event_type\":\"t\",\"colour\":1,\"ref\":\"r\","
                           "\"content\":\"x\",\"size\":null}"),
            NX_OK);
    assert_int_equal(report.unknown.count, 2);
    assert_int_equal(report.unknown.kept, 2);
    assert_string_equal(report.unknown.name[0], "colour");
    assert_string_equal(report.unknown.name[1], "size");
}

static void keeps_the_first_names_and_counts_all(void **state) {
    (void)state;
    static char text[40000];
    size_t len = (size_t)snprintf(text, sizeof(text), "{\"content\":\"x\"");
    for (int i = 0; i < 3000; i++) {
        len += (size_t)snprintf(
                text + len, sizeof(text) - len, ",\"f%d\":0", i);
    }
    (void)snprintf(text + len, sizeof(text) - len, "}");

    assert_int_equal(check(text), NX_OK);

    assert_int_equal(report.unknown.count, 3000);
    assert_int_equal(report.unknown.kept, FIELDS_UNKNOWN_KEPT);
    assert_string_equal(report.unknown.name[FIELDS_UNKNOWN_KEPT - 1], "f7");
}

static void cuts_long_names_between_characters(void **state) {
    (void)state;
    char text[600] = "{\"content\":\"x\",\"";
    size_t len = strlen(text);
    for (int i = 0; i < 60; i++) {
        // Three bytes each, and 64 is no multiple of 3.
        len += (size_t)snprintf(text + len, sizeof(text) - len, "\xe2\x82\xac");
    }
    (void)snprintf(text + len, sizeof(text) - len, "\":1}");

    assert_int_equal(check(text), NX_OK);

    const char *name = report.unknown.name[0];
    assert_int_equal(strlen(name), 63);
    assert_true(json_text_is_utf8(name, 63));
}

static void refuses_unknown_fields_when_strict(void **state) {
    (void)state;
    assert_int_equal(
            check_against(list, "{\"content\":\"x\",\"b\":1,\"a\":1}", true),
            NX_ERR_UNKNOWN_FIELD);
    assert_string_equal(report.field, "b");
    assert_string_equal(report.reason, "b is not a known field");
    assert_int_equal(report.unknown.count, 2);

    assert_int_equal(check_against(list,
                             "{\"content\":\"x\",\"user_id\":\"alice\","
                             "\"ref\":\"1\",\"event_type\":\"t\"}",
                             true),
            NX_OK);
}

static void accepts_the_own_user_id_in_silence(void **state) {
    (void)state;
    expect_fine("{\"content\":\"x\",\"user_id\":\"alice\"}");
    assert_int_equal(report.unknown.count, 0);
}

static void refuses_a_foreign_user_id(void **state) {
    (void)state;
    static const char *const others[] = {"\"bob\"", "\"alic\"", "\"alice2\"",
            "\"Alice\"", "\"\"", "null", "7", "[\"alice\"]"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        char text[64];
        (void)snprintf(text, sizeof(text), "{\"user_id\":%s}", others[i]);
        expect_error(text, NX_ERR_IDENTITY, "user_id",
                "user_id differs from the authenticated user");
    }
}

static void leaves_a_listed_user_id_to_the_list(void **state) {
    (void)state;
    static const struct nx_field with_user[] = {
            {"user_id", NX_JSON_STRING, NX_FIELD_NAME, 1, 4},
            {.name = NULL},
    };
    assert_int_equal(
            check_against(with_user, "{\"user_id\":\"bob\"}", true), NX_OK);
    assert_int_equal(check_against(with_user, "{\"user_id\":\"alice\"}", true),
            NX_ERR_INVALID_FIELD);
}

static void does_not_check_identity_without_a_session(void **state) {
    (void)state;
    static const char text[] = "{\"content\":\"x\",\"user_id\":\"bob\"}";
    assert_int_equal(json_doc_parse(&doc, text, strlen(text), 32), NX_OK);
    assert_int_equal(
            fields_check(json_doc_root(&doc), list, nobody, true, &report),
            NX_OK);
}

static void knows_no_field_without_a_list(void **state) {
    (void)state;
    assert_int_equal(check_against(NULL, "{\"a\":1}", false), NX_OK);
    assert_int_equal(report.unknown.count, 1);
    assert_int_equal(
            check_against(NULL, "{\"a\":1}", true), NX_ERR_UNKNOWN_FIELD);
}

static void refuses_what_is_no_object(void **state) {
    (void)state;
    static const char *const texts[] = {"[]", "null", "\"a\"", "1"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        expect_error(texts[i], NX_ERR_BAD_REQUEST, "", "send a JSON object");
    }
    assert_int_equal(fields_check(NULL, list, alice, false, &report),
            NX_ERR_BAD_REQUEST);
}

static void cuts_a_reason_that_is_too_long(void **state) {
    (void)state;
    const struct nx_field one[] = {
            {"a-rather-long-name-for-a-field-that-somebody-may-well-have-made",
                    NX_JSON_STRING | NX_JSON_INT | NX_JSON_ARRAY
                            | NX_JSON_OBJECT,
                    NX_FIELD_NAME, 1000000000000000000, 2000000000000000000},
            {.name = NULL},
    };
    char text[128];
    (void)snprintf(text, sizeof(text), "{\"%s\":1}", one[0].name);

    assert_int_equal(check_against(one, text, false), NX_ERR_INVALID_FIELD);

    assert_true(strlen(report.reason) < FIELDS_REASON_SIZE);
    assert_true(strlen(report.reason) > 150);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(accepts_what_the_list_says),
            TEST(misses_what_is_required_and_nothing_else),
            TEST(says_what_a_field_must_be),
            TEST(words_each_kind_of_limit),
            TEST(counts_the_bytes_of_a_string),
            TEST(keeps_control_characters_out_of_names),
            TEST(reports_the_first_field_of_the_list_that_fails),
            TEST(names_unknown_fields_without_refusing_them),
            TEST(keeps_the_first_names_and_counts_all),
            TEST(cuts_long_names_between_characters),
            TEST(refuses_unknown_fields_when_strict),
            TEST(accepts_the_own_user_id_in_silence),
            TEST(refuses_a_foreign_user_id),
            TEST(leaves_a_listed_user_id_to_the_list),
            TEST(does_not_check_identity_without_a_session),
            TEST(knows_no_field_without_a_list),
            TEST(refuses_what_is_no_object),
            TEST(cuts_a_reason_that_is_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
