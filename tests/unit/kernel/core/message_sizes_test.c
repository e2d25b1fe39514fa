#include "kernel/core/message_sizes.h"

#include "kernel/core/registry.h"
#include "kernel/core/session.h"
#include "kernel/core/stats.h"
#include "tests/support/core_case.h"

#define SIZES \
    "limits.message_bytes_by_prefix=room.=2048, room.broadcast = 100000 ," \
    "nobody.=1000000"

static struct core_case c;

static int set_up(void **state) {
    (void)state;
    const char *const sets[] = {"limits.message_bytes=4096", SIZES, NULL};
    core_case_init(&c, sets);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    core_case_finish(&c);
    return 0;
}

static void expect_size(const char *type, size_t bytes, enum limit limit) {
    struct message_size size = message_sizes_of(
            c.core->message_sizes, c.settings, core_case_str(type));
    assert_int_equal(size.bytes, bytes);
    assert_int_equal(size.limit, limit);
}

static void takes_the_longest_prefix(void **state) {
    (void)state;
    expect_size("room.join", 2048, LIMIT_MESSAGE_BYTES_BY_PREFIX);
    expect_size("room.broadcast", 100000, LIMIT_MESSAGE_BYTES_BY_PREFIX);
    expect_size("room.broadcasts", 100000, LIMIT_MESSAGE_BYTES_BY_PREFIX);
    expect_size("room", 4096, LIMIT_MESSAGE_BYTES);
    expect_size("ping", 4096, LIMIT_MESSAGE_BYTES);
}

static void sees_a_setting_that_has_changed(void **state) {
    (void)state;
    const char *before = c.settings->limits_message_bytes_by_prefix;
    c.settings->limits_message_bytes_by_prefix = "ping=8192";
    expect_size("ping", 8192, LIMIT_MESSAGE_BYTES_BY_PREFIX);
    expect_size("room.join", 4096, LIMIT_MESSAGE_BYTES);
    c.settings->limits_message_bytes_by_prefix = before;
    expect_size("ping", 4096, LIMIT_MESSAGE_BYTES);
}

static void counts_only_what_is_served_for_the_transport(void **state) {
    (void)state;
    struct link link;
    const struct gate_request nobody = {.address = core_case_str("::1")};
    assert_int_equal(message_sizes_max(c.core->message_sizes, c.settings,
                             c.core->registry),
            100000);
    core_case_connect(&c, &link, "alice");
    assert_int_equal(session_io_message_max(c.core, link.session), 100000);
    core_case_leave(&c, &link);

    // Who has not said who it is may not fill the memory.
    memset(&link, 0, sizeof(link));
    nx_buf_init(&link.out, CORE_CASE_MAX);
    link.session = gate_open(c.core, &link, &nobody);
    assert_int_equal(session_io_message_max(c.core, link.session), 4096);
    core_case_leave(&c, &link);
}

static void tells_clients_of_what_is_served(void **state) {
    (void)state;
    struct link link;
    core_case_connect(&c, &link, "alice");
    assert_non_null(strstr(link.out.data,
            "\"message_bytes\":4096,\"message_bytes_by_prefix\":"
            "{\"room.broadcast\":100000,\"room.\":2048}"));
    assert_null(strstr(link.out.data, "nobody."));
    core_case_leave(&c, &link);
}

static void send_padded(struct link *link, const char *type, size_t len) {
    char *text = calloc(1, len + 1);
    assert_non_null(text);
    int head = snprintf(text, len + 1,
            "{\"event_type\":\"%s\",\"room_id\":\"r\",\"pad\":\"", type);
    memset(text + head, 'x', len - (size_t)head);
    text[len - 2] = '"';
    text[len - 1] = '}';
    nx_buf_clear(&link->out);
    core_case_send(&c, link, text);
    free(text);
}

// Frames have zeros in them.
static bool saw(const struct link *link, const char *text) {
    return memmem(link->out.data, link->out.len, text, strlen(text)) != NULL;
}

static void refuses_what_is_too_large_for_its_type_and_stays_open(
        void **state) {
    (void)state;
    struct link link;
    core_case_connect(&c, &link, "alice");
    core_case_send(
            &c, &link, "{\"event_type\":\"room.join\",\"room_id\":\"r\"}");
    uint64_t before = c.core->stats->refused[LIMIT_MESSAGE_BYTES_BY_PREFIX];

    send_padded(&link, "room.broadcast", 100000);
    assert_true(saw(&link, "\"offset\":1"));
    send_padded(&link, "room.leave", 2049);
    assert_true(saw(&link,
            "\"details\":{\"limit\":\"limits.message_bytes_by_prefix\","
            "\"max_bytes\":2048,\"bytes\":2049}"));
    assert_true(saw(&link, "\"code\":\"too_large\""));
    send_padded(&link, "ping", 4097);
    assert_true(saw(&link, "\"limit\":\"limits.message_bytes\""));
    send_padded(&link, "ping", 4096);
    assert_true(saw(&link, "\"pong\""));

    assert_int_equal(link.close_code, 0);
    assert_int_equal(
            c.core->stats->refused[LIMIT_MESSAGE_BYTES_BY_PREFIX], before + 1);
    core_case_leave(&c, &link);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(takes_the_longest_prefix),
            cmocka_unit_test(sees_a_setting_that_has_changed),
            cmocka_unit_test(counts_only_what_is_served_for_the_transport),
            cmocka_unit_test(tells_clients_of_what_is_served),
            cmocka_unit_test(
                    refuses_what_is_too_large_for_its_type_and_stays_open),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
