#include "kernel/base/commas.h"

#include <nexus/util/str.h>

#include "tests/support/cmocka.h"

static void expect(const char *text, const char *const *items) {
    struct nx_str item;
    for (; *items; items++) {
        assert_true(commas_next(&text, &item));
        assert_true(nx_str_is(item, *items));
    }
    assert_false(commas_next(&text, &item));
    assert_false(commas_next(&text, &item));
}

static void takes_items_apart(void **state) {
    (void)state;
    const char *const items[] = {"a", "b c", "d", NULL};
    expect("a,b c,d", items);
    expect("  a ,\tb c\t,  d  ", items);
}

static void passes_over_what_is_empty(void **state) {
    (void)state;
    const char *const none[] = {NULL};
    const char *const one[] = {"a", NULL};
    expect("", none);
    expect(" , ,, ", none);
    expect(",, a ,,", one);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(takes_items_apart),
            cmocka_unit_test(passes_over_what_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
