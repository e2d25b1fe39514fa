#include "kernel/core/plugin_calls.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/cmocka.h"

static void counts_each_kind_by_itself_and_all_together(void **state) {
    struct plugin_calls calls = {0};
    struct histogram total;
    char event[] = "event"; // the same name elsewhere
    plugin_calls_add(&calls, "event", 10);
    plugin_calls_add(&calls, "timer", 20);
    plugin_calls_add(&calls, event, 30);
    assert_int_equal(calls.count, 2);
    assert_int_equal(histogram_count(calls.spent[0]), 2);
    assert_int_equal(calls.spent[0]->sum, 40);
    assert_int_equal(histogram_count(calls.spent[1]), 1);
    plugin_calls_total(&calls, &total);
    assert_int_equal(histogram_count(&total), 3);
    assert_int_equal(total.sum, 60);
    plugin_calls_finish(&calls);
}

static void counts_no_more_kinds_than_its_limit(void **state) {
    struct plugin_calls calls = {0};
    char names[PLUGIN_CALLS_MAX + 4][16];
    for (size_t i = 0; i < PLUGIN_CALLS_MAX + 4; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "kind%zu", i);
        plugin_calls_add(&calls, names[i], 1);
    }
    assert_int_equal(calls.count, PLUGIN_CALLS_MAX);
    plugin_calls_finish(&calls);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(counts_each_kind_by_itself_and_all_together),
            cmocka_unit_test(counts_no_more_kinds_than_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
