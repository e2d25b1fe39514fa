#include "kernel/ctl/plugin/plugin_facts.h"

#include "tests/unit/kernel/ctl/plugin/plugin_case.h"

static void refuses(const char *name, const char *sentence) {
    struct plugin_case c;
    struct plugin_facts facts;
    char why[PLUGIN_FACTS_WHY_MAX];
    plugin_case_init(&c, name);
    assert_false(plugin_facts_read(&facts, c.file.data, c.file.size, why));
    if (!strstr(why, sentence)) {
        fail_msg("expected: %s\ngot: %s", sentence, why);
    }
    plugin_case_finish(&c);
}

static void reads_entry_and_lists(void **state) {
    struct plugin_case c;
    struct plugin_facts facts;
    char why[PLUGIN_FACTS_WHY_MAX] = "";
    plugin_case_init(&c, "tests/plugins/probe.so");
    if (!plugin_facts_read(&facts, c.file.data, c.file.size, why)) {
        fail_msg("%s", why);
    }
    assert_string_equal(facts.id, "probe");
    assert_string_equal(facts.version, "1.2.3");
    assert_string_equal(facts.license, "MIT");
    assert_string_equal(facts.description, "counts what happens to it");
    assert_int_equal(facts.abi_major, NX_ABI_MAJOR);
    assert_string_equal(facts.prefixes[0], "probe.");
    assert_null(facts.prefixes[1]);
    assert_string_equal(facts.requires_[0], "nexus.log/1");
    assert_string_equal(facts.requires_[4], "nexus.telepathy/9?");
    assert_null(facts.requires_[5]);
    assert_null(plugin_facts_difference(&facts));
    plugin_facts_finish(&facts);
    plugin_case_finish(&c);
}

static void reads_state_and_settings(void **state) {
    struct plugin_case c;
    struct plugin_facts facts;
    char why[PLUGIN_FACTS_WHY_MAX] = "";
    plugin_case_init(&c, "tests/plugins/counter_next.so");
    assert_true(plugin_facts_read(&facts, c.file.data, c.file.size, why));
    assert_int_equal(facts.state_version, 1);
    assert_int_equal(facts.state_version_min, 1);
    assert_string_equal(facts.settings[0].key, "step");
    assert_int_equal(facts.settings[0].kind, NX_SETTING_INT);
    assert_int_equal(facts.settings[0].flags, NX_SETTING_LIVE);
    assert_string_equal(facts.settings[0].fallback, "1");
    assert_string_equal(facts.settings[0].range, "1..1000");
    assert_string_equal(facts.settings[0].help, "What an event adds.");
    size_t i = 0;
    while (facts.settings[i].key
            && strcmp(facts.settings[i].key, "dislikes") != 0) {
        i++;
    }
    assert_non_null(facts.settings[i].key);
    assert_null(facts.settings[i].range);
    plugin_facts_finish(&facts);
    plugin_case_finish(&c);
}

static void finds_what_is_exported(void **state) {
    struct plugin_case c;
    struct plugin_facts facts;
    struct elf_symbol symbol;
    char why[PLUGIN_FACTS_WHY_MAX] = "";
    size_t entries = 0;
    size_t needed = 0;
    plugin_case_init(&c, "examples/echo.so");
    assert_true(plugin_facts_read(&facts, c.file.data, c.file.size, why));
    for (size_t i = 0; elf_dynamic_symbol(&facts.dynamic, i, &symbol); i++) {
        bool entry = strcmp(symbol.name, "nexus_plugin_v1") == 0;
        entries += entry && elf_symbol_is_exported(&symbol) ? 1 : 0;
    }
    assert_int_equal(entries, 1);
    while (elf_dynamic_text(&facts.dynamic, DT_NEEDED, needed)) {
        needed++;
    }
    assert_true(needed > 0);
    plugin_facts_finish(&facts);
    plugin_case_finish(&c);
}

