#include "kernel/core/reload.h"

#include "tests/unit/kernel/core/plugin_fixture.h"

// A core with a configuration file that can be written anew.
struct reloading {
    struct plugin_fixture f;
    char path[64];
    bool refuses; // what surrounds the core does
    int applied;
    int told;
    struct reload_result result; // without its errors
    char reason[SETTINGS_ERROR_TEXT_MAX];
};

static bool check(void *ctx, const struct settings *wanted,
        struct settings_errors *errors) {
    const struct reloading *r = ctx;
    if (r->refuses) {
        settings_errors_add(errors, "nexus.conf:1: not here");
    }
    return !r->refuses;
}

static void apply(void *ctx) {
    struct reloading *r = ctx;
    r->applied++;
}

static void on_done(void *ctx, const struct reload_result *result) {
    struct reloading *r = ctx;
    const char *reason = result->errors->texts[0];
    r->told++;
    r->result = *result;
    r->result.errors = NULL;
    (void)snprintf(r->reason, sizeof(r->reason), "%s", reason ? reason : "");
}

static void write_config(const struct reloading *r, const char *text) {
    FILE *file = fopen(r->path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void init(struct reloading *r, const char *config) {
    memset(r, 0, sizeof(*r));
    plugin_fixture_init(&r->f, config);
    (void)snprintf(r->path, sizeof(r->path), "%s/nexus.conf", r->f.dir);
    const struct reload_surroundings surroundings = {
            .source = {.file = r->path},
            .ctx = r,
            .check = check,
            .apply = apply,
    };
    reload_surround(r->f.core->reload, &surroundings);
    assert_true(plugins_start(r->f.core->plugins, r->f.plugins, r->f.images));
}

static void finish(struct reloading *r) {
    reload_stop(r->f.core->reload);
    plugins_stop(r->f.core->plugins, 1000);
    plugin_fixture_finish(&r->f);
}

// A turn; the thread that reads files gets time for it.
static void turn(struct reloading *r) {
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += until.tv_nsec / 999000000;
    until.tv_nsec = (until.tv_nsec + 1000000) % 1000000000;
    if (core_sleep_ms(r->f.core) != 0) {
        (void)sem_timedwait(&r->f.woken, &until);
    }
    plugin_fixture_advance(&r->f, 1);
}

static void turn_until_frozen(struct reloading *r) {
    for (int i = 0; i < 10000 && !r->f.core->frozen; i++) {
        turn(r);
    }
    assert_true(r->f.core->frozen);
}

static uint64_t done_count(const struct reloading *r) {
    struct reload_status status;
    reload_look(r->f.core->reload, &status);
    assert_int_equal(status.count[RELOAD_REFUSED], 0);
    assert_int_equal(status.count[RELOAD_UNDONE], 0);
    return status.running ? 0 : status.count[RELOAD_DONE];
}

static void turn_until_done(struct reloading *r, uint64_t count) {
    for (int i = 0; i < 10000 && done_count(r) < count; i++) {
        turn(r);
    }
    assert_int_equal(done_count(r), count);
}

// Turns until somebody was told.
static enum reload_outcome reload(struct reloading *r) {
    int told = r->told;
    assert_true(reload_request(r->f.core, on_done, r));
    assert_int_equal(r->told, told);
    for (int i = 0; i < 10000 && r->told == told; i++) {
        turn(r);
    }
    assert_int_equal(r->told, told + 1);
    assert_false(r->f.core->frozen);
    assert_null(r->f.core->staged);
    return r->result.outcome;
}

static enum reload_outcome reload_to(struct reloading *r, const char *config) {
    write_config(r, config);
    return reload(r);
}

#define COUNTER(more) "plugins = ( { name = \"counter\"; " more " } );\n"

static const struct nx_plugin *instance(const struct reloading *r, size_t i) {
    return plugins_get(r->f.core->plugins, i)->instance;
}

static void keeps_what_has_not_changed(void **state) {
    struct reloading r;
    init(&r, COUNTER(""));
    const struct nx_plugin *before = instance(&r, 0);
    assert_int_equal(reload(&r), RELOAD_DONE);
    assert_int_equal(r.result.changes[RELOAD_KEEP], 1);
    assert_int_equal(reload_to(&r, COUNTER("step = 7;")), RELOAD_DONE);
    assert_int_equal(r.result.changes[RELOAD_APPLY], 1);
    assert_int_equal(
            reload_to(&r, "limits = { burst = 300; };\n" COUNTER("step = 7;")),
            RELOAD_DONE);
    assert_int_equal(r.result.changes[RELOAD_APPLY], 1);
    assert_ptr_equal(instance(&r, 0), before);
    assert_int_equal(r.f.core->settings->limits_burst, 300);
    assert_int_equal(r.applied, 3);
    assert_int_equal(plugins_image_count(r.f.core->plugins), 1);
    finish(&r);
}

static void replaces_adds_and_removes(void **state) {
    struct reloading r;
    init(&r, COUNTER(""));
    assert_int_equal(reload_to(&r, COUNTER("again = 3;")), RELOAD_DONE);
    assert_int_equal(r.result.changes[RELOAD_REPLACE], 1);
    assert_int_equal(
            reload_to(&r, "plugins = ( { name = \"probe\"; } );"), RELOAD_DONE);
    assert_int_equal(r.result.changes[RELOAD_ADD], 1);
    assert_int_equal(r.result.changes[RELOAD_REMOVE], 1);
    assert_string_equal(plugins_name(r.f.core->plugins, 0), "probe");
    assert_int_equal(plugins_count(r.f.core->plugins), 1);
    assert_int_equal(
            plugin_fixture_event(&r.f, "counter.add"), NX_ERR_UNKNOWN_EVENT);
    assert_int_equal(reload_to(&r,
                             "plugins = ( { name = \"counter\"; }, { name = "
                             "\"probe\"; } );"),
            RELOAD_DONE);
    assert_string_equal(plugins_name(r.f.core->plugins, 0), "counter");
    assert_string_equal(plugins_name(r.f.core->plugins, 1), "probe");
    finish(&r);
}

// The outcome, the reason, and that the same instance goes on.
static void stays(struct reloading *r, const char *config,
        enum reload_outcome outcome, const char *reason) {
    const struct nx_plugin *before = instance(r, 0);
    const struct registry *registry = r->f.core->registry;
    assert_int_equal(reload_to(r, config), outcome);
    if (!strstr(r->reason, reason)) {
        fail_msg("not the reason: %s, but %s", reason, r->reason);
    }
    assert_ptr_equal(instance(r, 0), before);
    assert_ptr_equal(r->f.core->registry, registry);
    assert_int_equal(plugins_count(r->f.core->plugins), 1);
    assert_int_equal(r->f.core->settings->limits_burst, 200);
    assert_true(plugin_is_running(plugins_get(r->f.core->plugins, 0)));
    assert_int_equal(plugin_fixture_event(&r->f, "counter.late"), NX_LATER);
    assert_int_equal(
            plugin_fixture_event(&r->f, "bad.thing"), NX_ERR_UNKNOWN_EVENT);
}

#define BURST     "limits = { burst = 300; };\n"
#define WITH(bad) BURST "plugins = ( { name = \"counter\"; }, " bad " );"

static void changes_nothing_when_anything_is_wrong(void **state) {
    static const struct {
        const char *config;
        enum reload_outcome outcome;
        const char *reason;
    } cases[] = {
            {"plugins = (\n", RELOAD_REFUSED, "nexus.conf:1: "},
            {BURST "limts = {};\n", RELOAD_REFUSED, "nexus.conf:2: "},
            {BURST "jobs = { threads = 1; };\n", RELOAD_REFUSED,
                    "jobs.threads cannot change"},
            {BURST COUNTER("stpe = 3;"), RELOAD_REFUSED, "nexus.conf:2: "},
            {BURST COUNTER("step = 13;"), RELOAD_REFUSED, "bad luck"},
            {BURST COUNTER("path = \"counter_future.so\";"), RELOAD_REFUSED,
                    "reads state of the formats 9 to 9"},
            {BURST COUNTER("fail = true;"), RELOAD_UNDONE, "its start()"},
            {BURST COUNTER("dislikes = true;"), RELOAD_UNDONE, "its start()"},
            {WITH("{ name = \"absent\"; }"), RELOAD_REFUSED, "nexus.conf:2: "},
            {WITH("{ name = \"bad_abi\"; }"), RELOAD_REFUSED, "plugin ABI 2"},
            {WITH("{ name = \"bad_magic\"; }"), RELOAD_REFUSED, "mark of"},
            {WITH("{ name = \"bad_requires\"; }"), RELOAD_REFUSED,
                    "nexus.telepathy/1"},
            {WITH("{ name = \"bad_create\"; }"), RELOAD_REFUSED,
                    "its create()"},
            {WITH("{ name = \"bad_configure\"; }"), RELOAD_REFUSED, "mauve"},
            {WITH("{ name = \"bad_start\"; }"), RELOAD_UNDONE, "its start()"},
            {WITH("{ name = \"probe\"; }, { name = \"bad_prefix\"; prefix = "
                  "\"probe.\"; }"),
                    RELOAD_UNDONE, "belongs to plugin probe"},
            {WITH("{ name = \"two\"; path = \"counter.so\"; }"), RELOAD_REFUSED,
                    "it has the id \"counter\""},
    };
    struct reloading r;
    init(&r, COUNTER(""));
    assert_int_equal(r.f.core->settings->limits_burst, 200);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        stays(&r, cases[i].config, cases[i].outcome, cases[i].reason);
    }
    r.refuses = true;
    stays(&r, BURST COUNTER("again = 1;"), RELOAD_REFUSED, "not here");
    assert_int_equal(r.applied, 0);
    finish(&r);
}

static void a_claim_on_what_is_served_is_undone(void **state) {
    struct reloading r;
    init(&r, "plugins = ( { name = \"probe\"; } );");
    const struct nx_plugin *before = instance(&r, 0);
    assert_int_equal(reload_to(&r,
                             "plugins = ( { name = \"bad_prefix\"; prefix = "
                             "\"probe.\"; }, { name = \"probe\"; } );"),
            RELOAD_UNDONE);
    assert_non_null(strstr(r.reason, "plugin probe: \"probe.\" is its own"));
    assert_ptr_equal(instance(&r, 0), before);
    finish(&r);
}

static void is_done_once_more_for_all_who_asked_meanwhile(void **state) {
    struct reloading r;
    init(&r, COUNTER("again = 5;"));
    write_config(&r, COUNTER("again = 6;"));
    assert_true(reload_request(r.f.core, on_done, &r));
    turn_until_frozen(&r);
    for (int i = 0; i < 3; i++) {
        assert_true(reload_request(r.f.core, on_done, &r));
    }
    turn_until_done(&r, 2);
    for (int i = 0; i < 100; i++) {
        turn(&r);
    }
    assert_int_equal(done_count(&r), 2);
    assert_int_equal(r.told, 4);
    finish(&r);
}

static void forgets_who_has_gone(void **state) {
    struct reloading r;
    init(&r, COUNTER("again = 5;"));
    write_config(&r, COUNTER("again = 6;"));
    assert_true(reload_request(r.f.core, on_done, &r));
    turn_until_frozen(&r);
    assert_true(reload_request(r.f.core, on_done, &r));
    reload_forget(r.f.core, &r);
    turn_until_done(&r, 2);
    assert_int_equal(r.told, 0);
    finish(&r);
}

static void ends_when_the_server_stops(void **state) {
    struct reloading r;
    init(&r, COUNTER("again = 1000000;"));
    const struct nx_plugin *before = instance(&r, 0);
    write_config(&r, COUNTER(""));
    assert_true(reload_request(r.f.core, on_done, &r));
    turn_until_frozen(&r);
    reload_stop(r.f.core->reload);
    assert_false(r.f.core->frozen);
    assert_int_equal(r.result.outcome, RELOAD_UNDONE);
    assert_string_equal(r.reason, "the server stops");
    assert_ptr_equal(instance(&r, 0), before);
    finish(&r);
}

static void stops_while_files_are_read(void **state) {
    struct reloading r;
    init(&r, COUNTER(""));
    const struct nx_plugin *before = instance(&r, 0);
    write_config(&r, COUNTER("path = \"counter_next.so\";"));
    assert_true(reload_request(r.f.core, on_done, &r));
    plugin_fixture_advance(&r.f, 1);
    assert_int_equal(r.told, 0);
    reload_stop(r.f.core->reload);
    assert_int_equal(r.told, 1);
    assert_int_equal(r.result.outcome, RELOAD_REFUSED);
    assert_ptr_equal(instance(&r, 0), before);
    assert_int_equal(plugins_image_count(r.f.core->plugins), 1);
    finish(&r);
}

static void serves_while_it_gets_ready(void **state) {
    struct reloading r;
    init(&r, COUNTER(""));
    write_config(&r,
            "plugins = ( { name = \"counter\"; path = \"counter_next.so\"; }, "
            "{ name = \"probe\"; }, { name = \"slow\"; } );");
    assert_true(reload_request(r.f.core, on_done, &r));
    int turns = 0;
    while (r.told == 0) {
        assert_true(turns++ < 10000);
        assert_int_equal(plugin_fixture_event(&r.f, "counter.late"), NX_LATER);
        turn(&r);
    }
    assert_int_equal(r.result.outcome, RELOAD_DONE);
    // Beginning, files, three instances, the rest.
    assert_true(turns >= 6);
    finish(&r);
}

static void is_refused_by_a_core_without_surroundings(void **state) {
    struct reloading r;
    memset(&r, 0, sizeof(r));
    plugin_fixture_init(&r.f, "");
    assert_true(reload_request(r.f.core, on_done, &r));
    plugin_fixture_advance(&r.f, 1);
    assert_int_equal(r.result.outcome, RELOAD_REFUSED);
    plugin_fixture_finish(&r.f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(keeps_what_has_not_changed),
            cmocka_unit_test(replaces_adds_and_removes),
            cmocka_unit_test(changes_nothing_when_anything_is_wrong),
            cmocka_unit_test(a_claim_on_what_is_served_is_undone),
            cmocka_unit_test(is_done_once_more_for_all_who_asked_meanwhile),
            cmocka_unit_test(forgets_who_has_gone),
            cmocka_unit_test(ends_when_the_server_stops),
            cmocka_unit_test(stops_while_files_are_read),
            cmocka_unit_test(serves_while_it_gets_ready),
            cmocka_unit_test(is_refused_by_a_core_without_surroundings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
