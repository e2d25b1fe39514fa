#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/util/strmap.h>

#include "tests/support/cmocka.h"
#include "tests/support/prng.h"

#define MODEL_KEYS 2000

static int one = 1;
static int two = 2;

static bool put(struct nx_strmap *map, const char *key, void *value) {
    return nx_strmap_put(map, key, strlen(key), value);
}

static void *get(const struct nx_strmap *map, const char *key) {
    return nx_strmap_get(map, key, strlen(key));
}

static void *take(struct nx_strmap *map, const char *key) {
    return nx_strmap_remove(map, key, strlen(key));
}

static void finds_what_was_put(void **state) {
    (void)state;
    struct nx_strmap *map = nx_strmap_create(10);

    assert_true(put(map, "a", &one));
    assert_true(put(map, "", &two));

    assert_ptr_equal(get(map, "a"), &one);
    assert_ptr_equal(get(map, ""), &two);
    assert_null(get(map, "b"));
    assert_int_equal(nx_strmap_count(map), 2);
    nx_strmap_destroy(map, NULL);
}

static void compares_all_bytes_of_a_key(void **state) {
    (void)state;
    struct nx_strmap *map = nx_strmap_create(10);

    assert_true(nx_strmap_put(map, "a\0b", 3, &one));

    assert_ptr_equal(nx_strmap_get(map, "a\0b", 3), &one);
    assert_null(nx_strmap_get(map, "a\0c", 3));
    assert_null(nx_strmap_get(map, "a", 1));
    nx_strmap_destroy(map, NULL);
}

static void copies_its_keys(void **state) {
    (void)state;
    struct nx_strmap *map = nx_strmap_create(10);
    char key[] = "key";

    put(map, key, &one);
    key[0] = 'x';

    assert_ptr_equal(get(map, "key"), &one);
    assert_null(get(map, "xey"));
    nx_strmap_destroy(map, NULL);
}

static void refuses_to_put_a_key_twice(void **state) {
    (void)state;
    struct nx_strmap *map = nx_strmap_create(10);
    put(map, "a", &one);

    assert_false(put(map, "a", &two));

    assert_ptr_equal(get(map, "a"), &one);
    assert_int_equal(nx_strmap_count(map), 1);
    nx_strmap_destroy(map, NULL);
}

static void replaces_with_set_and_returns_the_old_value(void **state) {
    (void)state;
    struct nx_strmap *map = nx_strmap_create(10);
    void *old = &two;

    assert_true(nx_strmap_set(map, "a", 1, &one, &old));
    assert_null(old);
    assert_true(nx_strmap_set(map, "a", 1, &two, &old));
    assert_ptr_equal(old, &one);
    assert_true(nx_strmap_set(map, "a", 1, &one, NULL));

    assert_ptr_equal(get(map, "a"), &one);
    assert_int_equal(nx_strmap_count(map), 1);
    nx_strmap_destroy(map, NULL);
}

static void refuses_to_exceed_its_limit(void **state) {
    (void)state;
    struct nx_strmap *map = nx_strmap_create(2);
    void *old = &one;
    put(map, "a", &one);
    put(map, "b", &one);

    assert_false(put(map, "c", &one));
    assert_false(nx_strmap_set(map, "c", 1, &one, &old));
    assert_null(old);
    assert_true(nx_strmap_set(map, "b", 1, &two, NULL));
    take(map, "a");

    assert_true(put(map, "c", &one));
    assert_int_equal(nx_strmap_count(map), 2);
    nx_strmap_destroy(map, NULL);
}

static void returns_what_it_removes(void **state) {
    (void)state;
    struct nx_strmap *map = nx_strmap_create(10);
    put(map, "a", &one);

    assert_null(take(map, "b"));
    assert_ptr_equal(take(map, "a"), &one);

    assert_null(take(map, "a"));
    assert_null(get(map, "a"));
    assert_int_equal(nx_strmap_count(map), 0);
    nx_strmap_destroy(map, NULL);
}

static void frees_every_value_at_the_end(void **state) {
    (void)state;
    struct nx_strmap *map = nx_strmap_create(10);
    put(map, "a", malloc(1));
    put(map, "b", malloc(1));
    free(take(map, "a"));

    nx_strmap_destroy(map, free);
    nx_strmap_destroy(NULL, free);
}

