#include "tests/unit/kernel/core/host_fixture.h"

static uint32_t seen_what;
static uint32_t seen_sessions;
static uint32_t counted;
static nx_status info_status;
static uint32_t seen_active; // times a noticed session did something

static void on_session(void *user, const struct nx_session_event *ev) {
    struct nx_session_info info = {.struct_size = sizeof(info)};
    seen_what |= ev->what;
    seen_active += ev->what == NX_SESSION_ACTIVE ? 1 : 0;
    seen_sessions = ev->user_sessions;
    counted = probe.sdk.users->session_count(probe.host, ev->user);
    info_status = probe.sdk.users->session_info(probe.host, ev->session, &info);
}

static nx_status watch_sessions(void) {
    return probe.sdk.router->on_session(probe.host,
            NX_SESSION_OPENED | NX_SESSION_CLOSED | NX_SESSION_ACTIVE,
            on_session, NULL);
}

static int setup(void **state) {
    seen_what = 0;
    seen_active = 0;
    probe_load();
    probe.on_start = watch_sessions;
    probe_run();
    return 0;
}

static void tells_about_a_session(void **state) {
    nx_session_id alice = fake_host_connect(probe.fake, "alice smith/1");
    struct nx_session_info info = {.struct_size = sizeof(info)};
    assert_int_equal(
            probe.sdk.users->session_info(probe.host, alice, &info), NX_OK);
    assert_int_equal(info.session, alice);
    assert_true(nx_str_is(info.user, "alice smith/1"));
    assert_true(nx_str_is(info.address, "127.0.0.1"));
    assert_int_equal(info.connected_ms, FAKE_HOST_START_MS);
}

static void says_whose_device_was_made_up(void **state) {
    nx_session_id given =
            fake_host_connect_query(probe.fake, "user_id=al&device_id=phone");
    nx_session_id made = fake_host_connect(probe.fake, "al");
    struct nx_session_info info = {.struct_size = sizeof(info)};
    assert_int_equal(
            probe.sdk.users->session_info(probe.host, given, &info), NX_OK);
    assert_true(nx_str_is(info.device, "phone"));
    assert_int_equal(info.flags, 0);
    assert_int_equal(
            probe.sdk.users->session_info(probe.host, made, &info), NX_OK);
    assert_int_equal(info.flags, NX_DEVICE_MADE_UP);
}

static void fills_no_more_than_the_plugin_has_room_for(void **state) {
    nx_session_id alice = fake_host_connect(probe.fake, "alice");
    struct nx_session_info info;
    memset(&info, 0x55, sizeof(info));
    info.struct_size = offsetof(struct nx_session_info, device);
    assert_int_equal(
            probe.sdk.users->session_info(probe.host, alice, &info), NX_OK);
    assert_true(nx_str_is(info.user, "alice"));
    assert_int_equal(info.connected_ms, 0x5555555555555555);
    info.struct_size = 0;
    assert_int_equal(probe.sdk.users->session_info(probe.host, alice, &info),
            NX_ERR_INVALID);
    assert_int_equal(probe.sdk.users->session_info(probe.host, alice, NULL),
            NX_ERR_INVALID);
    info.struct_size = sizeof(info);
    assert_int_equal(
            probe.sdk.users->session_info(probe.host, 999, &info), NX_ERR_GONE);
}

static void does_not_count_the_session_that_just_closed(void **state) {
    nx_session_id one = fake_host_connect(probe.fake, "alice");
    fake_host_connect(probe.fake, "alice");
    assert_int_equal(seen_sessions, 2);
    assert_int_equal(counted, 2);
    fake_host_disconnect(probe.fake, one, 1001);
    assert_int_equal(seen_what, NX_SESSION_OPENED | NX_SESSION_CLOSED);
    assert_int_equal(seen_sessions, 1);
    assert_int_equal(counted, 1);
    assert_int_equal(info_status, NX_OK);
}

static int32_t close_it(void *user, nx_session_id id, struct nx_str name) {
    *(uint32_t *)user += 1;
    probe.sdk.send->close(probe.host, id, 4413, nx_str_none());
    return 0;
}

