#include "kernel/core/plugin_timers.h"

#include "tests/unit/kernel/core/plugin_fixture.h"

static const struct nx_plugin_info info = {.struct_size = sizeof(info),
        .id = "tester",
        .version = "1.0.0"};

static const struct nx_plugin_entry entry = {.magic = NX_PLUGIN_MAGIC,
        .struct_size = sizeof(entry),
        .abi_major = NX_ABI_MAJOR,
        .info = &info};

struct tick {
    struct plugin *plugin;
    nx_timer_id id;
    int fired;
    bool cancels; // itself
};

static void on_timer(void *user, nx_timer_id id) {
    struct tick *tick = user;
    tick->fired++;
    assert_int_equal(id, tick->id);
    assert_int_equal(tick->plugin->depth, 1);
    assert_string_equal(tick->plugin->callback, "timer");
    if (tick->cancels) {
        plugin_timer_cancel(tick->plugin, id);
    }
}

static struct plugin *begin(struct plugin_fixture *f, uint32_t phase) {
    plugin_fixture_init(f, "");
    struct plugin *plugin = plugin_create(f->core, "tester", "", &entry);
    assert_non_null(plugin);
    plugin->phase = phase;
    return plugin;
}

static void end(struct plugin_fixture *f, struct plugin *plugin) {
    plugin_destroy(plugin);
    plugin_fixture_finish(f);
}

static void set(struct tick *tick, struct plugin *plugin, uint64_t delay_ms,
        uint64_t repeat_ms) {
    memset(tick, 0, sizeof(*tick));
    tick->plugin = plugin;
    assert_int_equal(plugin_timer_set(plugin, delay_ms, repeat_ms, on_timer,
                             tick, &tick->id),
            NX_OK);
    assert_true(tick->id > 0);
}

static void fires_once_or_repeatedly(void **state) {
    struct plugin_fixture f;
    struct plugin *plugin = begin(&f, PHASE_RUNNING);
    struct tick once;
    struct tick often;
    set(&once, plugin, 100, 0);
    set(&often, plugin, 50, 100);
    plugin_fixture_advance(&f, 40);
    assert_int_equal(often.fired, 0);
    plugin_fixture_advance(&f, 30);
    assert_int_equal(often.fired, 1);
    for (int i = 0; i < 50; i++) {
        plugin_fixture_advance(&f, 20);
    }
    assert_int_equal(once.fired, 1);
    assert_in_range(often.fired, 9, 11);
    assert_int_equal(plugin_timers_count(plugin), 1);
    plugin_timer_cancel(plugin, once.id);
    plugin_timer_cancel(plugin, 0);
    end(&f, plugin);
}

static void one_set_in_start_waits_for_going_live(void **state) {
    struct plugin_fixture f;
    struct plugin *plugin = begin(&f, PHASE_START);
    struct tick tick;
    struct tick gone;
    set(&tick, plugin, 100, 0);
    set(&gone, plugin, 100, 0);
    plugin_timer_cancel(plugin, gone.id);
    plugin_fixture_advance(&f, 500);
    assert_int_equal(tick.fired, 0);
    plugin->phase = PHASE_RUNNING;
    plugin_timers_start(plugin);
    plugin_fixture_advance(&f, 80);
    assert_int_equal(tick.fired, 0);
    plugin_fixture_advance(&f, 40);
    assert_int_equal(tick.fired, 1);
    assert_int_equal(gone.fired, 0);
    end(&f, plugin);
}

static void one_due_while_quiesced_fires_on_resume(void **state) {
    struct plugin_fixture f;
    struct plugin *plugin = begin(&f, PHASE_RUNNING);
    struct tick due;
    struct tick later;
    set(&due, plugin, 100, 100);
    set(&later, plugin, 1000, 0);
    plugin->phase = PHASE_QUIESCED;
    plugin_fixture_advance(&f, 500);
    assert_int_equal(due.fired, 0);
    plugin->phase = PHASE_RUNNING;
    plugin_timers_start(plugin);
    plugin_fixture_advance(&f, 20);
    assert_int_equal(due.fired, 1);
    plugin_fixture_advance(&f, 450);
    assert_int_equal(later.fired, 0);
    plugin_fixture_advance(&f, 100);
    assert_int_equal(later.fired, 1);
    end(&f, plugin);
}

static void may_cancel_itself_while_it_fires(void **state) {
    struct plugin_fixture f;
    struct plugin *plugin = begin(&f, PHASE_RUNNING);
    struct tick once;
    struct tick often;
    set(&once, plugin, 10, 0);
    set(&often, plugin, 10, 10);
    once.cancels = true;
    often.cancels = true;
    plugin_fixture_advance(&f, 30);
    plugin_fixture_advance(&f, 30);
    assert_int_equal(once.fired, 1);
    assert_int_equal(often.fired, 1);
    assert_int_equal(plugin_timers_count(plugin), 0);
    end(&f, plugin);
}

static void takes_any_delay(void **state) {
    struct plugin_fixture f;
    struct plugin *plugin = begin(&f, PHASE_RUNNING);
    struct tick never;
    set(&never, plugin, UINT64_MAX, UINT64_MAX);
    plugin_fixture_advance(&f, INT64_C(365) * 24 * 3600 * 1000);
    assert_int_equal(never.fired, 0);
    end(&f, plugin);
}

static void refuses_to_exceed_its_limit(void **state) {
    struct plugin_fixture f;
    struct plugin *plugin = begin(&f, PHASE_RUNNING);
    struct tick tick = {.plugin = plugin};
    for (int64_t i = 0; i < f.core->settings->quota_timers; i++) {
        assert_int_equal(
                plugin_timer_set(plugin, 10, 0, on_timer, &tick, NULL), NX_OK);
    }
    nx_timer_id id = 77;
    assert_int_equal(plugin_timer_set(plugin, 10, 0, on_timer, &tick, &id),
            NX_ERR_LIMIT);
    assert_int_equal(id, 77);
    assert_int_equal(
            plugin_timer_set(plugin, 10, 0, NULL, &tick, &id), NX_ERR_INVALID);
    plugin_timer_cancel(plugin, 1);
    assert_int_equal(
            plugin_timer_set(plugin, 10, 0, on_timer, &tick, NULL), NX_OK);
    end(&f, plugin); // and frees them all
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(fires_once_or_repeatedly),
            cmocka_unit_test(one_set_in_start_waits_for_going_live),
            cmocka_unit_test(one_due_while_quiesced_fires_on_resume),
            cmocka_unit_test(may_cancel_itself_while_it_fires),
            cmocka_unit_test(takes_any_delay),
            cmocka_unit_test(refuses_to_exceed_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
