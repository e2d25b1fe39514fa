#include "kernel/core/engine.h"

#include <string.h>

#include <nexus/error.h>
#include <nexus/send.h>

#include "tests/support/cmocka.h"
#include "tests/unit/kernel/core/engine_fixture.h"

static void hands_a_publish_to_the_provider(void **state) {
    (void)state;
    struct nx_publish_opts opts = options();
    opts.flags = NX_PUBLISH_EXPECT;
    opts.expect_offset = 6;
    opts.dedupe_ttl_s = 7;
    opts.dedupe_key = (struct nx_bytes){"key", 3};
    opts.memo = (struct nx_bytes){"memo", 4};

    assert_int_equal(publish_as(&alice, &opts), NX_OK);

    const struct nx_provider_publish *got = &fake.publish;
    assert_true(got->flags == NX_PUBLISH_EXPECT && got->expect_offset == 6);
    assert_true(got->keep_count == 10 && got->keep_age_ms == 20);
    assert_int_equal(got->dedupe_ttl_s, 7);
    assert_int_equal(got->dedupe_key.len, 3);
    assert_int_equal(got->memo.len, 4);
    assert_int_equal(got->payload.len, 2);
    assert_true(got->cookie != 0);
    assert_int_equal(seen.answers, 0);
    assert_int_equal(engine_pending(engine, NULL), 1);
}

static void answers_once_between_before_and_after(void **state) {
    (void)state;
    assert_int_equal(publish_as(&alice, NULL), NX_OK);

    answer_publish(&fake, NX_OK);
    answer_publish(&fake, NX_OK);

    assert_int_equal(seen.answers, 1);
    assert_int_equal(seen.befores, 1);
    assert_null(seen.inside);
    assert_ptr_equal(seen.answered_inside, &alice);
    assert_ptr_equal(seen.user, &seen);
    assert_true(seen.published.epoch == 3 && seen.published.offset == 4);
    assert_int_equal(engine_pending(engine, NULL), 0);
}

static void fills_in_how_many_were_told(void **state) {
    (void)state;
    struct nx_publish_opts opts = options();
    opts.cls = NX_CLASS_URGENT;
    opts.except = 42;
    seen.members = 5;
    assert_int_equal(publish_as(&alice, &opts), NX_OK);

    deliver(&fake, fake.publish.tag);
    answer_publish(&fake, NX_OK);

    assert_int_equal(seen.cls, NX_CLASS_URGENT);
    assert_true(seen.except == 42);
    assert_int_equal(seen.published.delivered, 5);

    assert_int_equal(publish_as(&alice, &opts), NX_OK);
    answer_publish(&fake, NX_OK);
    assert_int_equal(seen.published.delivered, 0);
}

static void delivers_what_another_node_published(void **state) {
    (void)state;
    deliver(&fake, 0);
    assert_int_equal(seen.delivered, 1);
    assert_int_equal(seen.cls, NX_CLASS_NORMAL);
    assert_true(seen.except == 0);
}

static void needs_nobody_to_answer(void **state) {
    (void)state;
    struct engine_publish request = publish_request(&alice);
    request.done = NULL;
    assert_int_equal(engine_publish(engine, &request), NX_OK);
    answer_publish(&fake, NX_OK);
    assert_int_equal(seen.befores, 0);
    assert_int_equal(engine_pending(engine, NULL), 0);
}

static void lets_an_answer_ask_again(void **state) {
    (void)state;
    seen.ask_again = true;
    assert_int_equal(publish_as(&alice, NULL), NX_OK);
    uint64_t first = fake.cookie;
    answer_publish(&fake, NX_OK);
    assert_int_equal(seen.asked_again, NX_OK);
    assert_true(fake.cookie != first);
    answer_publish(&fake, NX_OK);
    assert_int_equal(seen.answers, 2);
}

static void asks_for_history(void **state) {
    (void)state;
    struct engine_history request = history_request();
    assert_int_equal(engine_history(engine, &request), NX_OK);
    assert_true(fake.direction == NX_HISTORY_BEFORE && fake.offset == 9);
    assert_int_equal(fake.limit, 5);

    struct nx_history_result result = {
            .struct_size = sizeof(result), .last = 8};
    fake.sink.history(fake.sink.ctx, fake.cookie, &result);

    assert_int_equal(seen.answers, 1);
    assert_true(seen.history.last == 8);
    assert_ptr_equal(seen.answered_inside, &alice);
}

