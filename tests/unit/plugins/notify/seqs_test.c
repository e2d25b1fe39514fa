#include "plugins/notify/seqs.h"

#include <string.h>

#include "tests/support/cmocka.h"
#include "tests/support/prng.h"

#define RANGE 200

static void is_a_set_whatever_happens_to_it(void **state) {
    (void)state;
    struct seqs seqs;
    bool model[RANGE] = {false};
    uint64_t random = 7;
    seqs_init(&seqs);
    for (int i = 0; i < 20000; i++) {
        uint64_t number = prng_below(&random, RANGE);
        if (prng_below(&random, 2) == 0) {
            assert_true(seqs_add(&seqs, number, RANGE));
            model[number] = true;
        } else {
            seqs_remove(&seqs, number);
            model[number] = false;
        }
        size_t count = 0;
        for (uint64_t n = 0; n < RANGE; n++) {
            assert_int_equal(seqs_has(&seqs, n), model[n]);
            count += model[n] ? 1 : 0;
        }
        assert_int_equal(seqs.count, count);
    }
    seqs_finish(&seqs);
}

static void loses_the_smallest_beyond_its_limit(void **state) {
    (void)state;
    struct seqs seqs;
    seqs_init(&seqs);
    for (uint64_t n = 10; n > 0; n--) {
        assert_true(seqs_add(&seqs, n, 4));
    }
    assert_int_equal(seqs.count, 4);
    assert_int_equal(seqs.numbers[0], 7);
    seqs_clear(&seqs);
    assert_false(seqs_has(&seqs, 10));
    seqs_finish(&seqs);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(is_a_set_whatever_happens_to_it),
            cmocka_unit_test(loses_the_smallest_beyond_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
