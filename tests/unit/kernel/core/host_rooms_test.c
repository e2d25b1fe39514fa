#include "tests/unit/kernel/core/host_fixture.h"

static uint32_t joined;
static uint32_t left;
static uint32_t observed; // joins and leaves in rooms of any kind
static uint32_t online;   // live sessions of the user when it last left
static uint32_t records;
static uint64_t received_upto;
static struct nx_join_result join_result;

static void on_member(void *user, const struct nx_member_event *ev) {
    joined += ev->what == NX_MEMBER_JOINED ? 1 : 0;
    left += ev->what == NX_MEMBER_LEFT ? 1 : 0;
}

static void on_any_member(void *user, const struct nx_member_event *ev) {
    observed++;
    if (ev->what == NX_MEMBER_LEFT) {
        online = probe.sdk.users->session_count(probe.host, ev->user);
    }
}

static void on_record(void *user, nx_room_id room, struct nx_str name,
        const struct nx_record *record) {
    records++;
}

static void on_received(void *user, const struct nx_received_event *ev) {
    received_upto = ev->upto;
}

static nx_status define_kind(void) {
    const struct nx_room_kind kind = {
            .struct_size = sizeof(kind),
            .flags = NX_ROOM_TRACKED,
            .prefix = "probe:",
            .offset_field = "seq",
            .keep_count = 10,
            .on_member = on_member,
            .on_record = on_record,
            .on_received = on_received,
    };
    nx_status status = probe.sdk.rooms->define(probe.host, &kind);
    assert_int_equal(probe.sdk.rooms->define(probe.host, &kind), NX_ERR_EXISTS);
    assert_int_equal(probe.sdk.rooms->define(probe.host, NULL), NX_ERR_INVALID);
    assert_int_equal(
            probe.sdk.rooms->observe(probe.host, NULL, NULL), NX_ERR_INVALID);
    assert_int_equal(
            probe.sdk.rooms->observe(probe.host, on_any_member, NULL), NX_OK);
    return status;
}

static int setup(void **state) {
    joined = 0;
    left = 0;
    observed = 0;
    online = 99;
    records = 0;
    received_upto = 0;
    memset(&join_result, 0, sizeof(join_result));
    probe_load();
    probe.on_start = define_kind;
    probe_run();
    return 0;
}

static nx_session_id member(const char *user) {
    nx_session_id session = fake_host_connect(probe.fake, user);
    assert_int_equal(probe.sdk.rooms->join(probe.host, nx_str_c("probe:a"),
                             session, NULL, NULL, NULL),
            NX_OK);
    return session;
}

static nx_room_id room(void) {
    return probe.sdk.rooms->find(probe.host, nx_str_c("probe:a"));
}

static void expels_all_sessions_of_a_user(void **state) {
    (void)state;
    nx_session_id one = member("alice");
    nx_session_id two = member("alice");
    nx_session_id other = member("bob");
    const struct nx_rooms_v1 *rooms = probe.sdk.rooms;
    assert_int_equal(
            rooms->expel(probe.host, nx_str_c("probe:a"), nx_str_c("alice")),
            NX_OK);
    assert_int_equal(rooms->is_member(probe.host, room(), one), 0);
    assert_int_equal(rooms->is_member(probe.host, room(), two), 0);
    assert_int_equal(rooms->is_member(probe.host, room(), other), 1);
    assert_int_equal(left, 2);
    // One who is in no room, and one who is not there at all.
    assert_int_equal(
            rooms->expel(probe.host, nx_str_c("probe:a"), nx_str_c("alice")),
            NX_OK);
    assert_int_equal(
            rooms->expel(probe.host, nx_str_c("probe:b"), nx_str_c("nobody")),
            NX_OK);
    assert_int_equal(rooms->expel(probe.host, nx_str_none(), nx_str_c("alice")),
            NX_ERR_INVALID);
}

