#include "kernel/core/setting.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/plugin.h>

#include "kernel/core/settings_table.h"
#include "tests/support/cmocka.h"

static const struct setting number = {.path = "a.number",
        .kind = NX_SETTING_INT,
        .range = "-5..100"};
static const struct setting any_number = {.path = "a.number",
        .kind = NX_SETTING_INT};
static const struct setting truth = {.path = "a.truth",
        .kind = NX_SETTING_BOOL};
static const struct setting choice = {.path = "a.choice",
        .kind = NX_SETTING_STRING,
        .range = "red|green"};
static const struct setting filled = {.path = "a.name",
        .kind = NX_SETTING_STRING,
        .flags = SETTING_FILLED};
static const struct setting secret = {.path = "a.secret",
        .kind = NX_SETTING_INT,
        .flags = SETTING_SECRET};

static bool reads(const struct setting *setting, enum raw_kind kind,
        const char *text, struct setting_value *value) {
    struct settings_errors errors;
    settings_errors_init(&errors);
    const struct raw_value raw = {kind, text, "here"};
    bool fits = setting_read(setting, &raw, value, &errors);
    assert_int_equal(fits ? 0 : 1, errors.count);
    settings_errors_finish(&errors);
    return fits;
}

static void refuses(const struct setting *setting, enum raw_kind kind,
        const char *text, const char *sentence) {
    struct settings_errors errors;
    settings_errors_init(&errors);
    struct setting_value value = {42, NULL};
    const struct raw_value raw = {kind, text, "here"};
    assert_false(setting_read(setting, &raw, &value, &errors));
    assert_string_equal(sentence, errors.texts[0]);
    assert_int_equal(42, value.number);
    settings_errors_finish(&errors);
}

static void reads_whole_numbers_in_their_range(void **state) {
    struct setting_value value;
    assert_true(reads(&number, RAW_INT, "100", &value));
    assert_int_equal(100, value.number);
    assert_true(reads(&number, RAW_TEXT, "-5", &value));
    assert_int_equal(-5, value.number);
    assert_true(reads(&any_number, RAW_INT, "9223372036854775807", &value));
    assert_true(value.number == INT64_MAX);
}

static void refuses_numbers_out_of_range(void **state) {
    struct setting_value value;
    assert_false(reads(&number, RAW_INT, "101", &value));
    assert_false(reads(&number, RAW_INT, "-6", &value));
    assert_false(reads(&any_number, RAW_TEXT, "9223372036854775808", &value));
}

static void refuses_what_is_not_quite_a_number(void **state) {
    static const char *const texts[] = {
            "", " 1", "1 ", "+1", "1s", "0x10", "1.0", "one", "--1"};
    struct setting_value value;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_false(reads(&number, RAW_TEXT, texts[i], &value));
    }
}

static void reads_truth_in_several_words(void **state) {
    static const char *const yes[] = {"true", "TRUE", "yes", "on", "1"};
    static const char *const no[] = {"false", "False", "no", "off", "0"};
    struct setting_value value;
    for (size_t i = 0; i < 5; i++) {
        assert_true(reads(&truth, RAW_TEXT, yes[i], &value));
        assert_int_equal(1, value.number);
        assert_true(reads(&truth, RAW_TEXT, no[i], &value));
        assert_int_equal(0, value.number);
    }
    assert_false(reads(&truth, RAW_TEXT, "2", &value));
    assert_false(reads(&truth, RAW_TEXT, "", &value));
}

static void reads_choices_as_whole_words(void **state) {
    struct setting_value value;
    assert_true(reads(&choice, RAW_STRING, "green", &value));
    assert_string_equal("green", value.text);
    assert_false(reads(&choice, RAW_STRING, "gre", &value));
    assert_false(reads(&choice, RAW_STRING, "red|green", &value));
    assert_false(reads(&choice, RAW_STRING, "", &value));
    assert_false(reads(&choice, RAW_STRING, "GREEN", &value));
}

static void takes_a_file_at_its_word(void **state) {
    struct setting_value value;
    assert_false(reads(&number, RAW_STRING, "5", &value));
    assert_false(reads(&truth, RAW_INT, "1", &value));
    assert_false(reads(&choice, RAW_BOOL, "true", &value));
    assert_false(reads(&filled, RAW_INT, "5", &value));
    assert_false(reads(&filled, RAW_LIST, "", &value));
    assert_false(reads(&filled, RAW_GROUP, "", &value));
}