static void says_what_a_file_is_not(void **state) {
    refuses("tests/plugins/bad_magic.so",
            "does not begin with the mark of a plugin");
    refuses("tests/plugins/bad_abi.so", "was built for plugin ABI 2");
    refuses("tests/power/powercut.so", "exports no nexus_plugin_v1");
}

static void notices_a_manifest_of_another_plugin(void **state) {
    struct plugin_case c;
    struct plugin_facts facts;
    char why[PLUGIN_FACTS_WHY_MAX] = "";
    plugin_case_init(&c, "tests/plugins/probe.so");
    char *text = memmem(c.file.data, c.file.size, "{\"id\":\"probe\"", 13);
    assert_non_null(text);
    text[7] = 'q';
    assert_true(plugin_facts_read(&facts, c.file.data, c.file.size, why));
    assert_string_equal(plugin_facts_difference(&facts), "id");
    plugin_facts_finish(&facts);
    plugin_case_finish(&c);
}

static void refuses_a_manifest_that_is_none(void **state) {
    struct plugin_case c;
    struct plugin_facts facts;
    char why[PLUGIN_FACTS_WHY_MAX] = "";
    plugin_case_init(&c, "tests/plugins/probe.so");
    char *text = memmem(c.file.data, c.file.size, "{\"id\":\"probe\"", 13);
    assert_non_null(text);
    text[0] = '[';
    assert_false(plugin_facts_read(&facts, c.file.data, c.file.size, why));
    assert_non_null(strstr(why, "has a section .nexus.info that is no"));
    char *name = memmem(c.file.data, c.file.size, "\0.nexus.info", 13);
    assert_non_null(name);
    name[1] = '-';
    assert_false(plugin_facts_read(&facts, c.file.data, c.file.size, why));
    assert_non_null(strstr(why, "has no section .nexus.info"));
    plugin_case_finish(&c);
}

// Each byte of the headers and the first tables, some of the rest.
static size_t step(size_t at) {
    return at < 4096 ? 1 : 7;
}

// Each length in a block of its own size, so that a sanitizer sees a look
// behind the end.
static void refuses_a_file_cut_short_anywhere(void **state) {
    struct plugin_case c;
    struct plugin_facts facts;
    char why[PLUGIN_FACTS_WHY_MAX];
    plugin_case_init(&c, "examples/echo.so");
    for (size_t size = 0; size < c.file.size; size += step(size)) {
        char *cut = malloc(size + (size == 0));
        assert_non_null(cut);
        memcpy(cut, c.file.data, size);
        why[0] = '\0';
        assert_false(plugin_facts_read(&facts, cut, size, why));
        assert_true(why[0] != '\0');
        free(cut);
    }
    plugin_case_finish(&c);
}

static void survives_any_byte_that_is_wrong(void **state) {
    struct plugin_case c;
    struct plugin_facts facts;
    char why[PLUGIN_FACTS_WHY_MAX];
    plugin_case_init(&c, "examples/echo.so");
    unsigned char *bytes = c.file.data;
    for (size_t i = 0; i < c.file.size; i += step(i)) {
        unsigned char before = bytes[i];
        bytes[i] = (unsigned char)~before;
        if (plugin_facts_read(&facts, bytes, c.file.size, why)) {
            (void)plugin_facts_difference(&facts);
            plugin_facts_finish(&facts);
        }
        bytes[i] = before;
    }
    plugin_case_finish(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(reads_entry_and_lists),
            cmocka_unit_test(reads_state_and_settings),
            cmocka_unit_test(finds_what_is_exported),
            cmocka_unit_test(says_what_a_file_is_not),
            cmocka_unit_test(notices_a_manifest_of_another_plugin),
            cmocka_unit_test(refuses_a_manifest_that_is_none),
            cmocka_unit_test(refuses_a_file_cut_short_anywhere),
            cmocka_unit_test(survives_any_byte_that_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
