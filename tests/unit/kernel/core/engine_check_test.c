#include "kernel/core/engine_check.h"

#include <string.h>

#include <nexus/error.h>

#include "tests/support/cmocka.h"

static char bytes[ENGINE_PAYLOAD_MAX + 1];
static struct nx_publish_opts checked;

static struct nx_publish_opts options(void) {
    return (struct nx_publish_opts){
            .struct_size = sizeof(struct nx_publish_opts)};
}

static nx_status check_opts(
        const struct nx_publish_opts *opts, uint32_t keep_count) {
    struct engine_publish request = {
            .room = {"room", 4},
            .payload = {"{}", 2},
            .keep_count = keep_count,
            .opts = opts,
    };
    return engine_check_publish(&request, &checked);
}

static nx_status check_sizes(
        size_t room, size_t payload, size_t key, size_t memo) {
    struct nx_publish_opts opts = options();
    struct engine_publish request = {
            .room = {bytes, room},
            .payload = {bytes, payload},
            .opts = &opts,
    };
    opts.dedupe_key = (struct nx_bytes){bytes, key};
    opts.memo = (struct nx_bytes){bytes, memo};
    return engine_check_publish(&request, &checked);
}

static void bounds_the_sizes_of_a_publish(void **state) {
    (void)state;
    size_t room = ENGINE_ROOM_MAX;
    size_t payload = ENGINE_PAYLOAD_MAX;
    assert_int_equal(check_sizes(room, payload, 256, 256), NX_OK);
    assert_int_equal(check_sizes(1, 1, 0, 0), NX_OK);
    assert_int_equal(check_sizes(room + 1, 1, 1, 1), NX_ERR_TOO_LARGE);
    assert_int_equal(check_sizes(1, payload + 1, 1, 1), NX_ERR_TOO_LARGE);
    assert_int_equal(check_sizes(1, 1, 257, 1), NX_ERR_TOO_LARGE);
    assert_int_equal(check_sizes(1, 1, 1, 257), NX_ERR_TOO_LARGE);
    assert_int_equal(check_sizes(0, 1, 1, 1), NX_ERR_INVALID);
    assert_int_equal(check_sizes(1, 0, 1, 1), NX_ERR_INVALID);
}

static void refuses_unknown_flags(void **state) {
    (void)state;
    struct nx_publish_opts opts = options();
    opts.flags = 1u << 8;
    assert_int_equal(check_opts(&opts, 10), NX_ERR_UNSUPPORTED);
    opts.flags = NX_PUBLISH_SILENT;
    assert_int_equal(check_opts(&opts, 10), NX_OK);
}

static void refuses_to_expect_the_end_of_no_log(void **state) {
    (void)state;
    struct nx_publish_opts opts = options();
    opts.flags = NX_PUBLISH_EXPECT;
    assert_int_equal(check_opts(&opts, 10), NX_OK);
    assert_int_equal(check_opts(&opts, 0), NX_ERR_INVALID);
    opts.flags = NX_PUBLISH_EXPECT | NX_PUBLISH_NO_LOG;
    assert_int_equal(check_opts(&opts, 10), NX_ERR_INVALID);
}

static void refuses_a_length_without_bytes(void **state) {
    (void)state;
    struct nx_publish_opts opts = options();
    opts.dedupe_key.len = 3;
    assert_int_equal(check_opts(&opts, 10), NX_ERR_INVALID);
    opts = options();
    opts.memo.len = 3;
    assert_int_equal(check_opts(&opts, 10), NX_ERR_INVALID);
}

static void takes_absent_options_for_zero(void **state) {
    (void)state;
    memset(&checked, 0xff, sizeof(checked));
    assert_int_equal(check_opts(NULL, 10), NX_OK);
    assert_int_equal(checked.struct_size, sizeof(checked));
    assert_true(checked.flags == 0 && checked.except == 0);
    assert_int_equal(checked.dedupe_key.len, 0);
}

static void reads_options_of_a_later_version(void **state) {
    (void)state;
    struct {
        struct nx_publish_opts opts;
        uint64_t unknown;
    } later = {options(), 1};
    later.opts.struct_size = sizeof(later);
    later.opts.dedupe_key = (struct nx_bytes){"k", 1};
    later.opts.memo = (struct nx_bytes){"memo", 4};

    assert_int_equal(check_opts(&later.opts, 10), NX_OK);

    assert_int_equal(checked.struct_size, sizeof(checked));
    assert_int_equal(checked.dedupe_key.len, 1);
    assert_int_equal(checked.memo.len, 4);
}

