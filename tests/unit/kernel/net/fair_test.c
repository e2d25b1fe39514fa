#include "kernel/net/fair.h"

#include <string.h>

#include "kernel/core/core.h"
#include "kernel/net/loop.h"
#include "tests/support/cmocka.h"

enum {
    ALICE = 1,
    BOB = 2,
    PLENTY = 1000
};

static struct core core; // no part of it but clock and turns is looked at
static struct loop *loop;
static struct fair *fair;
static struct fair_use alice;
static struct fair_use bob;

static void serve(struct fair_use *use) {
    (void)use;
}

static void use_init(struct fair_use *use) {
    memset(use, 0, sizeof(*use));
    nx_list_init(&use->waiting);
}

static int set_up(void **state) {
    (void)state;
    memset(&core, 0, sizeof(core));
    clock_init_fake(&core.clock, 1000);
    use_init(&alice);
    use_init(&bob);
    loop = loop_create();
    fair = loop ? fair_create(loop, &core, serve) : NULL;
    return fair ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    fair_destroy(fair);
    loop_destroy(loop);
    return 0;
}

// How many of so many messages are handled.
static unsigned take(struct fair_use *use, nx_session_id who, unsigned count) {
    unsigned taken = 0;
    while (taken < count && fair_take(fair, use, who)) {
        taken++;
    }
    return taken;
}

static void next_turn(void) {
    core.turns++;
    clock_advance(&core.clock, 1);
}

static void does_not_bound_who_is_alone(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(take(&alice, ALICE, PLENTY), PLENTY);
        next_turn();
    }
}

static void bounds_who_sends_beside_others(void **state) {
    (void)state;
    assert_int_equal(take(&bob, BOB, 1), 1);
    assert_int_equal(take(&alice, ALICE, PLENTY), FAIR_MIN);
    assert_int_equal(take(&alice, ALICE, 1), 0);
    assert_int_equal(take(&bob, BOB, 5), 5);
    next_turn();
    assert_int_equal(take(&alice, ALICE, PLENTY), FAIR_MIN);
}

static void gives_as_much_as_the_average_had(void **state) {
    (void)state;
    assert_int_equal(take(&bob, BOB, PLENTY), PLENTY); // as yet alone
    assert_int_equal(take(&alice, ALICE, 4), 4);
    next_turn();
    assert_int_equal(take(&alice, ALICE, PLENTY), (PLENTY + 4) / 2);
    assert_int_equal(take(&bob, BOB, 4), 4);
    next_turn();
    assert_int_equal(take(&alice, ALICE, PLENTY), ((PLENTY + 4) / 2 + 4) / 2);
}

static void forgets_others_after_a_while(void **state) {
    (void)state;
    assert_int_equal(take(&bob, BOB, 1), 1);
    assert_int_equal(take(&alice, ALICE, PLENTY), FAIR_MIN);
    next_turn();
    clock_advance(&core.clock, FAIR_ALONE_MS);
    assert_int_equal(take(&alice, ALICE, PLENTY), PLENTY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(
                    does_not_bound_who_is_alone, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    bounds_who_sends_beside_others, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    gives_as_much_as_the_average_had, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    forgets_others_after_a_while, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
