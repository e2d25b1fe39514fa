#include "kernel/base/columns.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka.h"

static void expect(const char *name, const char *meaning, const char *wanted) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    columns_write(name, 10, meaning, out);
    assert_int_equal(0, fclose(out));
    assert_string_equal(wanted, text);
    free(text);
}

static void puts_the_meaning_beside_the_name(void **state) {
    expect("-a", "all", "  -a      all\n");
    expect("-abcdef", "all", "  -abcdef all\n");
}

static void gives_a_long_name_its_own_line(void **state) {
    expect("--abcdef", "all", "  --abcdef\n          all\n");
}

static void wraps_at_words(void **state) {
    expect("-a",
            "0123456789 0123456789 0123456789 0123456789 0123456789 012345678 "
            "abc d e",
            "  -a      0123456789 0123456789 0123456789 0123456789 0123456789 "
            "012345678 abc\n"
            "          d e\n");
}

static void fits_whole_words(void **state) {
    assert_int_equal(3, columns_fit("abc", 3));
    assert_int_equal(3, columns_fit("abc def", 6));
    assert_int_equal(7, columns_fit("abc def", 7));
    assert_int_equal(6, columns_fit("abcdef gh", 3));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(puts_the_meaning_beside_the_name),
            cmocka_unit_test(gives_a_long_name_its_own_line),
            cmocka_unit_test(wraps_at_words),
            cmocka_unit_test(fits_whole_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
