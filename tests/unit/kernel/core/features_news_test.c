#include "kernel/core/features_news.h"

#include "kernel/core/registry.h"
#include "tests/support/core_case.h"

#define CLIENTS 1500u

// An owner is never looked into.
static char owner_memory;
#define OWNER ((struct plugin *)(void *)&owner_memory)

// More than fit into one turn.
struct crowd {
    struct core_case c;
    struct link *links;
    struct features_news news;
};

static int32_t on_event(void *user, const struct nx_event *ev) {
    return 0;
}

static void init(struct crowd *crowd) {
    static const char *const sets[] = {"limits.connections=10000", NULL};
    core_case_init(&crowd->c, sets);
    crowd->links = calloc(CLIENTS, sizeof(*crowd->links));
    assert_non_null(crowd->links);
    for (size_t i = 0; i < CLIENTS; i++) {
        char user[32];
        (void)snprintf(user, sizeof(user), "user%zu", i);
        core_case_connect(&crowd->c, &crowd->links[i], user);
        nx_buf_clear(&crowd->links[i].out);
    }
    features_news_init(&crowd->news);
}

static void finish(struct crowd *crowd) {
    features_news_finish(&crowd->news);
    for (size_t i = 0; i < CLIENTS; i++) {
        if (crowd->links[i].session) {
            core_case_leave(&crowd->c, &crowd->links[i]);
        }
    }
    free(crowd->links);
    core_case_finish(&crowd->c);
}

// So often client i was told; all of it was "system.features".
static size_t told(const struct crowd *crowd, size_t i) {
    static const char type[] = "\"system.features\"";
    const struct nx_buf *out = &crowd->links[i].out;
    size_t count = 0;
    for (size_t at = 0; at + sizeof(type) - 1 <= out->len; at++) {
        count += memcmp(out->data + at, type, sizeof(type) - 1) == 0;
    }
    return count;
}

static size_t told_in_all(const struct crowd *crowd) {
    size_t count = 0;
    for (size_t i = 0; i < CLIENTS; i++) {
        count += told(crowd, i);
    }
    return count;
}

static void serve(struct crowd *crowd, const char *prefix) {
    assert_int_equal(registry_add_handler(crowd->c.core->registry, OWNER,
                             prefix, on_event, NULL),
            NX_OK);
}

// Slices until there is nothing to tell; returns how many.
static size_t run(struct crowd *crowd) {
    size_t slices = 1;
    while (features_news_run(&crowd->news, crowd->c.core)) {
        assert_true(slices++ < CLIENTS);
        core_turn(crowd->c.core);
    }
    core_turn(crowd->c.core);
    return slices;
}

static void tells_everybody_once_in_slices(void **state) {
    struct crowd crowd;
    init(&crowd);
    features_news_tell(&crowd.news, crowd.c.core);
    assert_int_equal(told_in_all(&crowd), 0);
    assert_true(features_news_run(&crowd.news, crowd.c.core));
    core_turn(crowd.c.core);
    size_t first = told_in_all(&crowd);
    assert_true(first > 0 && first < CLIENTS);
    assert_true(run(&crowd) >= 2);
    for (size_t i = 0; i < CLIENTS; i++) {
        assert_int_equal(told(&crowd, i), 1);
    }
    assert_false(features_news_run(&crowd.news, crowd.c.core));
    finish(&crowd);
}

static void does_nothing_without_news(void **state) {
    struct crowd crowd;
    init(&crowd);
    assert_false(features_news_run(&crowd.news, crowd.c.core));
    core_turn(crowd.c.core);
    assert_int_equal(told_in_all(&crowd), 0);
    finish(&crowd);
}

static void says_what_is_served_now(void **state) {
    struct crowd crowd;
    static const char expected[] = "\"features\":[\"zoo.\",\"chat.\"]";
    init(&crowd);
    serve(&crowd, "zoo.");
    serve(&crowd, "chat.");
    features_news_tell(&crowd.news, crowd.c.core);
    (void)run(&crowd);
    const struct nx_buf *out = &crowd.links[0].out;
    assert_non_null(
            memmem(out->data, out->len, expected, sizeof(expected) - 1));
    finish(&crowd);
}

static void those_who_leave_are_no_obstacle(void **state) {
    struct crowd crowd;
    init(&crowd);
    features_news_tell(&crowd.news, crowd.c.core);
    assert_true(features_news_run(&crowd.news, crowd.c.core));
    for (size_t i = 0; i < CLIENTS; i += 2) {
        core_case_leave(&crowd.c, &crowd.links[i]);
        crowd.links[i].session = 0;
    }
    (void)run(&crowd);
    for (size_t i = 1; i < CLIENTS; i += 2) {
        assert_int_equal(told(&crowd, i), 1);
    }
    finish(&crowd);
}

static void newer_news_take_the_place_of_older(void **state) {
    struct crowd crowd;
    init(&crowd);
    features_news_tell(&crowd.news, crowd.c.core);
    assert_true(features_news_run(&crowd.news, crowd.c.core));
    serve(&crowd, "chat.");
    features_news_tell(&crowd.news, crowd.c.core);
    (void)run(&crowd);
    // Some have had both; the last that anybody has had is the newer one.
    assert_int_equal(told(&crowd, 0), 2);
    assert_int_equal(told(&crowd, CLIENTS - 1), 1);
    finish(&crowd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(tells_everybody_once_in_slices),
            cmocka_unit_test(does_nothing_without_news),
            cmocka_unit_test(says_what_is_served_now),
            cmocka_unit_test(those_who_leave_are_no_obstacle),
            cmocka_unit_test(newer_news_take_the_place_of_older),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
