#include "kernel/core/plugin_settings.h"

#include <string.h>

#include "kernel/base/log.h"
#include "tests/support/settings_case.h"

#define END \
    { .key = NULL }

static const struct nx_setting chat[] = {{.key = "typing_lease",
                                                 .kind = NX_SETTING_INT,
                                                 .flags = NX_SETTING_LIVE,
                                                 .fallback = "8",
                                                 .range = "1..60"},
        {.key = "open", .kind = NX_SETTING_BOOL, .fallback = "true"},
        {.key = "mode",
                .kind = NX_SETTING_STRING,
                .fallback = "fast",
                .range = "fast|safe"},
        {.key = "title", .kind = NX_SETTING_STRING}, END};

static const struct nx_setting vault[] = {
        {.key = "key",
                .kind = NX_SETTING_STRING,
                .flags = NX_SETTING_REQUIRED | NX_SETTING_SECRET},
        END};

static const char list[] = "plugins = (\n"
                           "  { name = \"chat\"; typing_lease = 20; }\n"
                           ");\n";

static int32_t str_is(
        const struct nx_config *config, const char *key, const char *text) {
    struct nx_str str = plugin_settings_get_str(config, key);
    return str.len == strlen(text) && strcmp(str.ptr, text) == 0;
}

// The line of a plugin list, resolved with a table: exactly this error.
static void refuses(const char *text, const char *name,
        const struct nx_setting *table, const char *sentence) {
    struct settings_case c;
    settings_case_init(&c, text, NULL, NULL);
    settings_case_expect_none(&c);
    assert_null(plugin_settings_resolve(c.settings, name, table, &c.errors));
    assert_null(plugin_settings_find(c.settings, name));
    settings_case_expect_error(&c, sentence);
    settings_case_finish(&c);
}

// --- resolving ------------------------------------------------------------

static void fills_in_defaults(void **state) {
    struct settings_case c;
    settings_case_init(&c, NULL, NULL, NULL);
    const struct nx_config *config =
            plugin_settings_resolve(c.settings, "chat", chat, &c.errors);
    settings_case_expect_none(&c);
    assert_int_equal(8, plugin_settings_get_int(config, "typing_lease"));
    assert_int_equal(1, plugin_settings_get_bool(config, "open"));
    assert_true(str_is(config, "mode", "fast"));
    assert_true(str_is(config, "title", ""));
    settings_case_finish(&c);
}

static void reads_the_numbers_of_the_server_too(void **state) {
    const char *const env[] = {"MAX_QUEUE_SIZE=7", NULL};
    struct settings_case c;
    settings_case_init(&c, NULL, env, NULL);
    const struct nx_config *config =
            plugin_settings_resolve(c.settings, "chat", chat, &c.errors);
    settings_case_expect_none(&c);
    assert_int_equal(
            7, plugin_settings_get_server_int(config, "offline.max_per_user"));
    assert_int_equal(0, plugin_settings_get_server_int(config, "offline.moon"));
    assert_int_equal(0, plugin_settings_get_server_int(config, "log.level"));
    settings_case_finish(&c);
}

static void lets_each_layer_overrule_the_one_below(void **state) {
    const char *const env[] = {"NEXUS_PLUGINS_CHAT_OPEN=off",
            "NEXUS_PLUGINS_CHAT_MODE=fast", "NEXUS_PLUGINS_CHAT_TITLE=env",
            NULL};
    const char *const sets[] = {"plugins.chat.title=first",
            "plugins.chat.mode=safe", "plugins.chat.title=last", NULL};
    struct settings_case c;
    settings_case_init(&c, list, env, sets);
    const struct nx_config *config =
            plugin_settings_resolve(c.settings, "chat", chat, &c.errors);
    settings_case_expect_none(&c);
    assert_int_equal(20, plugin_settings_get_int(config, "typing_lease"));
    assert_int_equal(0, plugin_settings_get_bool(config, "open"));
    assert_true(str_is(config, "mode", "safe"));
    assert_true(str_is(config, "title", "last"));
    settings_case_finish(&c);
}

