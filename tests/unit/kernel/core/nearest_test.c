#include "kernel/core/nearest.h"

#include <string.h>

#include "tests/support/cmocka.h"

static const char *nearest_of(const char *word, const char *a, const char *b) {
    struct nearest nearest;
    nearest_init(&nearest, word);
    nearest_offer(&nearest, a);
    nearest_offer(&nearest, b);
    return nearest.best;
}

static void finds_a_missing_letter(void **state) {
    assert_string_equal("limits.connections",
            nearest_of(
                    "limits.conections", "limits.connections", "limits.rooms"));
}

static void finds_a_letter_too_many(void **state) {
    assert_string_equal("burst", nearest_of("bursst", "queue", "burst"));
}

static void counts_swapped_neighbours_as_one_error(void **state) {
    assert_string_equal("port", nearest_of("prot", "port", "path"));
}

static void prefers_the_nearer_one(void **state) {
    assert_string_equal("timeout", nearest_of("timeouts", "timeout", "times"));
    assert_string_equal("timeout", nearest_of("timeouts", "times", "timeout"));
}

static void keeps_the_first_of_two_equally_near(void **state) {
    assert_string_equal("bat", nearest_of("cat", "bat", "rat"));
}

static void suggests_nothing_for_something_else(void **state) {
    assert_null(nearest_of("port", "window", "grace"));
    assert_null(nearest_of("abcdefghijkl", "abcdWXYZijkl", "x"));
}

static void accepts_more_errors_in_longer_words(void **state) {
    assert_null(nearest_of("abcd", "abXY", "x"));
    assert_string_equal("abcdefghi", nearest_of("abXYZfghi", "abcdefghi", "x"));
}

static void ignores_words_longer_than_its_limit(void **state) {
    char word[NEAREST_WORD_MAX + 2];
    memset(word, 'a', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    assert_null(nearest_of(word, word, word));
    word[NEAREST_WORD_MAX] = '\0';
    assert_string_equal(word, nearest_of(word, "b", word));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(finds_a_missing_letter),
            cmocka_unit_test(finds_a_letter_too_many),
            cmocka_unit_test(counts_swapped_neighbours_as_one_error),
            cmocka_unit_test(prefers_the_nearer_one),
            cmocka_unit_test(keeps_the_first_of_two_equally_near),
            cmocka_unit_test(suggests_nothing_for_something_else),
            cmocka_unit_test(accepts_more_errors_in_longer_words),
            cmocka_unit_test(ignores_words_longer_than_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
