#include <nexus/util/list.h>

#include "tests/support/cmocka.h"

struct item {
    char name;
    struct nx_list link; // fixture::head
};

struct fixture {
    struct nx_list head;
    struct item a;
    struct item b;
    struct item c;
};

static void init(struct fixture *f) {
    nx_list_init(&f->head);
    struct item *items[] = {&f->a, &f->b, &f->c};
    for (size_t i = 0; i < 3; i++) {
        items[i]->name = (char)('a' + i);
        nx_list_init(&items[i]->link);
    }
}

static void append_abc(struct fixture *f) {
    nx_list_append(&f->head, &f->a.link);
    nx_list_append(&f->head, &f->b.link);
    nx_list_append(&f->head, &f->c.link);
}

static char name_of(struct nx_list *link) {
    return nx_container_of(link, struct item, link)->name;
}

// Walks both ways, so a broken prev pointer shows as well.
static void expect_names(struct nx_list *head, const char *names) {
    struct nx_list *last = head;
    nx_list_for_each (link, head) {
        assert_int_equal(name_of(link), *names++);
        assert_ptr_equal(link->prev, last);
        last = link;
    }
    assert_int_equal(*names, '\0');
    assert_ptr_equal(head->prev, last);
}

static void starts_empty(void **state) {
    (void)state;
    struct fixture f;
    init(&f);

    assert_true(nx_list_empty(&f.head));
    assert_null(nx_list_take_first(&f.head));
    expect_names(&f.head, "");
}

static void keeps_order_of_appends(void **state) {
    (void)state;
    struct fixture f;
    init(&f);

    append_abc(&f);

    assert_false(nx_list_empty(&f.head));
    expect_names(&f.head, "abc");
}

static void prepends_in_front(void **state) {
    (void)state;
    struct fixture f;
    init(&f);

    nx_list_prepend(&f.head, &f.a.link);
    nx_list_prepend(&f.head, &f.b.link);

    expect_names(&f.head, "ba");
}

static void removes_from_the_middle(void **state) {
    (void)state;
    struct fixture f;
    init(&f);
    append_abc(&f);

    nx_list_remove(&f.b.link);

    expect_names(&f.head, "ac");
    assert_false(nx_list_linked(&f.b.link));
    assert_true(nx_list_linked(&f.a.link));
}

static void removes_twice_without_harm(void **state) {
    (void)state;
    struct fixture f;
    init(&f);
    append_abc(&f);

    nx_list_remove(&f.b.link);
    nx_list_remove(&f.b.link);

    expect_names(&f.head, "ac");
}

static void appends_again_after_removal(void **state) {
    (void)state;
    struct fixture f;
    init(&f);
    append_abc(&f);

    nx_list_remove(&f.a.link);
    nx_list_append(&f.head, &f.a.link);

    expect_names(&f.head, "bca");
}

static void takes_from_the_front_until_empty(void **state) {
    (void)state;
    struct fixture f;
    init(&f);
    append_abc(&f);

    assert_ptr_equal(nx_list_take_first(&f.head), &f.a.link);
    expect_names(&f.head, "bc");
    assert_false(nx_list_linked(&f.a.link));
    assert_ptr_equal(nx_list_take_first(&f.head), &f.b.link);
    assert_ptr_equal(nx_list_take_first(&f.head), &f.c.link);
    assert_null(nx_list_take_first(&f.head));
    assert_true(nx_list_empty(&f.head));
}

static void splices_at_the_end_and_empties_the_source(void **state) {
    (void)state;
    struct fixture f;
    struct nx_list other;
    init(&f);
    nx_list_init(&other);
    nx_list_append(&f.head, &f.a.link);
    nx_list_append(&other, &f.b.link);
    nx_list_append(&other, &f.c.link);

    nx_list_splice(&f.head, &other);

    expect_names(&f.head, "abc");
    assert_true(nx_list_empty(&other));
}

static void splices_an_empty_list_without_effect(void **state) {
    (void)state;
    struct fixture f;
    struct nx_list other;
    init(&f);
    nx_list_init(&other);
    append_abc(&f);

    nx_list_splice(&f.head, &other);

    expect_names(&f.head, "abc");
}

static void survives_removal_of_the_current_link_in_a_safe_walk(void **state) {
    (void)state;
    struct fixture f;
    init(&f);
    append_abc(&f);

    int seen = 0;
    nx_list_for_each_safe (link, next, &f.head) {
        seen++;
        if (name_of(link) != 'b') {
            nx_list_remove(link);
        }
    }

    assert_int_equal(seen, 3);
    expect_names(&f.head, "b");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(starts_empty),
            cmocka_unit_test(keeps_order_of_appends),
            cmocka_unit_test(prepends_in_front),
            cmocka_unit_test(removes_from_the_middle),
            cmocka_unit_test(removes_twice_without_harm),
            cmocka_unit_test(appends_again_after_removal),
            cmocka_unit_test(takes_from_the_front_until_empty),
            cmocka_unit_test(splices_at_the_end_and_empties_the_source),
            cmocka_unit_test(splices_an_empty_list_without_effect),
            cmocka_unit_test(
                    survives_removal_of_the_current_link_in_a_safe_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