static void visits_sessions_that_the_callback_closes(void **state) {
    nx_session_id one = fake_host_connect(probe.fake, "alice");
    nx_session_id two = fake_host_connect(probe.fake, "alice");
    uint32_t count = 0;
    probe.sdk.users->each_session(
            probe.host, nx_str_c("alice"), close_it, &count);
    fake_host_turn(probe.fake);
    assert_int_equal(count, 2);
    assert_int_equal(fake_host_close_code(probe.fake, one), 4413);
    assert_int_equal(fake_host_close_code(probe.fake, two), 4413);
    assert_int_equal(
            probe.sdk.users->session_count(probe.host, nx_str_c("alice")), 0);
}

static int32_t count_user(void *user, struct nx_str name, uint32_t sessions) {
    *(uint32_t *)user += sessions;
    return 0;
}

static void visits_users_online(void **state) {
    uint32_t sessions = 0;
    fake_host_connect(probe.fake, "alice");
    fake_host_connect(probe.fake, "alice");
    fake_host_connect(probe.fake, "bob");
    probe.sdk.users->each_user(probe.host, count_user, &sessions);
    assert_int_equal(sessions, 3);
}

static void keeps_bytes_on_a_session(void **state) {
    const struct nx_users_v1 *users = probe.sdk.users;
    nx_session_id alice = fake_host_connect(probe.fake, "alice");
    assert_int_equal(
            users->data_set(probe.host, alice, "k", nx_bytes_n("abc", 3)),
            NX_OK);
    assert_int_equal(users->data_get(probe.host, alice, "k").len, 3);
    assert_int_equal(
            users->data_set(probe.host, alice, "k", nx_bytes_n(NULL, 0)),
            NX_OK);
    assert_null(users->data_get(probe.host, alice, "k").ptr);
    assert_int_equal(
            users->data_set(probe.host, 999, "k", nx_bytes_n("abc", 3)),
            NX_ERR_GONE);
}

static uint64_t idle_ms(nx_session_id session) {
    struct nx_session_info info = {.struct_size = sizeof(info)};
    assert_int_equal(
            probe.sdk.users->session_info(probe.host, session, &info), NX_OK);
    assert_int_equal(info.active_ms,
            fake_host_now_ms(probe.fake) - (int64_t)info.idle_ms);
    return info.idle_ms;
}

static void takes_no_heartbeat_for_activity(void **state) {
    nx_session_id alice = fake_host_connect(probe.fake, "alice");
    fake_host_advance(probe.fake, 5000);
    fake_host_send(probe.fake, alice, "{\"event_type\":\"ping\"}");
    fake_host_send(probe.fake, alice, "{\"event_type\":\"pong\"}");
    fake_host_send(probe.fake, alice,
            "{\"event_type\":\"system.ack\",\"room\":\"r\",\"offset\":1}");
    fake_host_send(probe.fake, alice, "no JSON");
    assert_int_equal(idle_ms(alice), 5000);
    fake_host_send(probe.fake, alice, "{\"event_type\":\"probe.a\"}");
    assert_int_equal(idle_ms(alice), 0);
}

static void tells_of_the_next_activity_once(void **state) {
    const struct nx_users_v1 *users = probe.sdk.users;
    nx_session_id alice = fake_host_connect(probe.fake, "alice");
    nx_session_id bob = fake_host_connect(probe.fake, "bob");
    assert_int_equal(users->notice(probe.host, alice), NX_OK);
    fake_host_send(probe.fake, bob, "{\"event_type\":\"probe.a\"}");
    fake_host_send(probe.fake, alice, "{\"event_type\":\"ping\"}");
    assert_int_equal(seen_active, 0);
    fake_host_send(probe.fake, alice, "{\"event_type\":\"probe.a\"}");
    fake_host_send(probe.fake, alice, "{\"event_type\":\"probe.a\"}");
    assert_int_equal(seen_active, 1);
    assert_int_equal(users->notice(probe.host, 999), NX_ERR_GONE);
}

static void join_room(nx_session_id session) {
    fake_host_send(probe.fake, session,
            "{\"event_type\":\"room.join\",\"room_id\":\"r\",\"ref\":\"j\"}");
}

static void hide(const char *user, int32_t hidden) {
    assert_int_equal(
            probe.sdk.users->hide(probe.host, nx_str_c(user), hidden), NX_OK);
    fake_host_turn(probe.fake);
}

