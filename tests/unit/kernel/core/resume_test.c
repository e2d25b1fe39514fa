#include "tests/unit/kernel/core/resume_fixture.h"

static void gives_back_session_device_rooms_and_data(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    char first[64];
    assert_has(alice->texts, "\"resumed\":false");
    assert_has(alice->texts, "\"window\":120");
    (void)snprintf(first, sizeof(first), "%.*s",
            (int)strcspn(alice->token, "."), alice->token);
    char device[128];
    (void)snprintf(device, sizeof(device), "%s", session_of(alice)->device);
    join(alice, "log:a");
    join(alice, "bare:b");
    const struct nx_bytes data = {"seen", 4};
    assert_int_equal(
            blobs_set(&session_of(alice)->blobs, "probe", "k", data), NX_OK);
    lose(alice);

    connect_with(alice, "alice", alice->token);
    assert_has(alice->texts, "\"resumed\":true");
    assert_has(alice->texts, first);
    turns(5);
    assert_string_equal(session_of(alice)->device, device);
    assert_true(session_of(alice)->device_made_up);
    assert_true(is_in(alice, "log:a"));
    assert_true(is_in(alice, "bare:b"));
    struct nx_bytes kept = blobs_get(&session_of(alice)->blobs, "probe", "k");
    assert_int_equal(kept.len, 4);
    assert_memory_equal(kept.ptr, "seen", 4);
    assert_int_equal(c.core->stats->resumes[RESUME_DONE], 1);
    client_destroy(alice);
}

static void tells_plugins_in_order(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    lose(alice);
    connect_with(alice, "alice", alice->token);
    turns(5);
    assert_string_equal(told,
            "opened 1, joined 1, left 1, closed 1, "
            "joined 2, resumed 2");
    client_destroy(alice);
}

static void replays_after_what_was_proved_to_be_received(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    publish("log:a", 1, 3);
    take(alice);
    assert_int_equal(alice->pings, 1);
    pong(alice);
    publish("log:a", 4, 4); // not worth a Ping so soon
    take(alice);
    assert_int_equal(alice->pings, 0);
    core_case_advance(&c, 2000);
    publish("log:a", 5, 5);
    take(alice);
    assert_int_equal(alice->pings, 1); // covers both, and is lost
    lose(alice);
    publish("log:a", 6, 7);

    come_back(alice);
    assert_string_equal(values(alice, "n"), "4 5 6 7");
    assert_has(alice->texts, "\"recovered\":true");
    publish("log:a", 8, 8);
    take(alice);
    assert_string_equal(values(alice, "n"), "8");
    client_destroy(alice);
}

static void begins_with_the_end_of_the_log_for_who_only_joined(void **state) {
    (void)state;
    publish("log:a", 1, 5); // nobody is there
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    lose(alice);
    publish("log:a", 6, 7);
    come_back(alice);
    assert_string_equal(values(alice, "n"), "6 7");
    client_destroy(alice);
}

static void begins_where_the_room_was_when_it_joined(void **state) {
    (void)state;
    struct client *bob = client_create("bob");
    join(bob, "log:a");
    publish("log:a", 1, 3);
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    lose(alice);
    publish("log:a", 4, 4);
    come_back(alice);
    assert_string_equal(values(alice, "n"), "4");
    client_destroy(alice);
    client_destroy(bob);
}

static const struct client *who_joins;

static void join_at_a_record(void *user, nx_room_id room, struct nx_str name,
        const struct nx_record *record) {
    (void)user;
    (void)room;
    const struct rooms_join request = {
            .name = name, .session = session_of(who_joins)};
    if (record->offset == 2) {
        assert_int_equal(rooms_join(c.core->rooms, &request), NX_OK);
    }
}

static void has_not_received_the_record_it_joined_at(void **state) {
    (void)state;
    const struct nx_room_kind kind = {
            .struct_size = sizeof(kind),
            .prefix = "hook:",
            .offset_field = "seq",
            .keep_count = LOG_KEPT,
            .on_record = join_at_a_record,
    };
    assert_int_equal(registry_add_kind(c.core->registry, NULL, &kind), NX_OK);
    struct client *bob = client_create("bob");
    struct client *alice = client_create("alice");
    who_joins = alice;
    join(bob, "hook:a");
    publish("hook:a", 1, 2);
    take(alice);
    assert_string_equal(values(alice, "n"), "2");
    lose(alice); // no Pong has come
    come_back(alice);
    assert_string_equal(values(alice, "n"), "2");
    client_destroy(alice);
    client_destroy(bob);
}

