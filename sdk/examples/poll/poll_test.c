// The poll plugin on the fake host: the server's own core, without sockets.

#include <stdio.h>
#include <string.h>

#include <nexus/testing/fake_assert.h>

#define MINUTE_MS  INT64_C(60000)
#define LONGEST_MS (10 * MINUTE_MS)

#define CREATE(more) \
    "{\"event_type\":\"poll.create\",\"ref\":\"1\",\"room_id\":\"team\"," \
    "\"question\":\"Lunch?\",\"options\":[\"pizza\",\"soup\"]" more "}"

struct fixture {
    struct fake_host *host;
    nx_session_id alice;
    nx_session_id bob;
    char id[64];
};

// What a server does in its first moments: polls are read from storage.
static void settle(struct fake_host *host) {
    fake_host_advance(host, 20);
}

static nx_session_id enter(struct fake_host *host, const char *user) {
    nx_session_id session = fake_host_connect(host, user);
    fake_host_send(host, session,
            "{\"event_type\":\"room.join\",\"room_id\":\"team\",\"ref\":\"j\"}");
    (void)fake_host_skip(host, session);
    return session;
}

static int set_up(void **state) {
    struct fixture *f = test_calloc(1, sizeof(*f));
    f->host = fake_host_create();
    fake_host_add(f->host, &NX_PLUGIN_SYMBOL, "poll");
    fake_host_set(f->host, "plugins.poll.polls=3");
    fake_host_set(f->host, "plugins.poll.votes=2");
    fake_host_set(f->host, "plugins.poll.max_minutes=10");
    fake_host_set(f->host, "plugins.poll.keep_minutes=20");
    FAKE_ASSERT(f->host, fake_host_start(f->host));
    settle(f->host);
    f->alice = enter(f->host, "alice");
    f->bob = enter(f->host, "bob");
    (void)fake_host_skip(f->host, f->alice);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    fake_host_destroy(f->host);
    test_free(f);
    return 0;
}

static void create(struct fixture *f) {
    (void)fake_host_skip(f->host, f->alice);
    fake_host_send(f->host, f->alice, CREATE(""));
    FAKE_EXPECT(ack, f->host, f->alice, "ack");
    const char *id = fake_event_str(ack, "poll_id");
    assert_non_null(id);
    (void)snprintf(f->id, sizeof(f->id), "%s", id);
    (void)fake_host_skip(f->host, f->alice);
    (void)fake_host_skip(f->host, f->bob);
}

static void ask(struct fixture *f, nx_session_id session, const char *type,
        const char *more) {
    char text[256];
    (void)snprintf(text, sizeof(text),
            "{\"event_type\":\"%s\",\"poll_id\":\"%s\",\"ref\":\"2\"%s}", type,
            f->id, more);
    fake_host_send(f->host, session, text);
}

static void vote(struct fixture *f, nx_session_id session, int choice) {
    char more[32];
    (void)snprintf(more, sizeof(more), ",\"choice\":%d", choice);
    ask(f, session, "poll.vote", more);
    FAKE_EXPECT(ack, f->host, session, "ack");
    FAKE_ASSERT_STR(ack, "poll_id", f->id);
}

static void assert_error(
        struct fixture *f, nx_session_id session, const char *code) {
    FAKE_EXPECT(error, f->host, session, "error");
    FAKE_ASSERT_STR(error, "code", code);
}

static void tells_the_room_of_a_new_poll(void **state) {
    struct fixture *f = *state;
    fake_host_send(f->host, f->alice, CREATE(",\"minutes\":5"));
    FAKE_EXPECT(ack, f->host, f->alice, "ack");
    FAKE_EXPECT(told, f->host, f->bob, "poll.created");
    FAKE_ASSERT_STR(told, "poll_id", fake_event_str(ack, "poll_id"));
    FAKE_ASSERT_STR(told, "user_id", "alice");
    FAKE_ASSERT_STR(told, "options.1", "soup");
    FAKE_ASSERT_I64(told, "ends_ms", fake_host_now_ms(f->host) + 5 * MINUTE_MS);
    FAKE_ASSERT_I64(told, "counts.0", 0);
}

