#include "kernel/core/memory_log.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/cmocka.h"
#include "tests/support/prng.h"

struct fixture {
    struct clock clock;
    struct memory_log log;
};

static void begin(struct fixture *f) {
    clock_init_fake(&f->clock, 1000000);
    memory_log_init(&f->log, 7);
}

static void add_text(struct fixture *f, const char *text, uint32_t keep_count,
        uint64_t keep_age_ms) {
    struct nx_str payload = {text, strlen(text)};
    assert_true(memory_log_reserve(&f->log));
    memory_log_append(&f->log, memory_record_create(payload), &f->clock,
            keep_count, keep_age_ms);
}

// Adds records whose payloads are the decimal numbers of their offsets.
static void add(struct fixture *f, size_t count, uint32_t keep_count) {
    for (size_t i = 0; i < count; i++) {
        char text[24];
        (void)snprintf(text, sizeof(text), "%llu",
                (unsigned long long)f->log.last + 1);
        add_text(f, text, keep_count, 0);
    }
}

static void expect_record(
        const struct nx_record *record, uint64_t offset, uint64_t epoch) {
    char text[24];
    (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)offset);
    assert_true(record->offset == offset);
    assert_true(record->epoch == epoch);
    assert_string_equal(record->payload.ptr, text);
    assert_int_equal(record->payload.len, strlen(text));
}

static void counts_offsets_from_one(void **state) {
    (void)state;
    struct fixture f;
    begin(&f);
    assert_true(f.log.last == 0 && memory_log_first(&f.log) == 0);

    add(&f, 3, 10);

    struct nx_record records[4];
    assert_int_equal(memory_log_after(&f.log, 0, records, 4), 3);
    for (uint64_t i = 0; i < 3; i++) {
        expect_record(&records[i], i + 1, f.log.epoch);
        assert_true(records[i].time_ms == 1000000);
        assert_int_equal(records[i].struct_size, sizeof(records[i]));
    }
    memory_log_finish(&f.log);
}

static void keeps_the_newest_by_count(void **state) {
    (void)state;
    struct fixture f;
    begin(&f);

    add(&f, 10, 4);

    struct nx_record records[10];
    assert_int_equal(memory_log_after(&f.log, 0, records, 10), 4);
    expect_record(&records[0], 7, f.log.epoch);
    expect_record(&records[3], 10, f.log.epoch);
    assert_true(memory_log_first(&f.log) == 7);
    memory_log_finish(&f.log);
}

static void keeps_less_when_the_rule_gets_stricter(void **state) {
    (void)state;
    struct fixture f;
    begin(&f);
    add(&f, 10, 10);

    add(&f, 1, 2);

    assert_int_equal(f.log.count, 2);
    assert_true(memory_log_first(&f.log) == 10);
    memory_log_finish(&f.log);
}

static void drops_what_is_older_than_the_age(void **state) {
    (void)state;
    struct fixture f;
    begin(&f);
    add_text(&f, "1", 10, 100);
    clock_advance(&f.clock, 50);
    add_text(&f, "2", 10, 100);

    clock_advance(&f.clock, 50);
    memory_log_expire(&f.log, &f.clock);
    assert_int_equal(f.log.count, 2); // 100 ms is not older than 100 ms
    clock_advance(&f.clock, 1);
    memory_log_expire(&f.log, &f.clock);
    assert_int_equal(f.log.count, 1);
    assert_true(memory_log_first(&f.log) == 2);
    memory_log_finish(&f.log);
}

static void drops_old_records_when_one_is_appended(void **state) {
    (void)state;
    struct fixture f;
    begin(&f);
    add_text(&f, "1", 10, 100);
    clock_advance(&f.clock, 101);

    add_text(&f, "2", 10, 100);

    assert_int_equal(f.log.count, 1);
    memory_log_finish(&f.log);
}

static void keeps_its_end_when_all_records_are_gone(void **state) {
    (void)state;
    struct fixture f;
    begin(&f);
    add(&f, 3, 10);
    while (f.log.count > 0) {
        memory_log_drop_first(&f.log);
    }

    struct nx_record record;
    assert_true(f.log.last == 3 && memory_log_first(&f.log) == 0);
    assert_int_equal(f.log.bytes, 0);
    assert_int_equal(memory_log_after(&f.log, 0, &record, 1), 0);
    assert_int_equal(memory_log_before(&f.log, 0, &record, 1), 0);
    assert_int_equal(memory_log_before(&f.log, 2, &record, 1), 0);
    add(&f, 1, 10);
    assert_int_equal(memory_log_after(&f.log, 3, &record, 1), 1);
    expect_record(&record, 4, f.log.epoch);
    memory_log_finish(&f.log);
}

static void reads_backwards_from_the_end_or_an_offset(void **state) {
    (void)state;
    struct fixture f;
    begin(&f);
    add(&f, 8, 5); // 4 to 8 are kept

    struct nx_record records[8];
    assert_int_equal(memory_log_before(&f.log, 0, records, 2), 2);
    expect_record(&records[0], 8, f.log.epoch);
    expect_record(&records[1], 7, f.log.epoch);
    assert_int_equal(memory_log_before(&f.log, 6, records, 8), 2);
    expect_record(&records[0], 5, f.log.epoch);
    expect_record(&records[1], 4, f.log.epoch);
    assert_int_equal(memory_log_before(&f.log, 4, records, 8), 0);
    assert_int_equal(memory_log_before(&f.log, 2, records, 8), 0);
    assert_int_equal(memory_log_before(&f.log, 1000, records, 8), 5);
    memory_log_finish(&f.log);
}

