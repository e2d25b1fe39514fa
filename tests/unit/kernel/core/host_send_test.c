#include "tests/unit/kernel/core/host_fixture.h"

static const struct nx_send_v1 *sending(void) {
    return probe.sdk.send;
}

static nx_session_id connect(const char *user) {
    nx_session_id session = fake_host_connect(probe.fake, user);
    assert_true(fake_host_is_open(probe.fake, session));
    return session;
}

static void reaches_one_session(void **state) {
    nx_session_id alice = connect("alice");
    assert_int_equal(sending()->to_session(probe.host, alice,
                             probe_event_of("probe.a"), NULL),
            NX_OK);
    FAKE_ASSERT_SILENT(probe.fake, alice);
    fake_host_turn(probe.fake);
    FAKE_EXPECT(event, probe.fake, alice, "probe.a");
}

static void reaches_all_sessions_of_a_user_but_one(void **state) {
    nx_session_id one = connect("alice");
    nx_session_id two = connect("alice");
    nx_session_id bob = connect("bob");
    fake_host_skip(probe.fake, one);
    const struct nx_send_opts opts = {
            .struct_size = sizeof(opts), .except = one};
    uint32_t count = 99;

    assert_int_equal(sending()->to_user(probe.host, nx_str_c("alice"),
                             probe_event_of("probe.a"), &opts, &count),
            NX_OK);

    fake_host_turn(probe.fake);
    assert_int_equal(count, 1);
    FAKE_EXPECT(event, probe.fake, two, "probe.a");
    FAKE_ASSERT_SILENT(probe.fake, one);
    FAKE_ASSERT_SILENT(probe.fake, bob);
}

static void reaches_nobody_of_a_user_who_is_away(void **state) {
    uint32_t count = 99;
    assert_int_equal(sending()->to_user(probe.host, nx_str_c("nobody"),
                             probe_event_of("probe.a"), NULL, &count),
            NX_OK);
    assert_int_equal(count, 0);
}

static void reaches_a_list_of_sessions(void **state) {
    nx_session_id alice = connect("alice");
    nx_session_id bob = connect("bob");
    nx_session_id carol = connect("carol");
    const nx_session_id ids[] = {alice, 999, bob, carol};
    const struct nx_send_opts opts = {
            .struct_size = sizeof(opts), .except = bob};
    uint32_t count = 99;

    assert_int_equal(sending()->to_sessions(probe.host, ids, 4,
                             probe_event_of("probe.a"), &opts, &count),
            NX_OK);

    fake_host_turn(probe.fake);
    assert_int_equal(count, 2);
    FAKE_EXPECT(first, probe.fake, alice, "probe.a");
    FAKE_EXPECT(second, probe.fake, carol, "probe.a");
    FAKE_ASSERT_SILENT(probe.fake, bob);
    assert_int_equal(sending()->to_sessions(probe.host, NULL, 1,
                             probe_event_of("probe.a"), NULL, NULL),
            NX_ERR_INVALID);
    assert_int_equal(sending()->to_sessions(probe.host, NULL, 0,
                             probe_event_of("probe.a"), NULL, &count),
            NX_OK);
    assert_int_equal(count, 0);
}

static void reaches_everybody(void **state) {
    nx_session_id alice = connect("alice");
    nx_session_id bob = connect("bob");
    uint32_t count = 0;
    assert_int_equal(sending()->to_all(probe.host, probe_event_of("probe.a"),
                             NULL, &count),
            NX_OK);
    fake_host_turn(probe.fake);
    assert_int_equal(count, 2);
    FAKE_EXPECT(first, probe.fake, alice, "probe.a");
    FAKE_EXPECT(second, probe.fake, bob, "probe.a");
}

static void sends_many_events_in_one_write(void **state) {
    nx_session_id alice = connect("alice");
    size_t writes = fake_host_write_count(probe.fake, alice);
    for (int i = 0; i < 10; i++) {
        sending()->to_session(
                probe.host, alice, probe_event_of("probe.a"), NULL);
    }
    fake_host_turn(probe.fake);
    assert_int_equal(fake_host_unread(probe.fake, alice), 10);
    assert_int_equal(fake_host_write_count(probe.fake, alice), writes + 1);
}

