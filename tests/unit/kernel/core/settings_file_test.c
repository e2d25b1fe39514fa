#include "kernel/core/settings_file.h"

#include <string.h>

#include "tests/support/settings_case.h"

// Reads a file of this text. Without errors when sentence is NULL, else with
// exactly this one.
static struct settings_store *read_file(
        const char *text, const char *sentence) {
    struct settings_errors errors;
    settings_errors_init(&errors);
    struct settings_store *store = settings_store_create();
    assert_non_null(store);
    settings_case_write(text);
    settings_file_read(store, "nexus.conf", &errors);
    assert_int_equal(sentence == NULL ? 0 : 1, errors.count);
    if (sentence != NULL) {
        assert_string_equal(sentence, errors.texts[0]);
    }
    settings_errors_finish(&errors);
    return store;
}

static void refuses(const char *text, const char *sentence) {
    settings_store_destroy(read_file(text, sentence));
}

static void expect(const struct nx_list *list, const char *key,
        enum raw_kind kind, const char *text, const char *origin) {
    const struct raw_setting *raw = settings_store_last(list, key);
    assert_non_null(raw);
    assert_int_equal(kind, raw->value.kind);
    assert_string_equal(text, raw->value.text);
    assert_string_equal(origin, raw->value.origin);
}

static void reads_every_kind_of_value_with_its_place(void **state) {
    struct settings_store *store = read_file("a = 1;\n"
                                             "b = { c = true;\n"
                                             "  d = \"x\"; e = 1.5; };\n"
                                             "f = (1, 2); g = [ ];\n"
                                             "h = { };\n"
                                             "i = 0x10; j = -3000000000;\n",
            NULL);
    expect(&store->file, "a", RAW_INT, "1", "nexus.conf:1");
    expect(&store->file, "b.c", RAW_BOOL, "true", "nexus.conf:2");
    expect(&store->file, "b.d", RAW_STRING, "x", "nexus.conf:3");
    expect(&store->file, "b.e", RAW_FLOAT, "1.5", "nexus.conf:3");
    expect(&store->file, "f", RAW_LIST, "", "nexus.conf:4");
    expect(&store->file, "g", RAW_LIST, "", "nexus.conf:4");
    expect(&store->file, "h", RAW_GROUP, "", "nexus.conf:5");
    expect(&store->file, "i", RAW_INT, "16", "nexus.conf:6");
    expect(&store->file, "j", RAW_INT, "-3000000000", "nexus.conf:6");
    settings_store_destroy(store);
}

static void reads_the_plugin_list_in_order(void **state) {
    struct settings_store *store =
            read_file("plugins = (\n"
                      "  { name = \"store\"; },\n"
                      "  { typing_lease = 8;\n    name = \"chat\"; }\n"
                      ");\n",
                    NULL);
    assert_int_equal(2, store->plugin_count);
    assert_string_equal("store", store->plugins[0].entry.name);
    assert_string_equal("nexus.conf:2", store->plugins[0].entry.origin);
    assert_true(nx_list_empty(&store->plugins[0].raws));
    assert_string_equal("chat", store->plugins[1].entry.name);
    expect(&store->plugins[1].raws, "typing_lease", RAW_INT, "8",
            "nexus.conf:3");
    assert_true(nx_list_empty(&store->file));
    settings_store_destroy(store);
}

static void accepts_an_empty_plugin_list(void **state) {
    settings_store_destroy(read_file("plugins = ( );", NULL));
    settings_store_destroy(read_file("plugins = [ ];", NULL));
}

static void refuses_a_plugin_list_of_another_shape(void **state) {
    static const char sentence[] =
            "nexus.conf:2: plugins must be a list of groups, "
            "( { name = \"...\"; } )";
    refuses("\nplugins = 3;", sentence);
    refuses("\nplugins = \"chat\";", sentence);
    refuses("\nplugins = [ \"chat\" ];", sentence);
    refuses("\nplugins = { name = \"chat\"; };", sentence);
    refuses("\nplugins = { };", sentence);
}

static void refuses_a_plugin_without_a_group_or_name(void **state) {
    refuses("plugins = (\n\"chat\");",
            "nexus.conf:2: each line of plugins must be a group, "
            "{ name = \"...\"; }");
    refuses("plugins = (\n{ typing_lease = 8; });",
            "nexus.conf:2: this line of plugins has no name = \"...\"");
    refuses("plugins = (\n{ name = 8; });",
            "nexus.conf:2: this line of plugins has no name = \"...\"");
}

static void passes_on_what_the_parser_says(void **state) {
    refuses("a = 1;\nb = ;\nc = 3;", "nexus.conf:2: syntax error");
    refuses("a = { b = 1;\n b = 2; };", "nexus.conf:2: duplicate setting name");
    refuses("a = { b = 1; };\na = { c = 2; };",
            "nexus.conf:2: duplicate setting name");
}

static void refuses_includes_of_files_and_folders(void **state) {
    refuses("a = 1;\n@include \"nexus.conf\"\n",
            "nexus.conf:2: @include is not supported");
    refuses("@include \"/etc/passwd\"\n",
            "nexus.conf:1: @include is not supported");
    refuses("@include \"..\"\n", "nexus.conf:1: @include is not supported");
}

static void refuses_names_that_are_too_deep_or_too_long(void **state) {
    refuses("a={b={c={d={e={f={g={h=\n{i=1;};};};};};};};};",
            "nexus.conf:1: no setting has a name this long or this deep");
    char text[200];
    memset(text, 'a', sizeof(text));
    memcpy(text + sizeof(text) - 5, " = 1;", 5);
    text[sizeof(text) - 1] = '\0';
    refuses(text, "nexus.conf:1: no setting has a name this long or this deep");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(reads_every_kind_of_value_with_its_place),
            cmocka_unit_test(reads_the_plugin_list_in_order),
            cmocka_unit_test(accepts_an_empty_plugin_list),
            cmocka_unit_test(refuses_a_plugin_list_of_another_shape),
            cmocka_unit_test(refuses_a_plugin_without_a_group_or_name),
            cmocka_unit_test(passes_on_what_the_parser_says),
            cmocka_unit_test(refuses_includes_of_files_and_folders),
            cmocka_unit_test(refuses_names_that_are_too_deep_or_too_long),
    };
    return cmocka_run_group_tests(
            tests, settings_case_enter, settings_case_leave);
}
