#include "plugins/chat/behind.h"

#include <nexus/util/str.h>

#include "plugins/chat/chat.h"
#include "tests/unit/kernel/core/host_fixture.h"

static struct chat chat;
static nx_session_id alice;

static int set_up(void **state) {
    (void)state;
    probe_load();
    probe_run();
    memset(&chat, 0, sizeof(chat));
    chat.host = probe.host;
    chat.sdk = probe.sdk;
    alice = fake_host_connect(probe.fake, "alice");
    return 0;
}

// What the server does with a session that comes back.
static nx_session_id resume(nx_session_id former) {
    struct nx_bytes bytes =
            probe.sdk.users->data_get(probe.host, former, "behind");
    nx_session_id session = fake_host_connect(probe.fake, "alice");
    assert_int_equal(
            probe.sdk.users->data_set(probe.host, session, "behind", bytes),
            NX_OK);
    return session;
}

static void add(nx_session_id session, struct nx_str name) {
    assert_int_equal(behind_add(&chat, session, name), NX_OK);
}

static void knows_what_was_not_proved_before(void **state) {
    (void)state;
    add(alice, nx_str_c("a"));
    add(alice, nx_str_c("b"));
    assert_false(behind_is(&chat, alice, nx_str_c("b")));
    nx_session_id again = resume(alice);
    assert_true(behind_is(&chat, again, nx_str_c("b")));
    assert_true(behind_take(&chat, again, nx_str_c("b")));
    assert_false(behind_is(&chat, again, nx_str_c("b")));
    assert_false(behind_take(&chat, again, nx_str_c("b")));
    assert_false(behind_take(&chat, again, nx_str_c("c")));
    assert_true(behind_take(&chat, again, nx_str_c("a")));
}

static void does_not_count_what_was_proved(void **state) {
    (void)state;
    add(alice, nx_str_c("a"));
    add(alice, nx_str_c("a"));
    add(alice, nx_str_c("b"));
    behind_remove(&chat, alice, nx_str_c("b"));
    behind_remove(&chat, alice, nx_str_c("a"));
    nx_session_id again = resume(alice);
    assert_false(behind_take(&chat, again, nx_str_c("b")));
    // Two portions were on their way, and one of them has arrived.
    assert_true(behind_take(&chat, again, nx_str_c("a")));
}

static void is_not_behind_while_it_is_connected(void **state) {
    (void)state;
    add(alice, nx_str_c("a"));
    assert_false(behind_take(&chat, alice, nx_str_c("a")));
    behind_remove(&chat, alice, nx_str_c("a"));
    behind_remove(&chat, alice, nx_str_c("a"));
}

static void keeps_what_came_before_apart(void **state) {
    (void)state;
    add(alice, nx_str_c("a"));
    nx_session_id again = resume(alice);
    add(again, nx_str_c("a"));
    behind_remove(&chat, again, nx_str_c("a"));
    assert_true(behind_take(&chat, again, nx_str_c("a")));
}

static void collect(void *user, struct nx_str name) {
    char *names = user;
    strncat(names, name.ptr, name.len);
}

static void lists_what_came_before(void **state) {
    (void)state;
    char names[16] = "";
    add(alice, nx_str_c("a"));
    add(alice, nx_str_c("b"));
    behind_each(&chat, alice, collect, names);
    assert_string_equal(names, "");
    nx_session_id again = resume(alice);
    add(again, nx_str_c("c"));
    behind_each(&chat, again, collect, names);
    assert_string_equal(names, "ab");
}

// What is not listed must not be sent.
static void says_when_no_more_can_be_listed(void **state) {
    (void)state;
    char name[300];
    memset(name, 'x', sizeof(name));
    const struct nx_str conversation = {name, sizeof(name)};
    unsigned count = 0;
    while (behind_add(&chat, alice, conversation) == NX_OK) {
        count++;
    }
    assert_in_range(count, 200, 300);
    assert_int_equal(behind_add(&chat, alice, conversation), NX_ERR_LIMIT);
    behind_remove(&chat, alice, conversation);
    add(alice, conversation);
}

#define TEST(function) \
    cmocka_unit_test_setup_teardown(function, set_up, probe_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(knows_what_was_not_proved_before),
            TEST(does_not_count_what_was_proved),
            TEST(is_not_behind_while_it_is_connected),
            TEST(keeps_what_came_before_apart),
            TEST(lists_what_came_before),
            TEST(says_when_no_more_can_be_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
