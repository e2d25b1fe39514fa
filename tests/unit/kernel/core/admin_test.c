#include "kernel/core/admin.h"

#include "kernel/core/session.h"
#include "tests/unit/kernel/core/admin_fixture.h"

static void refuses_what_is_no_request(void **state) {
    struct admin_fixture f;
    (void)state;
    admin_fixture_init(&f, NULL);

    assert_has(admin_fixture_ask(&f, "nonsense"), "\"code\":\"bad_request\"");
    assert_has(admin_fixture_ask(&f, "{\"command\":\"status\"}"),
            "\"code\":\"bad_request\"");
    assert_has(admin_fixture_ask(&f, "{\"v\":2,\"command\":\"status\"}"),
            "\"code\":\"unsupported_version\"");
    assert_has(admin_fixture_ask(&f, ADMIN_ASK("reboot", "")),
            "no command \\\"reboot\\\"");
    assert_has(admin_fixture_ask(&f, ADMIN_ASK("status", ",\"x\":1")),
            "x is not a known field");
    assert_int_equal(f.ready, 5);
    admin_fixture_finish(&f);
}

static void says_how_the_server_is(void **state) {
    struct admin_fixture f;
    struct link alice;
    (void)state;
    admin_fixture_init(&f, NULL);
    core_case_connect(&f.c, &alice, "alice");
    core_case_advance(&f.c, 7000);

    const char *answer = admin_fixture_ask(&f, ADMIN_ASK("status", ""));

    assert_has(answer, "{\"v\":1,\"ok\":true,\"result\":{\"version\":\"");
    assert_has(answer, "\"uptime_seconds\":7,\"sessions\":1,\"users\":1,");
    assert_has(answer, "\"draining\":false,");
    assert_has(answer, "\"last_reload\":null}}\n");
    core_case_leave(&f.c, &alice);
    admin_fixture_finish(&f);
}

static void lists_sessions_page_by_page(void **state) {
    struct admin_fixture f;
    struct link links[3];
    static const char *const users[3] = {"alice", "bob", "alice"};
    (void)state;
    admin_fixture_init(&f, NULL);
    for (size_t i = 0; i < 3; i++) {
        core_case_connect(&f.c, &links[i], users[i]);
    }

    const char *answer =
            admin_fixture_ask(&f, ADMIN_ASK("sessions", ",\"limit\":2"));
    assert_has(answer, "\"session\":\"c-1\"");
    assert_has(answer, "\"session\":\"c-2\"");
    assert_lacks(answer, "\"session\":\"c-3\"");
    assert_has(answer, "\"total\":3,\"next\":2}");
    answer = admin_fixture_ask(
            &f, ADMIN_ASK("sessions", ",\"limit\":2,\"after\":2"));
    assert_lacks(answer, "\"session\":\"c-2\"");
    assert_has(answer, "\"session\":\"c-3\"");
    assert_has(answer, "\"total\":3}");

    answer = admin_fixture_ask(
            &f, ADMIN_ASK("sessions", ",\"limit\":1,\"user\":\"alice\""));
    assert_has(answer, "\"session\":\"c-1\"");
    assert_has(answer, "\"total\":2,\"next\":1}");
    answer = admin_fixture_ask(
            &f, ADMIN_ASK("sessions", ",\"after\":1,\"user\":\"alice\""));
    assert_has(answer, "\"session\":\"c-3\"");
    assert_lacks(answer, "next");
    for (size_t i = 0; i < 3; i++) {
        core_case_leave(&f.c, &links[i]);
    }
    admin_fixture_finish(&f);
}

// The id is given when the connection comes, not when its user is known.
static void lists_a_user_in_the_order_of_ids(void **state) {
    struct admin_fixture f;
    struct link late;
    struct link alice;
    (void)state;
    admin_fixture_init(&f, NULL);
    core_case_connect(&f.c, &late, "");
    core_case_connect(&f.c, &alice, "alice");
    assert_has(admin_fixture_ask(&f, ADMIN_ASK("sessions", "")),
            "\"user\":null,\"address\":\"127.0.0.1\",\"state\":\"pending\"");
    core_case_send(
            &f.c, &late, "{\"event_type\":\"connect\",\"user_id\":\"alice\"}");

    const char *answer = admin_fixture_ask(
            &f, ADMIN_ASK("sessions", ",\"user\":\"alice\",\"limit\":1"));

    assert_has(answer, "\"session\":\"c-1\"");
    assert_has(answer, "\"total\":2,\"next\":1}");
    core_case_leave(&f.c, &late);
    core_case_leave(&f.c, &alice);
    admin_fixture_finish(&f);
}

