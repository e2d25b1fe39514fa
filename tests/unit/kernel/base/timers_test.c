#include "kernel/base/timers.h"

#include <stdlib.h>

#include "tests/support/cmocka.h"
#include "tests/support/prng.h"

#define SECOND INT64_C(1000)
#define HOUR   (3600 * SECOND)
#define DAY    (24 * HOUR)

struct probe {
    struct timer timer;
    struct fixture *fixture;
    int fired;
    int64_t fired_at;
    void (*then)(struct probe *probe); // may be NULL
};

struct fixture {
    struct clock clock;
    struct timers wheel;
    struct probe a;
    struct probe b;
};

static void note(void *arg) {
    struct probe *probe = arg;
    probe->fired++;
    probe->fired_at = clock_now_ms(&probe->fixture->clock);
    if (probe->then) {
        probe->then(probe);
    }
}

static void init_probe(struct fixture *f, struct probe *probe) {
    timer_init(&probe->timer, note, probe);
    probe->fixture = f;
    probe->fired = 0;
    probe->fired_at = 0;
    probe->then = NULL;
}

static void init_at(struct fixture *f, int64_t start_ms) {
    clock_init_fake(&f->clock, start_ms);
    timers_init(&f->wheel, &f->clock);
    init_probe(f, &f->a);
    init_probe(f, &f->b);
}

static void advance(struct fixture *f, int64_t ms) {
    clock_advance(&f->clock, ms);
    timers_advance(&f->wheel);
}

static void fires_once_when_due(void **state) {
    (void)state;
    struct fixture f;
    init_at(&f, 123456);
    timers_set(&f.wheel, &f.a.timer, 100);
    assert_true(timer_armed(&f.a.timer));

    advance(&f, 99);
    assert_int_equal(f.a.fired, 0);
    advance(&f, 11);
    assert_int_equal(f.a.fired, 1);

    assert_false(timer_armed(&f.a.timer));
    advance(&f, HOUR);
    assert_int_equal(f.a.fired, 1);
    timers_finish(&f.wheel);
}

// One millisecond at a time around the deadline.
static void expect_on_time(int64_t start, int64_t delay) {
    struct fixture f;
    init_at(&f, start);
    timers_set(&f.wheel, &f.a.timer, delay);
    if (delay > 20) {
        advance(&f, delay - 15);
    }
    for (int i = 0; i < 40 && !f.a.fired; i++) {
        advance(&f, 1);
    }

    assert_int_equal(f.a.fired, 1);
    assert_in_range(f.a.fired_at - start - delay, 0, TIMERS_TICK_MS);
    timers_finish(&f.wheel);
}

// Every delay of interest, from several phases of the wheel.
static void fires_never_early_and_at_most_a_tick_late(void **state) {
    (void)state;
    const int64_t delays[] = {0, 1, 9, 10, 11, 630, 639, 640, 641, 650, 40950,
            40959, 40960, 40961, 2621439, 2621440, 2621441, HOUR, DAY - 1,
            167772150, 167772159, 167772160, 167772161, 3 * DAY, 30 * DAY,
            400 * DAY};
    const int64_t starts[] = {0, 7, 630, 635, 640, 40955, 2621435, 167772155};

    for (size_t s = 0; s < sizeof(starts) / sizeof(starts[0]); s++) {
        for (size_t d = 0; d < sizeof(delays) / sizeof(delays[0]); d++) {
            expect_on_time(starts[s], delays[d]);
        }
    }
}

static void counts_from_the_clock_and_not_from_the_last_advance(void **state) {
    (void)state;
    struct fixture f;
    init_at(&f, 1000);

    clock_advance(&f.clock, HOUR);
    timers_set(&f.wheel, &f.a.timer, 5 * SECOND);
    timers_advance(&f.wheel);
    assert_int_equal(f.a.fired, 0);
    advance(&f, 5 * SECOND);

    assert_int_equal(f.a.fired, 1);
    timers_finish(&f.wheel);
}

static void moves_an_armed_timer_when_set_again(void **state) {
    (void)state;
    struct fixture f;
    init_at(&f, 0);
    timers_set(&f.wheel, &f.a.timer, SECOND);

    timers_set(&f.wheel, &f.a.timer, 3 * SECOND);
    advance(&f, 2 * SECOND);
    assert_int_equal(f.a.fired, 0);
    timers_set(&f.wheel, &f.a.timer, 10);
    advance(&f, 20);

    assert_int_equal(f.a.fired, 1);
    timers_finish(&f.wheel);
}

static void does_not_fire_after_cancel(void **state) {
    (void)state;
    struct fixture f;
    init_at(&f, 0);
    timers_set(&f.wheel, &f.a.timer, SECOND);

    timer_cancel(&f.a.timer);
    timer_cancel(&f.a.timer);
    assert_false(timer_armed(&f.a.timer));
    advance(&f, 2 * SECOND);

    assert_int_equal(f.a.fired, 0);
    timers_finish(&f.wheel);
}

