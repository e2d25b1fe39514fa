#include "kernel/core/settings_print.h"

#include <string.h>

#include "kernel/core/plugin_settings.h"
#include "kernel/core/settings_store.h"
#include "tests/support/settings_case.h"

static const struct nx_setting vault[] = {{.key = "key",
                                                  .kind = NX_SETTING_STRING,
                                                  .flags = NX_SETTING_SECRET,
                                                  .fallback = ""},
        {.key = "size", .kind = NX_SETTING_INT, .fallback = "5"},
        {.key = "title", .kind = NX_SETTING_STRING, .fallback = "none"},
        {.key = NULL}};

// Freed by the caller.
static char *printed(const struct settings *settings) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    settings_print(settings, out);
    assert_int_equal(0, fclose(out));
    return text;
}

static void has(const char *text, const char *part) {
    if (strstr(text, part) == NULL) {
        fail_msg("no \"%s\" in:\n%s", part, text);
    }
}

static void gives_every_value_with_its_origin(void **state) {
    const char *const env[] = {"LOG_LEVEL=DEBUG", NULL};
    const char *const sets[] = {"engine.memory_bytes=3000000000", NULL};
    struct settings_case c;
    settings_case_init(&c, "listen = {\n port = 9; };", env, sets);
    char *text = printed(c.settings);
    has(text,
            "listen = {\n    address = \"127.0.0.1\"; # default\n"
            "    port = 9; # nexus.conf:2\n");
    has(text, "    level = \"debug\"; # env LOG_LEVEL\n");
    has(text, "    memory_bytes = 3000000000L; # --set\n");
    has(text, "};\ndata_dir = \"nexus-data\"; # default\n");
    has(text, "plugins = (\n\n);\n");
    free(text);
    settings_case_finish(&c);
}

static void can_be_read_again(void **state) {
    const char *const sets[] = {"data_dir=a \"b\"\\\n\x01", "log.format=json",
            "heartbeat.auto_ping=off", "engine.memory_bytes=1099511627776",
            NULL};
    struct settings_case a;
    struct settings_case b;
    settings_case_init(&a,
            "plugins = ( { name = \"a\"; path = \"/x\"; n = 3; },"
            " { name = \"b\"; } );",
            NULL, sets);
    char *text = printed(a.settings);
    settings_case_init(&b, text, NULL, NULL);
    settings_case_expect_none(&b);
    for (size_t i = 0; i < setting_count(); i++) {
        const struct setting *row = setting_row(i);
        struct setting_value left;
        struct setting_value right;
        settings_value(a.settings, row, &left);
        settings_value(b.settings, row, &right);
        assert_int_equal(left.number, right.number);
        assert_string_equal(left.text == NULL ? "" : left.text,
                right.text == NULL ? "" : right.text);
    }
    assert_int_equal(2, settings_plugin_count(b.settings));
    assert_string_equal("a", settings_plugin(b.settings, 0)->name);
    assert_string_equal("/x", settings_plugin(b.settings, 0)->path);
    free(text);
    settings_case_finish(&a);
    settings_case_finish(&b);
}

static void shows_plugins_by_their_table_and_no_secret(void **state) {
    struct settings_case c;
    settings_case_init(&c,
            "plugins = (\n{ name = \"vault\"; key = \"hunter2\"; size = 7; }"
            ");",
            NULL, NULL);
    assert_non_null(
            plugin_settings_resolve(c.settings, "vault", vault, &c.errors));
    char *text = printed(c.settings);
    has(text,
            "    { # nexus.conf:2\n        name = \"vault\";\n"
            "        key = \"***\"; # nexus.conf:2\n"
            "        size = 7; # nexus.conf:2\n"
            "        title = \"none\"; # default\n    }\n);\n");
    assert_null(strstr(text, "hunter2"));
    free(text);
    settings_case_finish(&c);
}

static void takes_texts_of_an_unknown_table_for_secrets(void **state) {
    const char *const sets[] = {
            "plugins.vault.key=hunter3", "plugins.vault.size=9", NULL};
    struct settings_case c;
    settings_case_init(&c,
            "plugins = ( { name = \"vault\"; key = \"hunter2\";\n"
            "size = 7; open = true; other = 8; title = \"hunter5\"; deep = { x = \"hunter4\"; }; }"
            ");",
            NULL, sets);
    char *text = printed(c.settings);
    has(text,
            "        open = true; # nexus.conf:2\n"
            "        other = 8; # nexus.conf:2\n"
            "        title = \"***\"; # nexus.conf:2\n"
            "        deep = \"***\"; # nexus.conf:2\n"
            "        key = \"***\"; # --set\n"
            "        size = \"***\"; # --set\n");
    assert_null(strstr(text, "hunter"));
    assert_null(strstr(text, "size = 7"));
    free(text);
    settings_case_finish(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(gives_every_value_with_its_origin),
            cmocka_unit_test(can_be_read_again),
            cmocka_unit_test(shows_plugins_by_their_table_and_no_secret),
            cmocka_unit_test(takes_texts_of_an_unknown_table_for_secrets),
    };
    return cmocka_run_group_tests(
            tests, settings_case_enter, settings_case_leave);
}
