#include "kernel/core/memory_facts.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/error.h>

#include "tests/support/cmocka.h"
#include "tests/support/prng.h"

static struct clock test_clock;
static struct memory_facts *facts;

static struct nx_str str(const char *text) {
    return (struct nx_str){text, strlen(text)};
}

static int set_up(void **state) {
    (void)state;
    clock_init_fake(&test_clock, 5000);
    facts = memory_facts_create(&test_clock, 1000, 1 << 20);
    return facts ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    memory_facts_destroy(facts);
    return 0;
}

static nx_status put_ttl(const char *space, const char *key, const char *value,
        uint64_t ttl_ms, uint64_t *revision) {
    struct memory_put put = {
            .space = str(space),
            .key = str(key),
            .value = {value, strlen(value)},
            .ttl_ms = ttl_ms,
            .expect_revision = NX_PUT_ANY,
    };
    return memory_facts_put(facts, &put, revision);
}

static nx_status put(const char *space, const char *key, const char *value) {
    uint64_t revision = 0;
    return put_ttl(space, key, value, 0, &revision);
}

static nx_status put_if(const char *key, uint64_t expect, uint64_t *revision) {
    struct memory_put request = {
            .space = str("s"),
            .key = str(key),
            .value = {"new", 3},
            .expect_revision = expect,
    };
    return memory_facts_put(facts, &request, revision);
}

static bool has(const char *space, const char *key, const char *value) {
    struct nx_fact fact;
    nx_status status = memory_facts_get(facts, str(space), str(key), &fact);
    if (status != NX_OK) {
        assert_int_equal(status, NX_ERR_NOT_FOUND);
        return false;
    }
    assert_string_equal(fact.key.ptr, key);
    if (fact.value.len != strlen(value)) {
        return false;
    }
    return fact.value.len == 0
            || memcmp(fact.value.ptr, value, fact.value.len) == 0;
}

// The keys of a scan, joined by spaces.
static const char *scan(const char *space, const char *prefix,
        const char *after, size_t limit) {
    static char text[256];
    struct nx_fact found[16];
    struct memory_range range = {str(space), str(prefix), str(after)};
    size_t count = memory_facts_scan(facts, &range, found, limit);
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
                i > 0 ? " " : "", found[i].key.ptr);
    }
    return text;
}

static void returns_what_was_put(void **state) {
    (void)state;
    assert_int_equal(put("s", "k", "one"), NX_OK);
    assert_int_equal(put("s", "empty", ""), NX_OK);
    assert_true(has("s", "k", "one"));
    assert_true(has("s", "empty", ""));
    assert_int_equal(put("s", "k", "other"), NX_OK);
    assert_true(has("s", "k", "other"));
    assert_false(has("s", "j", ""));
    assert_int_equal(memory_facts_count(facts), 2);
}

static void keeps_spaces_apart(void **state) {
    (void)state;
    assert_int_equal(put("a", "bk", "1"), NX_OK);
    assert_int_equal(put("ab", "k", "2"), NX_OK);

    assert_false(has("ab", "bk", "1"));
    assert_true(has("ab", "k", "2"));
    assert_string_equal(scan("a", "", "", 16), "bk");
    assert_string_equal(scan("ab", "", "", 16), "k");
    assert_int_equal(memory_facts_remove(facts, str("ab"), str("k")), NX_OK);
    assert_true(has("a", "bk", "1"));
}

static void replaces_only_the_revision_expected(void **state) {
    (void)state;
    uint64_t first = 0;
    uint64_t revision = 0;
    assert_int_equal(put_if("k", 7, &revision), NX_ERR_CONFLICT);
    assert_true(revision == 0);
    assert_int_equal(put_if("k", NX_PUT_NEW, &first), NX_OK);
    assert_true(first > 0);
    assert_int_equal(put_if("k", NX_PUT_NEW, &revision), NX_ERR_CONFLICT);
    assert_true(revision == first);
    assert_int_equal(put_if("k", first, &revision), NX_OK);
    assert_true(revision > first);
    assert_int_equal(put_if("k", first, &revision), NX_ERR_CONFLICT);
}

static void never_repeats_a_revision(void **state) {
    (void)state;
    uint64_t first = 0;
    uint64_t second = 0;
    assert_int_equal(put_if("k", NX_PUT_NEW, &first), NX_OK);
    assert_int_equal(memory_facts_remove(facts, str("s"), str("k")), NX_OK);

    assert_int_equal(put_if("k", NX_PUT_NEW, &second), NX_OK);

    assert_true(second > first);
}

