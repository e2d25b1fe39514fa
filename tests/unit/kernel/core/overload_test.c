#include "kernel/core/overload.h"

#include "kernel/core/close.h"
#include "kernel/core/engine.h"
#include "kernel/core/session.h"
#include "kernel/core/stats.h"
#include "kernel/core/writer.h"
#include "tests/support/core_case.h"
#include "tests/unit/kernel/core/fake_provider.h"

#define HOLD_MS   INT64_C(5000)
#define SAMPLE_MS INT64_C(260) // and a tick of the timers

static struct core_case c;
static struct link alice;

static int set_up(void **state) {
    (void)state;
    const char *const sets[] = {"overload.turn_ms=100", "overload.hold=5",
            "overload.retry_after=8", "limits.queued_bytes=65536",
            "overload.memory_bytes=-1", NULL};
    core_case_init(&c, sets);
    core_case_connect(&c, &alice, "alice");
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    core_case_leave(&c, &alice);
    core_case_finish(&c);
    return 0;
}

static bool saw(const struct link *link, const char *text) {
    return link->out.len > 0
            && memmem(link->out.data, link->out.len, text, strlen(text));
}

// Turns of this length, one after the other, until that much time is over.
static void work(int64_t turn_ms, int64_t for_ms) {
    for (int64_t ms = 0; ms < for_ms; ms += turn_ms) {
        core_turn(c.core);
        clock_advance(&c.core->clock, turn_ms);
        (void)core_sleep_ms(c.core);
    }
    core_turn(c.core);
}

static void rest(int64_t ms) {
    for (int64_t passed = 0; passed < ms; passed += SAMPLE_MS) {
        (void)core_sleep_ms(c.core);
        core_case_advance(&c, SAMPLE_MS);
    }
}

static void expect_refused(struct link *link, const char *limit) {
    char text[128];
    core_case_connect(&c, link, "late");
    (void)snprintf(text, sizeof(text), "\"details\":{\"limit\":\"%s\"}", limit);
    assert_true(saw(link, text));
    assert_true(saw(link, "\"code\":\"overloaded\""));
    assert_false(saw(link, "Connected"));
    assert_int_equal(link->close_code, CLOSE_OVERLOADED);
}

static void begins_when_turns_follow_each_other_slowly(void **state) {
    (void)state;
    struct link late;
    work(90, 4000);
    assert_false(overload_active(c.core->overload));
    work(150, 4000);
    assert_true(overload_active(c.core->overload));
    assert_int_equal(
            overload_reason(c.core->overload), MEASURE_OVERLOAD_TURN_MS);
    expect_refused(&late, "overload.turn_ms");
    assert_int_equal(c.core->stats->refused[LIMIT_OVERLOAD_TURN_MS], 1);
    core_case_leave(&c, &late);
}

static void forgives_one_long_turn(void **state) {
    (void)state;
    rest(1000);
    work(300, 300);
    rest(1000);
    assert_int_equal(overload_times(c.core->overload), 0);
}

static void leaves_alone_who_is_there(void **state) {
    (void)state;
    work(200, 3000);
    assert_true(overload_active(c.core->overload));
    core_case_send(&c, &alice, "{\"event_type\":\"ping\",\"n\":77}");
    assert_true(saw(&alice, "\"n\":77"));
    assert_int_equal(alice.close_code, 0);
}

static void ends_after_a_while_of_rest(void **state) {
    (void)state;
    struct link again;
    work(200, 2000);
    assert_true(overload_active(c.core->overload));
    int64_t lasts_ms = overload_lasts_ms(c.core->overload);
    rest(HOLD_MS - lasts_ms - 2 * SAMPLE_MS);
    assert_true(overload_active(c.core->overload));
    rest(4 * SAMPLE_MS);
    assert_false(overload_active(c.core->overload));
    assert_int_equal(overload_lasts_ms(c.core->overload), 0);
    core_case_connect(&c, &again, "again");
    assert_true(saw(&again, "Connected"));
    core_case_leave(&c, &again);
}

// Above nine tenths it could begin again at any moment.
static void does_not_end_just_below_its_limit(void **state) {
    (void)state;
    work(200, 2000);
    work(95, 4 * HOLD_MS);
    assert_true(overload_active(c.core->overload));
    assert_int_equal(overload_times(c.core->overload), 1);
    work(80, HOLD_MS);
    assert_false(overload_active(c.core->overload));
}

static void spreads_the_return_of_those_refused(void **state) {
    (void)state;
    uint64_t least = UINT64_MAX;
    uint64_t most = 0;
    work(200, 2000);
    for (int i = 0; i < 200; i++) {
        uint64_t ms = overload_refuse(c.core->overload);
        least = ms < least ? ms : least;
        most = ms > most ? ms : most;
    }
    assert_in_range(least, 4000, 4800);
    assert_in_range(most, 7200, 8000);
}

