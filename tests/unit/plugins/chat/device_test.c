#include "plugins/chat/device.h"

#include <nexus/util/str.h>

#include "tests/support/cmocka.h"

static void has_a_cursor_for_each(void **state) {
    (void)state;
    struct devices devices = {.count = 0};
    struct device *phone =
            devices_add(&devices, nx_str_c("phone"), 1, DEVICES_MAX);
    struct device *laptop =
            devices_add(&devices, nx_str_c("laptop"), 2, DEVICES_MAX);
    assert_non_null(phone);
    phone->received = 7;
    assert_ptr_equal(devices_find(&devices, nx_str_c("laptop")), laptop);
    assert_int_equal(laptop->received, 0);
    assert_int_equal(devices_find(&devices, nx_str_c("phone"))->received, 7);
    assert_null(devices_find(&devices, nx_str_c("phon")));
    assert_true(devices_bytes(&devices) > 2 * sizeof(struct device));
    devices_finish(&devices);
    assert_int_equal(devices.count, 0);
}

static void forgets_the_one_unused_for_longest(void **state) {
    (void)state;
    struct devices devices = {.count = 0};
    devices_add(&devices, nx_str_c("a"), 10, 3);
    devices_add(&devices, nx_str_c("b"), 5, 3);
    devices_add(&devices, nx_str_c("c"), 20, 3);
    assert_non_null(devices_add(&devices, nx_str_c("d"), 30, 3));
    assert_null(devices_find(&devices, nx_str_c("b")));
    assert_non_null(devices_find(&devices, nx_str_c("a")));
    // A setting that was lowered takes effect with the next one.
    assert_non_null(devices_add(&devices, nx_str_c("e"), 40, 1));
    assert_int_equal(devices.count, 1);
    // One that comes too late is not remembered at all.
    assert_null(devices_add(&devices, nx_str_c("f"), 1, 1));
    assert_non_null(devices_find(&devices, nx_str_c("e")));
    devices_finish(&devices);
}

static void is_written_once_in_an_hour(void **state) {
    (void)state;
    struct devices devices = {.count = 0};
    struct device *device = devices_add(&devices, nx_str_c("a"), 1000, 1);
    assert_false(device_used(device, 60000));
    assert_int_equal(device->used_at, 60000);
    assert_false(device_used(device, 3600999));
    assert_true(device_used(device, 3601000));
    assert_false(device_used(device, 3601001));
    assert_false(device_used(device, 5));
    assert_int_equal(device->used_at, 3601001);
    devices_finish(&devices);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(has_a_cursor_for_each),
            cmocka_unit_test(forgets_the_one_unused_for_longest),
            cmocka_unit_test(is_written_once_in_an_hour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