static void removes_what_is_there(void **state) {
    (void)state;
    assert_int_equal(put("s", "k", "one"), NX_OK);
    assert_int_equal(memory_facts_remove(facts, str("s"), str("k")), NX_OK);
    assert_int_equal(
            memory_facts_remove(facts, str("s"), str("k")), NX_ERR_NOT_FOUND);
    assert_false(has("s", "k", "one"));
    assert_int_equal(memory_facts_bytes(facts), 0);
}

static void scans_in_the_order_of_bytes(void **state) {
    (void)state;
    const char *keys[] = {"b", "a/2", "a", "a/10", "\xc3\xa4", "B", "a/1"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        assert_int_equal(put("s", keys[i], "v"), NX_OK);
    }
    assert_string_equal(scan("s", "", "", 16), "B a a/1 a/10 a/2 b \xc3\xa4");
    assert_string_equal(scan("s", "a/", "", 16), "a/1 a/10 a/2");
    assert_string_equal(scan("s", "a/", "a/1", 16), "a/10 a/2");
    assert_string_equal(scan("s", "a/", "a/1", 1), "a/10");
    assert_string_equal(scan("s", "a/", "a/11", 16), "a/2");
    assert_string_equal(scan("s", "a/", "B", 16), "a/1 a/10 a/2");
    assert_string_equal(scan("s", "a/", "b", 16), "");
    assert_string_equal(scan("s", "", "\xc3\xa4", 16), "");
    assert_string_equal(scan("s", "zz", "", 16), "");
    assert_string_equal(scan("t", "", "", 16), "");
}

static void forgets_a_fact_at_its_ttl(void **state) {
    (void)state;
    uint64_t revision = 0;
    assert_int_equal(put_ttl("s", "k", "v", 100, &revision), NX_OK);
    clock_advance(&test_clock, 99);
    assert_true(has("s", "k", "v"));
    assert_string_equal(scan("s", "", "", 16), "k");

    clock_advance(&test_clock, 1);

    assert_false(has("s", "k", "v"));
    assert_string_equal(scan("s", "", "", 16), "");
    assert_int_equal(
            memory_facts_remove(facts, str("s"), str("k")), NX_ERR_NOT_FOUND);
}

static void takes_a_fact_past_its_ttl_for_absent(void **state) {
    (void)state;
    uint64_t revision = 0;
    assert_int_equal(put_ttl("s", "k", "v", 100, &revision), NX_OK);
    clock_advance(&test_clock, 100);

    assert_int_equal(put_if("k", NX_PUT_NEW, &revision), NX_OK);
    assert_int_equal(memory_facts_count(facts), 1);
    clock_advance(&test_clock, 1000);
    assert_true(has("s", "k", "new")); // no ttl any more
}

static void replaces_the_ttl_with_the_value(void **state) {
    (void)state;
    uint64_t revision = 0;
    assert_int_equal(put_ttl("s", "k", "v", 100, &revision), NX_OK);
    clock_advance(&test_clock, 50);
    assert_int_equal(put_ttl("s", "k", "w", 100, &revision), NX_OK);
    clock_advance(&test_clock, 99);
    assert_true(has("s", "k", "w"));
    assert_int_equal(put("s", "k", "x"), NX_OK);
    clock_advance(&test_clock, 100000);
    assert_true(has("s", "k", "x"));
    assert_int_equal(memory_facts_sweep(facts, 10), 0);
}

static void sweeps_no_more_than_asked(void **state) {
    (void)state;
    uint64_t revision = 0;
    char key[16];
    for (int i = 0; i < 10; i++) {
        (void)snprintf(key, sizeof(key), "k%d", i);
        assert_int_equal(
                put_ttl("s", key, "v", i < 7 ? 10 : 500, &revision), NX_OK);
    }
    assert_int_equal(memory_facts_sweep(facts, 100), 0);
    clock_advance(&test_clock, 10);

    assert_int_equal(memory_facts_sweep(facts, 4), 4);
    assert_int_equal(memory_facts_count(facts), 6);
    assert_int_equal(memory_facts_sweep(facts, 100), 3);
    assert_string_equal(scan("s", "", "", 16), "k7 k8 k9");
}

