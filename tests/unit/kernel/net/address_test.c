#include "kernel/net/address.h"

#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include <nexus/util/str.h>

#include "tests/support/cmocka.h"

static void expect_text(const char *text, const char *shown) {
    struct address address;
    char out[ADDRESS_TEXT_SIZE];
    assert_true(address_parse(&address, text, 8000));
    address_format(&address, out);
    assert_string_equal(out, shown);
    assert_int_equal(address_port(&address), 8000);
}

static void reads_both_families(void **state) {
    (void)state;
    expect_text("127.0.0.1", "127.0.0.1");
    expect_text("0.0.0.0", "0.0.0.0");
    expect_text("::1", "::1");
    expect_text("[::1]", "::1");
    expect_text("2001:db8:0:0::5", "2001:db8::5");
}

static void takes_localhost_for_the_ipv4_loopback(void **state) {
    (void)state;
    expect_text("localhost", "127.0.0.1");
}

static void refuses_names_and_nonsense(void **state) {
    (void)state;
    struct address address;
    assert_false(address_parse(&address, "example.org", 1));
    assert_false(address_parse(&address, "", 1));
    assert_false(address_parse(&address, "1.2.3", 1));
    assert_false(address_parse(&address, "[::1", 1));
    assert_false(address_parse(&address, "[]", 1));
    char endless[200];
    memset(endless, '1', sizeof(endless));
    endless[sizeof(endless) - 1] = '\0';
    assert_false(address_parse(&address, endless, 1));
}

static void shows_mapped_clients_as_ipv4(void **state) {
    (void)state;
    expect_text("::ffff:192.0.2.7", "192.0.2.7");
}

static void knows_every_interface(void **state) {
    (void)state;
    struct address address;
    assert_true(address_parse(&address, "0.0.0.0", 1));
    assert_true(address_is_any(&address));
    assert_true(address_parse(&address, "::", 1));
    assert_true(address_is_any(&address));
    assert_true(address_parse(&address, "::1", 1));
    assert_false(address_is_any(&address));
}

static void tells_the_ip_address(void **state) {
    (void)state;
    static const char *const texts[] = {
            "192.0.2.7", "2001:db8::7", "::ffff:192.0.2.7"};
    struct address address;
    struct ip ip;
    struct ip wanted;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_true(address_parse(&address, texts[i], 80));
        assert_true(address_ip(&address, &ip));
        assert_true(ip_parse(&wanted, nx_str_c(texts[i])));
        assert_memory_equal(&ip, &wanted, sizeof(ip));
    }
    memset(&address, 0, sizeof(address));
    address.storage.ss_family = AF_UNIX;
    assert_false(address_ip(&address, &ip));
}

static void tells_the_port_of_a_bound_socket(void **state) {
    (void)state;
    struct address address;
    assert_true(address_parse(&address, "127.0.0.1", 0));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(
            bind(fd, (const struct sockaddr *)&address.storage, address.len),
            0);
    assert_true(address_of_socket(&address, fd));
    assert_int_not_equal(address_port(&address), 0);
    assert_false(address_of_peer(&address, fd));
    assert_int_equal(close(fd), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(reads_both_families),
            cmocka_unit_test(takes_localhost_for_the_ipv4_loopback),
            cmocka_unit_test(refuses_names_and_nonsense),
            cmocka_unit_test(shows_mapped_clients_as_ipv4),
            cmocka_unit_test(knows_every_interface),
            cmocka_unit_test(tells_the_ip_address),
            cmocka_unit_test(tells_the_port_of_a_bound_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