static void asks_about_facts_in_the_askers_space(void **state) {
    (void)state;
    struct engine_asker who = asker();
    struct nx_bytes value = {"v", 1};
    assert_int_equal(
            engine_put(engine, &who, str("k"), value, 5, NX_PUT_NEW), NX_OK);
    assert_true(fake.ttl_ms == 5 && fake.expect_revision == NX_PUT_NEW);
    assert_memory_equal(fake.space.ptr, "chat", 4);
    answer_fact(&fake, fake.cookie);
    assert_int_equal(engine_get(engine, &who, str("k")), NX_OK);
    answer_fact(&fake, fake.cookie);
    assert_int_equal(engine_remove(engine, &who, str("k")), NX_OK);
    answer_fact(&fake, fake.cookie);
    assert_int_equal(engine_scan(engine, &who, str(NULL), str(NULL), 3), NX_OK);
    assert_int_equal(fake.limit, 3);
    answer_fact(&fake, fake.cookie);
    assert_int_equal(fake.requests, 4);
    assert_int_equal(seen.answers, 4);
    assert_true(seen.fact.revision == 8);
}

// --- refusals -------------------------------------------------------------

static void refuses_more_than_may_wait(void **state) {
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(publish_as(&alice, NULL), NX_OK);
    }
    assert_int_equal(publish_as(&alice, NULL), NX_ERR_ENGINE_BUSY);
    assert_int_equal(fake.requests, 4);
    answer_publish(&fake, NX_OK);
    assert_int_equal(publish_as(&alice, NULL), NX_OK);
}

static void gives_no_answer_to_what_the_provider_refused(void **state) {
    (void)state;
    fake.status = NX_ERR_ENGINE_BUSY;
    assert_int_equal(publish_as(&alice, NULL), NX_ERR_ENGINE_BUSY);
    assert_int_equal(engine_pending(engine, NULL), 0);
    answer_publish(&fake, NX_OK);
    assert_int_equal(seen.answers, 0);
}

static void refuses_a_provider_that_answers_at_once(void **state) {
    (void)state;
    fake.answer_at_once = true;
    assert_int_equal(publish_as(&alice, NULL), NX_ERR_INTERNAL);
    assert_int_equal(seen.answers, 0);
    assert_int_equal(engine_pending(engine, NULL), 0);
}

static void ignores_an_answer_to_another_question(void **state) {
    (void)state;
    assert_int_equal(publish_as(&alice, NULL), NX_OK);
    answer_fact(&fake, fake.cookie);
    answer_fact(&fake, 12345);
    assert_int_equal(seen.answers, 0);
    answer_publish(&fake, NX_OK);
    assert_int_equal(seen.answers, 1);
}

static void checks_every_request(void **state) {
    (void)state;
    struct engine_publish publish = publish_request(&alice);
    publish.room.len = 0;
    assert_int_equal(engine_publish(engine, &publish), NX_ERR_INVALID);
    struct engine_history history = history_request();
    history.room.len = 0;
    assert_int_equal(engine_history(engine, &history), NX_ERR_INVALID);
    struct engine_asker who = asker();
    struct nx_str none = {0};
    struct nx_bytes value = {"v", 1};
    assert_int_equal(engine_put(engine, &who, none, value, 0, NX_PUT_ANY),
            NX_ERR_INVALID);
    assert_int_equal(engine_get(engine, &who, none), NX_ERR_INVALID);
    assert_int_equal(engine_remove(engine, &who, none), NX_ERR_INVALID);
    assert_int_equal(engine_scan(engine, &who, none, none, 0), NX_ERR_INVALID);
    assert_int_equal(fake.requests, 0);
    assert_int_equal(engine_pending(engine, NULL), 0);
}

// --- owners ---------------------------------------------------------------

static void answers_no_cancelled_owner_but_delivers(void **state) {
    (void)state;
    struct nx_publish_opts opts = options();
    opts.except = 42;
    assert_int_equal(publish_as(&bob, NULL), NX_OK);
    uint64_t bobs = fake.cookie;
    assert_int_equal(publish_as(&alice, &opts), NX_OK);

    engine_cancel_owner(engine, &alice);

    assert_int_equal(engine_pending(engine, &alice), 0);
    deliver(&fake, fake.publish.tag);
    assert_true(seen.except == 42);
    answer_publish(&fake, NX_OK);
    assert_int_equal(seen.answers, 0);
    fake.cookie = bobs;
    answer_publish(&fake, NX_OK);
    assert_int_equal(seen.answers, 1);
    assert_int_equal(engine_pending(engine, NULL), 0);
}

static void survives_a_cancel_during_delivery(void **state) {
    (void)state;
    assert_int_equal(publish_as(&alice, NULL), NX_OK);
    seen.during_deliver = &alice;
    deliver(&fake, fake.publish.tag);
    answer_publish(&fake, NX_OK);
    assert_int_equal(seen.answers, 0);
}

// --- providers ------------------------------------------------------------

static void has_no_provider_until_one_is_used(void **state) {
    (void)state;
    assert_int_equal(engine_use(engine, NULL), NX_OK);
    assert_int_equal(publish_as(&alice, NULL), NX_ERR_ENGINE_UNAVAILABLE);
    assert_false(engine_working(engine) || engine_durable(engine));
    assert_string_equal(engine_name(engine), "none");
    engine_attach(engine, str("room"));
}