static void refuses_more_facts_than_its_ceiling(void **state) {
    (void)state;
    struct memory_facts *kept = facts;
    facts = memory_facts_create(&test_clock, 2, 1 << 20);
    uint64_t revision = 0;
    assert_int_equal(put_ttl("s", "a", "1", 10, &revision), NX_OK);
    assert_int_equal(put("s", "b", "1"), NX_OK);

    assert_int_equal(put("s", "c", "1"), NX_ERR_LIMIT);
    assert_int_equal(put("s", "b", "2"), NX_OK);
    clock_advance(&test_clock, 10);
    assert_int_equal(put("s", "c", "1"), NX_OK); // in the place of a
    assert_string_equal(scan("s", "", "", 16), "b c");
    memory_facts_destroy(facts);
    facts = kept;
}

static void refuses_more_bytes_than_its_ceiling(void **state) {
    (void)state;
    struct memory_facts *kept = facts;
    facts = memory_facts_create(&test_clock, 1000, 4096);
    char value[5001];
    memset(value, 'x', sizeof(value));
    value[5000] = '\0';
    assert_int_equal(put("s", "k", value), NX_ERR_LIMIT);
    value[3500] = '\0';
    assert_int_equal(put("s", "k", value), NX_OK);
    assert_int_equal(put("s", "l", value), NX_ERR_LIMIT);
    assert_int_equal(put("s", "k", value), NX_OK); // its own bytes are free
    value[3500] = 'x';
    assert_int_equal(put("s", "k", value), NX_ERR_LIMIT);
    value[3500] = '\0';
    assert_true(has("s", "k", value));
    assert_true(memory_facts_bytes(facts) <= 4096);
    memory_facts_destroy(facts);
    facts = kept;
}

static void accepts_the_longest_names_and_ttl(void **state) {
    (void)state;
    char space[MEMORY_FACTS_SPACE_MAX + 1];
    char key[MEMORY_FACTS_KEY_MAX + 1];
    uint64_t revision = 0;
    memset(space, 0xff, sizeof(space));
    memset(key, 0xff, sizeof(key));
    space[sizeof(space) - 1] = '\0';
    key[sizeof(key) - 1] = '\0';

    assert_int_equal(put_ttl(space, key, "v", UINT64_MAX, &revision), NX_OK);

    clock_advance(&test_clock, INT64_C(1) << 40);
    assert_true(has(space, key, "v"));
}

// --- the model: an array sorted by key ------------------------------------

struct entry {
    char key[8];
    uint32_t value;
    uint64_t revision;
    int64_t ends_ms; // 0: never
};

struct model {
    struct entry entries[600];
    size_t count;
};

static size_t model_place(const struct model *m, const char *key) {
    size_t i = 0;
    while (i < m->count && strcmp(m->entries[i].key, key) < 0) {
        i++;
    }
    return i;
}

static struct entry *model_get(struct model *m, const char *key) {
    size_t i = model_place(m, key);
    if (i == m->count || strcmp(m->entries[i].key, key) != 0) {
        return NULL;
    }
    return &m->entries[i];
}

static void model_remove(struct model *m, size_t i) {
    memmove(&m->entries[i], &m->entries[i + 1],
            (m->count - i - 1) * sizeof(m->entries[0]));
    m->count--;
}

static void model_expire(struct model *m) {
    for (size_t i = m->count; i-- > 0;) {
        int64_t ends = m->entries[i].ends_ms;
        if (ends > 0 && ends <= clock_now_ms(&test_clock)) {
            model_remove(m, i);
        }
    }
}

static struct entry *model_insert(struct model *m, const char *key) {
    size_t i = model_place(m, key);
    memmove(&m->entries[i + 1], &m->entries[i],
            (m->count - i) * sizeof(m->entries[0]));
    m->count++;
    m->entries[i] = (struct entry){{0}, 0, 0, 0};
    memcpy(m->entries[i].key, key, strlen(key) + 1);
    return &m->entries[i];
}

static uint64_t pick_expected(const struct entry *entry, uint64_t *random) {
    switch (prng_below(random, 4)) {
    case 0:
        return NX_PUT_NEW;
    case 1:
        return entry ? entry->revision : 3;
    default:
        return NX_PUT_ANY;
    }
}

static void step_put(struct model *m, const char *key, uint64_t *random) {
    struct entry *entry = model_get(m, key);
    uint32_t value = (uint32_t)prng_next(random);
    uint64_t expect = pick_expected(entry, random);
    uint64_t ttl = prng_below(random, 2) * prng_below(random, 400);
    uint64_t revision = 0;
    struct memory_put request = {
            .space = str("space"),
            .key = str(key),
            .value = {&value, 1 + value % 4},
            .ttl_ms = ttl,
            .expect_revision = expect,
    };
    nx_status status = memory_facts_put(facts, &request, &revision);

    uint64_t current = entry ? entry->revision : 0;
    if (expect != NX_PUT_ANY && expect != current) {
        assert_int_equal(status, NX_ERR_CONFLICT);
        assert_true(revision == current);
        return;
    }
    assert_int_equal(status, NX_OK);
    assert_true(revision > current);
    if (!entry) {
        entry = model_insert(m, key);
    }
    entry->value = value;
    entry->revision = revision;
    entry->ends_ms = ttl > 0 ? clock_now_ms(&test_clock) + (int64_t)ttl : 0;
}