static void wants_the_newest_token_once_that_has_arrived(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    char first[RESUME_TOKEN_SIZE];
    memcpy(first, alice->token, sizeof(first));
    lose(alice);
    connect_with(alice, "alice", first);
    assert_string_not_equal(alice->token, first);
    lose(alice); // the welcome may be lost: no Pong has come

    connect_with(alice, "alice", first);
    assert_has(alice->texts, "\"resumed\":true");
    turns(3);
    assert_int_equal(alice->pings, 1);
    pong(alice);
    lose(alice);

    char newest[RESUME_TOKEN_SIZE];
    memcpy(newest, alice->token, sizeof(newest));
    connect_with(alice, "alice", first);
    assert_has(alice->texts, "\"resumed\":false");
    assert_has(alice->texts, "\"reason\":\"unknown_token\"");
    lose(alice);
    connect_with(alice, "alice", newest);
    assert_has(alice->texts, "\"resumed\":true");
    client_destroy(alice);
}

static void is_for_the_same_user_only(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    lose(alice);
    struct client *mallory = calloc(1, sizeof(*mallory));
    assert_non_null(mallory);
    connect_with(mallory, "mallory", alice->token);
    assert_has(mallory->texts, "\"resumed\":false");
    assert_has(mallory->texts, "\"reason\":\"other_user\"");
    turns(3);
    assert_false(is_in(mallory, "log:a"));
    come_back(alice); // her token is not spent
    assert_true(is_in(alice, "log:a"));
    client_destroy(mallory);
    client_destroy(alice);
}

static void knows_no_forged_tokens(void **state) {
    (void)state;
    static const char *const forged[] = {"x", ".", "s-1.", "s-1.2", "%00",
            "s-0000000000000000-1.0000000000000000000000000000000000"};
    for (size_t i = 0; i < sizeof(forged) / sizeof(*forged); i++) {
        struct client *client = calloc(1, sizeof(*client));
        assert_non_null(client);
        connect_with(client, "alice", forged[i]);
        if (strcmp(forged[i], "%00") != 0) {
            assert_has(client->texts, "\"reason\":\"unknown_token\"");
        }
        client_destroy(client);
    }
    struct client *alice = client_create("alice");
    char *last = &alice->token[strlen(alice->token) - 1];
    *last = *last == '0' ? '1' : '0';
    lose(alice);
    connect_with(alice, "alice", alice->token);
    assert_has(alice->texts, "\"reason\":\"unknown_token\"");
    client_destroy(alice);
}

static void ends_with_its_window(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    lose(alice);
    core_case_advance(&c, 119000);
    assert_int_equal(resume_away(c.core->resume), 1);
    core_case_advance(&c, 1100);
    assert_int_equal(resume_away(c.core->resume), 0);
    assert_int_equal(c.core->stats->resume_expired, 1);
    connect_with(alice, "alice", alice->token);
    assert_has(alice->texts, "\"reason\":\"unknown_token\"");
    client_destroy(alice);
}

static void ends_with_a_goodbye(void **state) {
    (void)state;
    static const uint16_t codes[] = {1000, 1005, 4400, 4409, 4413};
    for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
        struct client *alice = client_create("alice");
        lose_with(alice, codes[i]);
        assert_int_equal(resume_away(c.core->resume), 0);
        client_destroy(alice);
    }
    struct client *alice = client_create("alice");
    core_case_send(&c, &alice->link, "{\"event_type\":\"disconnect\"}");
    lose(alice);
    assert_int_equal(resume_away(c.core->resume), 0);
    client_destroy(alice);
}

static void outlives_what_clients_may_come_back_after(void **state) {
    (void)state;
    static const uint16_t codes[] = {1001, 1006, 4507, 4508, 4512};
    for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
        struct client *alice = client_create("alice");
        session_close(session_of(alice), codes[i], NULL);
        core_turn(c.core);
        lose(alice);
        connect_with(alice, "alice", alice->token);
        assert_has(alice->texts, "\"resumed\":true");
        turns(2);
        client_destroy(alice);
    }
}