static void accepts_any_offset(void **state) {
    (void)state;
    struct fixture f;
    begin(&f);
    add(&f, 2, 5);

    struct nx_record record;
    assert_int_equal(memory_log_after(&f.log, 2, &record, 1), 0);
    assert_int_equal(memory_log_after(&f.log, UINT64_MAX, &record, 1), 0);
    assert_int_equal(memory_log_before(&f.log, UINT64_MAX, &record, 1), 1);
    expect_record(&record, 2, f.log.epoch);
    memory_log_finish(&f.log);
}

static void gives_memory_back_as_it_empties(void **state) {
    (void)state;
    struct fixture f;
    begin(&f);
    add(&f, 1000, 1000);
    size_t full = f.log.cap;

    while (f.log.count > 1) {
        memory_log_drop_first(&f.log);
    }

    assert_true(f.log.cap <= full / 64);
    struct nx_record record;
    assert_int_equal(memory_log_after(&f.log, 0, &record, 1), 1);
    expect_record(&record, 1000, f.log.epoch);
    memory_log_finish(&f.log);
}

// --- the model: all times of all records ----------------------------------

#define MODEL_MAX 4096

struct model {
    int64_t added_ms[MODEL_MAX]; // by offset - 1
    uint64_t last;
    uint64_t first; // first kept, last + 1: none
    size_t count_rule;
    uint64_t age_rule;
};

static void model_trim(struct model *m, int64_t now) {
    while (m->age_rule > 0 && m->first <= m->last
            && (uint64_t)(now - m->added_ms[m->first - 1]) > m->age_rule) {
        m->first++;
    }
}

static void model_append(struct model *m, int64_t now) {
    m->added_ms[m->last++] = now;
    if (m->last + 1 - m->first > m->count_rule) {
        m->first = m->last + 1 - m->count_rule;
    }
    model_trim(m, now);
}

static void compare_after(struct fixture *f, const struct model *m,
        uint64_t offset, size_t limit) {
    struct nx_record records[16];
    uint64_t next = offset + 1 > m->first ? offset + 1 : m->first;
    size_t count = memory_log_after(&f->log, offset, records, limit);
    for (size_t i = 0; i < count; i++) {
        expect_record(&records[i], next + i, f->log.epoch);
        assert_true(records[i].time_ms == m->added_ms[next + i - 1]);
    }
    uint64_t left = next <= m->last ? m->last - next + 1 : 0;
    assert_int_equal(count, left < limit ? left : limit);
}

static void compare_before(struct fixture *f, const struct model *m,
        uint64_t offset, size_t limit) {
    struct nx_record records[16];
    uint64_t next = offset > 0 && offset <= m->last ? offset - 1 : m->last;
    size_t count = memory_log_before(&f->log, offset, records, limit);
    for (size_t i = 0; i < count; i++) {
        expect_record(&records[i], next - i, f->log.epoch);
    }
    uint64_t left = next >= m->first ? next - m->first + 1 : 0;
    assert_int_equal(count, left < limit ? left : limit);
}

static void random_step(struct fixture *f, struct model *m, uint64_t *random) {
    char text[24];
    switch (prng_below(random, 4)) {
    case 0:
        clock_advance(&f->clock, (int64_t)prng_below(random, 40));
        break;
    case 1:
        m->count_rule = 1 + prng_below(random, 60);
        m->age_rule = prng_below(random, 2) * prng_below(random, 500);
        break;
    default:
        (void)snprintf(
                text, sizeof(text), "%llu", (unsigned long long)m->last + 1);
        model_append(m, clock_now_ms(&f->clock));
        add_text(f, text, (uint32_t)m->count_rule, m->age_rule);
        f->log.keep_age_ms = m->age_rule;
        break;
    }
}

static void behaves_like_a_list_of_everything(void **state) {
    (void)state;
    static struct model m;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct fixture f;
        uint64_t random = seed;
        begin(&f);
        m = (struct model){.first = 1, .count_rule = 5};
        while (m.last < MODEL_MAX) {
            random_step(&f, &m, &random);
            f.log.keep_age_ms = m.age_rule;
            memory_log_expire(&f.log, &f.clock);
            model_trim(&m, clock_now_ms(&f.clock));

            assert_true(f.log.last == m.last);
            assert_int_equal(f.log.count, m.last + 1 - m.first);
            size_t limit = prng_below(&random, 17);
            compare_after(&f, &m, prng_below(&random, m.last + 3), limit);
            compare_before(&f, &m, prng_below(&random, m.last + 3), limit);
        }
        memory_log_finish(&f.log);
        assert_int_equal(f.log.bytes, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(counts_offsets_from_one),
            cmocka_unit_test(keeps_the_newest_by_count),
            cmocka_unit_test(keeps_less_when_the_rule_gets_stricter),
            cmocka_unit_test(drops_what_is_older_than_the_age),
            cmocka_unit_test(drops_old_records_when_one_is_appended),
            cmocka_unit_test(keeps_its_end_when_all_records_are_gone),
            cmocka_unit_test(reads_backwards_from_the_end_or_an_offset),
            cmocka_unit_test(accepts_any_offset),
            cmocka_unit_test(gives_memory_back_as_it_empties),
            cmocka_unit_test(behaves_like_a_list_of_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
