#include "kernel/core/plugins.h"

#include "kernel/core/engine.h"
#include "kernel/core/metrics.h"
#include "kernel/core/op.h"
#include "tests/plugins/probe.h"
#include "tests/unit/kernel/core/fake_provider.h"
#include "tests/unit/kernel/core/plugin_fixture.h"

#define PROBE "plugins = ( { name = \"probe\"; } );"

static bool start(struct plugin_fixture *f) {
    return plugins_start(f->core->plugins, f->plugins, f->images);
}

static void begin(struct plugin_fixture *f, const char *config) {
    plugin_fixture_init(f, config);
    if (!start(f)) {
        fail_msg("%s", plugin_fixture_log(f));
    }
}

static void stop(struct plugin_fixture *f) {
    plugins_stop(f->core->plugins, 5000);
    assert_int_equal(plugins_count(f->core->plugins), 0);
}

static void end(struct plugin_fixture *f) {
    stop(f);
    plugin_fixture_finish(f);
}

static const struct probe_counts *counts(const struct plugin_fixture *f) {
    const struct registry_service *service =
            registry_find_service(f->core->registry, PROBE_SERVICE, 1);
    assert_non_null(service);
    return service->table;
}

static bool handles(const struct plugin_fixture *f, const char *type) {
    return registry_find_handler(f->core->registry, nx_str_c(type)) != NULL;
}

// --- starting -------------------------------------------------------------

static void takes_a_plugin_from_its_file_to_its_events(void **state) {
    struct plugin_fixture f;
    begin(&f, PROBE);
    const struct probe_counts *seen = counts(&f);
    assert_int_equal(seen->creates, 1);
    assert_int_equal(seen->checks, 1);
    assert_int_equal(seen->applies, 1);
    assert_int_equal(seen->starts, 1);
    assert_int_equal(plugin_fixture_event(&f, "probe.raised"), NX_DONE);
    assert_int_equal(plugin_fixture_event(&f, "probe.deny"), NX_ERR_FORBIDDEN);
    assert_int_equal(seen->events, 2);
    assert_true(handles(&f, "ping")); // the kernel's own are there as well
    assert_int_equal(plugins_count(f.core->plugins), 1);
    assert_string_equal(plugins_name(f.core->plugins, 0), "probe");
    assert_string_equal(plugins_version(f.core->plugins, 0), "1.2.3");
    plugin_fixture_expect_log(&f, "started plugin=probe version=1.2.3");
    end(&f);
}

static void metrics_belong_to_the_plugin(void **state) {
    struct plugin_fixture f;
    begin(&f, PROBE);
    (void)plugin_fixture_event(&f, "probe.raised");
    struct metrics *metrics = plugins_get(f.core->plugins, 0)->metrics;
    assert_int_equal(metrics_count(metrics), 1);
    struct metrics_view view;
    metrics_read(metrics, 0, &view);
    assert_string_equal(view.name, "events_total");
    assert_true(view.value == 1);
    end(&f);
}

static void timers_of_start_run_when_the_set_is_live(void **state) {
    struct plugin_fixture f;
    begin(&f, PROBE);
    const struct probe_counts *seen = counts(&f);
    plugin_fixture_advance(&f, 50);
    assert_int_equal(seen->timers, 0);
    plugin_fixture_advance(&f, 100);
    assert_int_equal(seen->timers, 1);
    end(&f);
}

static void starts_in_the_order_of_the_list(void **state) {
    struct plugin_fixture f;
    begin(&f,
            "plugins = ( { name = \"slow\"; }, { name = \"probe\"; }, "
            "{ name = \"leaky_writer\"; } );");
    assert_string_equal(plugins_name(f.core->plugins, 0), "slow");
    assert_string_equal(plugins_name(f.core->plugins, 1), "probe");
    assert_string_equal(plugins_name(f.core->plugins, 2), "leaky_writer");
    end(&f);
}

static void an_empty_list_is_a_server_without_features(void **state) {
    struct plugin_fixture f;
    begin(&f, "plugins = ( );");
    assert_int_equal(plugins_count(f.core->plugins), 0);
    assert_true(handles(&f, "ping"));
    end(&f);
}

static void can_start_again_after_a_stop(void **state) {
    struct plugin_fixture f;
    begin(&f, PROBE);
    stop(&f);
    assert_false(handles(&f, "probe.raised"));
    assert_true(start(&f));
    assert_int_equal(counts(&f)->starts, 1);
    assert_int_equal(plugin_fixture_event(&f, "probe.raised"), NX_DONE);
    end(&f);
}

// --- running --------------------------------------------------------------

static void names_the_plugin_that_is_slow(void **state) {
    struct plugin_fixture f;
    begin(&f, "plugins = ( { name = \"slow\"; } );");
    assert_int_equal(plugin_fixture_event(&f, "slow.thing"), NX_DONE);
    plugin_fixture_expect_log(
            &f, "a callback was slow plugin=slow callback=event ms=");
    end(&f);
}