static void accepts_extreme_delays(void **state) {
    (void)state;
    struct fixture f;
    init_at(&f, 0);

    timers_set(&f.wheel, &f.a.timer, INT64_MAX);
    timers_set(&f.wheel, &f.b.timer, INT64_MIN);
    advance(&f, 10);
    assert_int_equal(f.b.fired, 1);
    advance(&f, 1000 * DAY);

    assert_int_equal(f.a.fired, 0);
    assert_true(timer_armed(&f.a.timer));
    timers_finish(&f.wheel);
}

static void cancels_everything_at_the_end(void **state) {
    (void)state;
    struct fixture f;
    init_at(&f, 0);
    timers_set(&f.wheel, &f.a.timer, 10);
    timers_set(&f.wheel, &f.b.timer, DAY);

    timers_finish(&f.wheel);

    assert_false(timer_armed(&f.a.timer));
    assert_false(timer_armed(&f.b.timer));
}

static void set_again_10(struct probe *probe) {
    timers_set(&probe->fixture->wheel, &probe->timer, 10);
}

static void set_again_0(struct probe *probe) {
    timers_set(&probe->fixture->wheel, &probe->timer, 0);
}

static void cancel_b(struct probe *probe) {
    timer_cancel(&probe->fixture->b.timer);
}

static void set_b_later(struct probe *probe) {
    timers_set(&probe->fixture->wheel, &probe->fixture->b.timer, SECOND);
}

static void may_be_set_from_its_own_callback(void **state) {
    (void)state;
    struct fixture f;
    init_at(&f, 0);
    f.a.then = set_again_10;
    timers_set(&f.wheel, &f.a.timer, 10);

    for (int i = 0; i < 100; i++) {
        advance(&f, 10);
    }

    assert_int_equal(f.a.fired, 100);
    timers_finish(&f.wheel);
}

static void does_not_loop_on_a_timer_without_delay(void **state) {
    (void)state;
    struct fixture f;
    init_at(&f, 0);
    f.a.then = set_again_0;
    timers_set(&f.wheel, &f.a.timer, 0);

    advance(&f, HOUR);

    assert_in_range(f.a.fired, 1, 2);
    assert_true(timer_armed(&f.a.timer));
    timers_finish(&f.wheel);
}

static void may_cancel_a_timer_due_at_the_same_time(void **state) {
    (void)state;
    struct fixture f;
    init_at(&f, 0);
    f.a.then = cancel_b;
    timers_set(&f.wheel, &f.a.timer, 50);
    timers_set(&f.wheel, &f.b.timer, 50);

    advance(&f, 100);

    assert_int_equal(f.a.fired, 1);
    assert_int_equal(f.b.fired, 0);
    timers_finish(&f.wheel);
}

static void may_move_a_timer_due_at_the_same_time(void **state) {
    (void)state;
    struct fixture f;
    init_at(&f, 0);
    f.a.then = set_b_later;
    timers_set(&f.wheel, &f.a.timer, 50);
    timers_set(&f.wheel, &f.b.timer, 50);

    advance(&f, 100);
    assert_int_equal(f.b.fired, 0);
    advance(&f, SECOND + 10);

    assert_int_equal(f.b.fired, 1);
    timers_finish(&f.wheel);
}

static void free_itself(void *arg) {
    struct timer *timer = arg;
    free(timer);
}

static void may_be_freed_in_its_own_callback(void **state) {
    (void)state;
    struct fixture f;
    init_at(&f, 0);
    struct timer *timer = malloc(sizeof(*timer));
    assert_non_null(timer);
    timer_init(timer, free_itself, timer);
    timers_set(&f.wheel, timer, 10);

    advance(&f, 20);

    timers_finish(&f.wheel);
}

static void lets_the_loop_sleep_when_nothing_is_armed(void **state) {
    (void)state;
    struct fixture f;
    init_at(&f, 0);
    int64_t sleep = 77;

    assert_false(timers_next_ms(&f.wheel, &sleep));
    timers_set(&f.wheel, &f.a.timer, 100);
    assert_true(timers_next_ms(&f.wheel, &sleep));
    assert_int_equal(sleep, 100);
    clock_advance(&f.clock, 500);
    assert_true(timers_next_ms(&f.wheel, &sleep));
    assert_int_equal(sleep, 0);
    timer_cancel(&f.a.timer);

    assert_false(timers_next_ms(&f.wheel, &sleep));
    timers_finish(&f.wheel);
}

static void wakes_the_loop_in_time_and_rarely(void **state) {
    (void)state;
    uint64_t seed = 7;

    for (int i = 0; i < 2000; i++) {
        struct fixture f;
        int64_t start = (int64_t)prng_below(&seed, 10 * DAY);
        int64_t delay =
                (int64_t)(prng_below(&seed, 10 * DAY) >> prng_below(&seed, 30));
        init_at(&f, start);
        timers_set(&f.wheel, &f.a.timer, delay);

        int turns = 0;
        int64_t sleep = 0;
        while (timers_next_ms(&f.wheel, &sleep)) {
            advance(&f, sleep);
            turns++;
        }

        assert_int_equal(f.a.fired, 1);
        assert_in_range(f.a.fired_at - start - delay, 0, TIMERS_TICK_MS);
        assert_in_range(turns, 1, 12);
        timers_finish(&f.wheel);
    }
}

