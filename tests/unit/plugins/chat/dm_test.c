#include "plugins/chat/dm.h"

#include <string.h>

#include "tests/support/cmocka.h"

static struct nx_str str(const char *text) {
    struct nx_str result = {text, strlen(text)};
    return result;
}

static void names(const char *a, const char *b, const char *expected) {
    char out[DM_NAME_MAX];
    size_t len;
    assert_true(dm_name(str(a), str(b), out, sizeof(out), &len));
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(out, expected, len);
}

static bool has_peer(const char *name, const char *user, const char *peer) {
    char out[128];
    size_t len;
    if (!dm_peer(str(name), str(user), out, sizeof(out), &len)) {
        return false;
    }
    assert_int_equal(len, strlen(peer));
    assert_memory_equal(out, peer, len);
    return true;
}

static void is_the_same_from_both_sides(void **state) {
    (void)state;
    names("alice", "bob", "dm:alice:bob");
    names("bob", "alice", "dm:alice:bob");
    names("a", "ab", "dm:a:ab");
    names("ab", "a", "dm:a:ab");
    names("me", "me", "dm:me:me");
}

static void keeps_pairs_with_colons_apart(void **state) {
    (void)state;
    names("a", "b:c", "dm:a:b%3ac");
    names("a:b", "c", "dm:a%3ab:c");
    names("a%3ab", "c", "dm:a%253ab:c");
}

static void tells_each_of_the_two_who_the_other_is(void **state) {
    (void)state;
    assert_true(has_peer("dm:alice:bob", "alice", "bob"));
    assert_true(has_peer("dm:alice:bob", "bob", "alice"));
    assert_true(has_peer("dm:me:me", "me", "me"));
    assert_true(has_peer("dm:a%3ab:c", "a:b", "c"));
    assert_true(has_peer("dm:a%3ab:c", "c", "a:b"));
}

static void is_nothing_to_anybody_else(void **state) {
    (void)state;
    assert_false(has_peer("dm:alice:bob", "eve", ""));
    assert_false(has_peer("dm:a%3ab:c", "a", ""));
    assert_false(has_peer("dm:alice:bob", "", ""));
}

static void accepts_only_the_name_it_would_make(void **state) {
    (void)state;
    const char *const bad[] = {"dm:", "dm:alice", "dm:alice:", "dm::alice",
            "dm:bob:alice", "dm:alice:b:ob", "dm:%61lice:bob", "alice:bob",
            "dm:alice:bob:", "dm:a%3Ab:c"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(has_peer(bad[i], "alice", ""));
        assert_false(has_peer(bad[i], "c", ""));
    }
}

static void refuses_names_without_room(void **state) {
    (void)state;
    char out[DM_NAME_MAX];
    size_t len;
    assert_false(dm_name(str("alice"), str("bob"), out, 11, &len));
    assert_true(dm_name(str("alice"), str("bob"), out, 12, &len));
    assert_false(dm_name(str("alice"), str(""), out, sizeof(out), &len));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(is_the_same_from_both_sides),
            cmocka_unit_test(keeps_pairs_with_colons_apart),
            cmocka_unit_test(tells_each_of_the_two_who_the_other_is),
            cmocka_unit_test(is_nothing_to_anybody_else),
            cmocka_unit_test(accepts_only_the_name_it_would_make),
            cmocka_unit_test(refuses_names_without_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