static void send_typing(nx_session_id session, const char *key, int64_t n) {
    struct nx_writer *event = probe_event_of("probe.typing");
    probe.sdk.json->put_i64(event, "n", n);
    const struct nx_send_opts opts = {
            .struct_size = sizeof(opts),
            .cls = NX_CLASS_DROPPABLE,
            .coalesce_key = nx_str_c(key),
    };
    assert_int_equal(
            sending()->to_session(probe.host, session, event, &opts), NX_OK);
}

static void replaces_a_droppable_event_of_the_same_key(void **state) {
    nx_session_id alice = connect("alice");
    send_typing(alice, "bob", 1);
    send_typing(alice, "carol", 2);
    send_typing(alice, "bob", 3);
    send_typing(alice, NULL, 4);
    send_typing(alice, NULL, 5);
    fake_host_turn(probe.fake);
    static const int64_t order[] = {3, 2, 4, 5};
    for (size_t i = 0; i < 4; i++) {
        FAKE_EXPECT(event, probe.fake, alice, "probe.typing");
        FAKE_ASSERT_I64(event, "n", order[i]);
    }
    FAKE_ASSERT_SILENT(probe.fake, alice);
}

static uint32_t outcome;
static uint64_t outcome_cookie;

static void on_tracked(
        void *user, nx_session_id session, uint64_t cookie, uint32_t what) {
    outcome = what;
    outcome_cookie = cookie;
}

static nx_status track(nx_session_id session) {
    outcome = 0;
    return sending()->tracked(probe.host, session, probe_event_of("probe.a"),
            NULL, 77, on_tracked, NULL);
}

static void proves_that_an_event_was_received(void **state) {
    nx_session_id alice = connect("alice");
    fake_host_hold_pongs(probe.fake, alice, true);
    assert_int_equal(track(alice), NX_OK);
    fake_host_turn(probe.fake);
    FAKE_EXPECT(event, probe.fake, alice, "probe.a");
    assert_int_equal(outcome, 0);

    fake_host_hold_pongs(probe.fake, alice, false);
    assert_int_equal(outcome, NX_TRACKED_RECEIVED);
    assert_int_equal(outcome_cookie, 77);
}

static void says_lost_when_the_session_ends_first(void **state) {
    nx_session_id alice = connect("alice");
    fake_host_hold_pongs(probe.fake, alice, true);
    assert_int_equal(track(alice), NX_OK);
    fake_host_disconnect(probe.fake, alice, 1006);
    assert_int_equal(outcome, NX_TRACKED_LOST);
    assert_int_equal(track(alice), NX_ERR_GONE);
}

static void limits_what_waits_for_proof(void **state) {
    nx_session_id alice = connect("alice");
    fake_host_hold_pongs(probe.fake, alice, true);
    for (int i = 0; i < 1024; i++) {
        assert_int_equal(track(alice), NX_OK);
    }
    assert_int_equal(track(alice), NX_ERR_LIMIT);
}

static nx_status track_as(
        nx_session_id session, const char *type, uint32_t cls) {
    const struct nx_send_opts opts = {.struct_size = sizeof(opts), .cls = cls};
    outcome = 0;
    return sending()->tracked(probe.host, session, probe_event_of(type), &opts,
            78, on_tracked, NULL);
}

static void proves_what_overtakes_as_well(void **state) {
    nx_session_id alice = connect("alice");
    fake_host_hold_pongs(probe.fake, alice, true);
    assert_int_equal(track(alice), NX_OK);
    assert_int_equal(track_as(alice, "probe.b", NX_CLASS_URGENT), NX_OK);
    fake_host_turn(probe.fake);
    FAKE_EXPECT(urgent, probe.fake, alice, "probe.b");
    FAKE_EXPECT(normal, probe.fake, alice, "probe.a");
    assert_int_equal(outcome, 0);

    fake_host_hold_pongs(probe.fake, alice, false);
    assert_int_equal(outcome, NX_TRACKED_RECEIVED);
    assert_int_equal(outcome_cookie, 78);
}

static void proves_nothing_that_may_be_shed(void **state) {
    nx_session_id alice = connect("alice");
    assert_int_equal(
            track_as(alice, "probe.b", NX_CLASS_DROPPABLE), NX_ERR_INVALID);
    fake_host_turn(probe.fake);
    FAKE_ASSERT_SILENT(probe.fake, alice);
}

