#include <stdio.h>
#include <string.h>

#include <nexus/plugin.h>

#include "kernel/core/core.h"
#include "kernel/core/exposition.h"
#include "kernel/core/http.h"
#include "kernel/core/limit.h"
#include "kernel/core/op.h"
#include "kernel/core/session.h"
#include "kernel/core/stats.h"
#include "nexus_version.h"
#include "tests/support/cmocka.h"
#include "tests/support/core_case.h"

static struct core_case c;
static struct http_link answer;

static void begin(const char *const *sets) {
    core_case_init(&c, sets);
    memset(&answer, 0, sizeof(answer));
}

static void end(void) {
    http_link_finish(&answer);
    core_case_finish(&c);
}

static const char *scrape(void) {
    http_link_finish(&answer);
    core_case_http(&c, &answer, "GET /metrics", NULL, NULL);
    assert_int_equal(answer.answers, 1);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.type, EXPOSITION_TYPE);
    assert_int_equal(ops_count(c.core->ops), 0);
    return http_link_body(&answer);
}

static void shows(const char *sample) {
    char line[256];
    (void)snprintf(line, sizeof(line), "\n%s\n", sample);
    if (!strstr(scrape(), line)) {
        fail_msg("not shown: %s\nbut:\n%s", sample, http_link_body(&answer));
    }
}

// Exactly this limit has refused, this often.
static void refused(enum limit limit, unsigned times) {
    char sample[128];
    for (enum limit other = 0; other < LIMIT_COUNT; other++) {
        assert_int_equal(
                c.core->stats->refused[other], other == limit ? times : 0);
    }
    (void)snprintf(sample, sizeof(sample),
            "nexus_refusals_total{limit=\"%s\"} %u", limit_setting(limit),
            times);
    shows(sample);
}

static void join(struct link *link, const char *room) {
    char text[128];
    (void)snprintf(text, sizeof(text),
            "{\"event_type\":\"room.join\",\"room_id\":\"%s\"}", room);
    core_case_send(&c, link, text);
}

static void says_which_server_it_is(void **state) {
    (void)state;
    char sample[128];
    begin(NULL);
    (void)snprintf(sample, sizeof(sample),
            "nexus_build_info{version=\"%s\",abi=\"%u.%u\"} 1", NEXUS_VERSION,
            NX_ABI_MAJOR, NX_ABI_MINOR);
    shows(sample);
    (void)snprintf(sample, sizeof(sample), "process_start_time_seconds %lld",
            (long long)(CORE_CASE_START_MS / 1000));
    shows(sample);
    shows("nexus_engine_working 1");
    shows("nexus_engine_durable 0");
    end();
}

static void counts_sessions_users_and_rooms(void **state) {
    (void)state;
    struct link links[3];
    begin((const char *[]){"limits.connections=77", NULL});
    core_case_connect(&c, &links[0], "alice");
    core_case_connect(&c, &links[1], "alice");
    core_case_connect(&c, &links[2], "bob");
    join(&links[0], "r");
    join(&links[2], "r");
    core_case_send(&c, &links[0],
            "{\"event_type\":\"room.broadcast\",\"room_id\":\"r\"}");
    shows("nexus_sessions 3");
    shows("nexus_sessions_max 77");
    shows("nexus_users 2");
    shows("nexus_rooms 1");
    shows("nexus_sessions_opened_total 3");
    shows("nexus_events_received_total 3");
    shows("nexus_records_delivered_total 1");
    shows("nexus_fanout_size_bucket{le=\"1\"} 1"); // the second join
    shows("nexus_fanout_size_bucket{le=\"2\"} 2"); // the broadcast
    shows("nexus_event_handling_seconds_count{prefix=\"room.join\"} 2");
    shows("nexus_event_handling_seconds_count{prefix=\"unknown\"} 0");
    core_case_leave(&c, &links[2]);
    shows("nexus_sessions 2");
    shows("nexus_sessions_closed_total{code=\"1006\"} 1");
    core_case_leave(&c, &links[0]);
    core_case_leave(&c, &links[1]);
    end();
}

