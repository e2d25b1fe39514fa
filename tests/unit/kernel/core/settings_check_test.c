#include "kernel/core/settings_check.h"

#include "tests/support/settings_case.h"

static void knows_which_addresses_stay_on_this_machine(void **state) {
    assert_true(settings_check_loopback("127.0.0.1"));
    assert_true(settings_check_loopback("127.255.3.4"));
    assert_true(settings_check_loopback("::1"));
    assert_true(settings_check_loopback("[::1]"));
    assert_true(settings_check_loopback("0:0:0:0:0:0:0:1"));
    assert_true(settings_check_loopback("localhost"));
}

static void takes_everything_else_for_reachable(void **state) {
    static const char *const others[] = {"0.0.0.0", "::", "10.0.0.1", "127",
            "127.1", "127.0.0.1.5", "127.0.0.256", "127.0.0.", "127.0.0.1x",
            "128.0.0.1", "localhost.example.org", "::ffff:127.0.0.1", "*",
            "1270.0.0.1", "127..0.1", "[127.0.0.1]", "[::1", "::2"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(settings_check_loopback(others[i]));
    }
}

static void does_not_believe_everybody_who_can_reach_it(void **state) {
    settings_case_refuses("listen = { address = \"0.0.0.0\"; };", NULL, NULL,
            "nexus.conf:1: listen.address \"0.0.0.0\" can be reached by "
            "others, but auth.mode \"dev\" (default) believes whatever user_id "
            "they give; set auth.mode to \"token\" and load an authentication "
            "plugin, or set listen.address to \"127.0.0.1\"");
}

static void wants_an_address_and_no_name(void **state) {
    const char *const sets[] = {"listen.address=example.org", NULL};
    settings_case_refuses(NULL, NULL, sets,
            "--set: listen.address must be an IPv4 or IPv6 address or "
            "localhost, not \"example.org\"");
}

static void listens_everywhere_with_authentication(void **state) {
    const char *const sets[] = {
            "auth.mode=token", "listen.address=0.0.0.0", NULL};
    struct settings_case c;
    settings_case_init(&c, NULL, NULL, sets);
    settings_case_expect_none(&c);
    settings_case_finish(&c);
}

static void wants_more_time_for_an_answer_than_between_pings(void **state) {
    settings_case_refuses("heartbeat = { interval = 60; };", NULL, NULL,
            "nexus.conf:1: heartbeat.timeout (60, default) must be more than "
            "heartbeat.interval (60, nexus.conf:1); twice as much is usual");
    const char *const env[] = {"WEBSOCKET_HEARTBEAT_TIMEOUT=30", NULL};
    settings_case_refuses(NULL, env, NULL,
            "env WEBSOCKET_HEARTBEAT_TIMEOUT: heartbeat.timeout (30, env "
            "WEBSOCKET_HEARTBEAT_TIMEOUT) must be more than heartbeat.interval "
            "(30, default); twice as much is usual");
}

static void wants_a_path_that_a_url_can_have(void **state) {
    static const char *const paths[] = {"listen.path=ws", "listen.path=/a b",
            "listen.path=/a?b", "listen.path=/a#b", "listen.path=/%41"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        const char *const sets[] = {paths[i], NULL};
        struct settings_case c;
        settings_case_init(&c, NULL, NULL, sets);
        assert_int_equal(1, c.errors.count);
        settings_case_finish(&c);
    }
}

static void wants_origins_as_browsers_write_them(void **state) {
    const char *const good[] = {"listen.origins=https://a.example, "
                                "http://localhost:3000,null , *",
            NULL};
    struct settings_case c;
    settings_case_init(&c, NULL, NULL, good);
    settings_case_expect_none(&c);
    settings_case_finish(&c);
    const char *const sets[] = {
            "listen.origins=https://a.example/, http://b.example", NULL};
    settings_case_refuses(NULL, NULL, sets,
            "--set: listen.origins must have items like https://example.org "
            "or http://localhost:3000, without a path, or *; not "
            "\"https://a.example/\"");
    static const char *const bad[] = {"listen.origins=example.org",
            "listen.origins=https://", "listen.origins=://a",
            "listen.origins=https://*.example.org"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *const one[] = {bad[i], NULL};
        settings_case_init(&c, NULL, NULL, one);
        assert_int_equal(1, c.errors.count);
        settings_case_finish(&c);
    }
}

