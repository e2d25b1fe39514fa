#include "kernel/core/settings_env.h"

#include "kernel/core/plugin_settings.h"
#include "tests/support/settings_case.h"

static void reads_the_names_known_from_elsewhere(void **state) {
    const char *const env[] = {"WEBSOCKET_HEARTBEAT_INTERVAL=10",
            "WEBSOCKET_HEARTBEAT_TIMEOUT=25", "MAX_QUEUE_SIZE=7",
            "MAX_CACHE_SIZE=8", "LOG_LEVEL=WARNING", NULL};
    struct settings_case c;
    settings_case_init(&c, NULL, env, NULL);
    settings_case_expect_none(&c);
    assert_int_equal(10, c.settings->heartbeat_interval);
    assert_int_equal(25, c.settings->heartbeat_timeout);
    assert_int_equal(7, c.settings->offline_max_per_user);
    assert_int_equal(8, c.settings->history_max_records);
    assert_string_equal("warn", c.settings->log_level);
    assert_string_equal(
            "env LOG_LEVEL", settings_origin(c.settings, "log.level"));
    settings_case_finish(&c);
}

static void prefers_its_own_name(void **state) {
    const char *const env[] = {"LOG_LEVEL=error", "NEXUS_LOG_LEVEL=debug",
            "MAX_CACHE_SIZE=8", NULL};
    struct settings_case c;
    settings_case_init(&c, NULL, env, NULL);
    assert_string_equal("debug", c.settings->log_level);
    assert_string_equal(
            "env NEXUS_LOG_LEVEL", settings_origin(c.settings, "log.level"));
    settings_case_finish(&c);
}

static void takes_an_empty_variable_for_not_set(void **state) {
    const char *const env[] = {
            "NEXUS_LOG_LEVEL=", "LOG_LEVEL=error", "MAX_QUEUE_SIZE=", NULL};
    struct settings_case c;
    settings_case_init(&c, NULL, env, NULL);
    settings_case_expect_none(&c);
    assert_string_equal("error", c.settings->log_level);
    assert_int_equal(100, c.settings->offline_max_per_user);
    settings_case_finish(&c);
}

static void refuses_a_wrong_value(void **state) {
    const char *const env[] = {"MAX_CACHE_SIZE=-5", NULL};
    settings_case_refuses(NULL, env, NULL,
            "env MAX_CACHE_SIZE: history.max_records must be a whole number "
            "from 0 to 100000, not \"-5\"");
}

static void warns_of_names_it_does_not_know(void **state) {
    const char *const env[] = {"NEXUS_LISTEN_PROT=1", "NEXUS_=x",
            "NEXUSLISTEN=1", "PATH=/bin", NULL};
    struct settings_case c;
    settings_case_init(&c, NULL, env, NULL);
    settings_case_expect_none(&c);
    assert_int_equal(2, c.errors.warning_count);
    assert_string_equal("env NEXUS_LISTEN_PROT: there is no such setting, did "
                        "you mean NEXUS_LISTEN_PORT?; it has no effect",
            c.errors.warnings[0]);
    assert_string_equal(
            "env NEXUS_: there is no such setting; it has no effect",
            c.errors.warnings[1]);
    settings_case_finish(&c);
}

static void says_nothing_about_names_of_tests_and_builds(void **state) {
    const char *const env[] = {"NEXUS_BUILD=1", "NEXUS_SOURCE=1",
            "NEXUS_TEST_SEED=1", "NEXUS_BENCH_TIME=1", NULL};
    struct settings_case c;
    settings_case_init(&c, NULL, env, NULL);
    assert_int_equal(0, c.errors.warning_count);
    settings_case_finish(&c);
}

static void ignores_only_the_exact_names_of_builds(void **state) {
    const char *const env[] = {"NEXUS_BUILDS=1", NULL};
    struct settings_case c;
    settings_case_init(&c, NULL, env, NULL);
    assert_int_equal(1, c.errors.warning_count);
    settings_case_finish(&c);
}

static const char two_plugins[] =
        "plugins = ( { name = \"a\"; }, { name = \"a-b\"; } );";

static void warns_of_variables_of_plugins_not_in_the_list(void **state) {
    const char *const env[] = {
            "NEXUS_PLUGINS_A_X=1", "NEXUS_PLUGINS_POLL_X=1", NULL};
    struct settings_case c;
    settings_case_init(&c, two_plugins, env, NULL);
    assert_int_equal(1, c.errors.warning_count);
    assert_string_equal("env NEXUS_PLUGINS_POLL_X: it names no plugin of the "
                        "list; it has no effect",
            c.errors.warnings[0]);
    settings_case_finish(&c);
}

static void warns_of_variables_that_a_plugin_does_not_have(void **state) {
    static const struct nx_setting table[] = {
            {.key = "x", .kind = NX_SETTING_INT, .fallback = "0"},
            {.key = NULL}};
    // The second belongs to a-b, though it begins like one of a.
    const char *const env[] = {"NEXUS_PLUGINS_A_X=1", "NEXUS_PLUGINS_A_B_C=1",
            "NEXUS_PLUGINS_A_XX=1", "NEXUS_PLUGINS_A_SHA256=", NULL};
    struct settings_case c;
    settings_case_init(&c, two_plugins, env, NULL);
    assert_int_equal(0, c.errors.warning_count);
    assert_non_null(plugin_settings_resolve(c.settings, "a", table, &c.errors));
    assert_int_equal(1, c.errors.warning_count);
    assert_string_equal("env NEXUS_PLUGINS_A_XX: plugin \"a\" has no such "
                        "setting; it has no effect",
            c.errors.warnings[0]);
    settings_case_finish(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(reads_the_names_known_from_elsewhere),
            cmocka_unit_test(prefers_its_own_name),
            cmocka_unit_test(takes_an_empty_variable_for_not_set),
            cmocka_unit_test(refuses_a_wrong_value),
            cmocka_unit_test(warns_of_names_it_does_not_know),
            cmocka_unit_test(says_nothing_about_names_of_tests_and_builds),
            cmocka_unit_test(ignores_only_the_exact_names_of_builds),
            cmocka_unit_test(warns_of_variables_of_plugins_not_in_the_list),
            cmocka_unit_test(warns_of_variables_that_a_plugin_does_not_have),
    };
    return cmocka_run_group_tests(
            tests, settings_case_enter, settings_case_leave);
}
