#include "kernel/net/listener.h"

#include <fcntl.h>
#include <stdio.h>

#include "tests/support/cmocka.h"
#include "tests/unit/kernel/net/net_case.h"

static struct net_case c;

static int set_up(void **state) {
    (void)state;
    net_case_init(&c, NULL);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    net_case_finish(&c);
    return 0;
}

// Creates a listener that must fail; log becomes what it says.
static void fail_to_listen(
        const char *address, int port, char *log, size_t size) {
    int fds[2];
    struct settings settings = *c.settings;
    settings.listen_address = address;
    settings.listen_port = port;
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    log_set_fd(fds[1]);
    assert_null(listener_create(c.loop, c.server, &settings, LISTENER_CLEAR));
    log_set_fd(2);
    ssize_t len = read(fds[0], log, size - 1);
    assert_true(len > 0);
    log[len] = '\0';
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void expect_error(
        const char *address, int port, const char *const *words) {
    char log[LOG_LINE_MAX + 1];
    fail_to_listen(address, port, log, sizeof(log));
    for (; *words; words++) {
        assert_non_null(strstr(log, *words));
    }
}

static void tells_the_port_it_was_given(void **state) {
    (void)state;
    assert_int_equal(c.settings->listen_port, 0);
    assert_int_not_equal(address_port(listener_address(c.listener)), 0);
}

static void names_the_setting_of_a_port_in_use(void **state) {
    (void)state;
    const char *const words[] = {"setting=listen.port", "address=127.0.0.1",
            "Address already in use", NULL};
    expect_error(
            "127.0.0.1", address_port(listener_address(c.listener)), words);
}

static void names_the_setting_of_an_address_not_here(void **state) {
    (void)state;
    // A documentation address: no machine has it.
    const char *const words[] = {"setting=listen.address", "192.0.2.1",
            "Cannot assign requested address", NULL};
    expect_error("192.0.2.1", 0, words);
}

static void refuses_what_is_no_address(void **state) {
    (void)state;
    const char *const words[] = {
            "setting=listen.address", "not an IPv4 or IPv6 address", NULL};
    expect_error("example.org", 0, words);
}

static void serves_one_connection_after_another(void **state) {
    (void)state;
    for (int i = 0; i < 200; i++) {
        const char *reply = net_case_ask(&c,
                "GET /health/live HTTP/1.1\r\nHost: x\r\n"
                "Connection: close\r\n\r\n");
        assert_memory_equal(reply, "HTTP/1.1 200 ", 13);
    }
    assert_int_equal(c.server->http_links, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(tells_the_port_it_was_given),
            cmocka_unit_test(names_the_setting_of_a_port_in_use),
            cmocka_unit_test(names_the_setting_of_an_address_not_here),
            cmocka_unit_test(refuses_what_is_no_address),
            cmocka_unit_test(serves_one_connection_after_another),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
