#include "kernel/net/visit.h"

#include <string.h>

#include "kernel/core/stats.h"
#include "kernel/net/address.h"
#include "kernel/net/head.h"
#include "tests/support/cmocka.h"
#include "tests/unit/kernel/net/net_case.h"

static struct net_case c;

static int set_up(void **state) {
    static const char *const sets[] = {"limits.connections_per_address=1",
            "limits.address_exceptions=192.0.2.0/24",
            "listen.trusted_proxies=10.0.0.0/8, unix", NULL};
    (void)state;
    net_case_init(&c, sets);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    net_case_finish(&c);
    return 0;
}

static struct visit *come(const char *text, enum visitors_answer *answer) {
    struct address peer = {.storage.ss_family = AF_UNIX};
    if (text) {
        assert_true(address_parse(&peer, text, 80));
    }
    return visit_create(c.server, &peer, answer);
}

static struct visit *enter(const char *text) {
    enum visitors_answer answer;
    struct visit *visit = come(text, &answer);
    assert_non_null(visit);
    assert_int_equal(answer, VISITORS_WELCOME);
    return visit;
}

static void expect_refused(const char *text) {
    enum visitors_answer answer;
    assert_null(come(text, &answer));
    assert_int_equal(answer, VISITORS_TOO_MANY);
}

// A request in which a proxy names that address.
static enum visitors_answer admit(struct visit *visit, const char *forwarded) {
    struct head head = {.method = "GET"};
    struct head_part *part = &head.fields[HEAD_FORWARDED_FOR];
    nx_buf_init(&head.text, 128);
    if (forwarded) {
        part->present = true;
        part->len = strlen(forwarded);
        assert_true(nx_buf_append(&head.text, forwarded, part->len + 1));
    }
    enum visitors_answer answer = visit_admit(visit, &head);
    head_finish(&head);
    return answer;
}

static void counts_for_its_peer_until_it_ends(void **state) {
    (void)state;
    uint64_t before = c.core->stats->refused[LIMIT_CONNECTIONS_PER_ADDRESS];
    struct visit *visit = enter("198.51.100.1");
    expect_refused("198.51.100.1");
    assert_int_equal(
            c.core->stats->refused[LIMIT_CONNECTIONS_PER_ADDRESS], before + 1);
    // What it says of others does not count.
    assert_int_equal(admit(visit, "203.0.113.1"), VISITORS_WELCOME);
    visit_rest(visit);
    expect_refused("198.51.100.1");
    visit_destroy(visit);
    visit_destroy(enter("198.51.100.1"));
    assert_int_equal(visitors_count(c.server->visitors), 1);
}

static void counts_exceptions_for_nobody(void **state) {
    (void)state;
    struct visit *one = enter("192.0.2.1");
    struct visit *two = enter("192.0.2.1");
    visit_destroy(one);
    visit_destroy(two);
}

static void counts_a_proxy_for_whom_it_speaks(void **state) {
    (void)state;
    struct visit *one = enter("10.1.1.1");
    struct visit *two = enter("10.1.1.1");
    struct visit *three = enter(NULL);
    assert_int_equal(admit(one, "203.0.113.1"), VISITORS_WELCOME);
    assert_int_equal(admit(two, "203.0.113.1"), VISITORS_TOO_MANY);
    assert_int_equal(admit(three, "203.0.113.1"), VISITORS_TOO_MANY);
    assert_int_equal(admit(three, "203.0.113.2"), VISITORS_WELCOME);
    assert_int_equal(admit(two, NULL), VISITORS_WELCOME);
    assert_int_equal(admit(two, "192.0.2.1"), VISITORS_WELCOME);
    visit_rest(one);
    assert_int_equal(admit(two, "203.0.113.1"), VISITORS_WELCOME);
    // The same client again is not one connection more.
    assert_int_equal(admit(two, "203.0.113.1"), VISITORS_WELCOME);
    expect_refused("203.0.113.1");
    visit_destroy(one);
    visit_destroy(two);
    visit_destroy(three);
    visit_destroy(NULL);
}

static void names_the_setting_in_each_refusal(void **state) {
    (void)state;
    static const enum visitors_answer answers[] = {
            VISITORS_TOO_MANY, VISITORS_TOO_FAST};
    for (size_t i = 0; i < 2; i++) {
        const struct visit_refusal *refusal = visit_refusal(answers[i]);
        assert_int_equal(nx_err_http(refusal->status), 429);
        assert_non_null(strstr(refusal->detail, limit_setting(refusal->limit)));
    }
    assert_int_equal(visit_refusal(VISITORS_NO_MEMORY)->limit, LIMIT_COUNT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(counts_for_its_peer_until_it_ends),
            cmocka_unit_test(counts_exceptions_for_nobody),
            cmocka_unit_test(counts_a_proxy_for_whom_it_speaks),
            cmocka_unit_test(names_the_setting_in_each_refusal),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
