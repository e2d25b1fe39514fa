#include "plugins/chat/key.h"

#include <string.h>

#include "tests/support/cmocka.h"

static struct nx_str str(const char *text) {
    struct nx_str result = {text, strlen(text)};
    return result;
}

static void is(const struct key *key, const char *text) {
    struct nx_str got = key_text(key);
    assert_int_equal(got.len, strlen(text));
    assert_memory_equal(got.ptr, text, got.len);
}

static void names_each_kind_of_fact(void **state) {
    (void)state;
    struct key key;
    key_conversation(&key, str("conv"));
    is(&key, "c/conv");
    key_member(&key, str("conv"), str("alice"));
    is(&key, "m/conv/alice");
    key_index(&key, str("alice"), str("conv"));
    is(&key, "u/alice/conv");
    key_devices(&key, str("alice"));
    is(&key, "d/alice");
    key_number(&key, 255);
    is(&key, "k/00000000000000ff");
}

static void gives_a_prefix_without_the_second_name(void **state) {
    (void)state;
    struct key key;
    struct nx_str none = {NULL, 0};
    key_member(&key, str("conv"), none);
    is(&key, "m/conv/");
    key_index(&key, str("alice"), none);
    is(&key, "u/alice/");
}

static void keeps_a_slash_in_an_id_apart(void **state) {
    (void)state;
    struct key a;
    struct key b;
    key_member(&a, str("x/y"), str("z"));
    key_member(&b, str("x"), str("y/z"));
    is(&a, "m/x%2fy/z");
    is(&b, "m/x/y%2fz");
}

static void gives_the_last_name_back(void **state) {
    (void)state;
    struct key key;
    char name[32];
    size_t len;
    key_index(&key, str("al/ice"), str("100%/day"));
    assert_true(key_last_name(key_text(&key), name, sizeof(name), &len));
    assert_int_equal(len, 8);
    assert_memory_equal(name, "100%/day", len);
    assert_false(key_last_name(str("u/alice/"), name, sizeof(name), &len));
    assert_false(key_last_name(str("none"), name, sizeof(name), &len));
    assert_false(key_last_name(key_text(&key), name, 3, &len));
}

static void is_absent_when_the_names_are_too_long(void **state) {
    (void)state;
    struct key key;
    char slashes[129];
    memset(slashes, '/', 128);
    slashes[128] = '\0';
    key_member(&key, str(slashes), str(slashes));
    assert_true(key.failed);
    assert_null(key_text(&key).ptr);
    key_member(&key, str("c"), str(slashes));
    assert_false(key.failed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(names_each_kind_of_fact),
            cmocka_unit_test(gives_a_prefix_without_the_second_name),
            cmocka_unit_test(keeps_a_slash_in_an_id_apart),
            cmocka_unit_test(gives_the_last_name_back),
            cmocka_unit_test(is_absent_when_the_names_are_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
