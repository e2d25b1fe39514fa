#include "kernel/net/visitors.h"

#include <string.h>

#include <nexus/util/str.h>

#include "kernel/base/log.h"
#include "kernel/core/settings.h"
#include "tests/support/cmocka.h"

#define MAX 8

static struct settings settings;
static struct visitors *visitors;
static int64_t now_ms;

static int set_up(void **state) {
    (void)state;
    memset(&settings, 0, sizeof(settings));
    settings.limits_connections_per_address = 3;
    settings.limits_connects_per_second = 10;
    settings.limits_connects_burst = 5;
    now_ms = 1000000;
    visitors = visitors_create(&settings, MAX);
    assert_non_null(visitors);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    visitors_destroy(visitors);
    return 0;
}

static enum visitors_answer try_enter(
        const char *text, struct visitor **visitor) {
    struct ip ip;
    assert_true(ip_parse(&ip, nx_str_c(text)));
    return visitors_enter(visitors, &ip, now_ms, visitor);
}

static struct visitor *enter(const char *text) {
    struct visitor *visitor = NULL;
    assert_int_equal(try_enter(text, &visitor), VISITORS_WELCOME);
    assert_non_null(visitor);
    return visitor;
}

static void leave(struct visitor *visitor) {
    visitors_leave(visitors, visitor, now_ms);
}

static void expect(const char *text, enum visitors_answer answer) {
    struct visitor *visitor = NULL;
    assert_int_equal(try_enter(text, &visitor), answer);
    assert_null(visitor);
}

static void counts_the_connections_of_each_address(void **state) {
    (void)state;
    struct visitor *first = enter("192.0.2.1");
    enter("192.0.2.1");
    enter("192.0.2.1");
    expect("192.0.2.1", VISITORS_TOO_MANY);
    enter("192.0.2.2");
    leave(first);
    enter("192.0.2.1");
    expect("192.0.2.1", VISITORS_TOO_MANY);
}

static void counts_ipv6_by_its_first_64_bits(void **state) {
    (void)state;
    enter("2001:db8:0:1::1");
    enter("2001:db8:0:1:ffff:ffff:ffff:ffff");
    enter("2001:db8:0:1:2::");
    expect("2001:db8:0:1::1", VISITORS_TOO_MANY);
    enter("2001:db8:0:2::1");
    // All of IPv4 is one such network.
    enter("::ffff:192.0.2.1");
    enter("192.0.2.1");
    enter("192.0.2.1");
    expect("192.0.2.1", VISITORS_TOO_MANY);
    enter("192.0.2.2");
}

static void counts_new_connections_by_the_second(void **state) {
    (void)state;
    for (int i = 0; i < 5; i++) {
        leave(enter("192.0.2.1"));
    }
    expect("192.0.2.1", VISITORS_TOO_FAST);
    leave(enter("192.0.2.2"));
    now_ms += 99;
    expect("192.0.2.1", VISITORS_TOO_FAST);
    now_ms += 1;
    leave(enter("192.0.2.1"));
    expect("192.0.2.1", VISITORS_TOO_FAST);
    now_ms += 1000;
    for (int i = 0; i < 5; i++) {
        leave(enter("192.0.2.1"));
    }
    expect("192.0.2.1", VISITORS_TOO_FAST);
}

static void takes_nothing_from_who_is_refused(void **state) {
    (void)state;
    struct visitor *kept[] = {
            enter("192.0.2.1"), enter("192.0.2.1"), enter("192.0.2.1")};
    for (int i = 0; i < 100; i++) {
        expect("192.0.2.1", VISITORS_TOO_MANY);
    }
    for (int i = 0; i < 3; i++) {
        leave(kept[i]);
    }
    leave(enter("192.0.2.1"));
    leave(enter("192.0.2.1"));
    expect("192.0.2.1", VISITORS_TOO_FAST);
}

static void has_no_limit_where_it_is_0(void **state) {
    (void)state;
    settings.limits_connections_per_address = 0;
    settings.limits_connects_per_second = 0;
    for (int i = 0; i < 1000; i++) {
        enter("192.0.2.1");
    }
    assert_int_equal(visitors_count(visitors), 1);
}

static void counts_also_while_there_is_no_limit(void **state) {
    (void)state;
    settings.limits_connections_per_address = 0;
    enter("192.0.2.1");
    enter("192.0.2.1");
    enter("192.0.2.1");
    settings.limits_connections_per_address = 3;
    expect("192.0.2.1", VISITORS_TOO_MANY);
}

static void forgets_who_has_gone_and_rested(void **state) {
    (void)state;
    leave(enter("192.0.2.1"));
    leave(enter("192.0.2.2"));
    assert_int_equal(visitors_count(visitors), 2);
    now_ms += 100;
    struct visitor *kept = enter("192.0.2.3");
    assert_int_equal(visitors_count(visitors), 1);
    now_ms += 100;
    leave(kept);
    assert_int_equal(visitors_count(visitors), 0);
}

static void forgets_the_longest_idle_when_full(void **state) {
    (void)state;
    char text[32];
    struct visitor *active = enter("198.51.100.1");
    for (int i = 0; i < MAX - 1; i++) {
        (void)snprintf(text, sizeof(text), "192.0.2.%d", i);
        for (int k = 0; k < 5; k++) {
            leave(enter(text));
        }
    }
    assert_int_equal(visitors_count(visitors), MAX);
    leave(enter("203.0.113.1"));
    assert_int_equal(visitors_count(visitors), MAX);
    expect("192.0.2.1", VISITORS_TOO_FAST);
    leave(enter("192.0.2.0"));
    leave(active);
}

static void refuses_more_addresses_than_it_may_hold(void **state) {
    (void)state;
    char text[32];
    for (int i = 0; i < MAX; i++) {
        (void)snprintf(text, sizeof(text), "192.0.2.%d", i);
        enter(text);
    }
    expect("203.0.113.1", VISITORS_NO_MEMORY);
    enter("192.0.2.1");
}

int main(void) {
    log_set_level(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(
                    counts_the_connections_of_each_address, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    counts_ipv6_by_its_first_64_bits, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    counts_new_connections_by_the_second, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    takes_nothing_from_who_is_refused, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    has_no_limit_where_it_is_0, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    counts_also_while_there_is_no_limit, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    forgets_who_has_gone_and_rested, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    forgets_the_longest_idle_when_full, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    refuses_more_addresses_than_it_may_hold, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
