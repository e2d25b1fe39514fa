#include "tests/unit/kernel/core/resume_fixture.h"

static void tells_of_a_gap_where_the_log_does_not_reach_back(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    publish("log:a", 1, 1);
    take(alice);
    pong(alice);
    lose(alice);
    publish("log:a", 2, 15); // 6 to 15 are kept
    come_back(alice);
    assert_has(alice->texts, "\"event_type\":\"system.gap\"");
    assert_has(alice->texts, "\"from\":2,\"to\":15,\"reason\":\"expired\"");
    assert_has(alice->texts, "\"recovered\":false");
    assert_string_equal(values(alice, "n"), "");
    assert_int_equal(c.core->stats->gaps, 1);
    publish("log:a", 16, 16);
    take(alice);
    assert_string_equal(values(alice, "n"), "16");

    lose(alice); // the gap is not told again
    publish("log:a", 17, 17);
    come_back(alice);
    assert_string_equal(values(alice, "n"), "16 17");
    client_destroy(alice);
}

static void tells_of_a_gap_where_the_log_is_another(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    publish("log:a", 1, 3);
    lose(alice);
    // The engine is exchanged for one that knows nothing.
    const struct memory_limits limits = {1 << 20, 10, 10};
    struct memory *other = memory_create(&c.core->clock, &limits);
    struct memory *former = c.core->memory;
    c.core->memory = other;
    assert_int_equal(engine_use(c.core->engine, memory_provider(other)), NX_OK);
    publish("log:a", 1, 4);
    come_back(alice);
    assert_has(alice->texts, "\"from\":1,\"to\":4,\"reason\":\"lost\"");
    assert_has(alice->texts, "\"recovered\":false");
    client_destroy(alice);
    memory_destroy(former);
}

static void follows_a_log_that_is_made_anew_meanwhile(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    publish("log:a", 1, 3);
    take(alice);
    pong(alice);
    const struct memory_limits limits = {1 << 20, 10, 10};
    struct memory *former = c.core->memory;
    c.core->memory = memory_create(&c.core->clock, &limits);
    assert_int_equal(
            engine_use(c.core->engine, memory_provider(c.core->memory)), NX_OK);
    publish("log:a", 4, 5); // offsets 1 and 2, and not proved
    lose(alice);
    publish("log:a", 6, 6);
    come_back(alice);
    assert_string_equal(values(alice, "n"), "4 5 6");
    assert_has(alice->texts, "\"recovered\":true");
    client_destroy(alice);
    memory_destroy(former);
}

static void comes_back_where_no_log_is_kept(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    struct client *bob = client_create("bob");
    join(alice, "bare:b");
    join(bob, "bare:b");
    lose(alice);
    publish_text("bare:b", "{\"n\":1}");
    come_back(alice);
    assert_true(is_in(alice, "bare:b"));
    assert_lacks(alice->texts, "system.gap");
    assert_has(alice->texts, "{\"room\":\"bare:b\",\"recovered\":false}");
    client_destroy(bob);
    client_destroy(alice);
}

static void says_which_rooms_there_are_no_more(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    lose(alice);
    assert_true(resume_record_add(&nx_container_of(c.core->resume->away.next,
                                          struct resume_away, link)
                                           ->record,
            core_case_str("gone:x"), NULL));
    come_back(alice);
    assert_has(alice->texts, "{\"room\":\"gone:x\",\"error\":\"invalid\"}");
    assert_true(is_in(alice, "log:a"));
    client_destroy(alice);
}

static void keeps_events_until_it_is_done(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    lose(alice);
    publish("log:a", 1, 2);
    connect_with(alice, "alice", alice->token);
    static const char *const events[] = {"{\"event_type\":\"ping\",\"m\":1}",
            "{\"event_type\":\"ping\",\"m\":2}"};
    for (size_t i = 0; i < 2; i++) {
        session_io_message(c.core, alice->link.session, events[i],
                strlen(events[i]), false);
    }
    turns(10);
    take(alice);
    assert_string_equal(values(alice, "n"), "1 2");
    assert_string_equal(values(alice, "m"), "1 2");
    assert_true(strstr(alice->texts, "system.resume")
            < strstr(alice->texts, "pong"));
    assert_true(strstr(alice->texts, "\"n\":2")
            < strstr(alice->texts, "system.resume"));
    client_destroy(alice);
}

static void does_not_keep_events_without_end(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    lose(alice);
    connect_with(alice, "alice", alice->token);
    static const char event[] = "{\"event_type\":\"ping\"}";
    for (size_t i = 0; i < 17; i++) {
        session_io_message(
                c.core, alice->link.session, event, sizeof(event) - 1, false);
    }
    core_turn(c.core);
    assert_int_equal(alice->link.close_code, CLOSE_OVERLOADED);
    client_destroy(alice);
}