static void refuses_a_provider_it_cannot_use(void **state) {
    (void)state;
    other.table.version = 2;
    assert_int_equal(engine_use(engine, &other.table), NX_ERR_VERSION);
    other.table.version = NX_SERVICE_ENGINE_VERSION;
    other.table.scan = NULL;
    assert_int_equal(engine_use(engine, &other.table), NX_ERR_INVALID);
    assert_int_equal(other.opens, 0);
    other.table.scan = fake_scan;
    other.open_status = NX_ERR_IO;
    assert_int_equal(engine_use(engine, &other.table), NX_ERR_IO);
    assert_string_equal(engine_name(engine), "fake");
    assert_int_equal(publish_as(&alice, NULL), NX_OK);
    answer_publish(&fake, NX_OK);
    assert_int_equal(seen.answers, 1);
}

static void answers_what_the_former_provider_leaves_behind(void **state) {
    (void)state;
    struct engine_history history = history_request();
    struct engine_asker who = asker();
    assert_int_equal(engine_history(engine, &history), NX_OK);
    assert_int_equal(engine_get(engine, &who, str("k")), NX_OK);
    assert_int_equal(publish_as(&alice, NULL), NX_OK);
    seen.ask_again = true;

    assert_int_equal(engine_use(engine, &other.table), NX_OK);

    assert_int_equal(seen.answers, 3);
    assert_int_equal(seen.published.status, NX_ERR_ENGINE_UNAVAILABLE);
    assert_int_equal(seen.history.status, NX_ERR_ENGINE_UNAVAILABLE);
    assert_int_equal(seen.fact.status, NX_ERR_ENGINE_UNAVAILABLE);
    assert_int_equal(seen.asked_again, NX_OK);
    assert_int_equal(other.requests, 1);
    assert_int_equal(engine_pending(engine, NULL), 1);
}

static void ignores_the_former_provider(void **state) {
    (void)state;
    assert_int_equal(engine_use(engine, &other.table), NX_OK);
    assert_int_equal(publish_as(&alice, NULL), NX_OK);
    fake.cookie = other.cookie;

    answer_publish(&fake, NX_OK);
    deliver(&fake, 0);
    fake.sink.health(fake.sink.ctx, 0, str("late"));

    assert_int_equal(seen.answers + seen.delivered + seen.healths, 0);
    assert_true(engine_working(engine));
    answer_publish(&other, NX_OK);
    assert_int_equal(seen.answers, 1);
}

static void passes_on_whether_the_provider_works(void **state) {
    (void)state;
    assert_true(engine_working(engine));
    fake.sink.health(fake.sink.ctx, 0, str("disk full"));
    assert_false(engine_working(engine));
    assert_int_equal(seen.healths, 1);
    assert_false(seen.working);
    fake.sink.health(fake.sink.ctx, 1, str(""));
    assert_true(engine_working(engine) && seen.working);

    other.broken = true;
    other.table.durable = 1;
    assert_int_equal(engine_use(engine, &other.table), NX_OK);
    assert_false(engine_working(engine));
    assert_true(engine_durable(engine));
}

static void tells_the_provider_of_rooms_if_it_wants(void **state) {
    (void)state;
    engine_attach(engine, str("room"));
    engine_attach(engine, str("doom"));
    engine_detach(engine, str("room"));
    assert_int_equal(fake.attached, 1);
    other.table.attach = NULL;
    other.table.detach = NULL;
    assert_int_equal(engine_use(engine, &other.table), NX_OK);
    engine_attach(engine, str("room"));
    engine_detach(engine, str("room"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(hands_a_publish_to_the_provider),
            TEST(answers_once_between_before_and_after),
            TEST(fills_in_how_many_were_told),
            TEST(delivers_what_another_node_published),
            TEST(needs_nobody_to_answer),
            TEST(lets_an_answer_ask_again),
            TEST(asks_for_history),
            TEST(asks_about_facts_in_the_askers_space),
            TEST(refuses_more_than_may_wait),
            TEST(gives_no_answer_to_what_the_provider_refused),
            TEST(refuses_a_provider_that_answers_at_once),
            TEST(ignores_an_answer_to_another_question),
            TEST(checks_every_request),
            TEST(answers_no_cancelled_owner_but_delivers),
            TEST(survives_a_cancel_during_delivery),
            TEST(has_no_provider_until_one_is_used),
            TEST(refuses_a_provider_it_cannot_use),
            TEST(answers_what_the_former_provider_leaves_behind),
            TEST(ignores_the_former_provider),
            TEST(passes_on_whether_the_provider_works),
            TEST(tells_the_provider_of_rooms_if_it_wants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
