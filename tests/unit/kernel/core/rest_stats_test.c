#include <math.h>
#include <string.h>

#include "kernel/core/close.h"
#include "kernel/core/json_doc.h"
#include "kernel/core/json_view.h"
#include "kernel/core/limit.h"
#include "kernel/core/stats.h"
#include "tests/support/cmocka.h"
#include "tests/support/core_case.h"

static struct core_case c;
static struct http_link answer;
static struct json_doc doc;

static int set_up(void **state) {
    (void)state;
    core_case_init(&c, NULL);
    memset(&answer, 0, sizeof(answer));
    json_doc_init(&doc);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    json_doc_finish(&doc);
    http_link_finish(&answer);
    core_case_finish(&c);
    return 0;
}

static const struct nx_json *ask(void) {
    http_link_finish(&answer);
    core_case_http(&c, &answer, "GET /api/ws/stats", NULL, NULL);
    assert_int_equal(answer.status, 200);
    assert_int_equal(
            json_doc_parse(&doc, answer.body.data, answer.body.len, 32), NX_OK);
    return json_doc_root(&doc);
}

static double number(
        const struct nx_json *body, const char *object, const char *key) {
    double value = NAN;
    assert_int_equal(
            json_view_f64(
                    json_view_get(json_view_get(body, object), key), &value),
            NX_OK);
    return value;
}

static void handle(int64_t ns, int times) {
    for (int i = 0; i < times; i++) {
        stats_arrived(c.core->stats, 1);
        stats_handled(c.core->stats, ns);
    }
}

static void tells_latencies_with_three_digits(void **state) {
    (void)state;
    handle(12345, 90); // 0.012345 ms, the middle of its bucket is 0.01250
    handle(1234567, 9);
    handle(INT64_C(123456789), 1);
    (void)ask();
    assert_non_null(strstr(answer.body.data,
            "\"latency_ms\":{\"p50\":0.0125,\"p90\":0.0125,\"p99\":1.25,"
            "\"p999\":125.0,\"max\":125.0}"));
}

static void forgets_latencies_of_old(void **state) {
    (void)state;
    handle(INT64_C(5000000000), 1);
    for (int second = 0; second < 60; second++) {
        core_case_advance(&c, 1100);
    }
    handle(1000, 1);
    assert_true(number(ask(), "latency_ms", "max") > 4000);
    for (int second = 0; second < 60; second++) {
        core_case_advance(&c, 1100);
    }
    assert_true(number(ask(), "latency_ms", "max") < 0.0011);
}

static void names_what_was_refused_and_why_sessions_closed(void **state) {
    (void)state;
    stats_refused(c.core->stats, LIMIT_ROOMS);
    stats_refused(c.core->stats, LIMIT_MESSAGES_PER_SECOND);
    stats_refused(c.core->stats, LIMIT_BYTES_PER_SECOND);
    stats_closed(c.core->stats, CLOSE_SLOW_CONSUMER, false);
    stats_closed(c.core->stats, 1006, true);
    c.core->stats->sessions_refused = 4;
    const struct nx_json *body = ask();
    assert_true(number(body, "refused", "limits.rooms") == 1);
    assert_true(number(body, "refused", "sessions") == 4);
    assert_true(number(body, "closed", "slow_consumer") == 1);
    assert_true(number(body, "closed", "lost") == 1);
    int64_t limited = 0;
    json_view_i64(json_view_get(body, "rate_limited"), &limited);
    assert_int_equal(limited, 2);
}

static void tells_errors_per_second(void **state) {
    (void)state;
    double rate = 0;
    for (int second = 0; second < 60; second++) {
        for (int i = 0; i < 22; i++) {
            stats_error(c.core->stats, NX_ERR_LIMIT, NULL);
        }
        core_case_advance(&c, 1100);
    }
    json_view_f64(json_view_get(ask(), "errors_per_second"), &rate);
    assert_true(fabs(rate - 20) < 0.5);
    assert_true(rate * 10 == round(rate * 10));
}

static void tells_what_waits_in_outboxes(void **state) {
    (void)state;
    struct link alice;
    core_case_connect(&c, &alice, "alice");
    alice.busy = true;
    core_case_send(&c, &alice, "{\"event_type\":\"ping\"}");
    assert_true(number(ask(), "queues", "outbox_bytes") > 20);
    core_case_leave(&c, &alice);
    assert_true(number(ask(), "queues", "outbox_bytes") == 0);
}

int main(void) {
    struct CMUnitTest tests[] = {
            cmocka_unit_test(tells_latencies_with_three_digits),
            cmocka_unit_test(forgets_latencies_of_old),
            cmocka_unit_test(names_what_was_refused_and_why_sessions_closed),
            cmocka_unit_test(tells_errors_per_second),
            cmocka_unit_test(tells_what_waits_in_outboxes),
    };
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        tests[i].setup_func = set_up;
        tests[i].teardown_func = tear_down;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
