#include "plugins/presence/idset.h"

#include "tests/support/cmocka.h"

static void has_each_id_once_when_sorted(void **state) {
    (void)state;
    struct idset set = {0};
    const uint64_t ids[] = {5, 1, 9, 5, 5, 1, 2};
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        assert_true(idset_add(&set, ids[i]));
    }
    assert_true(idset_holds(&set, 9));
    assert_false(idset_holds(&set, 3));
    idset_sort(&set);
    assert_int_equal(set.count, 4);
    assert_true(idset_has(&set, 1));
    assert_true(idset_has(&set, 9));
    assert_false(idset_has(&set, 3));
    idset_finish(&set);
    assert_int_equal(set.count, 0);
}

static void loses_what_is_in_the_other(void **state) {
    (void)state;
    struct idset set = {0};
    struct idset other = {0};
    for (uint64_t id = 1; id <= 6; id++) {
        assert_true(idset_add(&set, id));
        assert_true(idset_add(&other, 2 * id));
    }
    idset_subtract(&set, &other);
    assert_int_equal(set.count, 3);
    assert_true(idset_has(&set, 5));
    assert_false(idset_has(&set, 4));
    idset_finish(&set);
    idset_finish(&other);
}

static void does_without_memory_while_it_is_empty(void **state) {
    (void)state;
    struct idset set = {0};
    idset_sort(&set);
    idset_subtract(&set, &set);
    assert_false(idset_has(&set, 1));
    assert_null(set.ids);
    idset_finish(&set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(has_each_id_once_when_sorted),
            cmocka_unit_test(loses_what_is_in_the_other),
            cmocka_unit_test(does_without_memory_while_it_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
