#include "kernel/core/quarantine.h"

#include "kernel/core/crash_notes.h"
#include "kernel/core/loader.h"
#include "kernel/core/plugins_set.h"
#include "tests/unit/kernel/core/plugin_fixture.h"

#define PROBE  "plugins = ( { name = \"probe\"; } );"
#define MINUTE INT64_C(60000)

struct scene {
    struct plugin_fixture f;
    struct quarantine *quarantine;
};

// Nothing runs: only the list and what is remembered are looked at.
static void begin(struct scene *s, const char *config) {
    plugin_fixture_init(&s->f, config);
    assert_true(loader_set_dirs(
            s->f.core->plugins->loader, s->f.plugins, s->f.images));
    // So that there is something before the beginning of a window.
    clock_advance(&s->f.core->clock, 100 * MINUTE);
}

static void end(struct scene *s) {
    quarantine_destroy(s->quarantine);
    plugin_fixture_finish(&s->f);
}

static const struct plugin_entry *line_of(const struct scene *s) {
    return settings_plugin(s->f.core->settings, 0);
}

// The plugin of the first line has crashed the server some time ago.
static struct crash_note crash(const struct scene *s, int64_t ago_ms) {
    const struct plugin_entry *line = line_of(s);
    struct crash_note note = {.kind = CRASH_NOTE_CRASH,
            .signo = 11,
            .at_ms = clock_wall_ms(&s->f.core->clock) - ago_ms,
            .settings = line->mark};
    (void)snprintf(note.name, sizeof(note.name), "%s", line->name);
    (void)snprintf(note.claims, sizeof(note.claims), "probe.,other.,exact,");
    assert_true(loader_hash(s->f.core->plugins->loader, line, note.sha256));
    return note;
}

static void leave(const struct scene *s, struct crash_note note, int times) {
    struct crash_notes *notes = crash_notes_open(s->f.dir);
    for (int i = 0; i < times; i++) {
        assert_true(crash_notes_add(notes, &note));
    }
    crash_notes_close(notes);
}

static size_t judge(struct scene *s) {
    quarantine_destroy(s->quarantine);
    s->quarantine = quarantine_create(s->f.dir);
    assert_non_null(s->quarantine);
    quarantine_judge(s->quarantine, s->f.core);
    bool out = quarantine_keeps_out(
            s->quarantine, s->f.core, s->f.core->settings, line_of(s), NULL);
    assert_int_equal(out, quarantine_count(s->quarantine));
    assert_int_equal(out, quarantine_holds(s->quarantine, "probe"));
    return quarantine_count(s->quarantine);
}

static void counts_what_is_within_the_window(void **state) {
    struct scene s = {0};
    begin(&s, PROBE "crash = { limit = 3; window = 600; };");
    leave(&s, crash(&s, 11 * MINUTE), 5);
    leave(&s, crash(&s, 9 * MINUTE), 2);
    assert_int_equal(judge(&s), 0);
    assert_int_equal(quarantine_crashes(s.quarantine, s.f.core, "probe"), 2);
    leave(&s, crash(&s, 0), 1);
    assert_int_equal(judge(&s), 1);
    assert_int_equal(quarantine_get(s.quarantine, 0)->crashes, 3);
    end(&s);
}

// A clock that was put back does not hide what has happened.
static void counts_what_seems_to_be_in_the_future(void **state) {
    struct scene s = {0};
    begin(&s, PROBE);
    leave(&s, crash(&s, -50 * MINUTE), 3);
    assert_int_equal(judge(&s), 1);
    end(&s);
}

static void outlasts_its_window(void **state) {
    struct scene s = {0};
    begin(&s, PROBE);
    leave(&s, crash(&s, 0), 3);
    assert_int_equal(judge(&s), 1);
    clock_advance(&s.f.core->clock, 50 * MINUTE);
    assert_int_equal(judge(&s), 1);
    assert_int_equal(quarantine_get(s.quarantine, 0)->crashes, 0);
    end(&s);
}

static void blames_one_version_with_one_set_of_settings(void **state) {
    struct scene s = {0};
    begin(&s, PROBE);
    struct crash_note note = crash(&s, 0);
    note.settings++;
    leave(&s, note, 3);
    note = crash(&s, 0);
    note.sha256[0] = note.sha256[0] == '0' ? '1' : '0';
    leave(&s, note, 3);
    note = crash(&s, 0);
    note.name[0] = 'q';
    leave(&s, note, 3);
    assert_int_equal(judge(&s), 0);
    end(&s);
}

