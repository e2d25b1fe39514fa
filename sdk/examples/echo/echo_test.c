// What echo promises, on the real kernel without sockets.

#include <stdlib.h>

#include <nexus/testing/fake_assert.h>

extern const struct nx_plugin_entry nexus_plugin_v1_echo;

struct fixture {
    struct fake_host *host;
    nx_session_id alice;
};

static int set_up(void **state) {
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    fixture->host = fake_host_create();
    fake_host_add(fixture->host, &nexus_plugin_v1_echo, "echo");
    FAKE_ASSERT(fixture->host, fake_host_start(fixture->host));
    fixture->alice = fake_host_connect(fixture->host, "alice");
    *state = fixture;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *fixture = *state;
    fake_host_destroy(fixture->host);
    free(fixture);
    return 0;
}

static void says_what_it_heard(void **state) {
    const struct fixture *f = *state;
    fake_host_send(f->host, f->alice,
            "{\"event_type\":\"echo.say\",\"text\":\"hello\"}");
    FAKE_EXPECT(event, f->host, f->alice, "echo.say");
    FAKE_ASSERT_STR(event, "text", "hello");
    FAKE_ASSERT_SILENT(f->host, f->alice);
}

static void answers_a_request_with_its_ref(void **state) {
    const struct fixture *f = *state;
    fake_host_send(f->host, f->alice,
            "{\"event_type\":\"echo.say\",\"text\":\"hi\",\"ref\":\"1\"}");
    FAKE_EXPECT(event, f->host, f->alice, "ack");
    FAKE_ASSERT_STR(event, "ref", "1");
    FAKE_ASSERT_STR(event, "text", "hi");
}

static void refuses_what_has_no_text(void **state) {
    const struct fixture *f = *state;
    fake_host_send(f->host, f->alice, "{\"event_type\":\"echo.say\"}");
    FAKE_EXPECT(event, f->host, f->alice, "error");
    FAKE_ASSERT_STR(event, "code", "missing_field");
    FAKE_ASSERT_STR(event, "details.field", "text");
}

static void knows_no_other_event(void **state) {
    const struct fixture *f = *state;
    fake_host_send(f->host, f->alice, "{\"event_type\":\"echo.sing\"}");
    FAKE_EXPECT(event, f->host, f->alice, "error");
    FAKE_ASSERT_STR(event, "code", "unknown_event");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(
                    says_what_it_heard, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    answers_a_request_with_its_ref, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    refuses_what_has_no_text, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    knows_no_other_event, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