static void names_the_plugin_that_forgets_writers(void **state) {
    struct plugin_fixture f;
    begin(&f, "plugins = ( { name = \"leaky_writer\"; } );");
    assert_int_equal(plugin_fixture_event(&f, "leaky.thing"), NX_DONE);
    plugin_fixture_expect_log(
            &f, "plugin=leaky_writer callback=event writers=3");
    assert_int_equal(writers_open_count(f.core->writers), 0);
    end(&f);
}

// --- stopping -------------------------------------------------------------

static void asks_again_while_a_plugin_needs_time(void **state) {
    struct plugin_fixture f;
    begin(&f, "plugins = ( { name = \"probe\"; again = 3; busy = true; } );");
    plugin_fixture_forget_log(&f);
    stop(&f);
    assert_string_equal(plugin_fixture_log(&f), "");
    plugin_fixture_finish(&f);
}

static void stops_at_the_deadline_at_the_latest(void **state) {
    struct plugin_fixture f;
    begin(&f, "plugins = ( { name = \"probe\"; again = 1000; } );");
    plugins_stop(f.core->plugins, 20);
    plugin_fixture_expect_log(
            &f, "not at rest in time, what is left is cancelled plugin=probe");
    assert_int_equal(plugins_count(f.core->plugins), 0);
    plugin_fixture_finish(&f);
}

static void waits_for_jobs_before_it_destroys(void **state) {
    struct plugin_fixture f;
    begin(&f, PROBE);
    assert_int_equal(plugin_fixture_event(&f, "probe.work"), NX_LATER);
    plugin_fixture_forget_log(&f);
    stop(&f);
    assert_string_equal(plugin_fixture_log(&f), "");
    plugin_fixture_finish(&f);
}

// The jobs that are left when there is no time are cancelled and completed;
// the plugin's memory would leak or be used after it is freed otherwise.
static void completes_everything_even_without_time(void **state) {
    struct plugin_fixture f;
    begin(&f, "jobs = { threads = 1; }; " PROBE);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(plugin_fixture_event(&f, "probe.work"), NX_LATER);
    }
    struct op *op = ops_add(f.core->ops, OP_EVENT);
    op_own(op, plugins_get(f.core->plugins, 0));
    plugins_stop(f.core->plugins, 0);
    assert_int_equal(ops_count(f.core->ops), 0);
    plugin_fixture_finish(&f);
}

// --- plugins linked into the program, and the engine ----------------------

struct keeper {
    struct nx_plugin base;
    struct nx_sdk nx;
    struct fake provider;
    int quiesced; // when: a count shared by all
    bool asks;
};

static int clock_of_quiesces;
static struct keeper *keepers[2];

static nx_status keeper_start(
        struct nx_plugin *base, const struct nx_state_reader *prev) {
    struct keeper *keeper = base->self;
    return keeper->asks
            ? NX_OK
            : keeper->nx.service->offer(keeper->nx.host, NX_SERVICE_ENGINE,
                    NX_SERVICE_ENGINE_VERSION, &keeper->provider.table);
}

static nx_status keeper_quiesce(struct nx_plugin *base, uint32_t reason) {
    struct keeper *keeper = base->self;
    assert_int_equal(reason, NX_QUIESCE_SHUTDOWN);
    keeper->quiesced = ++clock_of_quiesces;
    return NX_OK;
}

static void keeper_destroy(struct nx_plugin *base) {
}

static nx_status keeper_create(
        const struct nx_host *host, struct nx_plugin **out) {
    struct keeper *keeper = keepers[0]->nx.host ? keepers[1] : keepers[0];
    nx_sdk_load(&keeper->nx, host);
    keeper->base.struct_size = sizeof(keeper->base);
    keeper->base.self = keeper;
    keeper->base.start = keeper_start;
    keeper->base.quiesce = keeper_quiesce;
    keeper->base.destroy = keeper_destroy;
    *out = &keeper->base;
    return NX_OK;
}

static const struct nx_plugin_info store_info = {
        .struct_size = sizeof(store_info),
        .id = "store",
        .version = "1.0.0"};
static const struct nx_plugin_entry store_entry = {.magic = NX_PLUGIN_MAGIC,
        .struct_size = sizeof(store_entry),
        .abi_major = NX_ABI_MAJOR,
        .info = &store_info,
        .create = keeper_create};
static const struct nx_plugin_info asker_info = {
        .struct_size = sizeof(asker_info),
        .id = "asker",
        .version = "1.0.0"};
static const struct nx_plugin_entry asker_entry = {.magic = NX_PLUGIN_MAGIC,
        .struct_size = sizeof(asker_entry),
        .abi_major = NX_ABI_MAJOR,
        .info = &asker_info,
        .create = keeper_create};

