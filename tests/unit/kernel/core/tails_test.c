#include "kernel/core/tails.h"

#include "tests/unit/kernel/core/admin_fixture.h"

static void costs_nothing_while_nobody_watches(void **state) {
    struct admin_fixture f;
    struct link alice;
    (void)state;
    admin_fixture_init(&f, NULL);

    assert_false(tails_any(f.c.core->tails));
    core_case_connect(&f.c, &alice, "alice");
    core_case_send(&f.c, &alice, "{\"event_type\":\"ping\"}");

    assert_string_equal(admin_fixture_read(&f), "");
    core_case_leave(&f.c, &alice);
    admin_fixture_finish(&f);
}

static void shows_events_in_and_out(void **state) {
    struct admin_fixture f;
    struct link alice;
    (void)state;
    admin_fixture_init(&f, NULL);
    core_case_connect(&f.c, &alice, "alice");

    assert_string_equal(admin_fixture_ask(&f, ADMIN_ASK("tail", "")),
            "{\"v\":1,\"ok\":true,\"result\":{}}\n");
    assert_true(tails_any(f.c.core->tails));
    core_case_send(&f.c, &alice, "{\"event_type\":\"ping\",\n\"n\":1}");

    const char *lines = admin_fixture_read(&f);
    assert_has(lines,
            "{\"v\":1,\"way\":\"in\",\"time\":\"2026-01-31T12:00:00.000Z\","
            "\"session\":\"c-1\",\"user\":\"alice\","
            "\"event\":{\"event_type\":\"ping\", \"n\":1}}\n");
    assert_has(lines, "\"way\":\"out\"");
    assert_has(lines, "\"event\":{\"event_type\":\"pong\"");
    core_case_leave(&f.c, &alice);
    admin_fixture_finish(&f);
}

static void filters_by_type_and_user(void **state) {
    struct admin_fixture f;
    struct link alice;
    struct link bob;
    (void)state;
    admin_fixture_init(&f, NULL);
    core_case_connect(&f.c, &alice, "alice");
    core_case_connect(&f.c, &bob, "bob");
    admin_fixture_ask(
            &f, ADMIN_ASK("tail", ",\"type\":\"pon\",\"user\":\"bob\""));

    core_case_send(&f.c, &alice, "{\"event_type\":\"ping\"}");
    assert_string_equal(admin_fixture_read(&f), "");
    core_case_send(&f.c, &bob, "{\"event_type\":\"ping\"}");

    const char *lines = admin_fixture_read(&f);
    assert_has(lines, "\"pong\"");
    assert_lacks(lines, "\"ping\"");
    core_case_leave(&f.c, &alice);
    core_case_leave(&f.c, &bob);
    admin_fixture_finish(&f);
}

static void counts_what_a_slow_reader_does_not_get(void **state) {
    static const char *const sets[] = {
            "control.buffer_bytes=65536", "limits.messages_per_second=0", NULL};
    struct admin_fixture f;
    struct link alice;
    (void)state;
    admin_fixture_init(&f, sets);
    core_case_connect(&f.c, &alice, "alice");
    admin_fixture_ask(&f, ADMIN_ASK("tail", ",\"type\":\"pi\""));

    for (int i = 0; i < 1000; i++) {
        core_case_send(&f.c, &alice, "{\"event_type\":\"ping\"}");
    }

    assert_true(admin_waiting(f.peer).len < 65536);
    const char *lines = admin_fixture_read(&f);
    unsigned shown = 0;
    for (const char *at = lines; (at = strstr(at, "\"ping\"")) != NULL; at++) {
        shown++;
    }
    char notice[64];
    (void)snprintf(notice, sizeof(notice), "\n{\"v\":1,\"dropped\":%u}\n",
            1000 - shown);
    assert_true(shown > 100 && shown < 1000);
    assert_has(lines, notice);
    assert_string_equal(strstr(lines, notice), notice); // at the end
    core_case_send(&f.c, &alice, "{\"event_type\":\"ping\"}");
    assert_lacks(admin_fixture_read(&f), "dropped");
    core_case_leave(&f.c, &alice);
    admin_fixture_finish(&f);
}

static void says_that_an_event_was_too_long(void **state) {
    static const char *const sets[] = {"control.buffer_bytes=65536", NULL};
    static char text[60000];
    struct admin_fixture f;
    struct link alice;
    (void)state;
    admin_fixture_init(&f, sets);
    core_case_connect(&f.c, &alice, "alice");
    admin_fixture_ask(&f, ADMIN_ASK("tail", ",\"type\":\"pi\""));
    (void)snprintf(text, sizeof(text),
            "{\"event_type\":\"ping\",\"x\":\"%0*d\"}", 59000, 0);

    core_case_send(&f.c, &alice, text);

    assert_string_equal(admin_fixture_read(&f), "{\"v\":1,\"dropped\":1}\n");
    core_case_leave(&f.c, &alice);
    admin_fixture_finish(&f);
}

static void stops_with_its_reader(void **state) {
    struct admin_fixture f;
    struct link alice;
    (void)state;
    admin_fixture_init(&f, NULL);
    admin_fixture_ask(&f, ADMIN_ASK("tail", ""));

    admin_disconnect(f.peer);
    f.peer = NULL;

    assert_false(tails_any(f.c.core->tails));
    core_case_connect(&f.c, &alice, "alice");
    core_case_leave(&f.c, &alice);
    admin_fixture_finish(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(costs_nothing_while_nobody_watches),
            cmocka_unit_test(shows_events_in_and_out),
            cmocka_unit_test(filters_by_type_and_user),
            cmocka_unit_test(counts_what_a_slow_reader_does_not_get),
            cmocka_unit_test(says_that_an_event_was_too_long),
            cmocka_unit_test(stops_with_its_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
