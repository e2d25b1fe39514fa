#include "kernel/core/engine_pending.h"

#include <nexus/error.h>

#include "tests/support/cmocka.h"

static struct clock test_clock;
static struct engine_hooks hooks;
static struct engine_pending pending;
static size_t answers;
static nx_status last_status;
static bool add_more; // from inside an answer

static char alice = 'a';
static char bob = 'b';
static const char first_link = '1';
static const char second_link = '2';

static uint64_t add(void *owner, const char *link);

static void on_fact(void *user, const struct nx_fact_result *result) {
    (void)user;
    answers++;
    last_status = result->status;
    if (add_more) {
        (void)add(&alice, &second_link);
    }
}

static uint64_t add(void *owner, const char *link) {
    struct engine_request request = {
            .kind = ENGINE_REQUEST_FACT,
            .link = link,
            .owner = owner,
            .done = {.fact = on_fact},
    };
    uint64_t cookie = 0;
    nx_status status = engine_pending_add(&pending, &request, &cookie);
    assert_true((status == NX_OK) == (cookie != 0));
    assert_true(status == NX_OK || status == NX_ERR_ENGINE_BUSY);
    return cookie;
}

static void answer(uint64_t cookie) {
    struct nx_fact_result result = {.struct_size = sizeof(result)};
    engine_pending_fact(&pending, cookie, &result);
}

static int set_up(void **state) {
    (void)state;
    clock_init_fake(&test_clock, 1000);
    answers = 0;
    add_more = false;
    return engine_pending_init(&pending, &test_clock, &hooks, 4) ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    engine_pending_finish(&pending);
    return 0;
}

static void gives_each_request_a_cookie(void **state) {
    (void)state;
    uint64_t first = add(&alice, &first_link);
    uint64_t second = add(&bob, &first_link);
    assert_true(first != second);
    assert_ptr_equal(engine_pending_get(&pending, second)->owner, &bob);
    answer(first);
    assert_int_equal(answers, 1);
    assert_null(engine_pending_get(&pending, first));
    engine_pending_drop(&pending, second);
    engine_pending_drop(&pending, second);
    assert_int_equal(answers, 1);
    assert_int_equal(engine_pending_count(&pending, NULL), 0);
}

static void refuses_more_than_its_ceiling(void **state) {
    (void)state;
    uint64_t first = add(&alice, &first_link);
    for (size_t i = 0; i < 3; i++) {
        assert_true(add(&alice, &first_link) != 0);
    }
    assert_true(add(&alice, &first_link) == 0);
    answer(first);
    assert_true(add(&alice, &first_link) != 0);
}

static void counts_what_an_owner_waits_for(void **state) {
    (void)state;
    (void)add(&alice, &first_link);
    (void)add(&bob, &first_link);
    uint64_t last = add(&bob, &first_link);
    assert_int_equal(engine_pending_count(&pending, &alice), 1);
    assert_int_equal(engine_pending_count(&pending, &bob), 2);
    assert_int_equal(engine_pending_count(&pending, NULL), 3);
    answer(last);
    assert_int_equal(engine_pending_count(&pending, &bob), 1);
}

static void keeps_a_cancelled_request_without_its_answer(void **state) {
    (void)state;
    uint64_t alices = add(&alice, &first_link);
    uint64_t bobs = add(&bob, &first_link);

    engine_pending_cancel(&pending, &alice);

    assert_int_equal(engine_pending_count(&pending, &alice), 0);
    assert_non_null(engine_pending_get(&pending, alices));
    answer(alices);
    assert_int_equal(answers, 0);
    answer(bobs);
    assert_int_equal(answers, 1);
}

static void fails_the_requests_of_one_link(void **state) {
    (void)state;
    (void)add(&alice, &first_link);
    (void)add(&alice, &second_link);
    (void)add(&alice, &first_link);

    engine_pending_fail(&pending, &first_link, NX_ERR_ENGINE_UNAVAILABLE);

    assert_int_equal(answers, 2);
    assert_int_equal(last_status, NX_ERR_ENGINE_UNAVAILABLE);
    assert_int_equal(engine_pending_count(&pending, NULL), 1);
}

static void keeps_what_an_answer_adds_while_it_fails_others(void **state) {
    (void)state;
    (void)add(&alice, &first_link);
    (void)add(&alice, &first_link);
    add_more = true;

    engine_pending_fail(&pending, &first_link, NX_ERR_ENGINE_UNAVAILABLE);

    assert_int_equal(answers, 2);
    assert_int_equal(engine_pending_count(&pending, NULL), 2);
}

static void knows_how_long_the_oldest_waits(void **state) {
    (void)state;
    assert_true(engine_pending_oldest_ms(&pending) == 0);
    uint64_t first = add(&alice, &first_link);
    clock_advance(&test_clock, 70);
    (void)add(&alice, &first_link);
    clock_advance(&test_clock, 5);
    assert_true(engine_pending_oldest_ms(&pending) == 75);
    answer(first);
    assert_true(engine_pending_oldest_ms(&pending) == 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(gives_each_request_a_cookie),
            TEST(refuses_more_than_its_ceiling),
            TEST(counts_what_an_owner_waits_for),
            TEST(keeps_a_cancelled_request_without_its_answer),
            TEST(fails_the_requests_of_one_link),
            TEST(keeps_what_an_answer_adds_while_it_fails_others),
            TEST(knows_how_long_the_oldest_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
