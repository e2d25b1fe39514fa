#include "plugins/presence/agenda.h"

#include "tests/support/cmocka.h"

#define MANY 500

static void gives_the_earliest_first(void **state) {
    (void)state;
    struct agenda agenda = {0};
    struct agenda_entry entries[MANY] = {{0}};
    uint64_t seed = 1;
    for (size_t i = 0; i < MANY; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        assert_true(agenda_set(&agenda, &entries[i], seed >> 40));
    }
    uint64_t last = 0;
    struct agenda_entry *entry;
    size_t count = 0;
    while ((entry = agenda_first(&agenda))) {
        assert_true(entry->due_ms >= last);
        last = entry->due_ms;
        agenda_remove(&agenda, entry);
        count++;
    }
    assert_int_equal(count, MANY);
    agenda_finish(&agenda);
}

static void keeps_order_when_entries_move_and_go(void **state) {
    (void)state;
    struct agenda agenda = {0};
    struct agenda_entry entries[MANY] = {{0}};
    uint64_t seed = 7;
    for (size_t i = 0; i < 20000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        struct agenda_entry *entry = &entries[(seed >> 33) % MANY];
        if ((seed >> 20) % 4 == 0) {
            agenda_remove(&agenda, entry);
        } else {
            assert_true(agenda_set(&agenda, entry, (seed >> 40) % 1000));
        }
        for (size_t at = 1; i % 500 == 0 && at < agenda.count; at++) {
            assert_true(agenda.heap[(at - 1) / 2]->due_ms
                    <= agenda.heap[at]->due_ms);
            assert_int_equal(agenda.heap[at]->place, at + 1);
        }
    }
    agenda_finish(&agenda);
}

static void is_empty_at_first_and_forgives(void **state) {
    (void)state;
    struct agenda agenda = {0};
    struct agenda_entry entry = {0};
    assert_null(agenda_first(&agenda));
    agenda_remove(&agenda, &entry);
    agenda_finish(&agenda);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(gives_the_earliest_first),
            cmocka_unit_test(keeps_order_when_entries_move_and_go),
            cmocka_unit_test(is_empty_at_first_and_forgives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
