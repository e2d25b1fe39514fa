#include "kernel/base/ip.h"

#include <nexus/util/str.h>

#include "tests/support/cmocka.h"

static void expect(const char *text, const char *shown) {
    struct ip ip;
    char out[IP_TEXT_SIZE];
    assert_true(ip_parse_hop(&ip, nx_str_c(text)));
    ip_format(&ip, out);
    assert_string_equal(out, shown);
}

static void reads_and_writes_both_kinds(void **state) {
    (void)state;
    expect("192.0.2.1", "192.0.2.1");
    expect("2001:DB8:0::1", "2001:db8::1");
    expect("::ffff:192.0.2.1", "192.0.2.1");
    expect("192.0.2.1:443", "192.0.2.1");
    expect("[2001:db8::1]:65535", "2001:db8::1");
    expect("[2001:db8::1]", "2001:db8::1");
}

static void refuses_everything_else(void **state) {
    (void)state;
    static const char *const bad[] = {"", "unknown", "192.0.2",
            "192.0.2.1:", "192.0.2.1:x", "192.0.2.1:1234567", "[2001:db8::1",
            "[]", "[2001:db8::1]x", "2001:db8::1]:1", "192.0.2.1 ", "_hidden",
            "1111111111111111111111111111111111111111111111111111111111"};
    struct ip ip;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(ip_parse_hop(&ip, nx_str_c(bad[i])));
    }
}

static bool has(const char *range_text, const char *text) {
    struct ip_range range;
    struct ip ip;
    assert_true(ip_range_parse(&range, nx_str_c(range_text)));
    assert_true(ip_parse(&ip, nx_str_c(text)));
    return ip_range_has(&range, &ip);
}

static void knows_what_is_in_a_range(void **state) {
    (void)state;
    assert_true(has("10.0.0.0/8", "10.255.0.1"));
    assert_false(has("10.0.0.0/8", "11.0.0.1"));
    assert_true(has("10.1.2.128/25", "10.1.2.129"));
    assert_false(has("10.1.2.128/25", "10.1.2.127"));
    assert_true(has("192.0.2.1", "192.0.2.1"));
    assert_false(has("192.0.2.1", "192.0.2.2"));
    assert_true(has("0.0.0.0/0", "203.0.113.9"));
    assert_false(has("0.0.0.0/0", "2001:db8::1"));
    assert_true(has("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(has("2001:db8::/33", "2001:db8:8000::1"));
    assert_true(has("::/0", "203.0.113.9"));
}

static void refuses_what_is_no_range(void **state) {
    (void)state;
    static const char *const bad[] = {"", "/", "10.0.0.0/", "10.0.0.0/33",
            "10.0.0.0/-1", "10.0.0.0/x", "10.0.0.1/8", "2001:db8::/129",
            "2001:db8::1/64", "10.0.0.0/8/8", "example.org", "10.0.0.0/0008"};
    struct ip_range range;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(ip_range_parse(&range, nx_str_c(bad[i])));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(reads_and_writes_both_kinds),
            cmocka_unit_test(refuses_everything_else),
            cmocka_unit_test(knows_what_is_in_a_range),
            cmocka_unit_test(refuses_what_is_no_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
