#include "kernel/base/modules.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka.h"

static void here(void) {
}

static void knows_whose_code_an_address_is(void **state) {
    modules_scan(NULL, NULL);
    const struct module *own = modules_find((const void *)(uintptr_t)&here);
    assert_non_null(own);
    assert_non_null(strstr(own->path, "/modules"));
    assert_int_not_equal(strlen(own->build_id), 0);
    const struct module *libc = modules_find((const void *)(uintptr_t)&strtol);
    assert_non_null(libc);
    assert_ptr_not_equal(own, libc);
}

static void knows_nothing_of_other_addresses(void **state) {
    int local = 0;
    modules_scan(NULL, NULL);
    assert_null(modules_find(NULL));
    assert_null(modules_find(&local));
}

static void a_second_look_adds_nothing(void **state) {
    modules_scan(NULL, NULL);
    const struct module *before = modules_find((const void *)(uintptr_t)&here);
    modules_scan(before->path, "another name");
    assert_ptr_equal(modules_find((const void *)(uintptr_t)&here), before);
    assert_string_not_equal(before->path, "another name");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(knows_whose_code_an_address_is),
            cmocka_unit_test(knows_nothing_of_other_addresses),
            cmocka_unit_test(a_second_look_adds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
