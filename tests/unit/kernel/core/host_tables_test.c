#include "kernel/core/host_tables.h"

#include "tests/unit/kernel/core/host_fixture.h"

struct row {
    const char *name;
    const void *table;
    size_t size; // in the header
};

// How every table begins.
struct head {
    NX_INTERFACE_HEAD;
};

typedef void (*function)(void);

static void check_head(const struct row *row) {
    const struct head *head = row->table;
    if (head->struct_size != row->size || head->version != 1) {
        fail_msg("%s is not offered as the header has it", row->name);
    }
}

static bool is_set(const struct row *row, size_t offset) {
    function found = NULL;
    memcpy(&found, (const char *)row->table + offset, sizeof(found));
    return found != NULL;
}

static void check_functions(const struct row *row) {
    size_t offset = sizeof(struct head);
    while (offset < row->size && is_set(row, offset)) {
        offset += sizeof(function);
    }
    if (offset < row->size) {
        fail_msg("%s lacks the function at offset %zu", row->name, offset);
    }
}

static void offers_every_interface_of_the_sdk(void **state) {
    const struct nx_sdk *sdk = &probe.sdk;
#define ROW(member) \
    { #member, sdk->member, sizeof(*sdk->member) }
    const struct row rows[] = {ROW(log), ROW(config), ROW(json), ROW(router),
            ROW(send), ROW(rooms), ROW(users), ROW(timers), ROW(jobs),
            ROW(auth), ROW(http), ROW(engine), ROW(metrics), ROW(service)};
#undef ROW
    size_t count = sizeof(rows) / sizeof(rows[0]);
    // The rest of nx_sdk is the host.
    assert_int_equal((count + 1) * sizeof(void *), sizeof(*sdk));
    for (size_t i = 0; i < count; i++) {
        assert_non_null(rows[i].table);
        check_head(&rows[i]);
        check_functions(&rows[i]);
    }
}

static void offers_nothing_else(void **state) {
    assert_null(probe.host->get_interface(probe.host, "nexus.rooms", 2));
    assert_null(probe.host->get_interface(probe.host, "nexus.moon", 1));
    assert_null(probe.host->get_interface(probe.host, NULL, 1));
    assert_null(probe.host->get_interface(NULL, "nexus.rooms", 1));
}

struct grown {
    uint32_t struct_size;
    uint32_t old;
    uint32_t added;
};

static void takes_what_both_sides_know(void **state) {
    struct grown out;
    const struct grown in = {.struct_size = 8, .old = 5, .added = 7};
    assert_int_equal(host_copy_in(&out, sizeof(out), &in), NX_OK);
    assert_int_equal(out.old, 5);
    assert_int_equal(out.added, 0);
}

static void refuses_a_newer_member_that_is_set(void **state) {
    struct grown out;
    struct grown in = {.struct_size = sizeof(in), .old = 5, .added = 0};
    assert_int_equal(host_copy_in(&out, 8, &in), NX_OK);
    in.added = 7;
    assert_int_equal(host_copy_in(&out, 8, &in), NX_ERR_UNSUPPORTED);
    in.struct_size = 0;
    assert_int_equal(host_copy_in(&out, 8, &in), NX_ERR_INVALID);
    assert_int_equal(host_copy_in(&out, 8, NULL), NX_ERR_INVALID);
}

static nx_metric_id metric;

static nx_status use_the_rest(void) {
    static const int table = 1;
    const struct nx_sdk *sdk = &probe.sdk;
    assert_int_equal(sdk->metrics->define(probe.host, NX_METRIC_COUNTER,
                             "things_total", "Things.", &metric),
            NX_OK);
    assert_int_equal(sdk->metrics->define(probe.host, NX_METRIC_COUNTER,
                             "things_total", "Things.", &metric),
            NX_ERR_EXISTS);
    assert_int_equal(sdk->metrics->define(probe.host, NX_METRIC_COUNTER, NULL,
                             NULL, &metric),
            NX_ERR_INVALID);
    assert_int_equal(sdk->service->offer(probe.host, "moon", 3, &table), NX_OK);
    assert_int_equal(
            sdk->service->offer(probe.host, "moon", 3, &table), NX_ERR_EXISTS);
    assert_int_equal(
            sdk->service->offer(probe.host, NULL, 3, &table), NX_ERR_INVALID);
    return NX_OK;
}

static void offers_metrics_and_services(void **state) {
    probe_load();
    probe.on_start = use_the_rest;
    probe_run();
    const struct nx_sdk *sdk = &probe.sdk;
    sdk->metrics->add(probe.host, metric, 1);
    sdk->metrics->set(probe.host, 12345, 1);
    assert_non_null(sdk->service->find(probe.host, "moon", 3));
    assert_null(sdk->service->find(probe.host, "moon", 2));
    assert_null(sdk->service->find(probe.host, NULL, 3));
    assert_int_equal(
            sdk->service->offer(probe.host, "late", 1, &metric), NX_ERR_STATE);
    fake_host_destroy(probe.fake);
}

static void writes_lines_that_nobody_can_fake(void **state) {
    fake_host_keep_log(probe.fake);
    const struct nx_log_field fields[] = {
            {{"user id", 7}, {"a\nb", 3}},
            {{NULL, 0}, {NULL, 0}},
    };
    probe.sdk.log->write(
            probe.host, NX_LOG_WARN, nx_str_n("hello worldXX", 11), fields, 2);
    probe.sdk.log->write(probe.host, NX_LOG_DEBUG, nx_str_c("quiet"), NULL, 0);
    probe.sdk.log->write(probe.host, 99, nx_str_n(NULL, 3), NULL, 7);
    nx_logf(&probe.sdk, NX_LOG_ERROR, "number %d", 42);
    assert_true(
            fake_host_logged(probe.fake, "warn probe: hello world user_id="));
    assert_false(fake_host_logged(probe.fake, "a\nb"));
    assert_false(fake_host_logged(probe.fake, "quiet"));
    assert_true(fake_host_logged(probe.fake, "error probe: number 42"));
    assert_int_equal(probe.sdk.log->level(probe.host), NX_LOG_WARN);
}

static void reads_no_settings_of_nobody(void **state) {
    const struct nx_config_v1 *config = probe.sdk.config;
    assert_int_equal(config->get_int(NULL, "number"), 0);
    assert_int_equal(config->get_bool(NULL, NULL), 0);
    assert_int_equal(config->get_str(NULL, NULL).len, 0);
    config->problem(NULL, NULL, nx_str_none());
}

int main(void) {
    const struct CMUnitTest tests[] = {
            PROBE_TEST(offers_every_interface_of_the_sdk),
            PROBE_TEST(offers_nothing_else),
            cmocka_unit_test(takes_what_both_sides_know),
            cmocka_unit_test(refuses_a_newer_member_that_is_set),
            cmocka_unit_test(offers_metrics_and_services),
            PROBE_TEST(writes_lines_that_nobody_can_fake),
            PROBE_TEST(reads_no_settings_of_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