static void counts_each_user_once_and_tells_in_intervals(void **state) {
    struct fixture *f = *state;
    create(f);
    vote(f, f->alice, 0);
    vote(f, f->bob, 0);
    vote(f, f->bob, 1);
    FAKE_ASSERT_SILENT(f->host, f->alice);
    fake_host_advance(f->host, 500);
    FAKE_EXPECT(told, f->host, f->alice, "poll.counts");
    FAKE_ASSERT_I64(told, "votes", 2);
    FAKE_ASSERT_I64(told, "counts.0", 1);
    FAKE_ASSERT_I64(told, "counts.1", 1);
    fake_host_advance(f->host, 5000);
    FAKE_ASSERT_SILENT(f->host, f->alice);
}

static void is_closed_by_its_author_only(void **state) {
    struct fixture *f = *state;
    create(f);
    vote(f, f->bob, 1);
    ask(f, f->bob, "poll.close", "");
    assert_error(f, f->bob, "forbidden");
    ask(f, f->alice, "poll.close", "");
    FAKE_EXPECT(ack, f->host, f->alice, "ack");
    FAKE_ASSERT_STR(ack, "poll_id", f->id);
    FAKE_EXPECT(result, f->host, f->bob, "poll.result");
    FAKE_ASSERT_I64(result, "counts.1", 1);
    assert_true(fake_event_bool(result, "closed"));
    ask(f, f->bob, "poll.vote", ",\"choice\":0");
    assert_error(f, f->bob, "wrong_state");
    ask(f, f->alice, "poll.close", "");
    (void)fake_host_expect(f->host, f->alice, "poll.result");
    assert_error(f, f->alice, "wrong_state");
}

static void ends_by_itself_and_is_forgotten_later(void **state) {
    struct fixture *f = *state;
    create(f);
    fake_host_advance(f->host, LONGEST_MS);
    FAKE_EXPECT(told, f->host, f->bob, "poll.result");
    FAKE_ASSERT_STR(told, "poll_id", f->id);
    ask(f, f->bob, "poll.result", "");
    FAKE_EXPECT(answer, f->host, f->bob, "ack");
    FAKE_ASSERT_STR(answer, "question", "Lunch?");
    fake_host_advance(f->host, 20 * MINUTE_MS);
    ask(f, f->bob, "poll.result", "");
    assert_error(f, f->bob, "not_found");
    FAKE_ASSERT_METRIC(f->host, "nexus_poll_open", 0);
}

static void is_tried_again_when_its_end_cannot_be_stored(void **state) {
    struct fixture *f = *state;
    create(f);
    fake_host_fail(f->host, FAKE_PUT, 1, NX_ERR_ENGINE_UNAVAILABLE);
    fake_host_advance(f->host, LONGEST_MS);
    FAKE_ASSERT_SILENT(f->host, f->bob);
    fake_host_advance(f->host, 1000);
    FAKE_EXPECT(told, f->host, f->bob, "poll.result");
    assert_true(fake_event_bool(told, "closed"));
}

static void refuses_what_is_wrong(void **state) {
    struct fixture *f = *state;
    create(f);
    ask(f, f->bob, "poll.vote", ",\"choice\":2");
    assert_error(f, f->bob, "invalid_field");
    ask(f, f->bob, "poll.vote", "");
    assert_error(f, f->bob, "missing_field");
    ask(f, f->bob, "poll.other", "");
    assert_error(f, f->bob, "unknown_event");
    fake_host_send(f->host, f->bob,
            "{\"event_type\":\"poll.create\",\"room_id\":\"team\","
            "\"question\":\"?\",\"options\":[\"a\",7]}");
    assert_error(f, f->bob, "invalid_field");
}

static void is_for_members_of_the_room(void **state) {
    struct fixture *f = *state;
    create(f);
    nx_session_id eve = fake_host_connect(f->host, "eve");
    fake_host_send(f->host, eve, CREATE(""));
    assert_error(f, eve, "not_member");
    ask(f, eve, "poll.vote", ",\"choice\":0");
    assert_error(f, eve, "not_found");
}

