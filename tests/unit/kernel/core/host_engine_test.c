#include "tests/unit/kernel/core/host_fixture.h"

static struct nx_publish_result published;
static struct nx_history_result history;
static struct nx_fact_result fact;
static char fact_value[16];
static uint32_t completions;

static void on_published(void *user, const struct nx_publish_result *result) {
    published = *result;
    completions++;
}

static void on_history(void *user, const struct nx_history_result *result) {
    history = *result;
    completions++;
}

static void on_fact(void *user, const struct nx_fact_result *result) {
    fact = *result;
    completions++;
    memset(fact_value, 0, sizeof(fact_value));
    if (result->count > 0) {
        memcpy(fact_value, result->facts[0].value.ptr,
                result->facts[0].value.len);
    }
}

static nx_status define_kind(void) {
    const struct nx_room_kind kind = {
            .struct_size = sizeof(kind), .prefix = "probe:", .keep_count = 10};
    return probe.sdk.rooms->define(probe.host, &kind);
}

static int setup(void **state) {
    completions = 0;
    probe_load();
    probe.on_start = define_kind;
    probe_run();
    return 0;
}

static nx_status publish(const char *room) {
    return probe.sdk.engine->publish(probe.host, nx_str_c(room),
            probe_event_of("probe.a"), NULL, on_published, NULL);
}

static void appends_by_the_rules_of_the_kind(void **state) {
    assert_int_equal(publish("probe:x"), NX_OK);
    assert_int_equal(completions, 0);
    fake_host_turn(probe.fake);
    assert_int_equal(completions, 1);
    assert_int_equal(published.status, NX_OK);
    assert_int_equal(published.offset, 1);

    assert_int_equal(probe.sdk.engine->history(probe.host, nx_str_c("probe:x"),
                             NX_HISTORY_AFTER, 0, 10, on_history, NULL),
            NX_OK);
    fake_host_turn(probe.fake);
    assert_int_equal(history.count, 1);
    assert_int_equal(history.last, 1);
}

static void publishes_only_to_its_own_kinds(void **state) {
    assert_int_equal(publish("room:general"), NX_ERR_FORBIDDEN);
    assert_int_equal(publish("nothing:x"), NX_ERR_INVALID);
    assert_int_equal(publish(""), NX_ERR_INVALID);
    assert_int_equal(probe.sdk.engine->publish(probe.host, nx_str_c("probe:x"),
                             NULL, NULL, NULL, NULL),
            NX_ERR_NO_MEMORY);
    fake_host_turn(probe.fake);
    assert_int_equal(completions, 0);
}

static void consumes_the_event_on_every_error(void **state) {
    const struct nx_publish_opts bad = {.struct_size = 3};
    for (int i = 0; i < 200; i++) {
        struct nx_writer *event = probe_event_of("probe.a");
        assert_non_null(event);
        assert_int_equal(probe.sdk.engine->publish(probe.host,
                                 nx_str_c("probe:x"), event, &bad, NULL, NULL),
                NX_ERR_INVALID);
        assert_int_equal(publish("room:general"), NX_ERR_FORBIDDEN);
    }
}

static void understands_options_of_an_older_plugin(void **state) {
    struct nx_publish_opts opts;
    memset(&opts, 0xff, sizeof(opts));
    opts.struct_size = offsetof(struct nx_publish_opts, expect_offset);
    opts.flags = 0;
    opts.cls = NX_CLASS_NORMAL;
    opts.dedupe_ttl_s = 0;
    assert_int_equal(
            probe.sdk.engine->publish(probe.host, nx_str_c("probe:x"),
                    probe_event_of("probe.a"), &opts, on_published, NULL),
            NX_OK);
    fake_host_turn(probe.fake);
    assert_int_equal(published.status, NX_OK);
}

static void keeps_facts_in_the_plugins_own_space(void **state) {
    const struct nx_engine_v1 *engine = probe.sdk.engine;
    assert_int_equal(
            engine->put(probe.host, nx_str_c("k"), nx_bytes_n("value", 5), 0,
                    NX_PUT_NEW, on_fact, NULL),
            NX_OK);
    assert_int_equal(
            engine->get(probe.host, nx_str_c("k"), on_fact, NULL), NX_OK);
    fake_host_turn(probe.fake);
    assert_int_equal(completions, 2);
    assert_string_equal(fact_value, "value");
    assert_int_equal(engine->scan(probe.host, nx_str_none(), nx_str_none(), 10,
                             on_fact, NULL),
            NX_OK);
    assert_int_equal(
            engine->remove(probe.host, nx_str_c("k"), NULL, NULL), NX_OK);
    assert_int_equal(
            engine->get(probe.host, nx_str_c("k"), on_fact, NULL), NX_OK);
    fake_host_turn(probe.fake);
    assert_int_equal(fact.status, NX_ERR_NOT_FOUND);
    assert_int_equal(
            engine->get(probe.host, nx_str_c("k"), NULL, NULL), NX_ERR_INVALID);
    assert_int_equal(engine->get(probe.host, nx_str_none(), on_fact, NULL),
            NX_ERR_INVALID);
    assert_int_equal(engine->durable(probe.host), 0);
}

static void completes_with_the_failure_of_the_storage(void **state) {
    fake_host_fail(probe.fake, FAKE_PUBLISH, 1, NX_ERR_ENGINE_UNAVAILABLE);
    assert_int_equal(publish("probe:x"), NX_OK);
    assert_int_equal(publish("probe:x"), NX_OK);
    fake_host_turn(probe.fake);
    assert_int_equal(completions, 2);
    assert_int_equal(published.status, NX_OK);
    assert_int_equal(published.offset, 1);

    fake_host_fail(probe.fake, FAKE_GET, 1, NX_ERR_ENGINE_BUSY);
    probe.sdk.engine->get(probe.host, nx_str_c("k"), on_fact, NULL);
    fake_host_turn(probe.fake);
    assert_int_equal(fact.status, NX_ERR_ENGINE_BUSY);
    assert_int_equal(fake_host_engine_count(probe.fake, FAKE_PUBLISH), 2);
}

static void completes_nothing_while_storage_is_held(void **state) {
    fake_host_hold_engine(probe.fake, true);
    assert_int_equal(publish("probe:x"), NX_OK);
    fake_host_turn(probe.fake);
    assert_int_equal(completions, 0);
    fake_host_hold_engine(probe.fake, false);
    assert_int_equal(completions, 1);
}

#define TEST(function) \
    cmocka_unit_test_setup_teardown(function, setup, probe_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(appends_by_the_rules_of_the_kind),
            TEST(publishes_only_to_its_own_kinds),
            TEST(consumes_the_event_on_every_error),
            TEST(understands_options_of_an_older_plugin),
            TEST(keeps_facts_in_the_plugins_own_space),
            TEST(completes_with_the_failure_of_the_storage),
            TEST(completes_nothing_while_storage_is_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
