#include "kernel/core/drain.h"

#include "kernel/core/close.h"
#include "kernel/core/session.h"
#include "tests/support/core_case.h"

#define MANY 1000u

static struct core_case c;
static struct link links[MANY];

static void begin(const char *const *sets, size_t clients) {
    char user[32];
    core_case_init(&c, sets);
    for (size_t i = 0; i < clients; i++) {
        (void)snprintf(user, sizeof(user), "user%zu", i);
        core_case_connect(&c, &links[i], user);
    }
}

static void end(size_t clients) {
    for (size_t i = 0; i < clients; i++) {
        core_case_leave(&c, &links[i]);
    }
    assert_true(core_drained(c.core));
    core_case_finish(&c);
}

static size_t count_closed(size_t clients) {
    size_t closed = 0;
    for (size_t i = 0; i < clients; i++) {
        closed += links[i].close_code == CLOSE_DRAINING ? 1 : 0;
    }
    return closed;
}

// When the client may come back, from its own close on.
static int64_t wait_of(const struct link *link) {
    static const char field[] = "\"reconnect_after_ms\":";
    const char *found =
            memmem(link->out.data, link->out.len, field, sizeof(field) - 1);
    assert_non_null(found);
    return strtoll(found + sizeof(field) - 1, NULL, 10);
}

static void sends_few_away_at_once(void **state) {
    (void)state;
    const char *const sets[] = {"drain.window=8", NULL};
    begin(sets, 20);
    core_drain(c.core);
    core_turn(c.core);
    assert_int_equal(count_closed(20), 20);
    for (size_t i = 0; i < 20; i++) {
        assert_in_range(wait_of(&links[i]), 0, 8000);
    }
    end(20);
}

// Also looks at the sum of both waits, which is what the next server sees.
static void sends_many_away_over_the_window(void **state) {
    (void)state;
    const char *const sets[] = {"drain.window=2", NULL};
    int64_t back_ms[MANY] = {0};
    size_t before = 0;
    int64_t last_ms = 0;
    begin(sets, MANY);
    core_drain(c.core);
    core_turn(c.core);
    for (int64_t ms = 0; before < MANY; ms += 20) {
        size_t now = count_closed(MANY);
        assert_in_range(now - before, 1, 64);
        for (size_t i = before; i < now; i++) {
            back_ms[i] = ms + wait_of(&links[i]);
        }
        last_ms = ms;
        before = now;
        core_case_advance(&c, 20);
    }
    assert_in_range(last_ms, 200, 2000);
    int64_t soon = 0;
    for (size_t i = 0; i < MANY; i++) {
        // A tick is as exact as it can be.
        assert_in_range(back_ms[i], last_ms - 20, last_ms + 20 + 2000);
        soon += back_ms[i] < last_ms + 1000 ? 1 : 0;
    }
    assert_in_range(soon, MANY / 4, MANY * 3 / 4);
    end(MANY);
}

static void spreads_evenly_what_the_window_is_needed_for(void **state) {
    (void)state;
    const char *const sets[] = {"drain.window=3600", "drain.timeout=1", NULL};
    begin(sets, MANY);
    core_drain(c.core);
    core_turn(c.core);
    int64_t ms = 0;
    while (count_closed(MANY) < MANY) {
        core_case_advance(&c, 20);
        ms += 20;
    }
    // Four fifths of drain.timeout at most.
    assert_in_range(ms, 200, 800);
    end(MANY);
}

static void waits_for_load_balancers(void **state) {
    (void)state;
    const char *const sets[] = {"drain.delay=3", NULL};
    struct http_link http;
    struct link late;
    const char *why;
    begin(sets, 1);
    core_drain(c.core);
    core_case_advance(&c, 2900);
    assert_int_equal(count_closed(1), 0);
    core_case_http(&c, &http, "GET /health/ready", NULL, NULL);
    assert_int_equal(http.status, 503);
    http_link_finish(&http);
    assert_int_equal(gate_admit(c.core, &why), 503);
    core_case_send(&c, &links[0], "{\"event_type\":\"ping\",\"n\":77}");
    assert_non_null(memmem(links[0].out.data, links[0].out.len, "\"n\":77", 6));

    // Whose handshake was over a moment ago.
    core_case_connect(&c, &late, "late");
    assert_int_equal(late.close_code, CLOSE_DRAINING);
    core_case_leave(&c, &late);

    core_case_advance(&c, 120);
    assert_int_equal(count_closed(1), 1);
    end(1);
}

static void has_nothing_to_wait_for_without_clients(void **state) {
    (void)state;
    const char *const sets[] = {"drain.delay=3", NULL};
    begin(sets, 0);
    core_drain(c.core);
    assert_true(core_drained(c.core));
    end(0);
}

static void lets_all_come_back_at_once_without_a_window(void **state) {
    (void)state;
    const char *const sets[] = {"drain.window=0", NULL};
    begin(sets, MANY);
    core_drain(c.core);
    core_turn(c.core);
    assert_int_equal(count_closed(MANY), MANY);
    assert_int_equal(wait_of(&links[MANY - 1]), 0);
    end(MANY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(sends_few_away_at_once),
            cmocka_unit_test(sends_many_away_over_the_window),
            cmocka_unit_test(spreads_evenly_what_the_window_is_needed_for),
            cmocka_unit_test(waits_for_load_balancers),
            cmocka_unit_test(has_nothing_to_wait_for_without_clients),
            cmocka_unit_test(lets_all_come_back_at_once_without_a_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
