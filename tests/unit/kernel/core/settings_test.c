#include "kernel/core/settings.h"

#include <string.h>

#include "kernel/core/setting.h"
#include "tests/support/settings_case.h"

// --- the table ------------------------------------------------------------

static void every_default_obeys_its_own_rules(void **state) {
    struct settings_errors errors;
    settings_errors_init(&errors);
    for (size_t i = 0; i < setting_count(); i++) {
        const struct setting *row = setting_row(i);
        struct raw_value raw = {RAW_TEXT, row->fallback, row->path};
        struct setting_value value;
        assert_true(setting_read(row, &raw, &value, &errors));
    }
    settings_errors_finish(&errors);
}

static void no_two_settings_share_a_name(void **state) {
    for (size_t i = 0; i < setting_count(); i++) {
        for (size_t j = 0; j < i; j++) {
            char a[SETTING_PATH_MAX];
            char b[SETTING_PATH_MAX];
            assert_true(setting_env_name(setting_row(i)->path, a, sizeof(a)));
            assert_true(setting_env_name(setting_row(j)->path, b, sizeof(b)));
            assert_string_not_equal(a, b);
        }
    }
}

static void settings_of_a_group_stand_together(void **state) {
    for (size_t i = 2; i < setting_count(); i++) {
        const char *path = setting_row(i)->path;
        size_t len = strcspn(path, ".") + 1;
        bool left = strncmp(setting_row(i - 1)->path, path, len) != 0;
        for (size_t j = 0; left && j < i; j++) {
            assert_int_not_equal(0, strncmp(setting_row(j)->path, path, len));
        }
    }
}

static void every_help_is_one_sentence(void **state) {
    for (size_t i = 0; i < setting_count(); i++) {
        const char *help = setting_row(i)->help;
        assert_int_equal('.', help[strlen(help) - 1]);
        assert_null(strstr(help, ". "));
        assert_null(strchr(help, '|')); // would break the table in the docs
    }
}

// --- layers ---------------------------------------------------------------

static void starts_with_the_defaults(void **state) {
    struct settings_case c;
    settings_case_init(&c, NULL, NULL, NULL);
    settings_case_expect_none(&c);

    assert_string_equal("127.0.0.1", c.settings->listen_address);
    assert_int_equal(8000, c.settings->listen_port);
    assert_true(c.settings->heartbeat_auto_ping);
    assert_false(c.settings->protocol_strict);
    assert_int_equal(1000, c.settings->history_max_records);
    assert_string_equal("default", settings_origin(c.settings, "listen.port"));
    settings_case_finish(&c);
}

static void lets_each_layer_overrule_the_one_below(void **state) {
    const char *const env[] = {"NEXUS_LIMITS_BURST=30", "NEXUS_LIMITS_ROOMS=40",
            "NEXUS_LIMITS_CONNECTIONS=50", NULL};
    const char *const sets[] = {
            "limits.rooms=400", "limits.json_depth=7", NULL};
    struct settings_case c;
    settings_case_init(&c,
            "limits = { message_bytes = 2048;\n burst = 3; rooms = 4;\n"
            " json_depth = 5; };\n",
            env, sets);
    settings_case_expect_none(&c);

    assert_int_equal(2048, c.settings->limits_message_bytes);
    assert_int_equal(30, c.settings->limits_burst);
    assert_int_equal(400, c.settings->limits_rooms);
    assert_int_equal(50, c.settings->limits_connections);
    assert_int_equal(7, c.settings->limits_json_depth);
    assert_string_equal("nexus.conf:1",
            settings_origin(c.settings, "limits.message_bytes"));
    assert_string_equal("env NEXUS_LIMITS_BURST",
            settings_origin(c.settings, "limits.burst"));
    assert_string_equal("--set", settings_origin(c.settings, "limits.rooms"));
    settings_case_finish(&c);
}

static void has_no_origin_for_what_does_not_exist(void **state) {
    struct settings_case c;
    settings_case_init(&c, NULL, NULL, NULL);
    assert_null(settings_origin(c.settings, "limits"));
    assert_null(settings_origin(c.settings, "limits.rooms2"));
    settings_case_finish(&c);
}

static void keeps_texts_of_its_own(void **state) {
    char set[] = "listen.path=/socket";
    const char *const sets[] = {set, NULL};
    struct settings_case c;
    settings_case_init(&c, NULL, NULL, sets);
    memset(set, 'x', sizeof(set) - 1);
    assert_string_equal("/socket", c.settings->listen_path);
    settings_case_finish(&c);
}

static void loads_the_default_list_when_there_is_no_file(void **state) {
    struct settings_case c;
    settings_case_init(&c, NULL, NULL, NULL);
    assert_int_equal(4, settings_plugin_count(c.settings));
    assert_string_equal("store", settings_plugin(c.settings, 0)->name);
    assert_string_equal("chat", settings_plugin(c.settings, 1)->name);
    assert_string_equal("presence", settings_plugin(c.settings, 2)->name);
    assert_string_equal("notify", settings_plugin(c.settings, 3)->name);
    assert_null(settings_plugin(c.settings, 0)->path);
    assert_null(settings_plugin(c.settings, 0)->sha256);
    assert_string_equal("default", settings_plugin(c.settings, 0)->origin);
    settings_case_finish(&c);
}