static void spares(const char *config, uint32_t traits, bool spared) {
    struct scene s = {0};
    begin(&s, config);
    struct crash_note note = crash(&s, 0);
    note.traits = traits;
    leave(&s, note, 3);
    assert_int_equal(judge(&s), spared ? 0 : 1);
    if (spared) {
        plugin_fixture_expect_log(&s.f, "is loaded all the same");
    }
    end(&s);
}

static void does_not_leave_out_what_the_server_is_there_for(void **state) {
    spares(PROBE, WHERE_ENGINE, true);
    spares(PROBE, WHERE_GUARD, true);
    spares(PROBE, WHERE_UNTOLD, true);
    spares(PROBE, 0, false);
}

static void believes_the_line_of_the_plugin(void **state) {
    static const char quarantine[] =
            "plugins = ( { name = \"probe\"; on_crash = \"quarantine\"; } );"
            "crash = { on_crash = \"restart\"; };";
    static const char restart[] =
            "plugins = ( { name = \"probe\"; on_crash = \"restart\"; } );";
    spares(quarantine, 0, false);
    spares(quarantine, WHERE_GUARD, false);
    spares(quarantine, WHERE_UNTOLD, false);
    spares(quarantine, WHERE_ENGINE, true);
    spares(restart, 0, true);
    spares(PROBE "crash = { on_crash = \"restart\"; };", 0, true);
}

static void forgets_what_it_releases(void **state) {
    struct scene s = {0};
    begin(&s, PROBE);
    leave(&s, crash(&s, 0), 3);
    assert_int_equal(judge(&s), 1);
    assert_false(quarantine_release(s.quarantine, "chat"));
    assert_true(quarantine_release(s.quarantine, "probe"));
    assert_false(quarantine_release(s.quarantine, "probe"));
    assert_int_equal(judge(&s), 0);
    assert_int_equal(quarantine_crashes(s.quarantine, s.f.core, "probe"), 0);
    end(&s);
}

static bool claims(const struct scene *s, const char *type) {
    return quarantine_find(s->quarantine, nx_str_c(type)) != NULL;
}

static void knows_whose_an_event_was(void **state) {
    struct scene s = {0};
    begin(&s, PROBE);
    leave(&s, crash(&s, 0), 3);
    assert_int_equal(judge(&s), 1);
    assert_true(claims(&s, "probe.echo"));
    assert_true(claims(&s, "other.thing"));
    assert_true(claims(&s, "exact"));
    assert_false(claims(&s, "exactly"));
    assert_false(claims(&s, "probe"));
    assert_false(claims(&s, "another.thing"));
    assert_null(quarantine_find(NULL, nx_str_c("probe.echo")));
    end(&s);
}

// The whole way: what is out is not loaded, and what is back is forgiven.
static void the_set_is_loaded_without_it(void **state) {
    struct scene s = {0};
    begin(&s, PROBE);
    leave(&s, crash(&s, 0), 3);
    s.quarantine = quarantine_create(s.f.dir);
    s.f.core->quarantine = s.quarantine;
    assert_true(plugins_start(s.f.core->plugins, s.f.plugins, s.f.images));
    assert_int_equal(plugins_count(s.f.core->plugins), 0);
    plugin_fixture_expect_log(&s.f, "nexusctl plugin release probe");
    plugins_stop(s.f.core->plugins, 1000);
    assert_true(quarantine_release(s.quarantine, "probe"));
    s.f.core->quarantine = NULL;
    end(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(counts_what_is_within_the_window),
            cmocka_unit_test(counts_what_seems_to_be_in_the_future),
            cmocka_unit_test(outlasts_its_window),
            cmocka_unit_test(blames_one_version_with_one_set_of_settings),
            cmocka_unit_test(does_not_leave_out_what_the_server_is_there_for),
            cmocka_unit_test(believes_the_line_of_the_plugin),
            cmocka_unit_test(forgets_what_it_releases),
            cmocka_unit_test(knows_whose_an_event_was),
            cmocka_unit_test(the_set_is_loaded_without_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
