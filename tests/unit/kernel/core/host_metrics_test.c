#include <stdio.h>
#include <string.h>

#include "tests/unit/kernel/core/host_fixture.h"

static const char *scrape(void) {
    const struct fake_response *response =
            fake_host_http(probe.fake, "GET", "/metrics", NULL);
    assert_int_equal(response->status, 200);
    return response->body;
}

static void shows(const char *text) {
    const char *body = scrape();
    if (!strstr(body, text)) {
        fail_msg("not shown: %s\nbut:\n%s", text, body);
    }
}

static nx_metric_id define(uint32_t kind, const char *name, const char *help) {
    nx_metric_id id = 0;
    assert_int_equal(
            probe.sdk.metrics->define(probe.host, kind, name, help, &id),
            NX_OK);
    return id;
}

static nx_metric_id ids[3];

static nx_status define_each_kind(void) {
    ids[0] = define(NX_METRIC_COUNTER, "things_total", "Things done.");
    ids[1] = define(NX_METRIC_GAUGE, "level", NULL);
    ids[2] = define(NX_METRIC_HISTOGRAM, "wait_seconds", "How long.");
    return NX_OK;
}

static void shows_what_a_plugin_counts(void **state) {
    (void)state;
    probe_load();
    probe.on_start = define_each_kind;
    probe_run();
    probe.sdk.metrics->add(probe.host, ids[0], 3);
    probe.sdk.metrics->set(probe.host, ids[1], -1.5);
    probe.sdk.metrics->add(probe.host, ids[2], 0.002);
    probe.sdk.metrics->add(probe.host, ids[2], 0.005);
    probe.sdk.metrics->add(probe.host, ids[2], 100);
    shows("# HELP nexus_probe_things_total Things done.\n"
          "# TYPE nexus_probe_things_total counter\n"
          "nexus_probe_things_total 3\n");
    shows("# TYPE nexus_probe_level gauge\nnexus_probe_level -1.5\n");
    shows("nexus_probe_wait_seconds_bucket{le=\"0.001\"} 0\n");
    shows("nexus_probe_wait_seconds_bucket{le=\"0.005\"} 2\n");
    shows("nexus_probe_wait_seconds_bucket{le=\"10\"} 2\n");
    shows("nexus_probe_wait_seconds_bucket{le=\"+Inf\"} 3\n");
    shows("nexus_probe_wait_seconds_sum 100.007\n");
    shows("nexus_probe_wait_seconds_count 3\n");
    shows("nexus_plugin_hidden_metrics 0\n");
    fake_host_destroy(probe.fake);
}

static nx_status define_names_that_are_taken(void) {
    define(NX_METRIC_COUNTER, "a_b", "The first.");
    define(NX_METRIC_HISTOGRAM, "spread", "Takes four names.");
    define(NX_METRIC_COUNTER, "spread_count", "One of them.");
    return NX_OK;
}

// Guards the whole scrape: Prometheus refuses a text with one name twice.
static void leaves_out_what_has_the_name_of_another(void **state) {
    (void)state;
    probe_load();
    probe.on_start = define_names_that_are_taken;
    probe_run();
    const char *body = scrape();
    assert_non_null(strstr(body, "# TYPE nexus_probe_a_b counter\n"));
    assert_null(strstr(body, "# TYPE nexus_probe_spread_count"));
    assert_non_null(strstr(body, "nexus_plugin_hidden_metrics 1\n"));
    fake_host_destroy(probe.fake);
}

static nx_status define_names_of_the_server(void) {
    define(NX_METRIC_GAUGE, "rooms", "Not nexus_rooms.");
    define(NX_METRIC_COUNTER, "opened_total", "Not the server's.");
    return NX_OK;
}

// A plugin may be named as the server's metrics begin.
static void keeps_the_names_of_the_server(void **state) {
    (void)state;
    memset(&probe, 0, sizeof(probe));
    probe.fake = fake_host_create();
    fake_host_add(probe.fake, &probe_entry, "sessions");
    probe.on_start = define_names_of_the_server;
    probe_run();
    const char *body = scrape();
    assert_non_null(strstr(body, "# TYPE nexus_sessions_rooms gauge\n"));
    assert_null(strstr(body, "Not the server's."));
    assert_non_null(strstr(body, "nexus_plugin_hidden_metrics 1\n"));
    fake_host_destroy(probe.fake);
}

static nx_status define_one(void) {
    define(NX_METRIC_GAUGE, "level", "Of something.");
    return NX_OK;
}

static void writes_the_name_of_a_plugin_as_a_name(void **state) {
    (void)state;
    memset(&probe, 0, sizeof(probe));
    probe.fake = fake_host_create();
    fake_host_add(probe.fake, &probe_entry, "my-probe");
    probe.on_start = define_one;
    probe_run();
    shows("# TYPE nexus_my_probe_level gauge\n");
    shows("nexus_plugin_info{plugin=\"my-probe\",version=\"1.0.0\"} 1\n");
    fake_host_destroy(probe.fake);
}

static int32_t refuse_with_a_word_of_its_own(
        void *user, const struct nx_event *ev) {
    (void)user;
    const struct nx_failure failure = {
            .struct_size = sizeof(failure),
            .status = NX_ERR_FORBIDDEN,
            .code = "probe_is_shy",
    };
    (probe.sdk.router->fail)(probe.host, ev->op, &failure);
    return NX_LATER;
}

static void counts_callbacks_events_and_words_of_plugins(void **state) {
    (void)state;
    probe_load();
    probe.on_event = refuse_with_a_word_of_its_own;
    probe_run();
    nx_session_id session = fake_host_connect(probe.fake, "alice");
    fake_host_send(probe.fake, session, "{\"event_type\":\"probe.a\"}");
    fake_host_send(probe.fake, session, "{\"event_type\":\"probe.b\"}");
    shows("nexus_event_handling_seconds_count{prefix=\"probe.\"} 2\n");
    shows("nexus_plugin_callback_seconds_count{plugin=\"probe\","
          "callback=\"event\"} 2\n");
    shows("nexus_errors_total{code=\"plugin\"} 2\n");
    assert_null(strstr(scrape(), "probe_is_shy"));
    assert_null(strstr(
            scrape(), "nexus_plugin_callback_seconds_count{plugin=\"probe\"}"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(shows_what_a_plugin_counts),
            cmocka_unit_test(leaves_out_what_has_the_name_of_another),
            cmocka_unit_test(keeps_the_names_of_the_server),
            cmocka_unit_test(writes_the_name_of_a_plugin_as_a_name),
            cmocka_unit_test_teardown(
                    counts_callbacks_events_and_words_of_plugins,
                    probe_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
