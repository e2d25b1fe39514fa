#include "kernel/core/settings_paths.h"

#include "tests/support/settings_case.h"

static void assert_path(const char *const *sets, const char *wanted) {
    struct settings_case c;
    settings_case_init(&c, NULL, NULL, sets);
    settings_case_expect_none(&c);

    char *path = settings_control_path(c.settings);

    assert_string_equal(path, wanted);
    free(path);
    settings_case_finish(&c);
}

static void the_control_socket_is_in_data_dir(void **state) {
    static const char *const moved[] = {
            "data_dir=/var/lib/nexus", "control.socket=run/ctl", NULL};
    (void)state;
    assert_path(NULL, "nexus-data/control.sock");
    assert_path(moved, "/var/lib/nexus/run/ctl");
}

static void a_whole_path_stays_as_it_is(void **state) {
    static const char *const sets[] = {"control.socket=/run/nexus.sock", NULL};
    (void)state;
    assert_path(sets, "/run/nexus.sock");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_control_socket_is_in_data_dir),
            cmocka_unit_test(a_whole_path_stays_as_it_is),
    };
    return cmocka_run_group_tests(
            tests, settings_case_enter, settings_case_leave);
}
