#include "kernel/core/settings_errors.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka.h"

static void keeps_sentences_in_order(void **state) {
    struct settings_errors errors;
    settings_errors_init(&errors);
    settings_errors_add(&errors, "%s:%d: first", "nexus.conf", 3);
    settings_errors_add(&errors, "second");
    settings_errors_warn(&errors, "third");

    assert_int_equal(2, errors.count);
    assert_string_equal("nexus.conf:3: first", errors.texts[0]);
    assert_string_equal("second", errors.texts[1]);
    assert_int_equal(1, errors.warning_count);
    assert_string_equal("third", errors.warnings[0]);
    settings_errors_finish(&errors);
}

static void counts_what_it_does_not_keep(void **state) {
    struct settings_errors errors;
    settings_errors_init(&errors);
    for (int i = 0; i < SETTINGS_ERRORS_MAX + 3; i++) {
        settings_errors_add(&errors, "number %d", i);
    }

    char *printed = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&printed, &len);
    settings_errors_print(&errors, out);
    assert_int_equal(0, fclose(out));

    assert_int_equal(SETTINGS_ERRORS_MAX + 3, errors.count);
    assert_non_null(strstr(printed, "error: number 19\n"));
    assert_null(strstr(printed, "number 20"));
    assert_non_null(strstr(printed, "error: and 3 more\n"));
    free(printed);
    settings_errors_finish(&errors);
}

static void cuts_a_sentence_that_is_too_long(void **state) {
    struct settings_errors errors;
    settings_errors_init(&errors);
    settings_errors_add(&errors, "%2000d", 1);
    assert_int_equal(SETTINGS_ERROR_TEXT_MAX - 1, strlen(errors.texts[0]));
    settings_errors_finish(&errors);
}

static void lets_no_control_character_through(void **state) {
    struct settings_errors errors;
    settings_errors_init(&errors);
    settings_errors_add(&errors, "not \"%s\"", "a\x1b[2J\nb\x7f");
    assert_string_equal("not \"a?[2J?b?\"", errors.texts[0]);
    settings_errors_finish(&errors);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(keeps_sentences_in_order),
            cmocka_unit_test(counts_what_it_does_not_keep),
            cmocka_unit_test(cuts_a_sentence_that_is_too_long),
            cmocka_unit_test(lets_no_control_character_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
