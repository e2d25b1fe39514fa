#include "kernel/net/proxies.h"

#include <nexus/util/str.h>

#include "tests/support/cmocka.h"

// peer NULL is a Unix socket.
static void expect(const char *list, const char *peer, const char *forwarded,
        const char *client) {
    struct place place = {.known = peer != NULL};
    char text[IP_TEXT_SIZE];
    if (peer) {
        assert_true(ip_parse(&place.ip, nx_str_c(peer)));
    }
    struct place found = proxies_client(list, &place, nx_str_c(forwarded));
    place_format(&found, text);
    assert_string_equal(text, client);
    assert_int_equal(found.proxied, strcmp(client, peer ? peer : "unix") != 0);
}

static void believes_nobody_who_is_not_trusted(void **state) {
    (void)state;
    expect("", "192.0.2.1", "203.0.113.9", "192.0.2.1");
    expect("10.0.0.0/8, unix", "192.0.2.1", "203.0.113.9", "192.0.2.1");
    expect("10.0.0.0/8", NULL, "203.0.113.9", "unix");
}

static void takes_what_a_proxy_says(void **state) {
    (void)state;
    expect("10.0.0.0/8", "10.1.1.1", "203.0.113.9", "203.0.113.9");
    expect("unix", NULL, "2001:db8::7", "2001:db8::7");
    expect("::1, 10.0.0.0/8", "::1", "203.0.113.9:4711", "203.0.113.9");
}

static void is_not_fooled_by_what_clients_write(void **state) {
    (void)state;
    expect("10.0.0.0/8", "10.1.1.1", "1.1.1.1, 203.0.113.9", "203.0.113.9");
    expect("10.0.0.0/8", "10.1.1.1", "10.9.9.9, 203.0.113.9", "203.0.113.9");
    expect("10.0.0.0/8", "10.1.1.1", "' or 1=1, 203.0.113.9", "203.0.113.9");
}

static void walks_past_every_trusted_proxy(void **state) {
    (void)state;
    expect("10.0.0.0/8, 192.0.2.7", "10.1.1.1",
            "1.1.1.1,203.0.113.9 ,\t192.0.2.7, 10.2.2.2", "203.0.113.9");
    expect("10.0.0.0/8", "10.1.1.1", "10.3.3.3, 10.2.2.2", "10.3.3.3");
}

static void ignores_what_is_no_address(void **state) {
    (void)state;
    expect("10.0.0.0/8", "10.1.1.1", "", "10.1.1.1");
    expect("10.0.0.0/8", "10.1.1.1", NULL, "10.1.1.1");
    expect("10.0.0.0/8", "10.1.1.1", "unknown", "10.1.1.1");
    expect("10.0.0.0/8", "10.1.1.1", "203.0.113.9,", "10.1.1.1");
    expect("10.0.0.0/8", "10.1.1.1", "203.0.113.9, junk, 10.2.2.2", "10.2.2.2");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(believes_nobody_who_is_not_trusted),
            cmocka_unit_test(takes_what_a_proxy_says),
            cmocka_unit_test(is_not_fooled_by_what_clients_write),
            cmocka_unit_test(walks_past_every_trusted_proxy),
            cmocka_unit_test(ignores_what_is_no_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
