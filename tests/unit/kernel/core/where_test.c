#include "kernel/core/where.h"

#include <pthread.h>
#include <string.h>

#include "tests/support/cmocka.h"

static const struct where_plugin one = {.name = "one"};
static const struct where_plugin other = {.name = "other"};

static struct nx_str str(const char *text) {
    return (struct nx_str){text, strlen(text)};
}

static void knows_the_innermost_callback(void **state) {
    const struct where *where = where_here();
    assert_null(where_top(where));
    where_enter(&one, "event", 5);
    where_enter(&other, "on_record", 7);
    where_room(str("hall"));
    assert_ptr_equal(where_top(where)->plugin, &other);
    assert_string_equal(where_top(where)->callback, "on_record");
    assert_string_equal(where_top(where)->room, "hall");
    where_leave();
    assert_ptr_equal(where_top(where)->plugin, &one);
    assert_string_equal(where_top(where)->room, "");
    assert_int_equal(where_top(where)->entered_ns, 5);
    where_leave();
    assert_null(where_top(where));
}

static void counts_what_is_nested_too_deeply(void **state) {
    const struct where *where = where_here();
    for (unsigned i = 0; i < 3 * WHERE_DEPTH_MAX; i++) {
        where_enter(i < WHERE_DEPTH_MAX ? &one : &other, "event", 0);
        where_room(str("hall"));
    }
    assert_ptr_equal(where_top(where)->plugin, &one);
    for (unsigned i = 0; i < 3 * WHERE_DEPTH_MAX; i++) {
        where_leave();
    }
    assert_null(where_top(where));
}

static void cuts_long_names(void **state) {
    const struct where *where = where_here();
    char name[1000];
    memset(name, 'x', sizeof(name));
    where_event((struct nx_str){name, sizeof(name)}, 7);
    assert_int_equal(strlen(where->event), WHERE_EVENT_MAX - 1);
    assert_int_equal(where->session, 7);
    where_enter(&one, "event", 0);
    where_room((struct nx_str){name, sizeof(name)});
    assert_int_equal(strlen(where_top(where)->room), WHERE_ROOM_MAX - 1);
    where_leave();
    where_event(str(""), 0);
    assert_string_equal(where->event, "");
}

static void *look_around(void *arg) {
    return where_top(where_here()) ? arg : NULL;
}

static void is_of_each_thread(void **state) {
    pthread_t thread;
    int something = 0;
    void *saw = NULL;
    where_enter(&one, "event", 0);
    assert_int_equal(pthread_create(&thread, NULL, look_around, &something), 0);
    assert_int_equal(pthread_join(thread, &saw), 0);
    where_leave();
    assert_null(saw);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(knows_the_innermost_callback),
            cmocka_unit_test(counts_what_is_nested_too_deeply),
            cmocka_unit_test(cuts_long_names),
            cmocka_unit_test(is_of_each_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
