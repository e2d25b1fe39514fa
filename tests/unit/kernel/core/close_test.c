#include "kernel/core/close.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/error.h>

#include "kernel/core/error_doc.h"
#include "tests/support/cmocka.h"

#define NUMBER(name, number, word, meaning, action) number,
#define WORD(name, number, word, meaning, action)   word,
static const uint32_t numbers[] = {CLOSE_CODES(NUMBER)};
static const char *const words[] = {CLOSE_CODES(WORD)};
#define ERROR_ROW(name, number, word, http, text) \
    "| `" word "` | " #http " | " text " |",
static const char *const error_rows[] = {NX_ERRORS(ERROR_ROW)};
#define COUNT (sizeof(numbers) / sizeof(numbers[0]))

static void has_a_word_for_every_code(void **state) {
    for (size_t i = 0; i < COUNT; i++) {
        assert_string_equal(words[i], close_code_word(numbers[i]));
    }
    assert_string_equal("slow_consumer", close_code_word(CLOSE_SLOW_CONSUMER));
    assert_string_equal("internal", close_code_word(4999));
}

static void uses_only_numbers_a_server_may_send(void **state) {
    for (size_t i = 0; i < COUNT; i++) {
        bool standard = numbers[i] >= 1000 && numbers[i] <= 1011
                && numbers[i] != 1004 && numbers[i] != 1005
                && numbers[i] != 1006;
        bool private_use = numbers[i] >= 4400 && numbers[i] <= 4599;
        assert_true(standard || private_use);
    }
}

static void uses_no_number_or_word_twice(void **state) {
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(numbers[i], numbers[j]);
            assert_string_not_equal(words[i], words[j]);
        }
    }
}

static void documents_every_code_and_error(void **state) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    error_doc_write(out);
    assert_int_equal(0, fclose(out));
    for (size_t i = 0; i < COUNT; i++) {
        char row[64];
        (void)snprintf(row, sizeof(row), "| %u | `%s` |", numbers[i], words[i]);
        assert_non_null(strstr(text, row));
    }
    for (size_t i = 0; i < sizeof(error_rows) / sizeof(error_rows[0]); i++) {
        assert_non_null(strstr(text, error_rows[i]));
    }
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(has_a_word_for_every_code),
            cmocka_unit_test(uses_only_numbers_a_server_may_send),
            cmocka_unit_test(uses_no_number_or_word_twice),
            cmocka_unit_test(documents_every_code_and_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