static void counts_errors_by_code(void **state) {
    (void)state;
    struct link alice;
    begin(NULL);
    core_case_connect(&c, &alice, "alice");
    core_case_send(&c, &alice, "{");
    core_case_send(&c, &alice, "{\"event_type\":\"nobody.home\"}");
    core_case_send(&c, &alice, "{\"event_type\":\"room.join\"}");
    shows("nexus_errors_total{code=\"bad_json\"} 1");
    shows("nexus_errors_total{code=\"unknown_event\"} 1");
    shows("nexus_errors_total{code=\"missing_field\"} 1");
    shows("nexus_errors_total{code=\"plugin\"} 0");
    shows("nexus_event_handling_seconds_count{prefix=\"unknown\"} 2");
    core_case_leave(&c, &alice);
    end();
}

static void counts_http_by_class_of_status(void **state) {
    (void)state;
    struct http_link other = {0};
    begin(NULL);
    core_case_http(&c, &other, "GET /nothing", NULL, NULL);
    http_link_finish(&other);
    (void)scrape();
    shows("nexus_http_requests_total{status=\"2xx\"} 1");
    shows("nexus_http_requests_total{status=\"4xx\"} 1");
    end();
}

static void needs_a_token_when_others_do(void **state) {
    (void)state;
    begin((const char *[]){"auth.mode=token", NULL});
    core_case_http(&c, &answer, "GET /metrics", NULL, NULL);
    assert_int_equal(answer.status, 401);
    end();
}

static uint64_t bytes_in_outboxes(void) {
    uint64_t bytes = 0;
    uint64_t cursor = 0;
    const struct session *session;
    while ((session = sessions_next(c.core->sessions, &cursor)) != NULL) {
        bytes += session->outbox.bytes;
    }
    return bytes;
}

// Guards the one sum that is kept in step with many outboxes.
static void knows_how_much_waits_in_all_outboxes(void **state) {
    (void)state;
    struct link links[3];
    char text[2048];
    begin((const char *[]){"limits.outbox_bytes=8192", NULL});
    for (size_t i = 0; i < 3; i++) {
        core_case_connect(&c, &links[i], i == 0 ? "alice" : "bob");
        join(&links[i], "r");
    }
    assert_int_equal(c.core->stats->queued_bytes, 0);
    links[1].busy = true;
    links[2].busy = true;
    (void)snprintf(text, sizeof(text),
            "{\"event_type\":\"room.broadcast\",\"room_id\":\"r\","
            "\"text\":\"%01000d\"}",
            0);
    core_case_send(&c, &links[0], text);
    assert_true(bytes_in_outboxes() > 2000);
    assert_int_equal(c.core->stats->queued_bytes, bytes_in_outboxes());

    links[2].busy = false;
    session_io_writable(c.core, links[2].session);
    core_turn(c.core);
    assert_int_equal(c.core->stats->queued_bytes, bytes_in_outboxes());

    for (int i = 0; i < 9; i++) {
        core_case_send(&c, &links[0], text);
    }
    assert_int_equal(links[1].close_code, CLOSE_SLOW_CONSUMER);
    assert_int_equal(c.core->stats->queued_bytes, 0);
    refused(LIMIT_OUTBOX_BYTES, 1);
    shows("nexus_sessions_closed_total{code=\"4507\"} 1");
    links[2].busy = true;
    core_case_send(&c, &links[0], text);
    assert_true(c.core->stats->queued_bytes > 0);
    for (size_t i = 0; i < 3; i++) {
        core_case_leave(&c, &links[i]);
    }
    shows("nexus_queued_bytes 0");
    end();
}

static void measures_turns_by_the_clock_of_the_loop(void **state) {
    (void)state;
    begin(NULL);
    core_turn(c.core);
    (void)core_sleep_ms(c.core);
    core_turn(c.core);
    clock_advance(&c.core->clock, 3);
    (void)core_sleep_ms(c.core);
    (void)core_sleep_ms(c.core);
    shows("nexus_loop_turn_seconds_bucket{le=\"0.002\"} 0");
    shows("nexus_loop_turn_seconds_bucket{le=\"0.005\"} 1");
    shows("nexus_loop_turn_seconds_sum 0.003");
    end();
}

// ---- each limit that refuses ----

static void counts_connections_over_the_limit(void **state) {
    (void)state;
    struct link alice;
    const char *why;
    begin((const char *[]){"limits.connections=1", NULL});
    core_case_connect(&c, &alice, "alice");
    assert_int_equal(gate_admit(c.core, &why), 503);
    refused(LIMIT_CONNECTIONS, 1);
    shows("nexus_sessions_refused_total 1");
    core_case_leave(&c, &alice);
    end();
}