static void takes_over_from_a_connection_that_lives(void **state) {
    (void)state;
    struct client *old = client_create("alice");
    join(old, "bare:b"); // takes no time to be restored
    join(old, "log:a");
    publish("log:a", 1, 2);
    struct client *new = calloc(1, sizeof(*new));
    assert_non_null(new);
    dial(new, "alice", old->token);
    turns(5);
    take(new);
    keep_token(new);
    assert_has(new->texts, "\"resumed\":true");
    assert_int_equal(old->link.close_code, CLOSE_SESSION_RESUMED);
    assert_string_equal(values(new, "n"), "1 2");
    assert_string_equal(told,
            "opened 1, joined 1, joined 1, left 1, left 1, closed 1, "
            "joined 2, joined 2, resumed 2");
    lose(old);
    assert_int_equal(resume_away(c.core->resume), 0);
    assert_true(is_in(new, "log:a"));
    client_destroy(old);
    client_destroy(new);
}

static void keeps_a_limited_number(void **state) {
    (void)state;
    static const char *const sets[] = {
            "resume.sessions=3", "resume.sessions_per_user=2", NULL};
    resume_case_init(sets);
    static const char *const users[] = {"a", "a", "a", "b", "c"};
    struct client *clients[5];
    for (size_t i = 0; i < 5; i++) {
        clients[i] = client_create(users[i]);
        lose(clients[i]);
    }
    // The first went for the third, the second for the fifth.
    assert_int_equal(resume_away(c.core->resume), 3);
    assert_int_equal(c.core->stats->resume_evicted, 2);
    for (size_t i = 0; i < 5; i++) {
        connect_with(clients[i], users[i], clients[i]->token);
        assert_has(clients[i]->texts,
                i < 2 ? "\"resumed\":false" : "\"resumed\":true");
    }
    turns(3);
    for (size_t i = 0; i < 5; i++) {
        client_destroy(clients[i]);
    }
    core_case_finish(&c);
}

static void keeps_none_that_is_too_large(void **state) {
    (void)state;
    static const char *const sets[] = {"resume.record_bytes=1024", NULL};
    static const char bytes[2000];
    resume_case_init(sets);
    struct client *alice = client_create("alice");
    const struct nx_bytes data = {bytes, sizeof(bytes)};
    assert_int_equal(
            blobs_set(&session_of(alice)->blobs, "probe", "k", data), NX_OK);
    lose(alice);
    assert_int_equal(resume_away(c.core->resume), 0);
    assert_int_equal(c.core->stats->resume_too_large, 1);
    client_destroy(alice);
    core_case_finish(&c);
}

static void is_off_without_a_window(void **state) {
    (void)state;
    static const char *const sets[] = {"resume.window=0", NULL};
    resume_case_init(sets);
    struct client *alice = client_create("alice");
    assert_lacks(alice->texts, "resume_token");
    assert_has(alice->texts, "\"window\":0");
    join(alice, "log:a");
    publish("log:a", 1, 3);
    core_case_advance(&c, 5000);
    publish("log:a", 4, 4);
    take(alice);
    assert_int_equal(alice->pings, 0); // nothing is proved for nobody
    lose(alice);
    assert_int_equal(resume_away(c.core->resume), 0);
    connect_with(alice, "alice", "s-1.2");
    assert_has(alice->texts, "\"reason\":\"off\"");
    client_destroy(alice);
    core_case_finish(&c);
}

static void does_not_bring_back_who_was_expelled(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    struct client *bob = client_create("bob");
    join(alice, "log:a");
    join(alice, "log:b");
    join(bob, "log:a");
    lose(alice);
    lose(bob);
    resume_strike(
            c.core->resume, core_case_str("alice"), core_case_str("log:a"));
    publish("log:a", 1, 1);
    come_back(alice);
    come_back(bob);
    assert_false(is_in(alice, "log:a"));
    assert_true(is_in(alice, "log:b"));
    assert_string_equal(values(alice, "n"), "");
    assert_true(is_in(bob, "log:a"));
    client_destroy(bob);
    client_destroy(alice);
}

static void asks_whether_one_may_still_join(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    join(alice, "room:private-x"); // as one who had a grant
    lose(alice);
    come_back(alice);
    assert_false(is_in(alice, "room:private-x"));
    assert_has(alice->texts,
            "{\"room\":\"room:private-x\",\"error\":\"forbidden\"}");
    client_destroy(alice);
}