static void reads_names_with_a_hyphen_from_the_environment(void **state) {
    const char *const env[] = {"NEXUS_PLUGINS_MY_CHAT_OPEN=no", NULL};
    struct settings_case c;
    settings_case_init(&c, "plugins = ( { name = \"my-chat\"; } );", env, NULL);
    const struct nx_config *config =
            plugin_settings_resolve(c.settings, "my-chat", chat, &c.errors);
    assert_int_equal(0, plugin_settings_get_bool(config, "open"));
    assert_int_equal(0, c.errors.warning_count);
    settings_case_finish(&c);
}

static void gives_defaults_to_a_plugin_outside_the_list(void **state) {
    struct settings_case c;
    settings_case_init(&c, list, NULL, NULL);
    const struct nx_config *config =
            plugin_settings_resolve(c.settings, "probe", chat, &c.errors);
    settings_case_expect_none(&c);
    assert_int_equal(8, plugin_settings_get_int(config, "typing_lease"));
    settings_case_finish(&c);
}

static void accepts_a_plugin_without_a_table(void **state) {
    struct settings_case c;
    settings_case_init(&c, NULL, NULL, NULL);
    assert_non_null(
            plugin_settings_resolve(c.settings, "chat", NULL, &c.errors));
    settings_case_finish(&c);
    refuses(list, "chat", NULL,
            "nexus.conf:2: plugin \"chat\" has no setting \"typing_lease\"");
}

static void suggests_the_key_that_was_meant(void **state) {
    refuses("plugins = ( { name = \"chat\";\n typing_leese = 8; } );", "chat",
            chat,
            "nexus.conf:2: plugin \"chat\" has no setting \"typing_leese\", "
            "did you mean \"typing_lease\"?");
    refuses("plugins = ( { name = \"chat\"; sha265 = \"x\"; } );", "chat", chat,
            "nexus.conf:1: plugin \"chat\" has no setting \"sha265\", did you "
            "mean \"sha256\"?");
}

static void refuses_an_unknown_key_of_a_flag(void **state) {
    const char *const sets[] = {"plugins.chat.bananas=1", NULL};
    struct settings_case c;
    settings_case_init(&c, NULL, NULL, sets);
    assert_null(plugin_settings_resolve(c.settings, "chat", chat, &c.errors));
    settings_case_expect_error(
            &c, "--set: plugin \"chat\" has no setting \"bananas\"");
    settings_case_finish(&c);
}

static void refuses_wrong_types_and_ranges(void **state) {
    refuses("plugins = ( { name = \"chat\"; typing_lease = 61; } );", "chat",
            chat,
            "nexus.conf:1: plugins.chat.typing_lease must be a whole number "
            "from 1 to 60, not 61");
    refuses("plugins = ( { name = \"chat\"; open = 1; } );", "chat", chat,
            "nexus.conf:1: plugins.chat.open must be true or false, not 1");
    refuses("plugins = ( { name = \"chat\"; mode = \"slow\"; } );", "chat",
            chat,
            "nexus.conf:1: plugins.chat.mode must be one of fast, safe, not "
            "the text \"slow\"");
    refuses("plugins = ( { name = \"chat\"; title = { x = 1; }; } );", "chat",
            chat,
            "nexus.conf:1: plugins.chat.title must be a text, not a group");
}

static void wants_what_is_required(void **state) {
    refuses("plugins = (\n{ name = \"vault\"; } );", "vault", vault,
            "nexus.conf:2: plugins.vault.key is required and not set");
}

static void does_not_repeat_a_secret(void **state) {
    refuses("plugins = ( { name = \"vault\"; key = 12345; } );", "vault", vault,
            "nexus.conf:1: plugins.vault.key must be a text");
}

static void refuses_a_table_that_takes_a_name_of_the_server(void **state) {
    static const struct nx_setting bad[] = {
            {.key = "path", .kind = NX_SETTING_STRING}, END};
    refuses("plugins = ( { name = \"chat\"; } );", "chat", bad,
            "nexus.conf:1: plugin \"chat\" declares the setting \"path\", a "
            "name that belongs to the server");
}