static void refuses_set(
        const char *first, const char *second, const char *text) {
    const char *const sets[] = {first, second, NULL};
    settings_case_refuses(NULL, NULL, sets, text);
}

static void wants_listeners_that_make_sense(void **state) {
    refuses_set("listen.port=-1", NULL,
            "--set: listen.port is -1, listen.tls_port (default) too, and "
            "listen.unix (default) is empty, so there is nowhere to listen");
    refuses_set("listen.unix_mode=rw", NULL,
            "--set: listen.unix_mode must be octal digits from 000 to 0777, "
            "not \"rw\"");
    refuses_set("listen.unix_mode=1777", NULL,
            "--set: listen.unix_mode must be octal digits from 000 to 0777, "
            "not \"1777\"");
    refuses_set("listen.tls_port=0", NULL,
            "--set: listen.tls_port needs a certificate; set tls.certificate "
            "and tls.key");
    refuses_set("tls.certificate=x.pem", NULL,
            "--set: tls.certificate is not used without listen.tls_port; set "
            "that too");
    refuses_set("listen.trusted_proxies=10.0.0.0/8, unix, 10.0.0.1/8", NULL,
            "--set: listen.trusted_proxies must have addresses, ranges like "
            "10.0.0.0/8, or unix; not \"10.0.0.1/8\"");
    refuses_set("limits.address_exceptions=10.0.0.0/8, unix", NULL,
            "--set: limits.address_exceptions must have addresses, or ranges "
            "like 10.0.0.0/8; not \"unix\"");
    const char *const sets[] = {"listen.port=-1", "listen.tls_port=8443",
            "tls.certificate=x.pem", NULL};
    struct settings_case c;
    settings_case_init(&c, NULL, NULL, sets);
    settings_case_expect_none(&c);
    settings_case_finish(&c);
}

static void wants_sizes_by_prefix_that_can_be(void **state) {
    static const char *const items[] = {"doc.edit", "doc.edit=", "=2000",
            "doc.edit=1023", "doc.edit=16777217", "doc.edit=2k",
            "doc edit=2000", "doc.edit=-2000",
            "doc.edit=999999999999999999999"};
    for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
        char set[128];
        char text[256];
        (void)snprintf(set, sizeof(set),
                "limits.message_bytes_by_prefix=chat.=2000,%s", items[i]);
        (void)snprintf(text, sizeof(text),
                "--set: limits.message_bytes_by_prefix must have items like "
                "doc.edit=262144, the beginning of event types and 1024 to "
                "16777216 bytes; not \"%s\"",
                items[i]);
        refuses_set(set, NULL, text);
    }
    refuses_set("limits.message_bytes_by_prefix=a=2000, b=3000 , a=4000", NULL,
            "--set: limits.message_bytes_by_prefix names a prefix twice: "
            "\"a=4000\"");
}

static void wants_a_drain_that_sends_somebody_away(void **state) {
    refuses_set("drain.delay=10", NULL,
            "--set: drain.delay (10) must be less than drain.timeout (10, "
            "default), or no client would be sent away");
}

static void does_not_compare_values_that_were_refused(void **state) {
    const char *const sets[] = {
            "heartbeat.timeout=x", "heartbeat.interval=70", NULL};
    settings_case_refuses(NULL, NULL, sets,
            "--set: heartbeat.timeout must be a whole number from 1 to 86400, "
            "not \"x\"");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(knows_which_addresses_stay_on_this_machine),
            cmocka_unit_test(takes_everything_else_for_reachable),
            cmocka_unit_test(does_not_believe_everybody_who_can_reach_it),
            cmocka_unit_test(wants_an_address_and_no_name),
            cmocka_unit_test(listens_everywhere_with_authentication),
            cmocka_unit_test(wants_more_time_for_an_answer_than_between_pings),
            cmocka_unit_test(wants_a_path_that_a_url_can_have),
            cmocka_unit_test(wants_origins_as_browsers_write_them),
            cmocka_unit_test(wants_listeners_that_make_sense),
            cmocka_unit_test(wants_sizes_by_prefix_that_can_be),
            cmocka_unit_test(wants_a_drain_that_sends_somebody_away),
            cmocka_unit_test(does_not_compare_values_that_were_refused),
    };
    return cmocka_run_group_tests(
            tests, settings_case_enter, settings_case_leave);
}