static void is_told_to_the_users_other_sessions(void **state) {
    (void)state;
    struct client *phone = client_create("alice");
    struct client *tab = client_create("alice");
    take(phone);
    lose(tab);
    come_back(tab);
    take(phone);
    assert_has(phone->texts, "\"event_type\":\"disconnect\"");
    assert_has(phone->texts, "\"event_type\":\"connect\"");
    client_destroy(tab);
    client_destroy(phone);
}

// Its owner knows what the client has, the server does not yet.
static void leaves_it_to_the_owner_where_its_position_is_awaited(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    add_kind("trk:", LOG_KEPT, NX_ROOM_TRACKED);
    publish("trk:a", 1, 3);
    const struct rooms_join request = {
            .name = core_case_str("trk:a"), .session = session_of(alice)};
    assert_int_equal(rooms_join(c.core->rooms, &request), NX_OK);
    lose(alice); // before the engine has said where the log ends
    come_back(alice);
    assert_false(is_in(alice, "trk:a"));
    assert_has(alice->texts, "\"rooms\":[]");
    assert_lacks(alice->texts, "system.gap");

    join(alice, "trk:a");
    lose(alice);
    publish("trk:a", 4, 4);
    come_back(alice);
    assert_true(is_in(alice, "trk:a"));
    assert_string_equal(values(alice, "n"), "4");
    client_destroy(alice);
}

static void send_join(struct client *client, const char *more) {
    char text[128];
    int len = snprintf(text, sizeof(text),
            "{\"event_type\":\"room.join\",\"room_id\":\"r\"%s}", more);
    session_io_message(c.core, client->link.session, text, (size_t)len, false);
    turns(5);
}

static void comes_back_under_its_name(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    struct client *bob = client_create("bob");
    send_join(bob, "");
    send_join(alice, ",\"username\":\"Alice L.\"");
    assert_has(take(bob), "\"username\":\"Alice L.\"");
    for (unsigned i = 0; i < 2; i++) {
        lose(alice);
        assert_has(take(bob), "\"event_type\":\"room.leave\"");
        come_back(alice);
        assert_has(take(bob), "\"username\":\"Alice L.\"");
    }
    lose(bob);
    come_back(bob);
    assert_lacks(take(alice), "username");
    client_destroy(alice);
    client_destroy(bob);
}

static void works_with_a_first_connect_event(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    lose(alice);
    const struct gate_request request = {.address = core_case_str("127.0.0.1")};
    char event[256];
    (void)snprintf(event, sizeof(event),
            "{\"event_type\":\"connect\",\"user_id\":\"alice\","
            "\"resume\":\"%s\"}",
            alice->token);
    memset(&alice->link, 0, sizeof(alice->link));
    nx_buf_init(&alice->link.out, CORE_CASE_MAX);
    alice->link.session = gate_open(c.core, &alice->link, &request);
    core_case_send(&c, &alice->link, event);
    turns(5);
    take(alice);
    assert_has(alice->texts, "\"resumed\":true");
    assert_true(is_in(alice, "log:a"));
    client_destroy(alice);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            RESUME_TEST(gives_back_session_device_rooms_and_data),
            RESUME_TEST(tells_plugins_in_order),
            RESUME_TEST(replays_after_what_was_proved_to_be_received),
            RESUME_TEST(begins_with_the_end_of_the_log_for_who_only_joined),
            RESUME_TEST(begins_where_the_room_was_when_it_joined),
            RESUME_TEST(has_not_received_the_record_it_joined_at),
            RESUME_TEST(wants_the_newest_token_once_that_has_arrived),
            RESUME_TEST(is_for_the_same_user_only),
            RESUME_TEST(knows_no_forged_tokens),
            RESUME_TEST(ends_with_its_window),
            RESUME_TEST(ends_with_a_goodbye),
            RESUME_TEST(outlives_what_clients_may_come_back_after),
            RESUME_TEST(takes_over_from_a_connection_that_lives),
            cmocka_unit_test(keeps_a_limited_number),
            cmocka_unit_test(keeps_none_that_is_too_large),
            cmocka_unit_test(is_off_without_a_window),
            RESUME_TEST(does_not_bring_back_who_was_expelled),
            RESUME_TEST(asks_whether_one_may_still_join),
            RESUME_TEST(is_told_to_the_users_other_sessions),
            RESUME_TEST(leaves_it_to_the_owner_where_its_position_is_awaited),
            RESUME_TEST(comes_back_under_its_name),
            RESUME_TEST(works_with_a_first_connect_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