static void walks_in_order_of_insertion(void **state) {
    (void)state;
    struct nx_strmap *map = nx_strmap_create(10);
    put(map, "x", &one);
    put(map, "gone", &one);
    put(map, "longer", &two);
    take(map, "gone");

    size_t cursor = 0;
    const char *key = NULL;
    size_t len = 0;

    assert_ptr_equal(nx_strmap_next(map, &cursor, &key, &len), &one);
    assert_int_equal(len, 1);
    assert_memory_equal(key, "x", 1);
    assert_ptr_equal(nx_strmap_next(map, &cursor, &key, &len), &two);
    assert_int_equal(len, 6);
    assert_memory_equal(key, "longer", 6);
    assert_null(nx_strmap_next(map, &cursor, NULL, NULL));
    nx_strmap_destroy(map, NULL);
}

static void survives_removal_of_everything_during_a_walk(void **state) {
    (void)state;
    struct nx_strmap *map = nx_strmap_create(1000);
    for (int i = 0; i < 1000; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "key%d", i);
        put(map, key, &one);
    }

    size_t cursor = 0;
    size_t seen = 0;
    const char *key = NULL;
    size_t len = 0;
    while (nx_strmap_next(map, &cursor, &key, &len)) {
        seen++;
        assert_ptr_equal(nx_strmap_remove(map, key, len), &one);
    }

    assert_int_equal(seen, 1000);
    assert_int_equal(nx_strmap_count(map), 0);
    nx_strmap_destroy(map, NULL);
}

static void sees_what_is_added_during_a_walk(void **state) {
    (void)state;
    struct nx_strmap *map = nx_strmap_create(1000);
    put(map, "0", &one);

    size_t cursor = 0;
    int seen = 0;
    while (nx_strmap_next(map, &cursor, NULL, NULL)) {
        char key[16];
        (void)snprintf(key, sizeof(key), "%d", ++seen);
        if (seen < 100) {
            put(map, key, &one);
        }
    }

    assert_int_equal(seen, 100);
    nx_strmap_destroy(map, NULL);
}

struct model {
    int values[MODEL_KEYS];   // what the map holds points in here
    bool present[MODEL_KEYS]; // by number of the key
    size_t count;
};

static void expect_same(struct nx_strmap *map, const struct model *model) {
    bool seen[MODEL_KEYS] = {false};
    size_t cursor = 0;
    size_t count = 0;
    for (int *value = nx_strmap_next(map, &cursor, NULL, NULL); value;
            value = nx_strmap_next(map, &cursor, NULL, NULL)) {
        size_t number = (size_t)(value - model->values);
        assert_true(model->present[number]);
        assert_false(seen[number]);
        seen[number] = true;
        count++;
    }
    assert_int_equal(count, model->count);
}

static void do_something(
        struct nx_strmap *map, struct model *model, uint64_t *seed, bool grow) {
    size_t number = prng_below(seed, MODEL_KEYS);
    int *value = &model->values[number];
    char key[32];
    int len = snprintf(key, sizeof(key), "user:%zu", number);
    bool present = model->present[number];

    assert_ptr_equal(
            nx_strmap_get(map, key, (size_t)len), present ? value : NULL);
    if (prng_below(seed, 4) < (grow ? 3 : 1)) {
        assert_int_equal(nx_strmap_put(map, key, (size_t)len, value), !present);
        model->count += present ? 0 : 1;
        model->present[number] = true;
    } else {
        assert_ptr_equal(nx_strmap_remove(map, key, (size_t)len),
                present ? value : NULL);
        model->count -= present ? 1 : 0;
        model->present[number] = false;
    }
    assert_int_equal(nx_strmap_count(map), model->count);
}

static void behaves_like_an_array_of_flags(void **state) {
    (void)state;
    static struct model model;
    struct nx_strmap *map = nx_strmap_create(MODEL_KEYS);
    uint64_t seed = 3;

    for (int i = 0; i < 100000; i++) {
        do_something(map, &model, &seed, i / 10000 % 2 == 0);
        if (i % 1000 == 0) {
            expect_same(map, &model);
        }
    }
    expect_same(map, &model);
    nx_strmap_destroy(map, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(finds_what_was_put),
            cmocka_unit_test(compares_all_bytes_of_a_key),
            cmocka_unit_test(copies_its_keys),
            cmocka_unit_test(refuses_to_put_a_key_twice),
            cmocka_unit_test(replaces_with_set_and_returns_the_old_value),
            cmocka_unit_test(refuses_to_exceed_its_limit),
            cmocka_unit_test(returns_what_it_removes),
            cmocka_unit_test(frees_every_value_at_the_end),
            cmocka_unit_test(walks_in_order_of_insertion),
            cmocka_unit_test(survives_removal_of_everything_during_a_walk),
            cmocka_unit_test(sees_what_is_added_during_a_walk),
            cmocka_unit_test(behaves_like_an_array_of_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
