#include "kernel/base/random.h"

#include <string.h>

#include "tests/support/cmocka.h"

static void fills_every_byte(void **state) {
    (void)state;
    unsigned char seen[300] = {0};

    // A byte that stays 0 in 20 rounds was never written (2^-160 otherwise).
    for (int round = 0; round < 20; round++) {
        unsigned char bytes[300];
        random_bytes(bytes, sizeof(bytes));
        for (size_t i = 0; i < sizeof(bytes); i++) {
            seen[i] |= bytes[i];
        }
    }

    for (size_t i = 0; i < sizeof(seen); i++) {
        assert_int_not_equal(seen[i], 0);
    }
}

static void writes_only_what_is_asked(void **state) {
    (void)state;
    unsigned char bytes[4] = {1, 2, 3, 4};

    random_bytes(bytes + 1, 0);

    assert_memory_equal(bytes, ((unsigned char[]){1, 2, 3, 4}), 4);
}

static void gives_different_numbers(void **state) {
    (void)state;
    assert_true(random_u64() != random_u64());
}

static void writes_hexadecimal_digits(void **state) {
    (void)state;
    char text[34];
    char other[34];
    memset(text, '#', sizeof(text));

    random_hex(text, 16);
    random_hex(other, 16);

    assert_int_equal(strlen(text), 32);
    assert_int_equal(strspn(text, "0123456789abcdef"), 32);
    assert_int_equal(text[33], '#');
    assert_string_not_equal(text, other);
}

// Half of a digit pair lost while spreading would leave digits unused.
static void uses_all_digits_at_all_places(void **state) {
    (void)state;
    unsigned seen[16] = {0};

    for (int round = 0; round < 2000; round++) {
        char text[17];
        random_hex(text, 8);
        for (size_t i = 0; i < 16; i++) {
            char c = text[i];
            seen[i] |= 1u << (c <= '9' ? c - '0' : c - 'a' + 10);
        }
    }

    for (size_t i = 0; i < 16; i++) {
        assert_int_equal(seen[i], 0xffff);
    }
}

static void writes_an_empty_string_for_no_bytes(void **state) {
    (void)state;
    char text[1] = {'#'};

    random_hex(text, 0);

    assert_string_equal(text, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(fills_every_byte),
            cmocka_unit_test(writes_only_what_is_asked),
            cmocka_unit_test(gives_different_numbers),
            cmocka_unit_test(writes_hexadecimal_digits),
            cmocka_unit_test(uses_all_digits_at_all_places),
            cmocka_unit_test(writes_an_empty_string_for_no_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