// keepers[0] is the store, [1] asks it.
static bool begin_with_store(struct plugin_fixture *f, struct keeper *store,
        struct keeper *asker, nx_status open_status) {
    plugin_fixture_init(f, "plugins = ( );");
    memset(store, 0, sizeof(*store));
    memset(asker, 0, sizeof(*asker));
    fake_init(&store->provider, "fake");
    store->provider.open_status = open_status;
    asker->asks = true;
    keepers[0] = store;
    keepers[1] = asker;
    clock_of_quiesces = 0;
    assert_true(plugins_add_static(f->core->plugins, "store", &store_entry));
    assert_true(plugins_add_static(f->core->plugins, "asker", &asker_entry));
    return plugins_start_static(f->core->plugins);
}

static void a_plugin_may_be_the_engine(void **state) {
    struct plugin_fixture f;
    struct keeper store;
    struct keeper asker;
    assert_true(begin_with_store(&f, &store, &asker, NX_OK));
    assert_string_equal(engine_name(f.core->engine), "fake");
    assert_int_equal(store.provider.opens, 1);
    stop(&f);
    assert_string_not_equal(engine_name(f.core->engine), "fake");
    assert_true(engine_working(f.core->engine));
    plugin_fixture_finish(&f);
}

static void refuses_an_engine_that_does_not_open(void **state) {
    struct plugin_fixture f;
    struct keeper store;
    struct keeper asker;
    assert_false(begin_with_store(&f, &store, &asker, NX_ERR_IO));
    plugin_fixture_expect_log(&f, "plugin=store");
    plugin_fixture_expect_log(&f, "as the engine it cannot be opened");
    assert_string_not_equal(engine_name(f.core->engine), "fake");
    assert_true(engine_working(f.core->engine));
    plugin_fixture_finish(&f);
}

static int answers;
static nx_status last_answer;

static void on_fact(void *user, const struct nx_fact_result *result) {
    answers++;
    last_answer = result->status;
}

static void storage_comes_to_rest_last(void **state) {
    struct plugin_fixture f;
    struct keeper store;
    struct keeper asker;
    assert_true(begin_with_store(&f, &store, &asker, NX_OK));
    stop(&f);
    assert_int_equal(asker.quiesced, 1);
    assert_int_equal(store.quiesced, 2);
    plugin_fixture_finish(&f);
}

static void answers_what_storage_never_did(void **state) {
    struct plugin_fixture f;
    struct keeper store;
    struct keeper asker;
    assert_true(begin_with_store(&f, &store, &asker, NX_OK));
    answers = 0;
    assert_int_equal(
            asker.nx.engine->get(asker.nx.host, nx_str_c("key"), on_fact, NULL),
            NX_OK);
    plugins_stop(f.core->plugins, 20);
    assert_int_equal(answers, 1);
    assert_int_equal(last_answer, NX_ERR_ENGINE_UNAVAILABLE);
    plugin_fixture_expect_log(&f, "engine_requests=1");
    plugin_fixture_finish(&f);
}

static void knows_the_folders_it_looks_into(void **state) {
    struct plugin_fixture f;
    plugin_fixture_init(&f, "data_dir = \"/var/data\";");
    char *dirs = plugins_default_dirs(f.settings);
    assert_non_null(strstr(dirs, "/tests/unit/kernel/core/plugins:/"));
    assert_non_null(strstr(dirs, "/tests/unit/kernel/lib/"));
    assert_non_null(strstr(dirs, "/nexus/plugins"));
    free(dirs);
    char *images = plugins_default_image_dir(f.settings);
    assert_string_equal(images, "/var/data/images");
    free(images);
    plugin_fixture_finish(&f);

    plugin_fixture_init(&f, "plugin_dir = \"/a\"; image_dir = \"/b\";");
    dirs = plugins_default_dirs(f.settings);
    assert_string_equal(dirs, "/a");
    free(dirs);
    images = plugins_default_image_dir(f.settings);
    assert_string_equal(images, "/b");
    free(images);
    plugin_fixture_finish(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(takes_a_plugin_from_its_file_to_its_events),
            cmocka_unit_test(metrics_belong_to_the_plugin),
            cmocka_unit_test(timers_of_start_run_when_the_set_is_live),
            cmocka_unit_test(starts_in_the_order_of_the_list),
            cmocka_unit_test(an_empty_list_is_a_server_without_features),
            cmocka_unit_test(can_start_again_after_a_stop),
            cmocka_unit_test(names_the_plugin_that_is_slow),
            cmocka_unit_test(names_the_plugin_that_forgets_writers),
            cmocka_unit_test(asks_again_while_a_plugin_needs_time),
            cmocka_unit_test(stops_at_the_deadline_at_the_latest),
            cmocka_unit_test(waits_for_jobs_before_it_destroys),
            cmocka_unit_test(completes_everything_even_without_time),
            cmocka_unit_test(a_plugin_may_be_the_engine),
            cmocka_unit_test(refuses_an_engine_that_does_not_open),
            cmocka_unit_test(storage_comes_to_rest_last),
            cmocka_unit_test(answers_what_storage_never_did),
            cmocka_unit_test(knows_the_folders_it_looks_into),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