static void understands_the_levels_of_python(void **state) {
    const struct setting *level = setting_find("log.level");
    struct setting_value value;
    assert_true(reads(level, RAW_TEXT, "INFO", &value));
    assert_string_equal("info", value.text);
    assert_true(reads(level, RAW_TEXT, "WARNING", &value));
    assert_string_equal("warn", value.text);
    assert_true(reads(level, RAW_STRING, "Critical", &value));
    assert_string_equal("error", value.text);
    assert_false(reads(level, RAW_TEXT, "loud", &value));
}

static void says_what_was_expected_and_what_came(void **state) {
    refuses(&number, RAW_INT, "200",
            "here: a.number must be a whole number from -5 to 100, not 200");
    refuses(&any_number, RAW_STRING, "8000",
            "here: a.number must be a whole number, not the text \"8000\"");
    refuses(&number, RAW_TEXT, "x",
            "here: a.number must be a whole number from -5 to 100, not \"x\"");
    refuses(&truth, RAW_INT, "1", "here: a.truth must be true or false, not 1");
    refuses(&choice, RAW_GROUP, "",
            "here: a.choice must be one of red, green, not a group");
    refuses(&filled, RAW_STRING, "",
            "here: a.name must be a text that is not empty, not the text \"\"");
    refuses(&filled, RAW_LIST, "",
            "here: a.name must be a text that is not empty, not a list");
}

// Continuation bytes alone: there is no character to cut in front of.
static void quotes_a_long_text_that_is_no_text(void **state) {
    char bytes[256];
    memset(bytes, 0x80, sizeof(bytes) - 1);
    bytes[sizeof(bytes) - 1] = '\0';
    refuses(&number, RAW_TEXT, bytes,
            "here: a.number must be a whole number from -5 to 100, "
            "not \"...\"");
}

static void does_not_repeat_a_secret(void **state) {
    refuses(&secret, RAW_STRING, "hunter2",
            "here: a.secret must be a whole number");
}

static void cuts_a_long_value_between_characters(void **state) {
    // 59 letters and an umlaut of two bytes, of which the first is the 60th.
    refuses(&truth, RAW_TEXT,
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xa4"
            "bbb",
            "here: a.truth must be true or false, not \""
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            "...\"");
}

static void names_its_environment_variable(void **state) {
    char name[40];
    assert_true(setting_env_name("listen.port", name, sizeof(name)));
    assert_string_equal("NEXUS_LISTEN_PORT", name);
    assert_true(setting_env_name("plugins.a-b.c_d", name, sizeof(name)));
    assert_string_equal("NEXUS_PLUGINS_A_B_C_D", name);
    assert_false(setting_env_name("listen.port", name, 17));
    assert_true(setting_env_name("listen.port", name, 18));
}

static void expect_written(
        uint32_t kind, int64_t n, const char *text, const char *expected) {
    char *written = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&written, &len);
    const struct setting_value value = {n, text};
    setting_write_value(kind, &value, out);
    assert_int_equal(0, fclose(out));
    assert_string_equal(expected, written);
    free(written);
}

static void writes_values_as_a_file_has_them(void **state) {
    expect_written(NX_SETTING_INT, -8, NULL, "-8");
    expect_written(NX_SETTING_INT, INT64_C(2147483648), NULL, "2147483648L");
    expect_written(NX_SETTING_BOOL, 1, NULL, "true");
    expect_written(NX_SETTING_BOOL, 0, NULL, "false");
    expect_written(NX_SETTING_STRING, 0, "a\"b\\c\nd", "\"a\\\"b\\\\c\\x0ad\"");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(reads_whole_numbers_in_their_range),
            cmocka_unit_test(refuses_numbers_out_of_range),
            cmocka_unit_test(refuses_what_is_not_quite_a_number),
            cmocka_unit_test(reads_truth_in_several_words),
            cmocka_unit_test(reads_choices_as_whole_words),
            cmocka_unit_test(takes_a_file_at_its_word),
            cmocka_unit_test(understands_the_levels_of_python),
            cmocka_unit_test(says_what_was_expected_and_what_came),
            cmocka_unit_test(quotes_a_long_text_that_is_no_text),
            cmocka_unit_test(does_not_repeat_a_secret),
            cmocka_unit_test(cuts_a_long_value_between_characters),
            cmocka_unit_test(names_its_environment_variable),
            cmocka_unit_test(writes_values_as_a_file_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
