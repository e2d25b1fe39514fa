#include "plugins/chat/stop.h"

#include <stdio.h>

#include <nexus/util/str.h>

#include "tests/support/cmocka.h"

static void check_names(const struct stops *stops, const char *names) {
    for (size_t i = 0; i < stops->count; i++) {
        assert_int_equal(stop_name(stops->list[i]).len, 1);
        assert_int_equal(stops->list[i]->name[0], names[i]);
        assert_int_not_equal(names[i], '\0');
    }
    assert_int_equal(names[stops->count], '\0');
}

static void keeps_the_latest_active_in_front(void **state) {
    (void)state;
    struct stops stops;
    stops_init(&stops);
    assert_true(stops_insert(&stops, nx_str_c("a"), 10, 3));
    assert_true(stops_insert(&stops, nx_str_c("b"), 30, 3));
    assert_true(stops_insert(&stops, nx_str_c("c"), 20, 3));
    check_names(&stops, "bca");
    assert_true(stops_insert(&stops, nx_str_c("d"), 25, 3));
    check_names(&stops, "bdc");
    assert_true(stops_insert(&stops, nx_str_c("e"), 5, 3));
    check_names(&stops, "bdc");
    stops_finish(&stops);
    assert_int_equal(stops.count, 0);
}

static void adds_at_the_end(void **state) {
    (void)state;
    struct stops stops;
    stops_init(&stops);
    assert_false(stops_have(&stops, nx_str_c("a")));
    assert_true(stops_add(&stops, nx_str_c("b")));
    assert_true(stops_add(&stops, nx_str_c("a")));
    check_names(&stops, "ba");
    assert_true(stops_have(&stops, nx_str_c("a")));
    assert_false(stops_have(&stops, nx_str_c("ab")));
    stops_finish(&stops);
}

static void takes_as_many_as_there_are(void **state) {
    (void)state;
    struct stops stops;
    stops_init(&stops);
    for (int i = 0; i < 1000; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "%d", i);
        assert_true(stops_insert(&stops, nx_str_c(name), i % 7, 900));
    }
    assert_int_equal(stops.count, 900);
    for (size_t i = 1; i < stops.count; i++) {
        assert_true(stops.list[i - 1]->active_at >= stops.list[i]->active_at);
    }
    stops_finish(&stops);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(keeps_the_latest_active_in_front),
            cmocka_unit_test(adds_at_the_end),
            cmocka_unit_test(takes_as_many_as_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