static void loads_no_plugin_that_a_file_does_not_list(void **state) {
    struct settings_case c;
    settings_case_init(&c, "listen = { };", NULL, NULL);
    settings_case_expect_none(&c);
    assert_int_equal(0, settings_plugin_count(c.settings));
    settings_case_finish(&c);
}

// --- mistakes -------------------------------------------------------------

static void suggests_the_name_that_was_meant(void **state) {
    settings_case_refuses("listen = {\n adress = \"::1\"; };", NULL, NULL,
            "nexus.conf:2: unknown setting \"listen.adress\", did you mean "
            "\"listen.address\"?");
}

static void suggests_the_group_that_was_forgotten(void **state) {
    settings_case_refuses("port = 8000;", NULL, NULL,
            "nexus.conf:1: unknown setting \"port\", did you mean "
            "\"listen.port\"?");
}

static void suggests_nothing_where_nothing_is_near(void **state) {
    settings_case_refuses("limits = { bananas = 3; };", NULL, NULL,
            "nexus.conf:1: unknown setting \"limits.bananas\"");
}

static void names_a_group_that_is_given_a_value(void **state) {
    settings_case_refuses("\nlog = \"debug\";", NULL, NULL,
            "nexus.conf:2: log is a group of settings, log = { ... }, and no "
            "value");
}

static void refuses_a_wrong_type(void **state) {
    settings_case_refuses("listen = { port = \"8000\"; };", NULL, NULL,
            "nexus.conf:1: listen.port must be a whole number from -1 to "
            "65535, not the text \"8000\"");
}

static void collects_every_mistake(void **state) {
    const char *const env[] = {"LOG_LEVEL=loud", NULL};
    const char *const sets[] = {"limits.burst=0", NULL};
    struct settings_case c;
    settings_case_init(
            &c, "data_dir = 3;\nimage_dir = 4;\nprt = 5;", env, sets);
    assert_null(c.settings);
    assert_int_equal(5, c.errors.count);
    assert_string_equal("nexus.conf:1: data_dir must be a text that is not "
                        "empty, not 3",
            c.errors.texts[0]);
    assert_string_equal(
            "nexus.conf:2: image_dir must be a text, not 4", c.errors.texts[1]);
    assert_string_equal("env LOG_LEVEL: log.level must be one of debug, info, "
                        "warn, error, not \"loud\"",
            c.errors.texts[3]);
    assert_string_equal("--set: limits.burst must be a whole number from 1 to "
                        "1000000, not \"0\"",
            c.errors.texts[4]);
    settings_case_finish(&c);
}

// --- reload ---------------------------------------------------------------

static void lets_live_settings_change(void **state) {
    const char *const sets[] = {"limits.burst=7", "log.level=debug", NULL};
    struct settings_case running;
    struct settings_case wanted;
    settings_case_init(&running, NULL, NULL, NULL);
    settings_case_init(&wanted, NULL, NULL, sets);
    assert_true(settings_check_live(
            running.settings, wanted.settings, &wanted.errors));
    settings_case_expect_none(&wanted);
    settings_case_finish(&running);
    settings_case_finish(&wanted);
}

static void names_settings_that_need_a_restart(void **state) {
    struct settings_case running;
    struct settings_case wanted;
    settings_case_init(&running, NULL, NULL, NULL);
    settings_case_init(
            &wanted, "listen = { port = 9;\n path = \"/x\"; };", NULL, NULL);
    assert_false(settings_check_live(
            running.settings, wanted.settings, &wanted.errors));
    assert_int_equal(2, wanted.errors.count);
    assert_string_equal("nexus.conf:1: listen.port cannot change while the "
                        "server runs; restart it",
            wanted.errors.texts[0]);
    assert_string_equal("nexus.conf:2: listen.path cannot change while the "
                        "server runs; restart it",
            wanted.errors.texts[1]);
    settings_case_finish(&running);
    settings_case_finish(&wanted);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_default_obeys_its_own_rules),
            cmocka_unit_test(no_two_settings_share_a_name),
            cmocka_unit_test(settings_of_a_group_stand_together),
            cmocka_unit_test(every_help_is_one_sentence),
            cmocka_unit_test(starts_with_the_defaults),
            cmocka_unit_test(lets_each_layer_overrule_the_one_below),
            cmocka_unit_test(has_no_origin_for_what_does_not_exist),
            cmocka_unit_test(keeps_texts_of_its_own),
            cmocka_unit_test(loads_the_default_list_when_there_is_no_file),
            cmocka_unit_test(loads_no_plugin_that_a_file_does_not_list),
            cmocka_unit_test(suggests_the_name_that_was_meant),
            cmocka_unit_test(suggests_the_group_that_was_forgotten),
            cmocka_unit_test(suggests_nothing_where_nothing_is_near),
            cmocka_unit_test(names_a_group_that_is_given_a_value),
            cmocka_unit_test(refuses_a_wrong_type),
            cmocka_unit_test(collects_every_mistake),
            cmocka_unit_test(lets_live_settings_change),
            cmocka_unit_test(names_settings_that_need_a_restart),
    };
    return cmocka_run_group_tests(
            tests, settings_case_enter, settings_case_leave);
}
