// The store does what every provider does, and still does after a restart.

#include "tests/support/provider_contract.h"
#include "tests/support/provider_facts.h"
#include "tests/support/provider_model.h"
#include "tests/unit/plugins/store/store_fixture.h"

static void behaves_like_a_list_of_everything(void **state) {
    (void)state;
    uint64_t random = 1;
    start_model(&random);
    for (size_t step = 0; step < MOST; step++) {
        random_step(&random);
        if (prng_below(&random, 200) == 0) {
            restart();
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            PROVIDER_CONTRACT(TEST),
            PROVIDER_FACTS(TEST),
            TEST(behaves_like_a_list_of_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