static void refuses_options_without_a_size(void **state) {
    (void)state;
    struct nx_publish_opts opts = {0};
    assert_int_equal(check_opts(&opts, 10), NX_ERR_INVALID);
    opts.struct_size = sizeof(opts) - 1;
    assert_int_equal(check_opts(&opts, 10), NX_ERR_INVALID);
}

static void remembers_a_key_without_a_ttl_for_a_day(void **state) {
    (void)state;
    struct nx_publish_opts opts = options();
    opts.dedupe_key = (struct nx_bytes){"k", 1};
    assert_int_equal(check_opts(&opts, 10), NX_OK);
    assert_int_equal(checked.dedupe_ttl_s, 24 * 3600);
    opts.dedupe_ttl_s = 5;
    assert_int_equal(check_opts(&opts, 10), NX_OK);
    assert_int_equal(checked.dedupe_ttl_s, 5);
}

static void on_history(void *user, const struct nx_history_result *result) {
    (void)user;
    (void)result;
}

static void checks_what_is_read(void **state) {
    (void)state;
    const struct engine_history good = {
            .room = {"room", 4},
            .direction = NX_HISTORY_BEFORE,
            .limit = 1000,
            .done = on_history,
    };
    assert_int_equal(engine_check_history(&good), NX_OK);
    struct engine_history bad = good;
    bad.limit = 1001;
    assert_int_equal(engine_check_history(&bad), NX_ERR_INVALID);
    bad = good;
    bad.direction = 2;
    assert_int_equal(engine_check_history(&bad), NX_ERR_INVALID);
    bad = good;
    bad.done = NULL;
    assert_int_equal(engine_check_history(&bad), NX_ERR_INVALID);
    bad = good;
    bad.room.len = 0;
    assert_int_equal(engine_check_history(&bad), NX_ERR_INVALID);
}

static void on_fact(void *user, const struct nx_fact_result *result) {
    (void)user;
    (void)result;
}

static nx_status check_put(size_t space, size_t key, size_t value) {
    struct engine_asker asker = {.space = {bytes, space}};
    return engine_check_put(&asker, (struct nx_str){bytes, key},
            (struct nx_bytes){bytes, value});
}

static void bounds_the_sizes_of_a_fact(void **state) {
    (void)state;
    size_t value = ENGINE_VALUE_MAX;
    assert_int_equal(check_put(ENGINE_SPACE_MAX, 512, value), NX_OK);
    assert_int_equal(check_put(1, 1, 0), NX_OK);
    assert_int_equal(check_put(0, 1, 1), NX_ERR_INVALID);
    assert_int_equal(check_put(1, 0, 1), NX_ERR_INVALID);
    assert_int_equal(check_put(ENGINE_SPACE_MAX + 1, 1, 1), NX_ERR_TOO_LARGE);
    assert_int_equal(check_put(1, 513, 1), NX_ERR_TOO_LARGE);
    assert_int_equal(check_put(1, 1, value + 1), NX_ERR_TOO_LARGE);
}

static void checks_what_is_scanned(void **state) {
    (void)state;
    struct engine_asker asker = {.space = {"s", 1}, .done = on_fact};
    struct nx_str none = {0};
    struct nx_str longest = {bytes, 512};
    struct nx_str longer = {bytes, 513};
    assert_int_equal(engine_check_scan(&asker, none, none, 1), NX_OK);
    assert_int_equal(engine_check_scan(&asker, longest, longest, 1000), NX_OK);
    assert_int_equal(
            engine_check_scan(&asker, longer, none, 1), NX_ERR_TOO_LARGE);
    assert_int_equal(
            engine_check_scan(&asker, none, longer, 1), NX_ERR_TOO_LARGE);
    assert_int_equal(engine_check_scan(&asker, none, none, 0), NX_ERR_INVALID);
    assert_int_equal(
            engine_check_scan(&asker, none, none, 1001), NX_ERR_INVALID);
    asker.done = NULL;
    assert_int_equal(engine_check_scan(&asker, none, none, 1), NX_ERR_INVALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(bounds_the_sizes_of_a_publish),
            cmocka_unit_test(refuses_unknown_flags),
            cmocka_unit_test(refuses_to_expect_the_end_of_no_log),
            cmocka_unit_test(refuses_a_length_without_bytes),
            cmocka_unit_test(takes_absent_options_for_zero),
            cmocka_unit_test(reads_options_of_a_later_version),
            cmocka_unit_test(refuses_options_without_a_size),
            cmocka_unit_test(remembers_a_key_without_a_ttl_for_a_day),
            cmocka_unit_test(checks_what_is_read),
            cmocka_unit_test(bounds_the_sizes_of_a_fact),
            cmocka_unit_test(checks_what_is_scanned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