static void begins_again_when_the_connection_breaks_meanwhile(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    join(alice, "log:b");
    publish("log:a", 1, 1);
    lose(alice);
    publish("log:a", 2, 3);
    publish("log:b", 4, 5);
    // One turn after the other: at no point may anything be lost.
    for (unsigned n = 0; n < 8; n++) {
        connect_with(alice, "alice", alice->token);
        assert_has(alice->texts, "\"resumed\":true");
        turns(n);
        lose(alice);
    }
    come_back(alice);
    assert_has(alice->texts, "\"recovered\":true");
    assert_lacks(alice->texts, "\"recovered\":false");
    const char *got = values(alice, "n");
    assert_true(strcmp(got, "1 2 3 4 5") == 0 || strcmp(got, "4 5 1 2 3") == 0);
    client_destroy(alice);
}

static void has_no_hole_and_no_double_while_others_write(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    struct client *bob = client_create("bob");
    join(alice, "log:a");
    join(bob, "log:a");
    publish("log:a", 1, 2);
    lose(alice);
    connect_with(alice, "alice", alice->token);
    for (unsigned n = 3; n < 9; n++) {
        publish("log:a", n, n);
    }
    turns(10);
    take(alice);
    assert_string_equal(values(alice, "n"), "1 2 3 4 5 6 7 8");
    client_destroy(bob);
    client_destroy(alice);
}

// A plugin may let the session into the room while it is being restored.
static void holds_what_is_live_behind_what_was_missed(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    publish("log:a", 1, 2);
    lose(alice);
    connect_with(alice, "alice", alice->token);
    const struct rooms_join request = {
            .name = core_case_str("log:a"), .session = session_of(alice)};
    assert_int_equal(rooms_join(c.core->rooms, &request), NX_OK);
    publish("log:a", 3, 4);
    publish("log:a", 5, 5);
    turns(10);
    publish("log:a", 6, 6);
    take(alice);
    assert_string_equal(values(alice, "n"), "1 2 3 4 5 6");
    client_destroy(alice);
}

static void forgets_a_room_that_is_left_meanwhile(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    publish("log:a", 1, 2);
    lose(alice);
    connect_with(alice, "alice", alice->token);
    assert_int_equal(rooms_leave(c.core->rooms, core_case_str("log:a"),
                             session_of(alice)),
            NX_OK);
    turns(10);
    take(alice);
    assert_false(is_in(alice, "log:a"));
    assert_has(alice->texts, "\"error\":\"not_member\"");
    client_destroy(alice);
}

// ---- slow clients ----

#define BIG 3000

static void publish_big(const char *room, unsigned from, unsigned to) {
    for (unsigned n = from; n <= to; n++) {
        char text[BIG + 64];
        (void)snprintf(
                text, sizeof(text), "{\"n\":%u,\"pad\":\"%0*d\"}", n, BIG, 0);
        publish_text(room, text);
    }
    core_turn(c.core);
}

static void sends_no_faster_than_the_client_reads(void **state) {
    (void)state;
    static const char *const sets[] = {"limits.outbox_bytes=16384", NULL};
    resume_case_init(sets);
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    publish("log:a", 1, 1);
    take(alice);
    pong(alice);
    lose(alice);
    publish_big("log:a", 2, 10); // more than the queue takes

    connect_with(alice, "alice", alice->token);
    alice->link.busy = true;
    turns(20);
    size_t waiting = session_of(alice)->outbox.bytes;
    assert_true(waiting > BIG && waiting < 16384);
    assert_false(is_in(alice, "log:a"));
    // It reads again; what comes live meanwhile comes behind.
    alice->link.busy = false;
    session_io_writable(c.core, alice->link.session);
    turns(1);
    publish("log:a", 11, 11);
    turns(20);
    take(alice);
    assert_int_equal(alice->link.close_code, 0);
    assert_string_equal(values(alice, "n"), "2 3 4 5 6 7 8 9 10 11");
    assert_has(alice->texts, "\"recovered\":true");
    client_destroy(alice);
    core_case_finish(&c);
}

static void brings_back_a_client_that_was_too_slow(void **state) {
    (void)state;
    static const char *const sets[] = {"limits.outbox_bytes=16384", NULL};
    resume_case_init(sets);
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    turns(2);
    alice->link.busy = true;
    publish_big("log:a", 1, 8);
    assert_int_equal(alice->link.close_code, CLOSE_SLOW_CONSUMER);
    alice->link.busy = false;
    lose(alice);
    come_back(alice);
    assert_string_equal(values(alice, "n"), "1 2 3 4 5 6 7 8");
    client_destroy(alice);
    core_case_finish(&c);
}

// ---- storms ----