static void has_ceilings(void **state) {
    struct fixture *f = *state;
    create(f);
    vote(f, f->alice, 0);
    vote(f, f->bob, 0);
    nx_session_id carol = enter(f->host, "carol");
    ask(f, carol, "poll.vote", ",\"choice\":0");
    assert_error(f, carol, "limit_exceeded");
    create(f);
    create(f);
    fake_host_send(f->host, carol, CREATE(""));
    (void)fake_host_skip(f->host, f->alice);
    FAKE_ASSERT(f->host, fake_host_await(f->host, carol, "error"));
}

static void counts_no_vote_that_was_not_stored(void **state) {
    struct fixture *f = *state;
    create(f);
    fake_host_fail(f->host, FAKE_PUT, 1, NX_ERR_ENGINE_UNAVAILABLE);
    ask(f, f->bob, "poll.vote", ",\"choice\":1");
    assert_error(f, f->bob, "engine_unavailable");
    fake_host_advance(f->host, 1000);
    FAKE_ASSERT_SILENT(f->host, f->alice);
}

static void assert_counts(
        struct fixture *f, nx_session_id session, int64_t c0, int64_t c1) {
    ask(f, session, "poll.result", "");
    FAKE_EXPECT(answer, f->host, session, "ack");
    FAKE_ASSERT_I64(answer, "counts.0", c0);
    FAKE_ASSERT_I64(answer, "counts.1", c1);
}

static void hands_its_polls_over_in_a_reload(void **state) {
    struct fixture *f = *state;
    create(f);
    vote(f, f->alice, 0);
    vote(f, f->bob, 1);
    size_t scans = fake_host_engine_count(f->host, FAKE_SCAN);
    FAKE_ASSERT(f->host, fake_host_reload(f->host));
    // What waited for the interval was told before.
    FAKE_EXPECT(told, f->host, f->bob, "poll.counts");
    FAKE_ASSERT_I64(told, "votes", 2);
    assert_counts(f, f->bob, 1, 1);
    FAKE_ASSERT_METRIC(f->host, "nexus_poll_open", 1);
    assert_int_equal(fake_host_engine_count(f->host, FAKE_SCAN), scans);
    fake_host_advance(f->host, LONGEST_MS);
    FAKE_EXPECT(result, f->host, f->bob, "poll.result");
    assert_true(fake_event_bool(result, "closed"));
}

static void finds_its_polls_after_a_restart(void **state) {
    struct fixture *f = *state;
    create(f);
    vote(f, f->alice, 0);
    FAKE_ASSERT(f->host, fake_host_restart(f->host));
    settle(f->host);
    nx_session_id bob = enter(f->host, "bob");
    assert_counts(f, bob, 1, 0);
    vote(f, bob, 0);
    assert_counts(f, bob, 2, 0);
}

static void waits_for_storage_when_it_starts(void **state) {
    struct fixture *f = *state;
    create(f);
    fake_host_fail(f->host, FAKE_SCAN, 1, NX_ERR_ENGINE_UNAVAILABLE);
    FAKE_ASSERT(f->host, fake_host_restart(f->host));
    settle(f->host);
    nx_session_id bob = enter(f->host, "bob");
    ask(f, bob, "poll.result", "");
    assert_error(f, bob, "try_again");
    fake_host_advance(f->host, 1000);
    assert_counts(f, bob, 0, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(tells_the_room_of_a_new_poll),
            TEST(counts_each_user_once_and_tells_in_intervals),
            TEST(is_closed_by_its_author_only),
            TEST(ends_by_itself_and_is_forgotten_later),
            TEST(is_tried_again_when_its_end_cannot_be_stored),
            TEST(refuses_what_is_wrong),
            TEST(is_for_members_of_the_room),
            TEST(has_ceilings),
            TEST(counts_no_vote_that_was_not_stored),
            TEST(hands_its_polls_over_in_a_reload),
            TEST(finds_its_polls_after_a_restart),
            TEST(waits_for_storage_when_it_starts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