static void counts_sessions_replaced_by_newer_ones(void **state) {
    (void)state;
    struct link links[2];
    begin((const char *[]){"limits.connections_per_user=1", NULL});
    core_case_connect(&c, &links[0], "alice");
    core_case_connect(&c, &links[1], "alice");
    refused(LIMIT_CONNECTIONS_PER_USER, 1);
    shows("nexus_sessions_closed_total{code=\"4409\"} 1");
    shows("nexus_errors_total{code=\"too_many_connections\"} 1");
    core_case_leave(&c, &links[0]);
    core_case_leave(&c, &links[1]);
    end();
}

static void counts_messages_that_come_too_fast(void **state) {
    (void)state;
    struct link alice;
    begin((const char *[]){"limits.messages_per_second=1", "limits.burst=2",
            "limits.rate_violations=0", NULL});
    core_case_connect(&c, &alice, "alice");
    for (int i = 0; i < 5; i++) {
        core_case_send(&c, &alice, "{\"event_type\":\"ping\"}");
    }
    refused(LIMIT_MESSAGES_PER_SECOND, 3);
    shows("nexus_errors_total{code=\"rate_limited\"} 3");
    core_case_leave(&c, &alice);
    end();
}

static void counts_bytes_that_come_too_fast(void **state) {
    (void)state;
    struct link alice;
    begin((const char *[]){
            "limits.bytes_per_second=10", "limits.rate_violations=0", NULL});
    core_case_connect(&c, &alice, "alice");
    for (int i = 0; i < 3; i++) {
        core_case_send(&c, &alice, "{\"event_type\":\"ping\",\"a\":1234567}");
    }
    refused(LIMIT_BYTES_PER_SECOND, 2);
    assert_true(
            memmem(alice.out.data, alice.out.len, "limits.bytes_per_second", 23)
            != NULL);
    core_case_leave(&c, &alice);
    end();
}

static void counts_whoever_does_not_heed_refusals(void **state) {
    (void)state;
    struct link alice;
    begin((const char *[]){"limits.messages_per_second=1", "limits.burst=1",
            "limits.rate_violations=2", NULL});
    core_case_connect(&c, &alice, "alice");
    for (int i = 0; i < 5; i++) {
        core_case_send(&c, &alice, "{\"event_type\":\"ping\"}");
    }
    assert_int_equal(alice.close_code, CLOSE_ABUSE);
    assert_int_equal(c.core->stats->refused[LIMIT_RATE_VIOLATIONS], 1);
    assert_int_equal(c.core->stats->refused[LIMIT_MESSAGES_PER_SECOND], 2);
    core_case_leave(&c, &alice);
    end();
}

static void counts_messages_that_are_too_long(void **state) {
    (void)state;
    struct link alice;
    begin(NULL);
    core_case_connect(&c, &alice, "alice");
    session_io_refuse(c.core, alice.session, CLOSE_TOO_LARGE, "too long");
    core_turn(c.core);
    refused(LIMIT_MESSAGE_BYTES, 1);
    core_case_leave(&c, &alice);
    end();
}

static void counts_json_that_is_too_deep(void **state) {
    (void)state;
    static const char *const type[] = {
            "content-type", "application/json", NULL};
    struct link alice;
    begin((const char *[]){"limits.json_depth=2", NULL});
    core_case_connect(&c, &alice, "alice");
    core_case_send(&c, &alice, "{\"a\":[[]]}");
    refused(LIMIT_JSON_DEPTH, 1);
    http_link_finish(&answer);
    core_case_http(&c, &answer, "GET /metrics", type, "{\"a\":[[]]}");
    assert_int_equal(answer.status, 400);
    refused(LIMIT_JSON_DEPTH, 2);
    core_case_leave(&c, &alice);
    end();
}

static void counts_rooms_over_the_limit_of_a_session(void **state) {
    (void)state;
    struct link alice;
    begin((const char *[]){"limits.rooms_per_session=1", NULL});
    core_case_connect(&c, &alice, "alice");
    join(&alice, "a");
    join(&alice, "b");
    refused(LIMIT_ROOMS_PER_SESSION, 1);
    core_case_leave(&c, &alice);
    end();
}