static void send_to_alice(enum outbox_class cls, const char *text) {
    struct session *session = sessions_open(c.core->sessions, alice.session);
    struct nx_str nobody = {NULL, 0};
    struct nx_writer *event = writer_event(c.core->writers, "test", nobody);
    writer_put_cstr(event, "text", text);
    assert_int_equal(session_send(session, event, cls), NX_OK);
}

// Fills alice's outbox, who does not read, up to the limit of all together.
static void fill(void) {
    static char large[16000];
    memset(large, 'x', sizeof(large) - 1);
    alice.busy = true;
    send_to_alice(OUTBOX_NORMAL, "first");
    core_turn(c.core);
    while (c.core->stats->queued_bytes < 65536) {
        send_to_alice(OUTBOX_NORMAL, large);
    }
    core_turn(c.core);
}

static void free_alice(void) {
    alice.busy = false;
    session_io_writable(c.core, alice.session);
    core_turn(c.core);
}

static void sheds_what_is_droppable_for_those_who_do_not_read(void **state) {
    (void)state;
    alice.busy = true;
    send_to_alice(OUTBOX_DROPPABLE, "early");
    core_turn(c.core);
    fill();
    send_to_alice(OUTBOX_DROPPABLE, "late");
    send_to_alice(OUTBOX_NORMAL, "kept");
    free_alice();
    assert_true(saw(&alice, "kept"));
    assert_false(saw(&alice, "early"));
    assert_false(saw(&alice, "late"));
    assert_int_equal(c.core->stats->shed[OUTBOX_SHED_TOTAL], 2);
    assert_int_equal(stats_shed(c.core->stats), 2);
    assert_int_equal(alice.close_code, 0);
}

static void sheds_nothing_for_those_who_read(void **state) {
    (void)state;
    struct link bob;
    core_case_connect(&c, &bob, "bob");
    fill();
    struct session *session = sessions_open(c.core->sessions, bob.session);
    struct nx_str nobody = {NULL, 0};
    (void)session_send(session,
            writer_event(c.core->writers, "droppable", nobody),
            OUTBOX_DROPPABLE);
    core_turn(c.core);
    assert_true(saw(&bob, "droppable"));
    assert_int_equal(stats_shed(c.core->stats), 0);
    core_case_leave(&c, &bob);
    free_alice();
}

static void begins_before_the_outboxes_are_at_their_limit(void **state) {
    (void)state;
    struct link late;
    fill();
    rest(SAMPLE_MS);
    assert_true(overload_active(c.core->overload));
    expect_refused(&late, "limits.queued_bytes");
    core_case_leave(&c, &late);
    free_alice();
    rest(HOLD_MS + 2 * SAMPLE_MS);
    assert_false(overload_active(c.core->overload));
}

static void is_said_by_health_and_statistics(void **state) {
    (void)state;
    struct http_link http;
    core_case_http(&c, &http, "GET /health/ready", NULL, NULL);
    assert_int_equal(http.status, 200);
    http_link_finish(&http);
    work(200, 2000);
    core_case_http(&c, &http, "GET /health/ready", NULL, NULL);
    assert_int_equal(http.status, 503);
    assert_non_null(strstr(http_link_body(&http),
            "new sessions are refused because of overload.turn_ms: "));
    http_link_finish(&http);
    core_case_http(&c, &http, "GET /api/ws/stats", NULL, NULL);
    assert_non_null(strstr(http_link_body(&http),
            "\"overload\":{\"active\":true,\"times\":1,"));
    http_link_finish(&http);
    core_case_http(&c, &http, "GET /metrics", NULL, NULL);
    assert_non_null(strstr(http_link_body(&http), "\nnexus_overloaded 1\n"));
    http_link_finish(&http);
}