static void refuses_a_default_that_breaks_its_own_range(void **state) {
    static const struct nx_setting bad[] = {{.key = "x",
                                                    .kind = NX_SETTING_INT,
                                                    .fallback = "0",
                                                    .range = "1..2"},
            END};
    refuses("plugins = ( { name = \"chat\"; } );", "chat", bad,
            "default: plugins.chat.x must be a whole number from 1 to 2, not "
            "\"0\"");
}

static void keeps_nothing_of_the_table(void **state) {
    char key[] = "title";
    char fallback[] = "hello";
    struct nx_setting table[] = {
            {.key = key, .kind = NX_SETTING_STRING, .fallback = fallback}, END};
    struct settings_case c;
    settings_case_init(&c, NULL, NULL, NULL);
    const struct nx_config *config =
            plugin_settings_resolve(c.settings, "chat", table, &c.errors);
    memset(key, 'x', sizeof(key) - 1);
    memset(fallback, 'x', sizeof(fallback) - 1);
    assert_true(str_is(config, "title", "hello"));
    settings_case_finish(&c);
}

static void finds_what_was_resolved_last(void **state) {
    struct settings_case c;
    settings_case_init(&c, NULL, NULL, NULL);
    assert_null(plugin_settings_find(c.settings, "chat"));
    const struct nx_config *first =
            plugin_settings_resolve(c.settings, "chat", chat, &c.errors);
    assert_ptr_equal(first, plugin_settings_find(c.settings, "chat"));
    const struct nx_config *second =
            plugin_settings_resolve(c.settings, "chat", chat, &c.errors);
    assert_ptr_equal(second, plugin_settings_find(c.settings, "chat"));
    assert_int_equal(8, plugin_settings_get_int(first, "typing_lease"));
    settings_case_finish(&c);
}

// --- the interface --------------------------------------------------------

// What is logged while reading goes to a pipe.
static void reads_undeclared_keys_as_nothing_and_logs_it(void **state) {
    int ends[2];
    char line[512] = "";
    struct settings_case c;
    settings_case_init(&c, NULL, NULL, NULL);
    const struct nx_config *config =
            plugin_settings_resolve(c.settings, "chat", chat, &c.errors);
    assert_int_equal(0, pipe(ends));
    log_set_fd(ends[1]);

    assert_int_equal(0, plugin_settings_get_int(config, "open"));
    assert_true(read(ends[0], line, sizeof(line) - 1) > 0);
    assert_int_equal(0, plugin_settings_get_bool(config, "nothing"));
    assert_true(str_is(config, "typing_lease", ""));

    log_set_fd(STDERR_FILENO);
    assert_non_null(strstr(line, "plugin=chat"));
    assert_non_null(strstr(line, "key=open"));
    (void)close(ends[0]);
    (void)close(ends[1]);
    settings_case_finish(&c);
}

static void adds_the_place_to_a_problem(void **state) {
    struct settings_case c;
    settings_case_init(&c, list, NULL, NULL);
    struct nx_diag diag = {
            plugin_settings_resolve(c.settings, "chat", chat, &c.errors),
            &c.errors};
    const struct nx_str message = {"too long!", 8};
    plugin_settings_problem(&diag, "typing_lease", message);
    plugin_settings_problem(&diag, "mode", message);
    plugin_settings_problem(&diag, NULL, message);
    plugin_settings_problem(&diag, "unknown", (struct nx_str){NULL, 0});
    assert_int_equal(4, c.errors.count);
    assert_string_equal("nexus.conf:2: plugins.chat.typing_lease: too long",
            c.errors.texts[0]);
    assert_string_equal(
            "default: plugins.chat.mode: too long", c.errors.texts[1]);
    assert_string_equal("plugins.chat: too long", c.errors.texts[2]);
    assert_string_equal("plugins.chat: ", c.errors.texts[3]);
    settings_case_finish(&c);
}

// --- comparing ------------------------------------------------------------

