#include "kernel/core/plugin_list.h"

#include <string.h>

#include "tests/support/settings_case.h"

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void refuses(const char *text, const char *sentence) {
    settings_case_refuses(text, NULL, NULL, sentence);
}

static void reads_path_and_hash(void **state) {
    struct settings_case c;
    settings_case_init(&c,
            "plugins = ( { name = \"poll\"; path = \"/opt/poll.so\";\n"
            " sha256 = \"0123456789ABCDEF0123456789abcdef"
            "0123456789abcdef0123456789abcdef\"; } );",
            NULL, NULL);
    settings_case_expect_none(&c);
    const struct plugin_entry *entry = settings_plugin(c.settings, 0);
    assert_string_equal("/opt/poll.so", entry->path);
    assert_string_equal(SHA, entry->sha256);
    settings_case_finish(&c);
}

static void takes_path_and_hash_from_higher_layers(void **state) {
    const char *const env[] = {"NEXUS_PLUGINS_POLL_PATH=/env.so",
            "NEXUS_PLUGINS_CHAT_PATH=/chat.so", NULL};
    const char *const sets[] = {
            "plugins.poll.path=/set.so", "plugins.poll.sha256=" SHA, NULL};
    struct settings_case c;
    settings_case_init(&c,
            "plugins = ( { name = \"poll\"; path = \"/file.so\"; },\n"
            " { name = \"chat\"; path = \"/file.so\"; } );",
            env, sets);
    settings_case_expect_none(&c);
    assert_string_equal("/set.so", settings_plugin(c.settings, 0)->path);
    assert_string_equal(SHA, settings_plugin(c.settings, 0)->sha256);
    assert_string_equal("/chat.so", settings_plugin(c.settings, 1)->path);
    settings_case_finish(&c);
}

static void refuses_a_hash_of_another_form(void **state) {
    static const char sentence[] =
            "nexus.conf:1: plugins.a.sha256 must be 64 hexadecimal digits";
    refuses("plugins = ( { name = \"a\"; sha256 = \"abc\"; } );", sentence);
    refuses("plugins = ( { name = \"a\"; sha256 = \"" SHA "0\"; } );",
            sentence);
    refuses("plugins = ( { name = \"a\"; sha256 = \"x" SHA "\"; } );",
            sentence);
}

static void refuses_a_path_that_is_no_text(void **state) {
    refuses("plugins = ( { name = \"a\"; path = 3; } );",
            "nexus.conf:1: plugins.a.path must be a text that is not empty, "
            "not 3");
    refuses("plugins = ( { name = \"a\"; path = \"\"; } );",
            "nexus.conf:1: plugins.a.path must be a text that is not empty, "
            "not the text \"\"");
}

static bool accepts_name(const char *name) {
    struct settings_errors errors;
    settings_errors_init(&errors);
    struct settings_store *store = settings_store_create();
    bool added = plugin_list_add(store, name, "here", &errors) != NULL;
    assert_int_equal(added ? 0 : 1, errors.count);
    settings_store_destroy(store);
    settings_errors_finish(&errors);
    return added;
}

static void accepts_names_that_are_safe_in_a_path(void **state) {
    assert_true(accepts_name("a"));
    assert_true(accepts_name("doc-sync_2"));
    assert_false(accepts_name(""));
    assert_false(accepts_name("Chat"));
    assert_false(accepts_name("2chat"));
    assert_false(accepts_name("-chat"));
    assert_false(accepts_name("../chat"));
    assert_false(accepts_name("chat.so"));
    assert_false(accepts_name("ch at"));
    assert_true(
            accepts_name("a12345678901234567890123456789012345678901234567"));
    assert_false(
            accepts_name("a123456789012345678901234567890123456789012345678"));
}

static void refuses_a_name_twice(void **state) {
    refuses("plugins = ( { name = \"a\"; },\n{ name = \"b\"; },\n"
            "{ name = \"a\"; } );",
            "nexus.conf:3: plugin \"a\" is in the list twice, first at "
            "nexus.conf:1");
}

static void refuses_more_plugins_than_it_has_room_for(void **state) {
    struct settings_errors errors;
    settings_errors_init(&errors);
    struct settings_store *store = settings_store_create();
    for (int i = 0; i < SETTINGS_PLUGINS_MAX; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "p%d", i);
        assert_non_null(plugin_list_add(store, name, "here", &errors));
    }
    assert_null(plugin_list_add(store, "more", "here", &errors));
    assert_string_equal(
            "here: more than 64 plugins in the list", errors.texts[0]);
    settings_store_destroy(store);
    settings_errors_finish(&errors);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(reads_path_and_hash),
            cmocka_unit_test(takes_path_and_hash_from_higher_layers),
            cmocka_unit_test(refuses_a_hash_of_another_form),
            cmocka_unit_test(refuses_a_path_that_is_no_text),
            cmocka_unit_test(accepts_names_that_are_safe_in_a_path),
            cmocka_unit_test(refuses_a_name_twice),
            cmocka_unit_test(refuses_more_plugins_than_it_has_room_for),
    };
    return cmocka_run_group_tests(
            tests, settings_case_enter, settings_case_leave);
}
