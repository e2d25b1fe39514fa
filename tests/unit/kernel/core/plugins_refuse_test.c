#include "kernel/core/plugins.h"
#include "tests/unit/kernel/core/plugin_fixture.h"

#define PROBE "plugins = ( { name = \"probe\"; } );"

static bool start(struct plugin_fixture *f) {
    return plugins_start(f->core->plugins, f->plugins, f->images);
}

static bool handles(const struct plugin_fixture *f, const char *type) {
    return registry_find_handler(f->core->registry, nx_str_c(type)) != NULL;
}

// --- refusing -------------------------------------------------------------

// The set is refused with this reason, and nothing of it is left.
static void refuse(const char *config, const char *plugin, const char *reason) {
    struct plugin_fixture f;
    char line[256];
    plugin_fixture_init(&f, config);
    assert_false(start(&f));
    (void)snprintf(line, sizeof(line),
            "cannot start a plugin plugin=%s file=", plugin);
    plugin_fixture_expect_log(&f, line);
    plugin_fixture_expect_log(&f, reason);
    assert_int_equal(plugin_fixture_count_log(&f, "cannot start"), 1);
    assert_int_equal(plugins_count(f.core->plugins), 0);
    assert_null(f.core->staged);
    assert_true(handles(&f, "ping"));
    assert_false(handles(&f, "probe.raised"));
    assert_false(handles(&f, "bad.thing"));
    plugin_fixture_advance(&f, 1000); // no timer is left
    plugins_stop(f.core->plugins, 0);
    plugin_fixture_finish(&f);
}

#define LIST(name) \
    "plugins = ( { name = \"probe\"; }, { name = \"" name "\"; } );"

static void refuses_a_plugin_that_does_not_fit_this_server(void **state) {
    refuse(LIST("bad_abi"), "bad_abi",
            "reason=\"bad_abi.so was built for plugin ABI 2, this server "
            "speaks 1; rebuild it with the SDK of this server\"");
    refuse(LIST("bad_magic"), "bad_magic", "mark of a plugin");
    refuse(LIST("absent"), "absent", "there is no absent.so in ");
}

static void refuses_before_any_code_runs_what_needs_more(void **state) {
    refuse(LIST("bad_requires"), "bad_requires",
            "reason=\"it requires the interface nexus.telepathy/1, which this "
            "server does not have\"");
}

static void refuses_what_cannot_be_created(void **state) {
    refuse(LIST("bad_create"), "bad_create",
            "reason=\"its create() failed with io_error: reading or writing "
            "failed\"");
}

static void refuses_what_dislikes_its_settings(void **state) {
    refuse(LIST("bad_configure"), "bad_configure", "mauve is not in fashion");
    refuse("plugins = ( { name = \"bad_configure\"; silent = true; } );",
            "bad_configure", "its configure() failed with invalid");
}

static void refuses_settings_the_plugin_does_not_have(void **state) {
    refuse("plugins = ( { name = \"probe\"; agian = 3; } );", "probe", "agian");
    refuse("plugins = ( { name = \"probe\"; again = 5000; } );", "probe",
            "again");
    refuse(LIST("bad_setting"), "bad_setting", "token");
}

static void refuses_what_fails_to_start_and_undoes_the_rest(void **state) {
    refuse(LIST("bad_start"), "bad_start",
            "reason=\"its start() failed with io_error");
}

static void refuses_a_prefix_that_is_not_claimed_or_taken(void **state) {
    refuse(LIST("bad_prefix"), "bad_prefix", "its start() failed with invalid");
    refuse("plugins = ( { name = \"probe\"; }, { name = \"bad_prefix\"; "
           "prefix = \"probe.\"; } );",
            "bad_prefix", "its start() failed with already_exists");
}

static void refuses_one_plugin_under_two_names(void **state) {
    refuse("plugins = ( { name = \"probe\"; }, { name = \"again\"; "
           "path = \"probe.so\"; } );",
            "again", "it has the id \\\"probe\\\", as has plugin probe");
}

static void refuses_an_image_folder_it_cannot_use(void **state) {
    struct plugin_fixture f;
    plugin_fixture_init(&f, PROBE);
    assert_false(
            plugins_start(f.core->plugins, f.plugins, "/proc/nowhere/images"));
    plugin_fixture_expect_log(&f,
            "cannot start plugins reason=\"image_dir /proc/nowhere/images "
            "cannot be created");
    plugin_fixture_finish(&f);
}

// --- checking -------------------------------------------------------------

static void checks_all_plugins_without_starting_any(void **state) {
    struct plugin_fixture f;
    struct settings_errors errors;
    plugin_fixture_init(&f,
            "plugins = (\n"
            "  { name = \"bad_abi\"; },\n"
            "  { name = \"probe\"; again = -1; },\n"
            "  { name = \"bad_start\"; },\n" // good until it starts
            "  { name = \"bad_configure\"; },\n"
            "  { name = \"bad_requires\"; }\n"
            ");\n");
    settings_errors_init(&errors);
    assert_false(plugins_check(f.core->plugins, f.plugins, f.images, &errors));
    assert_int_equal(errors.count, 4);
    assert_non_null(strstr(errors.texts[0],
            "nexus.conf:2: plugin bad_abi: bad_abi.so was built for"));
    assert_non_null(strstr(errors.texts[1], "nexus.conf:3: "));
    assert_non_null(strstr(errors.texts[2], "mauve"));
    assert_non_null(
            strstr(errors.texts[3], "plugin bad_requires: it requires"));
    settings_errors_finish(&errors);
    assert_int_equal(plugins_count(f.core->plugins), 0);
    assert_string_equal(plugin_fixture_log(&f), "");
    plugin_fixture_finish(&f);
}

static void checks_a_good_list_and_leaves_nothing(void **state) {
    struct plugin_fixture f;
    struct settings_errors errors;
    plugin_fixture_init(&f, PROBE);
    settings_errors_init(&errors);
    assert_true(plugins_check(f.core->plugins, f.plugins, f.images, &errors));
    assert_int_equal(errors.count, 0);
    settings_errors_finish(&errors);
    assert_int_equal(rmdir(f.images), 0); // it is empty
    plugin_fixture_finish(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(refuses_a_plugin_that_does_not_fit_this_server),
            cmocka_unit_test(refuses_before_any_code_runs_what_needs_more),
            cmocka_unit_test(refuses_what_cannot_be_created),
            cmocka_unit_test(refuses_what_dislikes_its_settings),
            cmocka_unit_test(refuses_settings_the_plugin_does_not_have),
            cmocka_unit_test(refuses_what_fails_to_start_and_undoes_the_rest),
            cmocka_unit_test(refuses_a_prefix_that_is_not_claimed_or_taken),
            cmocka_unit_test(refuses_one_plugin_under_two_names),
            cmocka_unit_test(refuses_an_image_folder_it_cannot_use),
            cmocka_unit_test(checks_all_plugins_without_starting_any),
            cmocka_unit_test(checks_a_good_list_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
