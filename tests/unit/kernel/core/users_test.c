#include "kernel/core/users.h"

#include <string.h>

#include "kernel/core/session.h"
#include "tests/support/cmocka.h"

static struct nx_str str(const char *text) {
    return (struct nx_str){text, strlen(text)};
}

static int set_up(void **state) {
    *state = users_create();
    return *state ? 0 : -1;
}

static int tear_down(void **state) {
    users_destroy(*state);
    return 0;
}

static struct session session(void) {
    return (struct session){.id = 1};
}

static void attach(struct users *users, const char *name, struct session *who) {
    nx_list_init(&who->user_link);
    assert_non_null(users_attach(users, str(name), who));
}

static void lives_from_the_first_session_to_the_last(void **state) {
    struct users *users = *state;
    struct session one = session();
    struct session two = session();
    assert_null(users_find(users, str("alice")));

    attach(users, "alice", &one);
    attach(users, "alice", &two);
    const struct user *alice = users_find(users, str("alice"));
    assert_non_null(alice);
    assert_ptr_equal(one.user, alice);
    assert_ptr_equal(two.user, alice);
    assert_int_equal(alice->session_count, 2);
    assert_string_equal(alice->name, "alice");
    assert_int_equal(users_count(users), 1);

    users_detach(users, &one);
    assert_null(one.user);
    assert_ptr_equal(users_find(users, str("alice")), alice);
    users_detach(users, &two);
    assert_null(users_find(users, str("alice")));
    assert_int_equal(users_count(users), 0);
}

static void keeps_sessions_oldest_first(void **state) {
    struct users *users = *state;
    struct session sessions[3] = {session(), session(), session()};
    for (size_t i = 0; i < 3; i++) {
        attach(users, "alice", &sessions[i]);
    }
    users_detach(users, &sessions[1]);

    const struct user *alice = users_find(users, str("alice"));
    assert_ptr_equal(alice->sessions.next, &sessions[0].user_link);
    assert_ptr_equal(alice->sessions.prev, &sessions[2].user_link);
    users_detach(users, &sessions[0]);
    users_detach(users, &sessions[2]);
}

static void hides_who_is_new_until_plugins_were_asked(void **state) {
    struct users *users = *state;
    struct session one = session();
    struct session two = session();
    attach(users, "alice", &one);
    struct user *alice = users_find(users, str("alice"));
    assert_true(alice->hidden && alice->arriving);
    assert_int_equal(users_hidden_count(users), 1);
    users_hide(users, alice, false);
    attach(users, "alice", &two);
    assert_false(alice->hidden);
    users_hide(users, alice, true);
    users_detach(users, &one);
    users_detach(users, &two);
    assert_int_equal(users_hidden_count(users), 0);
}

static void compares_names_by_all_their_bytes(void **state) {
    struct users *users = *state;
    static const char *const names[] = {
            "a", "A", "aa", "\xc3\xa4", "a\xcc\x88"};
    struct session sessions[5];
    for (size_t i = 0; i < 5; i++) {
        sessions[i] = session();
        attach(users, names[i], &sessions[i]);
    }

    assert_int_equal(users_count(users), 5);
    struct nx_str part = {"aab", 2};
    assert_ptr_equal(users_find(users, part), sessions[2].user);
    for (size_t i = 0; i < 5; i++) {
        users_detach(users, &sessions[i]);
    }
}

static void walks_while_users_come_and_go(void **state) {
    struct users *users = *state;
    struct session sessions[4] = {session(), session(), session(), session()};
    attach(users, "a", &sessions[0]);
    attach(users, "b", &sessions[1]);
    attach(users, "c", &sessions[2]);
    size_t cursor = 0;

    assert_string_equal(users_next(users, &cursor)->name, "a");
    users_detach(users, &sessions[0]);
    users_detach(users, &sessions[1]);
    attach(users, "d", &sessions[3]);
    assert_string_equal(users_next(users, &cursor)->name, "c");
    assert_string_equal(users_next(users, &cursor)->name, "d");
    assert_null(users_next(users, &cursor));
    users_detach(users, &sessions[2]);
    users_detach(users, &sessions[3]);
}

static void may_be_destroyed_when_it_was_never_made(void **state) {
    (void)state;
    users_destroy(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(
                    lives_from_the_first_session_to_the_last, set_up,
                    tear_down),
            cmocka_unit_test_setup_teardown(
                    keeps_sessions_oldest_first, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    hides_who_is_new_until_plugins_were_asked, set_up,
                    tear_down),
            cmocka_unit_test_setup_teardown(
                    compares_names_by_all_their_bytes, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    walks_while_users_come_and_go, set_up, tear_down),
            cmocka_unit_test(may_be_destroyed_when_it_was_never_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
