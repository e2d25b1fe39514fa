#include "kernel/net/origin.h"

#include <nexus/util/str.h>

#include "kernel/core/settings.h"
#include "tests/support/cmocka.h"

static bool allowed(const char *mode, const char *list, const char *origin) {
    const struct settings settings = {
            .auth_mode = mode, .listen_origins = list};
    return origin_allowed(
            &settings, nx_str_c(origin), nx_str_c("chat.example:8443"));
}

static void lets_in_whoever_is_no_page(void **state) {
    (void)state;
    assert_true(allowed("token", "", NULL));
    assert_true(allowed("token", "https://a.example", NULL));
}

static void lets_every_page_in_during_development(void **state) {
    (void)state;
    assert_true(allowed("dev", "", "https://a.example"));
    assert_true(allowed("dev", "", "null"));
    assert_false(allowed("dev", "https://b.example", "https://a.example"));
}

static void lets_its_own_pages_in_without_a_list(void **state) {
    (void)state;
    assert_true(allowed("token", "", "https://chat.example:8443"));
    assert_true(allowed("token", "", "http://CHAT.example:8443"));
    assert_false(allowed("token", "", "https://chat.example"));
    assert_false(allowed("token", "", "https://chat.example:8443.evil.org"));
    assert_false(allowed("token", "", "https://evil.org"));
    assert_false(allowed("token", "", "null"));
    assert_false(allowed("token", "", ""));
}

static void compares_the_whole_origin(void **state) {
    (void)state;
    const char *list = "https://a.example, http://localhost:3000";
    assert_true(allowed("token", list, "https://a.example"));
    assert_true(allowed("token", list, "HTTPS://A.EXAMPLE"));
    assert_true(allowed("token", list, "http://localhost:3000"));
    assert_false(allowed("token", list, "http://a.example"));
    assert_false(allowed("token", list, "https://a.example.evil.org"));
    assert_false(allowed("token", list, "https://a.exampl"));
    assert_false(allowed("token", list, "https://a.example:444"));
    assert_false(allowed("token", list, "https://chat.example:8443"));
}

static void knows_a_star(void **state) {
    (void)state;
    assert_true(allowed("token", "*", "https://a.example"));
    assert_true(allowed("token", "https://b.example,*", "null"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(lets_in_whoever_is_no_page),
            cmocka_unit_test(lets_every_page_in_during_development),
            cmocka_unit_test(lets_its_own_pages_in_without_a_list),
            cmocka_unit_test(compares_the_whole_origin),
            cmocka_unit_test(knows_a_star),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