static void counts_sessions_and_users(void **state) {
    nx_session_id one = member("alice");
    nx_session_id two = member("alice");
    member("bob");
    const struct nx_rooms_v1 *rooms = probe.sdk.rooms;
    assert_int_equal(rooms->count(probe.host, room()), 3);
    assert_int_equal(rooms->user_count(probe.host, room()), 2);
    assert_int_equal(rooms->is_member(probe.host, room(), two), 1);
    assert_true(nx_str_is(rooms->name(probe.host, room()), "probe:a"));
    assert_int_equal(joined, 3);

    assert_int_equal(rooms->leave(probe.host, nx_str_c("probe:a"), one), NX_OK);
    assert_int_equal(rooms->leave(probe.host, nx_str_c("probe:a"), one),
            NX_ERR_NOT_MEMBER);
    assert_int_equal(rooms->user_count(probe.host, room()), 2);
    assert_int_equal(left, 1);
}

static void refuses_to_join_twice_or_where_no_kind_is(void **state) {
    const struct nx_rooms_v1 *rooms = probe.sdk.rooms;
    nx_session_id alice = member("alice");
    assert_int_equal(rooms->join(probe.host, nx_str_c("probe:a"), alice, NULL,
                             NULL, NULL),
            NX_ERR_EXISTS);
    assert_int_equal(rooms->join(probe.host, nx_str_c("what:a"), alice, NULL,
                             NULL, NULL),
            NX_ERR_INVALID);
    assert_int_equal(
            rooms->join(probe.host, nx_str_none(), alice, NULL, NULL, NULL),
            NX_ERR_INVALID);
    assert_int_equal(
            rooms->join(probe.host, nx_str_c("probe:a"), 999, NULL, NULL, NULL),
            NX_ERR_GONE);
    assert_int_equal(
            rooms->leave(probe.host, nx_str_c("probe:a"), 999), NX_ERR_GONE);
}

static void needs_a_grant_for_a_private_room(void **state) {
    nx_session_id alice = fake_host_connect(probe.fake, "alice");
    assert_int_equal(
            probe.sdk.rooms->join(probe.host, nx_str_c("probe:private-x"),
                    alice, NULL, NULL, NULL),
            NX_ERR_FORBIDDEN);
}

static int32_t count_users(void *user, struct nx_str name, uint32_t sessions) {
    *(uint32_t *)user += sessions * (nx_str_is(name, "alice") ? 100 : 1);
    return 0;
}

static int32_t stop_at_once(
        void *user, nx_session_id session, struct nx_str name) {
    *(uint32_t *)user += 1;
    return 1;
}

static int32_t count_rooms(void *user, nx_room_id id, struct nx_str name) {
    *(uint32_t *)user += 1;
    return 0;
}

static void visits_members(void **state) {
    nx_session_id alice = member("alice");
    member("alice");
    member("bob");
    const struct nx_rooms_v1 *rooms = probe.sdk.rooms;
    uint32_t users = 0;
    uint32_t sessions = 0;
    uint32_t count = 0;
    rooms->each_user(probe.host, room(), count_users, &users);
    rooms->each_session(probe.host, room(), stop_at_once, &sessions);
    rooms->each_room_of(probe.host, alice, count_rooms, &count);
    assert_int_equal(users, 201);
    assert_int_equal(sessions, 1);
    assert_int_equal(count, 1);
}

static void keeps_bytes_on_a_room_as_long_as_it_lives(void **state) {
    const struct nx_rooms_v1 *rooms = probe.sdk.rooms;
    nx_session_id alice = member("alice");
    nx_room_id id = room();
    assert_int_equal(
            rooms->data_set(probe.host, id, "k", nx_bytes_n("abc", 3)), NX_OK);
    struct nx_bytes bytes = rooms->data_get(probe.host, id, "k");
    assert_int_equal(bytes.len, 3);
    assert_memory_equal(bytes.ptr, "abc", 3);
    assert_null(rooms->data_get(probe.host, id, "other").ptr);
    assert_null(rooms->data_get(probe.host, id, NULL).ptr);
    assert_int_equal(
            rooms->data_set(probe.host, id, NULL, bytes), NX_ERR_INVALID);
    assert_int_equal(rooms->data_set(probe.host, id, "k", nx_bytes_n(NULL, 3)),
            NX_ERR_INVALID);

    rooms->leave(probe.host, nx_str_c("probe:a"), alice);
    assert_int_equal(room(), 0);
    assert_int_equal(rooms->data_set(probe.host, id, "k", nx_bytes_n("abc", 3)),
            NX_ERR_GONE);
}