// A provider that never answers.
static void watches_the_engine(void **state) {
    (void)state;
    static struct fake fake; // outlives the core
    fake_init(&fake, "fake");
    core_case_send(
            &c, &alice, "{\"event_type\":\"room.join\",\"room_id\":\"r\"}");
    assert_int_equal(engine_use(c.core->engine, &fake.table), NX_OK);
    c.settings->overload_engine_pending = 10;
    c.settings->overload_engine_oldest_ms = 2000;
    for (int i = 0; i < 9; i++) {
        core_case_send(&c, &alice,
                "{\"event_type\":\"room.broadcast\",\"room_id\":\"r\"}");
    }
    rest(SAMPLE_MS);
    assert_false(overload_active(c.core->overload));
    core_case_send(&c, &alice,
            "{\"event_type\":\"room.broadcast\",\"room_id\":\"r\"}");
    rest(SAMPLE_MS);
    assert_true(overload_active(c.core->overload));
    assert_int_equal(
            overload_reason(c.core->overload), MEASURE_OVERLOAD_ENGINE_PENDING);

    c.settings->overload_engine_pending = 0;
    rest(2000);
    assert_int_equal(overload_reason(c.core->overload),
            MEASURE_OVERLOAD_ENGINE_OLDEST_MS);
    assert_int_equal(overload_times(c.core->overload), 1);
    // Whoever waits is told, and nothing is left behind.
    assert_int_equal(engine_use(c.core->engine, NULL), NX_OK);
    rest(SAMPLE_MS);
}

static void watches_the_memory(void **state) {
    (void)state;
    c.settings->overload_memory_bytes = 1024;
    rest(SAMPLE_MS);
    assert_true(overload_active(c.core->overload));
    assert_int_equal(
            overload_reason(c.core->overload), MEASURE_OVERLOAD_MEMORY_BYTES);
}

// ---- who comes back ----

// The token of a session of bob, whose connection is lost.
static void lose_bob(char token[128]) {
    static const char name[] = "\"resume_token\":\"";
    struct link bob;
    core_case_connect(&c, &bob, "bob");
    const char *at = memmem(bob.out.data, bob.out.len, name, strlen(name));
    assert_non_null(at);
    (void)snprintf(token, 128, "%.*s", (int)strcspn(at + strlen(name), "\""),
            at + strlen(name));
    core_case_leave(&c, &bob);
}

static void come_back(struct link *link, const char *user, const char *token) {
    char query[160];
    (void)snprintf(query, sizeof(query), "%s&resume=%s", user, token);
    core_case_connect(&c, link, query);
}

static void lets_in_who_comes_back_while_it_is_slow(void **state) {
    (void)state;
    struct link link;
    char token[128];
    lose_bob(token);
    work(200, 3000);
    assert_true(overload_active(c.core->overload));
    expect_refused(&link, "overload.turn_ms");
    core_case_leave(&c, &link);
    // A token that is none, and one that is not that of the user.
    const char *const others[][2] = {{"bob", "s-1.2"}, {"eve", token}};
    for (size_t i = 0; i < 2; i++) {
        come_back(&link, others[i][0], others[i][1]);
        assert_true(saw(&link, "\"code\":\"overloaded\""));
        assert_int_equal(link.close_code, CLOSE_OVERLOADED);
        core_case_leave(&c, &link);
    }
    come_back(&link, "bob", token);
    assert_true(saw(&link, "\"resumed\":true"));
    assert_int_equal(link.close_code, 0);
    core_case_leave(&c, &link);
}

static void keeps_who_comes_back_waiting_while_memory_is_short(void **state) {
    (void)state;
    struct link link;
    char token[128];
    lose_bob(token);
    fill();
    rest(SAMPLE_MS);
    assert_true(overload_active(c.core->overload));
    // Longer than its window, one try after the other.
    int64_t window_ms = c.settings->resume_window * 1000;
    for (int64_t ms = 0; ms < 2 * window_ms; ms += window_ms / 2) {
        come_back(&link, "bob", token);
        assert_false(saw(&link, "Connected"));
        assert_int_equal(link.close_code, CLOSE_OVERLOADED);
        core_case_leave(&c, &link);
        clock_advance(&c.core->clock, window_ms / 2);
        sessions_find(c.core->sessions, alice.session)->seen_ms =
                clock_now_ms(&c.core->clock); // she is only slow
        core_turn(c.core);
    }
    free_alice();
    rest(HOLD_MS + SAMPLE_MS);
    assert_false(overload_active(c.core->overload));
    come_back(&link, "bob", token);
    assert_true(saw(&link, "\"resumed\":true"));
    core_case_leave(&c, &link);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(begins_when_turns_follow_each_other_slowly),
            TEST(forgives_one_long_turn),
            TEST(leaves_alone_who_is_there),
            TEST(ends_after_a_while_of_rest),
            TEST(does_not_end_just_below_its_limit),
            TEST(spreads_the_return_of_those_refused),
            TEST(sheds_what_is_droppable_for_those_who_do_not_read),
            TEST(sheds_nothing_for_those_who_read),
            TEST(begins_before_the_outboxes_are_at_their_limit),
            TEST(is_said_by_health_and_statistics),
            TEST(watches_the_engine),
            TEST(watches_the_memory),
            TEST(lets_in_who_comes_back_while_it_is_slow),
            TEST(keeps_who_comes_back_waiting_while_memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
