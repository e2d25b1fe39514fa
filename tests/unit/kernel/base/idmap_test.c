#include "kernel/base/idmap.h"

#include <stdbool.h>

#include "tests/support/cmocka.h"
#include "tests/support/prng.h"

#define MODEL_IDS 60000

static int object;

static void issues_ids_from_one_upwards(void **state) {
    (void)state;
    struct idmap *map = idmap_create(10);

    assert_int_equal(idmap_add(map, &object), 1);
    assert_int_equal(idmap_add(map, &object), 2);

    assert_int_equal(idmap_count(map), 2);
    idmap_destroy(map);
}

static void never_issues_an_id_again(void **state) {
    (void)state;
    struct idmap *map = idmap_create(10);
    uint64_t last = 0;

    for (int i = 0; i < 1000; i++) {
        uint64_t id = idmap_add(map, &object);
        assert_true(id > last);
        assert_ptr_equal(idmap_remove(map, id), &object);
        assert_null(idmap_get(map, id));
        last = id;
    }
    idmap_destroy(map);
}

static void names_nothing_with_zero(void **state) {
    (void)state;
    struct idmap *map = idmap_create(10);
    assert_null(idmap_get(map, 0));

    idmap_add(map, &object);

    assert_null(idmap_get(map, 0));
    assert_null(idmap_remove(map, 0));
    assert_null(idmap_get(map, 2));
    assert_null(idmap_get(map, UINT64_MAX));
    idmap_destroy(map);
}

static void refuses_to_exceed_its_limit(void **state) {
    (void)state;
    struct idmap *map = idmap_create(2);
    uint64_t first = idmap_add(map, &object);
    idmap_add(map, &object);

    assert_int_equal(idmap_add(map, &object), 0);
    idmap_remove(map, first);

    assert_int_equal(idmap_add(map, &object), 3);
    assert_int_equal(idmap_add(map, &object), 0);
    assert_int_equal(idmap_count(map), 2);
    idmap_destroy(map);
}

static void accepts_null_in_destroy(void **state) {
    (void)state;
    idmap_destroy(NULL);
}

static void walks_in_ascending_order(void **state) {
    (void)state;
    struct idmap *map = idmap_create(5000);
    for (int i = 0; i < 5000; i++) {
        idmap_add(map, &object);
    }
    for (uint64_t id = 1; id <= 5000; id++) {
        if (id % 7) {
            idmap_remove(map, id);
        }
    }

    uint64_t cursor = 0;
    uint64_t expected = 7;
    while (idmap_next(map, &cursor)) {
        assert_int_equal(cursor, expected);
        expected += 7;
    }

    assert_int_equal(expected, 5005);
    idmap_destroy(map);
}

static void survives_removal_of_anything_during_a_walk(void **state) {
    (void)state;
    struct idmap *map = idmap_create(1000);
    for (int i = 0; i < 1000; i++) {
        idmap_add(map, &object);
    }

    // Each visit removes itself and the nine that follow it; the whole map
    // shrinks several times under the walk.
    uint64_t cursor = 0;
    uint64_t expected = 1;
    while (idmap_next(map, &cursor)) {
        assert_int_equal(cursor, expected);
        expected += 10;
        for (uint64_t id = cursor; id < cursor + 10; id++) {
            assert_ptr_equal(idmap_remove(map, id), &object);
        }
    }

    assert_int_equal(expected, 1001);
    assert_int_equal(idmap_count(map), 0);
    idmap_destroy(map);
}

static void sees_what_is_added_during_a_walk(void **state) {
    (void)state;
    struct idmap *map = idmap_create(1000);
    idmap_add(map, &object);

    uint64_t cursor = 0;
    int seen = 0;
    while (idmap_next(map, &cursor)) {
        seen++;
        idmap_remove(map, cursor);
        if (seen < 500) {
            idmap_add(map, &object);
            idmap_add(map, &object);
            idmap_remove(map, cursor + 1);
        }
    }

    assert_int_equal(idmap_count(map), 0);
    assert_int_equal(seen, 500);
    idmap_destroy(map);
}

struct model {
    char objects[MODEL_IDS + 1]; // objects[id] is the object of id
    bool present[MODEL_IDS + 1];
    uint64_t last;
    size_t count;
};

static void expect_same(const struct idmap *map, const struct model *model) {
    uint64_t cursor = 0;
    for (uint64_t id = 1; id <= model->last; id++) {
        if (!model->present[id]) {
            assert_null(idmap_get(map, id));
            continue;
        }
        assert_ptr_equal(idmap_get(map, id), &model->objects[id]);
        assert_ptr_equal(idmap_next(map, &cursor), &model->objects[id]);
        assert_true(cursor == id);
    }
    assert_null(idmap_next(map, &cursor));
    assert_int_equal(idmap_count(map), model->count);
}

static void add_one(struct idmap *map, struct model *model) {
    uint64_t id = model->last + 1;
    assert_int_equal(idmap_add(map, &model->objects[id]), id);
    model->present[id] = true;
    model->last = id;
    model->count++;
}

static void remove_one(struct idmap *map, struct model *model, uint64_t *seed) {
    uint64_t id = prng_below(seed, model->last + 2);
    bool present = id <= model->last && model->present[id];
    void *removed = idmap_remove(map, id);
    assert_ptr_equal(removed, present ? &model->objects[id] : NULL);
    if (present) {
        model->present[id] = false;
        model->count--;
    }
}

static void behaves_like_an_array_of_flags(void **state) {
    (void)state;
    static struct model model;
    struct idmap *map = idmap_create(MODEL_IDS);
    uint64_t seed = 4;

    for (int i = 0; i < 100000; i++) {
        bool grow = i / 5000 % 2 == 0;
        if (prng_below(&seed, 10) < (grow ? 7 : 2)) {
            add_one(map, &model);
        } else {
            remove_one(map, &model, &seed);
        }
        if (i % 2000 == 0) {
            expect_same(map, &model);
        }
    }
    expect_same(map, &model);
    idmap_destroy(map);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(issues_ids_from_one_upwards),
            cmocka_unit_test(never_issues_an_id_again),
            cmocka_unit_test(names_nothing_with_zero),
            cmocka_unit_test(refuses_to_exceed_its_limit),
            cmocka_unit_test(accepts_null_in_destroy),
            cmocka_unit_test(walks_in_ascending_order),
            cmocka_unit_test(survives_removal_of_anything_during_a_walk),
            cmocka_unit_test(sees_what_is_added_during_a_walk),
            cmocka_unit_test(behaves_like_an_array_of_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
