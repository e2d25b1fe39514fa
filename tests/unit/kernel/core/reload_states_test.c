#include "kernel/core/reload_states.h"

#include <stdio.h>
#include <string.h>

#include "kernel/core/handover.h"
#include "kernel/core/settings_store.h"
#include "tests/support/cmocka.h"

static void keep(struct reload_states *states, const char *id, uint32_t version,
        const char *text) {
    struct handover handover;
    handover_init(&handover, 1024);
    assert_true(nx_buf_append(&handover.bytes, text, strlen(text)));
    handover.version = version;
    reload_states_keep(states, id, &handover);
    // Whatever happened, it may be finished.
    handover_finish(&handover);
}

static void expect(const struct reload_states *states, const char *id,
        uint32_t version, const char *text) {
    struct handover handover;
    handover_init(&handover, 1024);
    assert_true(reload_states_give(states, id, &handover));
    assert_int_equal(handover.version, version);
    assert_int_equal(handover.bytes.len, strlen(text));
    if (text[0] != '\0') {
        assert_memory_equal(handover.bytes.data, text, strlen(text));
    }
    handover_finish(&handover);
}

static void gives_what_was_kept_more_than_once(void **state) {
    struct reload_states states;
    reload_states_init(&states);
    keep(&states, "chat", 3, "what was said");
    keep(&states, "presence", 1, "who is there");
    expect(&states, "chat", 3, "what was said");
    expect(&states, "chat", 3, "what was said");
    expect(&states, "presence", 1, "who is there");
    expect(&states, "notify", 0, "");
    reload_states_finish(&states);
}

static void keeps_the_last_of_each(void **state) {
    struct reload_states states;
    reload_states_init(&states);
    keep(&states, "chat", 3, "the first");
    keep(&states, "chat", 4, "the second");
    assert_int_equal(states.count, 1);
    expect(&states, "chat", 4, "the second");
    reload_states_finish(&states);
}

static void nothing_takes_the_place_of_something(void **state) {
    struct reload_states states;
    reload_states_init(&states);
    keep(&states, "chat", 3, "the first");
    keep(&states, "chat", 0, "");
    assert_int_equal(states.count, 0);
    expect(&states, "chat", 0, "");
    reload_states_finish(&states);
}

static void drops_those_that_are_back(void **state) {
    struct reload_states states;
    reload_states_init(&states);
    keep(&states, "a", 1, "1");
    keep(&states, "b", 1, "2");
    reload_states_drop(&states, "a");
    reload_states_drop(&states, "a");
    reload_states_drop(&states, "nobody");
    assert_int_equal(states.count, 1);
    expect(&states, "a", 0, "");
    expect(&states, "b", 1, "2");
    reload_states_finish(&states);
}

static void drops_the_oldest_at_its_limit(void **state) {
    struct reload_states states;
    char id[32];
    reload_states_init(&states);
    for (size_t i = 0; i < SETTINGS_PLUGINS_MAX; i++) {
        (void)snprintf(id, sizeof(id), "plugin%zu", i);
        keep(&states, id, 1, id);
    }
    keep(&states, "plugin0", 2, "again"); // the newest now
    keep(&states, "one more", 1, "x");
    assert_int_equal(states.count, SETTINGS_PLUGINS_MAX);
    expect(&states, "plugin0", 2, "again");
    expect(&states, "plugin1", 0, "");
    expect(&states, "plugin2", 1, "plugin2");
    expect(&states, "one more", 1, "x");
    reload_states_finish(&states);
}

static void says_when_it_does_not_fit(void **state) {
    struct reload_states states;
    struct handover handover;
    reload_states_init(&states);
    keep(&states, "chat", 1, "0123456789");
    handover_init(&handover, 5);
    assert_false(reload_states_give(&states, "chat", &handover));
    handover_finish(&handover);
    reload_states_finish(&states);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(gives_what_was_kept_more_than_once),
            cmocka_unit_test(keeps_the_last_of_each),
            cmocka_unit_test(nothing_takes_the_place_of_something),
            cmocka_unit_test(drops_those_that_are_back),
            cmocka_unit_test(drops_the_oldest_at_its_limit),
            cmocka_unit_test(says_when_it_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