// --- against a model: all deadlines in an array, searched in full ---------

#define MODEL_TIMERS 200

struct model;

struct modelled {
    struct timer timer;
    struct model *model;
    int64_t deadline; // -1 while not armed
    int64_t due;      // tick at which it must fire
};

struct model {
    struct clock clock;
    struct timers wheel;
    uint64_t seed;
    int fired;
    struct modelled timers[MODEL_TIMERS];
};

static void set_or_cancel_one(struct model *model) {
    struct modelled *t = &model->timers[prng_below(&model->seed, MODEL_TIMERS)];
    if (prng_below(&model->seed, 4) == 0) {
        timer_cancel(&t->timer);
        t->deadline = -1;
        return;
    }
    // From milliseconds to weeks, short ones more often.
    int64_t delay = (int64_t)(prng_below(&model->seed, 30 * DAY)
            >> prng_below(&model->seed, 32));
    timers_set(&model->wheel, &t->timer, delay);
    t->deadline = clock_now_ms(&model->clock) + delay;
    t->due = (t->deadline + TIMERS_TICK_MS - 1) / TIMERS_TICK_MS;
    // The current tick is over, or being fired: the next one is the soonest.
    if (t->due <= model->wheel.tick) {
        t->due = model->wheel.tick + 1;
    }
}

static void handle_fired(void *arg) {
    struct modelled *t = arg;
    struct model *model = t->model;
    assert_true(t->deadline >= 0);
    assert_true(t->deadline <= clock_now_ms(&model->clock));
    assert_false(timer_armed(&t->timer));
    for (size_t i = 0; i < MODEL_TIMERS; i++) {
        const struct modelled *other = &model->timers[i];
        if (other->deadline >= 0) {
            assert_true(other->due >= t->due);
        }
    }
    t->deadline = -1;
    model->fired++;
    if (prng_below(&model->seed, 3) == 0) {
        set_or_cancel_one(model);
    }
}

static void expect_nothing_overdue(const struct model *model) {
    int64_t now = clock_now_ms(&model->clock);
    for (size_t i = 0; i < MODEL_TIMERS; i++) {
        const struct modelled *t = &model->timers[i];
        assert_int_equal(timer_armed(&t->timer), t->deadline >= 0);
        if (t->deadline >= 0) {
            assert_true(t->due > now / TIMERS_TICK_MS);
        }
    }
}

static void expect_sleep_in_time(struct model *model) {
    int64_t sleep = 0;
    bool any = timers_next_ms(&model->wheel, &sleep);
    int64_t wake = clock_now_ms(&model->clock) + sleep;
    bool armed = false;
    for (size_t i = 0; i < MODEL_TIMERS; i++) {
        const struct modelled *t = &model->timers[i];
        if (t->deadline >= 0) {
            armed = true;
            assert_true(wake <= t->deadline + TIMERS_TICK_MS);
        }
    }
    assert_int_equal(any, armed);
}

static void behaves_like_a_sorted_list(void **state) {
    (void)state;
    static struct model model;
    model.seed = 8;
    clock_init_fake(&model.clock, 987654321);
    timers_init(&model.wheel, &model.clock);
    for (size_t i = 0; i < MODEL_TIMERS; i++) {
        timer_init(&model.timers[i].timer, handle_fired, &model.timers[i]);
        model.timers[i].model = &model;
        model.timers[i].deadline = -1;
    }

    for (int i = 0; i < 50000; i++) {
        set_or_cancel_one(&model);
        expect_sleep_in_time(&model);
        if (prng_below(&model.seed, 2) == 0) {
            clock_advance(&model.clock,
                    (int64_t)(prng_below(&model.seed, 5 * DAY)
                            >> prng_below(&model.seed, 30)));
            timers_advance(&model.wheel);
            expect_nothing_overdue(&model);
        }
    }
    assert_true(model.fired > 10000);
    timers_finish(&model.wheel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(fires_once_when_due),
            cmocka_unit_test(fires_never_early_and_at_most_a_tick_late),
            cmocka_unit_test(
                    counts_from_the_clock_and_not_from_the_last_advance),
            cmocka_unit_test(moves_an_armed_timer_when_set_again),
            cmocka_unit_test(does_not_fire_after_cancel),
            cmocka_unit_test(accepts_extreme_delays),
            cmocka_unit_test(cancels_everything_at_the_end),
            cmocka_unit_test(may_be_set_from_its_own_callback),
            cmocka_unit_test(does_not_loop_on_a_timer_without_delay),
            cmocka_unit_test(may_cancel_a_timer_due_at_the_same_time),
            cmocka_unit_test(may_move_a_timer_due_at_the_same_time),
            cmocka_unit_test(may_be_freed_in_its_own_callback),
            cmocka_unit_test(lets_the_loop_sleep_when_nothing_is_armed),
            cmocka_unit_test(wakes_the_loop_in_time_and_rarely),
            cmocka_unit_test(behaves_like_a_sorted_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
