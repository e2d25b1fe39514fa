#include "kernel/core/settings_text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/support/settings_case.h"

static void becomes_bytes(const char *text, size_t len, const char *expected) {
    struct settings_errors errors;
    settings_errors_init(&errors);
    char *result = settings_text_prepare(text, len, "f", &errors);
    assert_non_null(result);
    size_t result_len = strlen(result);
    assert_int_equal('\n', result[result_len - 1]);
    result[result_len - 1] = '\0'; // the newline that is always added
    assert_string_equal(expected, result);
    free(result);
    settings_errors_finish(&errors);
}

static void becomes(const char *text, const char *expected) {
    becomes_bytes(text, strlen(text), expected);
}

static void refuses_bytes(const char *text, size_t len, const char *sentence) {
    struct settings_errors errors;
    settings_errors_init(&errors);
    assert_null(settings_text_prepare(text, len, "f", &errors));
    assert_int_equal(1, errors.count);
    assert_string_equal(sentence, errors.texts[0]);
    settings_errors_finish(&errors);
}

static void refuses(const char *text, const char *sentence) {
    refuses_bytes(text, strlen(text), sentence);
}

static void widens_every_whole_number(void **state) {
    becomes("a=1;", "a=1L;");
    becomes("a = -3000000000;", "a = -3000000000L;");
    becomes("a=0x1F;b=[1,2]", "a=0x1FL;b=[1L,2L]");
    becomes("7", "7L");
}

static void leaves_what_is_wide_or_no_whole_number(void **state) {
    becomes("a=1L;b=2LL;", "a=1L;b=2LL;");
    becomes("a=1.5;b=1e5;c=1.5e-3;d=.5;e=2.", "a=1.5;b=1e5;c=1.5e-3;d=.5;e=2.");
    becomes("a1=x2-3;b_4", "a1=x2-3;b_4");
}

static void leaves_texts_and_comments_alone(void **state) {
    becomes("a=\"1 { \\\" 2\";", "a=\"1 { \\\" 2\";");
    becomes("# 1 {\na=1;", "# 1 {\na=1L;");
    becomes("// \" 1\na=1;", "// \" 1\na=1L;");
    becomes("/* 1 \" } */a=1;", "/* 1 \" } */a=1L;");
    becomes("a=\"\\\\\";b=1;", "a=\"\\\\\";b=1L;");
    becomes("", "");
}

static void refuses_numbers_beyond_64_bits(void **state) {
    becomes("a=9223372036854775807;", "a=9223372036854775807L;");
    refuses("\na=9223372036854775808;", "f:2: a number is too large");
    refuses("a=0x8000000000000000;", "f:1: a number is too large");
    refuses("a=99999999999999999999999999999999L;",
            "f:1: a number is too large");
    becomes("a=000000000000000000000000000001;",
            "a=000000000000000000000000000001L;");
}

static void says_where_something_begins_that_never_ends(void **state) {
    refuses("a=1;\n/* x\n\n", "f:2: a comment begins here and never ends");
    refuses("a=1;\n\nb=\"x\n\n",
            "f:3: a text begins here and its closing quote is missing");
    refuses("a=\"x\\",
            "f:1: a text begins here and its closing quote is missing");
    refuses("a={\nb=(1,\n{c=2;}\n",
            "f:2: a bracket is opened here and never "
            "closed");
}

static void says_which_brackets_do_not_match(void **state) {
    refuses("a=(\n{b=1;\n);",
            "f:2: a bracket is opened here and closed by "
            "another kind");
    refuses("a=1;\n};", "f:2: a bracket is closed here that was never opened");
    becomes("a={b=([1]);};", "a={b=([1L]);};");
}

static void refuses_a_zero_byte_anywhere(void **state) {
    refuses_bytes("a=1;\n\0b", 7, "f:2: a zero byte has no place in this file");
    refuses_bytes("# \0", 3, "f:1: a zero byte has no place in this file");
    refuses_bytes("\"\0\"", 3, "f:1: a zero byte has no place in this file");
}

static void refuses_nesting_that_is_too_deep(void **state) {
    char text[40];
    memset(text, '(', sizeof(text));
    refuses_bytes(text, sizeof(text),
            "f:1: the groups and lists are nested too deeply");
}

static void cannot_read(const char *file, const char *sentence) {
    struct settings_errors errors;
    settings_errors_init(&errors);
    assert_null(settings_text_read(file, &errors));
    assert_int_equal(1, errors.count);
    assert_string_equal(sentence, errors.texts[0]);
    settings_errors_finish(&errors);
}

static void reads_only_files(void **state) {
    cannot_read("nowhere.conf",
            "nowhere.conf: cannot be read: No such file or directory");
    cannot_read(".", ".: cannot be read: Is a directory");
    assert_int_equal(0, mkfifo("pipe", 0600));
    cannot_read("pipe", "pipe: cannot be read: Invalid argument");
    assert_int_equal(0, unlink("pipe"));
}

static void refuses_a_file_that_is_too_large(void **state) {
    FILE *file = fopen("nexus.conf", "w");
    assert_non_null(file);
    for (size_t i = 0; i <= SETTINGS_FILE_MAX; i++) {
        assert_int_not_equal(EOF, fputc('#', file));
    }
    assert_int_equal(0, fclose(file));
    cannot_read("nexus.conf", "nexus.conf: cannot be read: File too large");
}

static void reads_an_empty_file(void **state) {
    settings_case_write("");
    struct settings_errors errors;
    settings_errors_init(&errors);
    char *text = settings_text_read("nexus.conf", &errors);
    assert_string_equal("\n", text);
    free(text);
    settings_errors_finish(&errors);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(widens_every_whole_number),
            cmocka_unit_test(leaves_what_is_wide_or_no_whole_number),
            cmocka_unit_test(leaves_texts_and_comments_alone),
            cmocka_unit_test(refuses_numbers_beyond_64_bits),
            cmocka_unit_test(says_where_something_begins_that_never_ends),
            cmocka_unit_test(says_which_brackets_do_not_match),
            cmocka_unit_test(refuses_a_zero_byte_anywhere),
            cmocka_unit_test(refuses_nesting_that_is_too_deep),
            cmocka_unit_test(reads_only_files),
            cmocka_unit_test(refuses_a_file_that_is_too_large),
            cmocka_unit_test(reads_an_empty_file),
    };
    return cmocka_run_group_tests(
            tests, settings_case_enter, settings_case_leave);
}