static enum plugin_settings_change change_by(const char *set) {
    const char *const sets[] = {set, NULL};
    struct settings_case a;
    struct settings_case b;
    settings_case_init(&a, NULL, NULL, NULL);
    settings_case_init(&b, NULL, NULL, sets);
    enum plugin_settings_change change = plugin_settings_compare(
            plugin_settings_resolve(a.settings, "chat", chat, &a.errors),
            plugin_settings_resolve(b.settings, "chat", chat, &b.errors));
    settings_case_finish(&a);
    settings_case_finish(&b);
    return change;
}

static void tells_live_changes_from_others(void **state) {
    assert_int_equal(PLUGIN_SETTINGS_SAME, change_by(NULL));
    assert_int_equal(
            PLUGIN_SETTINGS_SAME, change_by("plugins.chat.typing_lease=8"));
    assert_int_equal(
            PLUGIN_SETTINGS_LIVE, change_by("plugins.chat.typing_lease=9"));
    assert_int_equal(
            PLUGIN_SETTINGS_RESTART, change_by("plugins.chat.open=false"));
    assert_int_equal(
            PLUGIN_SETTINGS_RESTART, change_by("plugins.chat.title=x"));
}

static void takes_another_table_for_a_difference(void **state) {
    static const struct nx_setting live[] = {{.key = "other",
                                                     .kind = NX_SETTING_INT,
                                                     .flags = NX_SETTING_LIVE,
                                                     .fallback = "8"},
            END};
    static const struct nx_setting renamed[] = {
            {.key = "another",
                    .kind = NX_SETTING_INT,
                    .flags = NX_SETTING_LIVE,
                    .fallback = "8"},
            END};
    struct settings_case c;
    settings_case_init(&c, NULL, NULL, NULL);
    const struct nx_config *full =
            plugin_settings_resolve(c.settings, "chat", chat, &c.errors);
    const struct nx_config *none =
            plugin_settings_resolve(c.settings, "chat", NULL, &c.errors);
    const struct nx_config *one =
            plugin_settings_resolve(c.settings, "chat", live, &c.errors);
    assert_int_equal(
            PLUGIN_SETTINGS_RESTART, plugin_settings_compare(full, none));
    assert_int_equal(
            PLUGIN_SETTINGS_RESTART, plugin_settings_compare(none, one));
    const struct nx_config *other =
            plugin_settings_resolve(c.settings, "chat", renamed, &c.errors);
    settings_case_expect_none(&c);
    assert_int_equal(
            PLUGIN_SETTINGS_RESTART, plugin_settings_compare(one, other));
    assert_int_equal(PLUGIN_SETTINGS_SAME, plugin_settings_compare(none, none));
    settings_case_finish(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(fills_in_defaults),
            cmocka_unit_test(reads_the_numbers_of_the_server_too),
            cmocka_unit_test(lets_each_layer_overrule_the_one_below),
            cmocka_unit_test(reads_names_with_a_hyphen_from_the_environment),
            cmocka_unit_test(gives_defaults_to_a_plugin_outside_the_list),
            cmocka_unit_test(accepts_a_plugin_without_a_table),
            cmocka_unit_test(suggests_the_key_that_was_meant),
            cmocka_unit_test(refuses_an_unknown_key_of_a_flag),
            cmocka_unit_test(refuses_wrong_types_and_ranges),
            cmocka_unit_test(wants_what_is_required),
            cmocka_unit_test(does_not_repeat_a_secret),
            cmocka_unit_test(refuses_a_table_that_takes_a_name_of_the_server),
            cmocka_unit_test(refuses_a_default_that_breaks_its_own_range),
            cmocka_unit_test(keeps_nothing_of_the_table),
            cmocka_unit_test(finds_what_was_resolved_last),
            cmocka_unit_test(reads_undeclared_keys_as_nothing_and_logs_it),
            cmocka_unit_test(adds_the_place_to_a_problem),
            cmocka_unit_test(tells_live_changes_from_others),
            cmocka_unit_test(takes_another_table_for_a_difference),
    };
    return cmocka_run_group_tests(
            tests, settings_case_enter, settings_case_leave);
}
