#include "kernel/core/usernames.h"

#include "kernel/core/session.h"
#include "tests/support/core_case.h"

static struct core_case c;
static struct link alice;

static int set_up(void **state) {
    (void)state;
    core_case_init(&c, NULL);
    core_case_connect(&c, &alice, "alice");
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    nx_buf_finish(&alice.out);
    core_case_finish(&c);
    return 0;
}

static struct session *session(void) {
    return sessions_find(c.core->sessions, alice.session);
}

static void set(const char *room, const char *username) {
    usernames_set(session(), core_case_str(room), core_case_str(username));
}

static void assert_name(const char *room, const char *username) {
    struct nx_str got = usernames_get(session(), core_case_str(room));
    assert_int_equal(got.len, strlen(username));
    assert_memory_equal(got.ptr, username, got.len);
}

static void knows_the_name_in_each_room(void **state) {
    (void)state;
    set("room:a", "Alice");
    set("room:b", "A.");
    set("room:c", "");
    assert_name("room:a", "Alice");
    assert_name("room:b", "A.");
    assert_null(usernames_get(session(), core_case_str("room:c")).ptr);
    assert_null(usernames_get(session(), core_case_str("room:")).ptr);
    assert_null(usernames_get(session(), core_case_str("Alice")).ptr);
}

static void takes_the_last_one(void **state) {
    (void)state;
    set("room:a", "Alice");
    set("room:b", "B");
    set("room:a", "Alice Liddell");
    assert_name("room:a", "Alice Liddell");
    set("room:a", NULL);
    assert_null(usernames_get(session(), core_case_str("room:a")).ptr);
    assert_name("room:b", "B");
    set("room:b", NULL);
    assert_int_equal(blobs_size(&session()->blobs), 0);
}

static void keeps_no_more_than_fits(void **state) {
    (void)state;
    char name[2048];
    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    for (char room[] = "room:A"; room[5] <= 'z'; room[5]++) {
        set(room, name);
    }
    assert_name("room:A", name);
    assert_null(usernames_get(session(), core_case_str("room:z")).ptr);
    set("room:A", NULL);
    set("room:z", name);
    assert_name("room:z", name);
}

#define TEST(function) \
    cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(knows_the_name_in_each_room),
            TEST(takes_the_last_one),
            TEST(keeps_no_more_than_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