static void serves_others_between_two_steps_of_a_storm(void **state) {
    (void)state;
    enum {
        STORM = 40
    };
    static const char *const sets[] = {"resume.parallel=2",
            "limits.connections_per_user=100", "resume.sessions_per_user=100",
            NULL};
    resume_case_init(sets);
    struct client *live = client_create("live");
    struct client *storm[STORM];
    for (size_t i = 0; i < STORM; i++) {
        storm[i] = client_create("many");
        join(storm[i], "log:a");
        lose(storm[i]);
    }
    publish("log:a", 1, 3);
    size_t waited = 0;
    unsigned answered = 0;
    for (size_t i = 0; i < STORM; i++) {
        connect_with(storm[i], "many", storm[i]->token);
    }
    take(live);
    while (restores_waiting(c.core->restores) > 0) {
        core_case_send(&c, &live->link, "{\"event_type\":\"ping\"}");
        take(live);
        assert_has(live->texts, "pong"); // in the same turn
        answered++;
        waited = restores_waiting(c.core->restores) > waited
                ? restores_waiting(c.core->restores)
                : waited;
        assert_true(answered < 10 * STORM);
    }
    assert_true(answered >= 4);
    assert_true(waited > 0);
    turns(5);
    for (size_t i = 0; i < STORM; i++) {
        client_destroy(storm[i]);
    }
    client_destroy(live);
    core_case_finish(&c);
}

// ---- positions of the client's own ----

static void send_positions(struct client *client, uint64_t offset) {
    char event[256];
    const struct room *room = rooms_find(c.core->rooms, core_case_str("log:a"));
    (void)snprintf(event, sizeof(event),
            "{\"event_type\":\"system.resume\",\"ref\":\"1\",\"positions\":"
            "{\"log:a\":{\"epoch\":\"%016" PRIx64 "\",\"offset\":%" PRIu64
            "}}}",
            room ? room->epoch : 0, offset);
    core_case_send(&c, &client->link, event);
}

static void sends_what_is_behind_a_clients_own_position(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    publish("log:a", 1, 5);
    take(alice);
    pong(alice); // its WebSocket stack has all, the application has not
    send_positions(alice, 2);
    publish("log:a", 6, 6);
    turns(5);
    publish("log:a", 7, 7);
    take(alice);
    assert_string_equal(values(alice, "n"), "3 4 5 6 7");
    assert_has(alice->texts, "\"ref\":\"1\"");
    assert_has(alice->texts, "\"recovered\":true");

    pong(alice);
    send_positions(alice, 99);
    turns(5);
    take(alice);
    assert_string_equal(values(alice, "n"), "");
    assert_has(alice->texts, "\"recovered\":false");
    client_destroy(alice);
}

static void refuses_positions_that_are_none(void **state) {
    (void)state;
    static const struct {
        const char *positions;
        const char *code;
    } wrong[] = {
            {"{}", "invalid_field"},
            {"[]", "invalid_field"},
            {"{\"log:a\":1}", "invalid_field"},
            {"{\"log:a\":{\"epoch\":\"x\",\"offset\":1}}", "invalid_field"},
            {"{\"log:b\":{\"epoch\":\"0000000000000000\",\"offset\":1}}",
                    "not_member"},
    };
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        char event[256];
        char code[64];
        (void)snprintf(event, sizeof(event),
                "{\"event_type\":\"system.resume\",\"positions\":%s}",
                wrong[i].positions);
        (void)snprintf(code, sizeof(code), "\"code\":\"%s\"", wrong[i].code);
        core_case_send(&c, &alice->link, event);
        take(alice);
        assert_has(alice->texts, code);
    }
    publish("log:a", 1, 1);
    take(alice);
    assert_string_equal(values(alice, "n"), "1"); // nothing is held
    client_destroy(alice);
}

static void resumes_from_a_clients_own_position(void **state) {
    (void)state;
    struct client *alice = client_create("alice");
    join(alice, "log:a");
    publish("log:a", 1, 5);
    take(alice);
    pong(alice);
    send_positions(alice, 2);
    lose(alice); // before anything was sent again
    come_back(alice);
    assert_string_equal(values(alice, "n"), "3 4 5");
    client_destroy(alice);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            RESUME_TEST(tells_of_a_gap_where_the_log_does_not_reach_back),
            RESUME_TEST(tells_of_a_gap_where_the_log_is_another),
            RESUME_TEST(follows_a_log_that_is_made_anew_meanwhile),
            RESUME_TEST(comes_back_where_no_log_is_kept),
            RESUME_TEST(says_which_rooms_there_are_no_more),
            RESUME_TEST(keeps_events_until_it_is_done),
            RESUME_TEST(does_not_keep_events_without_end),
            RESUME_TEST(begins_again_when_the_connection_breaks_meanwhile),
            RESUME_TEST(has_no_hole_and_no_double_while_others_write),
            RESUME_TEST(holds_what_is_live_behind_what_was_missed),
            RESUME_TEST(forgets_a_room_that_is_left_meanwhile),
            cmocka_unit_test(sends_no_faster_than_the_client_reads),
            cmocka_unit_test(brings_back_a_client_that_was_too_slow),
            cmocka_unit_test(serves_others_between_two_steps_of_a_storm),
            RESUME_TEST(sends_what_is_behind_a_clients_own_position),
            RESUME_TEST(refuses_positions_that_are_none),
            RESUME_TEST(resumes_from_a_clients_own_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
