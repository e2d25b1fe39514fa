#include "kernel/core/settings_flags.h"

#include "tests/support/settings_case.h"

static void refuses(const char *set, const char *sentence) {
    const char *const sets[] = {set, NULL};
    settings_case_refuses(
            "plugins = ( { name = \"chat\"; } );", NULL, sets, sentence);
}

static void lets_the_later_of_two_win(void **state) {
    const char *const sets[] = {"listen.port=1", "listen.port=2", NULL};
    struct settings_case c;
    settings_case_init(&c, NULL, NULL, sets);
    assert_int_equal(2, c.settings->listen_port);
    settings_case_finish(&c);
}

static void takes_everything_behind_the_first_equals_sign(void **state) {
    const char *const sets[] = {"data_dir=a=b", "plugin_dir=", NULL};
    struct settings_case c;
    settings_case_init(&c, NULL, NULL, sets);
    assert_string_equal("a=b", c.settings->data_dir);
    assert_string_equal("", c.settings->plugin_dir);
    settings_case_finish(&c);
}

static void refuses_what_is_no_path_and_value(void **state) {
    refuses("listen.port",
            "--set: \"listen.port\" is not of the form "
            "path=value");
    refuses("=1", "--set: \"=1\" is not of the form path=value");
    refuses("", "--set: \"\" is not of the form path=value");
}

static void refuses_unknown_names(void **state) {
    refuses("listen.prot=1",
            "--set: unknown setting \"listen.prot\", did you "
            "mean \"listen.port\"?");
    refuses("listen=1",
            "--set: listen is a group of settings, "
            "listen = { ... }, and no value");
}

static void refuses_a_plugin_that_is_not_in_the_list(void **state) {
    refuses("plugins.poll.x=1",
            "--set: plugins.poll.x: plugin \"poll\" is not in the plugin "
            "list");
    const char *const sets[] = {"plugins.chat.x=1", NULL};
    settings_case_refuses("", NULL, sets,
            "--set: plugins.chat.x: plugin \"chat\" is not in the plugin "
            "list, which is empty");
}

static void refuses_half_a_name_of_a_plugin_setting(void **state) {
    refuses("plugins.chat=1",
            "--set: plugins.chat: a plugin's setting is "
            "plugins.<name>.<key>");
    refuses("plugins..x=1",
            "--set: plugins..x: a plugin's setting is "
            "plugins.<name>.<key>");
    refuses("plugins.chat.=1",
            "--set: plugins.chat.: a plugin's setting is "
            "plugins.<name>.<key>");
}

static void does_not_rename_a_plugin(void **state) {
    refuses("plugins.chat.name=x",
            "--set: plugins.chat.name: the name of a plugin cannot be set");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(lets_the_later_of_two_win),
            cmocka_unit_test(takes_everything_behind_the_first_equals_sign),
            cmocka_unit_test(refuses_what_is_no_path_and_value),
            cmocka_unit_test(refuses_unknown_names),
            cmocka_unit_test(refuses_a_plugin_that_is_not_in_the_list),
            cmocka_unit_test(refuses_half_a_name_of_a_plugin_setting),
            cmocka_unit_test(does_not_rename_a_plugin),
    };
    return cmocka_run_group_tests(
            tests, settings_case_enter, settings_case_leave);
}