static void step_remove(struct model *m, const char *key) {
    const struct entry *entry = model_get(m, key);
    nx_status status = memory_facts_remove(facts, str("space"), str(key));
    assert_int_equal(status, entry ? NX_OK : NX_ERR_NOT_FOUND);
    if (entry) {
        model_remove(m, model_place(m, key));
    }
}

static void expect_same(const struct nx_fact *fact, const struct entry *e) {
    assert_string_equal(fact->key.ptr, e->key);
    assert_int_equal(fact->key.len, strlen(e->key));
    assert_true(fact->revision == e->revision);
    assert_int_equal(fact->value.len, 1 + e->value % 4);
    assert_memory_equal(fact->value.ptr, &e->value, fact->value.len);
}

static void compare_scan(const struct model *m, const char *prefix,
        const char *after, size_t limit) {
    struct nx_fact found[32];
    struct memory_range range = {str("space"), str(prefix), str(after)};
    size_t count = memory_facts_scan(facts, &range, found, limit);
    size_t seen = 0;
    for (size_t i = 0; i < m->count && seen < limit; i++) {
        const struct entry *entry = &m->entries[i];
        if (strncmp(entry->key, prefix, strlen(prefix)) == 0
                && strcmp(entry->key, after) > 0) {
            assert_true(seen < count);
            expect_same(&found[seen++], entry);
        }
    }
    assert_int_equal(seen, count);
}

static void random_key(char key[8], size_t most, uint64_t *random) {
    size_t len = 1 + prng_below(random, most);
    for (size_t i = 0; i < len; i++) {
        key[i] = (char)('a' + prng_below(random, 4));
    }
    key[len] = '\0';
}

static void random_step(struct model *m, uint64_t *random) {
    char key[8];
    char other[8];
    random_key(key, 4, random);
    random_key(other, 2, random);
    switch (prng_below(random, 8)) {
    case 0:
        step_remove(m, key);
        break;
    case 1:
        clock_advance(&test_clock, (int64_t)prng_below(random, 50));
        model_expire(m);
        break;
    case 2:
        (void)memory_facts_sweep(facts, prng_below(random, 20));
        break;
    case 3:
        compare_scan(m, other, key, prng_below(random, 33));
        break;
    default:
        step_put(m, key, random);
        break;
    }
    const struct entry *entry = model_get(m, key);
    struct nx_fact fact;
    nx_status status = memory_facts_get(facts, str("space"), str(key), &fact);
    assert_int_equal(status, entry ? NX_OK : NX_ERR_NOT_FOUND);
    if (entry) {
        expect_same(&fact, entry);
    }
}

static void behaves_like_a_sorted_array(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        static struct model m;
        uint64_t random = seed;
        memory_facts_destroy(facts);
        facts = memory_facts_create(&test_clock, 1000, 1 << 20);
        assert_non_null(facts);
        m.count = 0;
        for (size_t step = 0; step < 5000; step++) {
            random_step(&m, &random);
        }
        (void)memory_facts_sweep(facts, 1000);
        assert_int_equal(memory_facts_count(facts), m.count);
        while (m.count > 0) {
            step_remove(&m, m.entries[prng_below(&random, m.count)].key);
        }
        assert_int_equal(memory_facts_bytes(facts), 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(returns_what_was_put),
            TEST(keeps_spaces_apart),
            TEST(replaces_only_the_revision_expected),
            TEST(never_repeats_a_revision),
            TEST(removes_what_is_there),
            TEST(scans_in_the_order_of_bytes),
            TEST(forgets_a_fact_at_its_ttl),
            TEST(takes_a_fact_past_its_ttl_for_absent),
            TEST(replaces_the_ttl_with_the_value),
            TEST(sweeps_no_more_than_asked),
            TEST(refuses_more_facts_than_its_ceiling),
            TEST(refuses_more_bytes_than_its_ceiling),
            TEST(accepts_the_longest_names_and_ttl),
            TEST(behaves_like_a_sorted_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