static void an_answer_never_outgrows_the_buffer(void **state) {
    static const char *const sets[] = {"control.buffer_bytes=65536", NULL};
    struct admin_fixture f;
    static struct link links[250];
    (void)state;
    admin_fixture_init(&f, sets);
    for (size_t i = 0; i < 250; i++) {
        char user[129];
        (void)snprintf(user, sizeof(user), "%0128zu", i);
        core_case_connect(&f.c, &links[i], user);
    }

    const char *answer = admin_fixture_ask(&f, ADMIN_ASK("sessions", ""));
    assert_has(answer, "\"ok\":true");
    assert_has(answer, "\"next\":");
    assert_true(strlen(answer) < 34000);

    for (size_t i = 0; i < 250; i++) {
        core_case_leave(&f.c, &links[i]);
    }
    admin_fixture_finish(&f);
}

static void ends_one_session_with_a_reason(void **state) {
    struct admin_fixture f;
    struct link alice;
    struct link bob;
    (void)state;
    admin_fixture_init(&f, NULL);
    core_case_connect(&f.c, &alice, "alice");
    core_case_connect(&f.c, &bob, "bob");

    assert_has(admin_fixture_ask(&f, ADMIN_ASK("kick", ",\"session\":\"c-2\"")),
            "\"closed\":1");
    // It is closing, so it is gone for everybody.
    assert_has(admin_fixture_ask(&f, ADMIN_ASK("kick", ",\"session\":\"2\"")),
            "\"code\":\"unknown_session\"");
    core_turn(f.c.core);

    assert_int_equal(bob.close_code, 4413);
    assert_int_equal(alice.close_code, 0);
    core_case_leave(&f.c, &alice);
    core_case_leave(&f.c, &bob);
    admin_fixture_finish(&f);
}

static void begins_to_drain_once(void **state) {
    struct admin_fixture f;
    struct link alice;
    (void)state;
    admin_fixture_init(&f, NULL);
    core_case_connect(&f.c, &alice, "alice");

    assert_has(admin_fixture_ask(&f, ADMIN_ASK("drain", "")),
            "\"sessions\":1,\"timeout_seconds\":10");
    assert_true(f.c.core->draining);
    assert_has(admin_fixture_ask(&f, ADMIN_ASK("drain", "")),
            "\"code\":\"draining\"");

    core_turn(f.c.core);
    assert_int_equal(alice.close_code, 4512);
    core_case_leave(&f.c, &alice);
    admin_fixture_finish(&f);
}

static void changes_the_log_level(void **state) {
    struct admin_fixture f;
    (void)state;
    admin_fixture_init(&f, NULL);
    log_set_level(LOG_LEVEL_ERROR);

    assert_has(admin_fixture_ask(
                       &f, ADMIN_ASK("log-level", ",\"level\":\"loud\"")),
            "level must be debug, info, warn or error");
    assert_int_equal(log_level(), LOG_LEVEL_ERROR);
    assert_has(admin_fixture_ask(
                       &f, ADMIN_ASK("log-level", ",\"level\":\"warn\"")),
            "\"level\":\"warn\",\"before\":\"error\",\"setting\":\"info\"");
    assert_int_equal(log_level(), LOG_LEVEL_WARN);
    admin_fixture_finish(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(refuses_what_is_no_request),
            cmocka_unit_test(says_how_the_server_is),
            cmocka_unit_test(lists_sessions_page_by_page),
            cmocka_unit_test(lists_a_user_in_the_order_of_ids),
            cmocka_unit_test(an_answer_never_outgrows_the_buffer),
            cmocka_unit_test(ends_one_session_with_a_reason),
            cmocka_unit_test(begins_to_drain_once),
            cmocka_unit_test(changes_the_log_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