static void counts_rooms_over_the_limit_of_the_server(void **state) {
    (void)state;
    struct link links[2];
    begin((const char *[]){"limits.rooms=1", NULL});
    core_case_connect(&c, &links[0], "alice");
    core_case_connect(&c, &links[1], "bob");
    join(&links[0], "a");
    join(&links[1], "b");
    refused(LIMIT_ROOMS, 1);
    core_case_leave(&c, &links[0]);
    core_case_leave(&c, &links[1]);
    end();
}

static void counts_requests_over_the_limit(void **state) {
    (void)state;
    struct link alice;
    begin((const char *[]){"limits.pending_requests=1", NULL});
    core_case_connect(&c, &alice, "alice");
    struct op *op = ops_add(c.core->ops, OP_EVENT);
    assert_non_null(op);
    core_case_send(&c, &alice, "{\"event_type\":\"ping\"}");
    core_case_http(&c, &answer, "GET /metrics", NULL, NULL);
    assert_int_equal(answer.status, 503);
    ops_remove(c.core->ops, op);
    refused(LIMIT_PENDING_REQUESTS, 2);
    core_case_leave(&c, &alice);
    end();
}

static void counts_what_the_transport_refuses(void **state) {
    (void)state;
    struct http_link other = {0};
    begin(NULL);
    nx_buf_init(&other.body, CORE_CASE_MAX);
    http_refuse(c.core, &other, NX_ERR_TOO_LARGE,
            "the body is longer than limits.http_body_bytes");
    http_link_finish(&other);
    refused(LIMIT_HTTP_BODY_BYTES, 1);
    end();
}

static void counts_whoever_says_too_late_who_they_are(void **state) {
    (void)state;
    struct link link;
    begin((const char *[]){"auth.timeout=5", NULL});
    const struct gate_request request = {.address = core_case_str("127.0.0.1")};
    memset(&link, 0, sizeof(link));
    nx_buf_init(&link.out, CORE_CASE_MAX);
    link.session = gate_open(c.core, &link, &request);
    core_case_advance(&c, 5100);
    refused(LIMIT_AUTH_TIMEOUT, 1);
    shows("nexus_sessions_closed_total{code=\"4408\"} 1");
    core_case_leave(&c, &link);
    end();
}

static void counts_whoever_is_silent_for_too_long(void **state) {
    (void)state;
    struct link alice;
    begin((const char *[]){
            "heartbeat.interval=1", "heartbeat.timeout=2", NULL});
    core_case_connect(&c, &alice, "alice");
    for (int i = 0; i < 5; i++) {
        core_case_advance(&c, 1100);
    }
    refused(LIMIT_HEARTBEAT_TIMEOUT, 1);
    shows("nexus_sessions_closed_total{code=\"4508\"} 1");
    core_case_leave(&c, &alice);
    end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(says_which_server_it_is),
            cmocka_unit_test(counts_sessions_users_and_rooms),
            cmocka_unit_test(counts_errors_by_code),
            cmocka_unit_test(counts_http_by_class_of_status),
            cmocka_unit_test(needs_a_token_when_others_do),
            cmocka_unit_test(knows_how_much_waits_in_all_outboxes),
            cmocka_unit_test(measures_turns_by_the_clock_of_the_loop),
            cmocka_unit_test(counts_connections_over_the_limit),
            cmocka_unit_test(counts_sessions_replaced_by_newer_ones),
            cmocka_unit_test(counts_messages_that_come_too_fast),
            cmocka_unit_test(counts_bytes_that_come_too_fast),
            cmocka_unit_test(counts_whoever_does_not_heed_refusals),
            cmocka_unit_test(counts_messages_that_are_too_long),
            cmocka_unit_test(counts_json_that_is_too_deep),
            cmocka_unit_test(counts_rooms_over_the_limit_of_a_session),
            cmocka_unit_test(counts_rooms_over_the_limit_of_the_server),
            cmocka_unit_test(counts_requests_over_the_limit),
            cmocka_unit_test(counts_what_the_transport_refuses),
            cmocka_unit_test(counts_whoever_says_too_late_who_they_are),
            cmocka_unit_test(counts_whoever_is_silent_for_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