static void closes_behind_what_is_queued(void **state) {
    nx_session_id alice = connect("alice");
    sending()->to_session(probe.host, alice, probe_event_of("probe.a"), NULL);
    assert_int_equal(sending()->close(probe.host, alice, 4413,
                             nx_str_n("signed outXX", 10)),
            NX_OK);
    assert_int_equal(sending()->to_session(probe.host, alice,
                             probe_event_of("probe.b"), NULL),
            NX_ERR_GONE);
    fake_host_turn(probe.fake);
    FAKE_EXPECT(event, probe.fake, alice, "probe.a");
    assert_int_equal(fake_host_close_code(probe.fake, alice), 4413);
    assert_string_equal(
            fake_host_close_reason(probe.fake, alice), "signed out");
}

static void closes_with_valid_codes_and_reasons_only(void **state) {
    nx_session_id alice = connect("alice");
    static const char many[] =
            "0123456789012345678901234567890123456789012345678901234567890123"
            "4567890123456789012345678901234567890123456789012345678901234";
    assert_int_equal(sending()->close(probe.host, alice, 1005, nx_str_none()),
            NX_ERR_INVALID);
    assert_int_equal(sending()->close(probe.host, alice, 99, nx_str_none()),
            NX_ERR_INVALID);
    assert_int_equal(sending()->close(probe.host, alice, 4400, nx_str_c(many)),
            NX_ERR_INVALID);
    assert_int_equal(
            sending()->close(probe.host, alice, 4400, nx_str_c("\xff")),
            NX_ERR_INVALID);
    assert_int_equal(sending()->close(probe.host, 999, 4400, nx_str_none()),
            NX_ERR_GONE);
    assert_true(fake_host_is_open(probe.fake, alice));
}

static void counts_what_waits_for_a_slow_client(void **state) {
    nx_session_id alice = connect("alice");
    fake_host_stop_reading(probe.fake, alice, true);
    sending()->to_session(probe.host, alice, probe_event_of("probe.a"), NULL);
    fake_host_turn(probe.fake);
    assert_true(sending()->queued_bytes(probe.host, alice) > 0);
    fake_host_stop_reading(probe.fake, alice, false);
    assert_int_equal(sending()->queued_bytes(probe.host, alice), 0);
    FAKE_EXPECT(event, probe.fake, alice, "probe.a");
    assert_int_equal(sending()->queued_bytes(probe.host, 999), 0);
}

static void consumes_the_event_on_every_error(void **state) {
    const struct nx_send_opts bad = {.struct_size = 0};
    for (int i = 0; i < 100; i++) {
        struct nx_writer *event = probe_event_of("probe.a");
        assert_non_null(event);
        assert_int_equal(sending()->to_session(probe.host, 999, event, NULL),
                NX_ERR_GONE);
        event = probe_event_of("probe.a");
        assert_int_equal(sending()->to_room(probe.host, 999, event, NULL, NULL),
                NX_ERR_GONE);
        event = probe_event_of("probe.a");
        assert_int_equal(sending()->to_all(probe.host, event, &bad, NULL),
                NX_ERR_INVALID);
        event = probe_event_of("probe.a");
        assert_int_equal(sending()->to_user(
                                 probe.host, nx_str_none(), event, NULL, NULL),
                NX_ERR_INVALID);
        event = probe_event_of("probe.a");
        assert_int_equal(
                sending()->tracked(probe.host, 999, event, NULL, 0, NULL, NULL),
                NX_ERR_INVALID);
    }
    assert_int_equal(
            sending()->to_all(probe.host, NULL, NULL, NULL), NX_ERR_NO_MEMORY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            PROBE_TEST(reaches_one_session),
            PROBE_TEST(reaches_all_sessions_of_a_user_but_one),
            PROBE_TEST(reaches_nobody_of_a_user_who_is_away),
            PROBE_TEST(reaches_a_list_of_sessions),
            PROBE_TEST(reaches_everybody),
            PROBE_TEST(sends_many_events_in_one_write),
            PROBE_TEST(replaces_a_droppable_event_of_the_same_key),
            PROBE_TEST(proves_that_an_event_was_received),
            PROBE_TEST(says_lost_when_the_session_ends_first),
            PROBE_TEST(limits_what_waits_for_proof),
            PROBE_TEST(proves_what_overtakes_as_well),
            PROBE_TEST(proves_nothing_that_may_be_shed),
            PROBE_TEST(closes_behind_what_is_queued),
            PROBE_TEST(closes_with_valid_codes_and_reasons_only),
            PROBE_TEST(counts_what_waits_for_a_slow_client),
            PROBE_TEST(consumes_the_event_on_every_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