static void publish(int64_t n) {
    struct nx_writer *event = probe_event_of("probe.record");
    probe.sdk.json->put_i64(event, "n", n);
    assert_int_equal(probe.sdk.engine->publish(probe.host, nx_str_c("probe:a"),
                             event, NULL, NULL, NULL),
            NX_OK);
    fake_host_turn(probe.fake);
}

static void on_joined(void *user, const struct nx_join_result *result) {
    join_result = *result;
}

static void sends_what_a_late_joiner_missed(void **state) {
    nx_session_id alice = member("alice");
    publish(1);
    publish(2);
    FAKE_EXPECT(first, probe.fake, alice, "probe.record");
    FAKE_ASSERT_I64(first, "seq", 1);
    nx_session_id bob = fake_host_connect(probe.fake, "bob");
    assert_int_equal(probe.sdk.rooms->join(probe.host, nx_str_c("probe:a"), bob,
                             NULL, on_joined, NULL),
            NX_OK);
    assert_int_equal(join_result.struct_size, 0);
    fake_host_turn(probe.fake);
    assert_int_equal(join_result.status, NX_OK);
    assert_int_equal(join_result.offset, 2);

    const struct nx_position since = {join_result.epoch, 1};
    nx_session_id carol = fake_host_connect(probe.fake, "carol");
    assert_int_equal(probe.sdk.rooms->join(probe.host, nx_str_c("probe:a"),
                             carol, &since, on_joined, NULL),
            NX_OK);
    fake_host_turn(probe.fake);
    assert_int_equal(join_result.recovered, 1);
    assert_int_equal(join_result.records, 1);
    FAKE_EXPECT(missed, probe.fake, carol, "probe.record");
    FAKE_ASSERT_I64(missed, "seq", 2);
    FAKE_ASSERT_SILENT(probe.fake, bob);
}

static void tells_what_a_client_has_received(void **state) {
    nx_session_id alice = member("alice");
    fake_host_hold_pongs(probe.fake, alice, true);
    publish(1);
    publish(2);
    assert_int_equal(records, 2);
    assert_int_equal(received_upto, 0);
    fake_host_hold_pongs(probe.fake, alice, false);
    assert_int_equal(received_upto, 2);
}

static void shows_members_of_all_rooms_to_observers(void **state) {
    nx_session_id alice = member("alice");
    fake_host_send(probe.fake, alice,
            "{\"event_type\":\"room.join\",\"room_id\":\"r\"}");
    assert_int_equal(joined, 1);
    assert_int_equal(observed, 2);
    fake_host_send(probe.fake, alice,
            "{\"event_type\":\"room.leave\",\"room_id\":\"r\"}");
    assert_int_equal(observed, 3);
    assert_int_equal(online, 1);
    fake_host_disconnect(probe.fake, alice, 1001);
    assert_int_equal(observed, 4);
    assert_int_equal(online, 0);
}

static void survives_rooms_that_are_not_there(void **state) {
    const struct nx_rooms_v1 *rooms = probe.sdk.rooms;
    assert_int_equal(rooms->find(probe.host, nx_str_none()), 0);
    assert_null(rooms->name(probe.host, 0).ptr);
    assert_int_equal(rooms->count(probe.host, 999), 0);
    assert_int_equal(rooms->user_count(NULL, 999), 0);
    assert_int_equal(rooms->is_member(probe.host, 0, 0), 0);
    rooms->each_session(probe.host, 0, NULL, NULL);
    rooms->each_user(probe.host, 0, NULL, NULL);
    rooms->each_room_of(probe.host, 0, NULL, NULL);
    assert_null(rooms->data_get(probe.host, 0, "k").ptr);
}

#define TEST(function) \
    cmocka_unit_test_setup_teardown(function, setup, probe_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(counts_sessions_and_users),
            TEST(expels_all_sessions_of_a_user),
            TEST(refuses_to_join_twice_or_where_no_kind_is),
            TEST(needs_a_grant_for_a_private_room),
            TEST(visits_members),
            TEST(keeps_bytes_on_a_room_as_long_as_it_lives),
            TEST(sends_what_a_late_joiner_missed),
            TEST(tells_what_a_client_has_received),
            TEST(shows_members_of_all_rooms_to_observers),
            TEST(survives_rooms_that_are_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