static void hiding_looks_like_leaving_to_others(void **state) {
    nx_session_id alice = fake_host_connect(probe.fake, "alice");
    nx_session_id tablet = fake_host_connect(probe.fake, "alice");
    nx_session_id bob = fake_host_connect(probe.fake, "bob");
    join_room(alice);
    join_room(tablet);
    join_room(bob);
    fake_host_skip(probe.fake, alice);
    fake_host_skip(probe.fake, tablet);
    fake_host_skip(probe.fake, bob);

    hide("alice", 1);
    FAKE_EXPECT(left, probe.fake, bob, "room.leave");
    FAKE_ASSERT_STR(left, "user_id", "alice");
    FAKE_ASSERT_STR(left, "room_id", "r");
    hide("alice", 1);
    FAKE_ASSERT_SILENT(probe.fake, bob);
    assert_int_equal(
            probe.sdk.users->is_hidden(probe.host, nx_str_c("alice")), 1);

    hide("alice", 0);
    FAKE_EXPECT(joined, probe.fake, bob, "room.join");
    FAKE_ASSERT_STR(joined, "user_id", "alice");
    FAKE_ASSERT_SILENT(probe.fake, alice);
    FAKE_ASSERT_SILENT(probe.fake, tablet);
    assert_int_equal(probe.sdk.users->hide(probe.host, nx_str_c("nobody"), 1),
            NX_ERR_GONE);
}

static void leaves_the_hidden_out_of_lists_and_counts(void **state) {
    nx_session_id alice = fake_host_connect(probe.fake, "alice");
    hide("alice", 1);
    join_room(alice);
    FAKE_EXPECT(own, probe.fake, alice, "ack");
    FAKE_ASSERT_I64(own, "members.count", 1);
    FAKE_ASSERT_STR(own, "members.users.0", "alice");
    assert_int_equal(
            fake_host_http(probe.fake, "GET", "/api/ws/rooms/r", NULL)->status,
            404);

    nx_session_id bob = fake_host_connect(probe.fake, "bob");
    join_room(bob);
    FAKE_EXPECT(ack, probe.fake, bob, "ack");
    FAKE_ASSERT_I64(ack, "members.count", 1);
    FAKE_ASSERT_STR(ack, "members.users.0", "bob");
    const struct fake_response *room =
            fake_host_http(probe.fake, "GET", "/api/ws/rooms/r", NULL);
    FAKE_ASSERT_I64(room->json, "count", 1);
    FAKE_ASSERT_I64(room->json, "sessions", 1);
    assert_int_equal(fake_event_count(room->json, "members"), 1);
    const struct fake_response *online =
            fake_host_http(probe.fake, "GET", "/api/ws/online", NULL);
    FAKE_ASSERT_I64(online->json, "count", 1);
    FAKE_ASSERT_STR(online->json, "users.0.user_id", "bob");
    assert_int_equal(fake_event_count(online->json, "users"), 1);
}

static void hiding_ends_with_the_last_session(void **state) {
    nx_session_id alice = fake_host_connect(probe.fake, "alice");
    nx_session_id bob = fake_host_connect(probe.fake, "bob");
    join_room(bob);
    hide("alice", 1);
    join_room(alice);
    fake_host_skip(probe.fake, bob);

    fake_host_disconnect(probe.fake, alice, 1001);

    FAKE_ASSERT_SILENT(probe.fake, bob);
    assert_int_equal(
            probe.sdk.users->is_hidden(probe.host, nx_str_c("alice")), 0);
    alice = fake_host_connect(probe.fake, "alice");
    join_room(alice);
    FAKE_EXPECT(joined, probe.fake, bob, "room.join");
    const struct fake_response *online =
            fake_host_http(probe.fake, "GET", "/api/ws/online", NULL);
    FAKE_ASSERT_I64(online->json, "count", 2);
}

#define TEST(function) \
    cmocka_unit_test_setup_teardown(function, setup, probe_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(tells_about_a_session),
            TEST(says_whose_device_was_made_up),
            TEST(fills_no_more_than_the_plugin_has_room_for),
            TEST(does_not_count_the_session_that_just_closed),
            TEST(visits_sessions_that_the_callback_closes),
            TEST(visits_users_online),
            TEST(keeps_bytes_on_a_session),
            TEST(takes_no_heartbeat_for_activity),
            TEST(tells_of_the_next_activity_once),
            TEST(hiding_looks_like_leaving_to_others),
            TEST(leaves_the_hidden_out_of_lists_and_counts),
            TEST(hiding_ends_with_the_last_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
