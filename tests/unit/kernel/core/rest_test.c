#include "kernel/core/rest.h"

#include <string.h>

#include "kernel/core/engine.h"
#include "kernel/core/json_doc.h"
#include "kernel/core/json_view.h"
#include "kernel/core/op.h"
#include "kernel/core/rooms.h"
#include "kernel/core/users.h"
#include "nexus_version.h"
#include "tests/support/cmocka.h"
#include "tests/support/core_case.h"
#include "tests/support/prng.h"

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

// Returns the body of the answer.
static const struct nx_json *get(const char *target, uint32_t status) {
    char line[1024];
    (void)snprintf(line, sizeof(line), "GET %s", target);
    http_link_finish(&answer);
    core_case_http(&c, &answer, line, NULL, NULL);
    assert_int_equal(answer.answers, 1);
    assert_int_equal(answer.status, status);
    assert_int_equal(ops_count(c.core->ops), 0);
    assert_int_equal(
            json_doc_parse(&doc, answer.body.data, answer.body.len, 32), NX_OK);
    return json_doc_root(&doc);
}

static int64_t number(const struct nx_json *object, const char *key) {
    int64_t value = -1;
    assert_int_equal(json_view_i64(json_view_get(object, key), &value), NX_OK);
    return value;
}

static const char *text(const struct nx_json *object, const char *key) {
    const char *value = json_view_str(json_view_get(object, key)).ptr;
    return value ? value : "(absent)";
}

// ---- online ----

static void lists_nobody_on_an_empty_server(void **state) {
    (void)state;
    const struct nx_json *body = get("/api/ws/online", 200);
    assert_string_equal(answer.body.data, "{\"users\":[],\"count\":0}");
    assert_null(json_view_get(body, "next"));
}

static void lists_each_user_once_with_all_sessions(void **state) {
    (void)state;
    struct link links[3];
    core_case_connect(&c, &links[0], "bob");
    core_case_connect(&c, &links[1], "alice");
    core_case_connect(&c, &links[2], "bob");

    get("/api/ws/online", 200);
    assert_string_equal(answer.body.data,
            "{\"users\":[{\"user_id\":\"alice\",\"sessions\":1},"
            "{\"user_id\":\"bob\",\"sessions\":2}],\"count\":2}");
    for (size_t i = 0; i < 3; i++) {
        core_case_leave(&c, &links[i]);
    }
}

static void begins_a_page_behind_a_user_who_left(void **state) {
    (void)state;
    static const char *const names[] = {"e", "a", "d", "b", "c"};
    struct link links[5];
    for (size_t i = 0; i < 5; i++) {
        core_case_connect(&c, &links[i], names[i]);
    }
    assert_string_equal(text(get("/api/ws/online?limit=2", 200), "next"), "b");

    core_case_leave(&c, &links[3]); // b
    const struct nx_json *body = get("/api/ws/online?limit=2&after=b", 200);
    assert_string_equal(text(body, "next"), "d");
    const struct nx_json *users = json_view_get(body, "users");
    assert_string_equal(text(json_view_at(users, 0), "user_id"), "c");
    assert_string_equal(text(json_view_at(users, 1), "user_id"), "d");
    body = get("/api/ws/online?limit=2&after=d", 200);
    assert_null(json_view_get(body, "next"));
    assert_int_equal(json_view_count(json_view_get(body, "users")), 1);
    assert_int_equal(number(body, "count"), 4);
    static const size_t left[] = {0, 1, 2, 4};
    for (size_t i = 0; i < 4; i++) {
        core_case_leave(&c, &links[left[i]]);
    }
}

enum {
    CROWD = 60
};

// Reads all pages while strangers come and go between them; counts how often
// each of the crowd was seen.
static void read_pages(unsigned limit, unsigned seen[CROWD], uint64_t *seed) {
    char target[256];
    char after[64] = "";
    bool more = true;
    while (more) {
        struct link stranger;
        char name[32];
        (void)snprintf(name, sizeof(name), "u%02u-stranger",
                (unsigned)prng_below(seed, CROWD));
        core_case_connect(&c, &stranger, name);
        (void)snprintf(target, sizeof(target), "/api/ws/online?limit=%u%s%s",
                limit, after[0] ? "&after=" : "", after);
        const struct nx_json *body = get(target, 200);
        const struct nx_json *users = json_view_get(body, "users");
        assert_true(json_view_count(users) <= limit);
        const char *last = "";
        for (size_t i = 0; i < json_view_count(users); i++) {
            const char *user = text(json_view_at(users, i), "user_id");
            assert_true(strcmp(last, user) < 0);
            last = user;
            seen[strtoul(user + 1, NULL, 10)] += strlen(user) == 3 ? 1 : 0;
        }
        more = json_view_get(body, "next") != NULL;
        (void)snprintf(after, sizeof(after), "%s", text(body, "next"));
        core_case_leave(&c, &stranger);
    }
}

static void misses_nobody_whatever_others_do(void **state) {
    (void)state;
    static struct link links[CROWD];
    uint64_t seed = 3;
    for (unsigned i = 0; i < CROWD; i++) {
        char name[8];
        (void)snprintf(name, sizeof(name), "u%02u", i * 7 % CROWD);
        core_case_connect(&c, &links[i], name);
    }
    for (unsigned limit = 1; limit < CROWD + 5; limit += 3) {
        unsigned seen[CROWD] = {0};
        read_pages(limit, seen, &seed);
        for (unsigned i = 0; i < CROWD; i++) {
            assert_int_equal(seen[i], 1);
        }
    }
    for (unsigned i = 0; i < CROWD; i++) {
        core_case_leave(&c, &links[i]);
    }
}

static void refuses_a_limit_that_is_none(void **state) {
    (void)state;
    static const char *const bad[] = {"0", "1001", "-1", "1.5", "abc", "",
            "99999999999999999999", "18446744073709551621", "1x"};
    char target[64];
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        (void)snprintf(
                target, sizeof(target), "/api/ws/online?limit=%s", bad[i]);
        assert_string_equal(text(get(target, 400), "code"), "invalid_field");
    }
    get("/api/ws/online?limit=1000", 200);
    get("/api/ws/online?limit=1", 200);
}

static void names_arguments_it_does_not_know(void **state) {
    (void)state;
    const struct nx_json *body =
            get("/api/ws/online?limt=3&p%C3%A4ge&limit=3", 200);
    const struct nx_json *warnings = json_view_get(body, "warnings");
    assert_int_equal(json_view_count(warnings), 2);
    assert_string_equal(
            text(json_view_at(warnings, 0), "code"), "unknown_field");
    assert_string_equal(text(json_view_at(warnings, 0), "field"), "limt");
    assert_string_equal(
            text(json_view_at(warnings, 1), "field"), "p\xc3\xa4ge");
    get("/health/live?t=1", 200);
    get("/api/ws/stats?a&b&c&d&e&f&g&h&i&j", 200);
    assert_non_null(strstr(answer.body.data, "\"more\":2"));
}

static void refuses_unknown_arguments_when_strict(void **state) {
    (void)state;
    static const char *const sets[] = {"protocol.strict=true", NULL};
    core_case_finish(&c);
    core_case_init(&c, sets);
    const struct nx_json *body = get("/api/ws/online?limt=3", 400);
    assert_string_equal(text(body, "code"), "unknown_field");
    assert_non_null(strstr(text(body, "detail"), "limt"));
}

// ---- rooms ----

static void lists_the_members_of_a_room(void **state) {
    (void)state;
    struct link links[3];
    static const char *const users[] = {"bob", "alice", "bob"};
    for (size_t i = 0; i < 3; i++) {
        core_case_connect(&c, &links[i], users[i]);
        core_case_send(&c, &links[i],
                "{\"event_type\":\"room.join\",\"room_id\":\"a b/c\"}");
        core_case_advance(&c, 20);
    }

    get("/api/ws/rooms/a%20b%2Fc", 200);
    assert_string_equal(answer.body.data,
            "{\"room_id\":\"a b/c\",\"members\":["
            "{\"user_id\":\"bob\",\"sessions\":2},"
            "{\"user_id\":\"alice\",\"sessions\":1}],"
            "\"count\":2,\"sessions\":3}");
    core_case_leave(&c, &links[0]);
    const struct nx_json *body = get("/api/ws/rooms/a%20b%2Fc", 200);
    assert_int_equal(number(body, "count"), 2);
    assert_int_equal(number(body, "sessions"), 2);
    core_case_leave(&c, &links[1]);
    core_case_leave(&c, &links[2]);
    get("/api/ws/rooms/a%20b%2Fc", 404);
}

static void knows_no_room_without_members(void **state) {
    (void)state;
    char target[400] = "/api/ws/rooms/";
    assert_string_equal(
            text(get("/api/ws/rooms/lobby", 404), "code"), "not_found");
    memset(target + strlen(target), 'x', 300);
    get(target, 404);
    get("/api/ws/rooms/", 404);
}

// ---- health ----

static void is_ready_until_it_drains(void **state) {
    (void)state;
    assert_string_equal(text(get("/health/live", 200), "status"), "ok");
    assert_string_equal(text(get("/health/ready", 200), "status"), "ready");

    core_drain(c.core);
    assert_string_equal(text(get("/health/ready", 503), "code"), "draining");
    assert_int_equal(answer.retry_after_s, 5);
    get("/health/live", 200);
}

static void is_not_ready_without_an_engine(void **state) {
    (void)state;
    engine_use(c.core->engine, NULL);
    const struct nx_json *body = get("/health/ready", 503);
    assert_string_equal(text(body, "code"), "engine_unavailable");
    assert_non_null(strstr(text(body, "detail"), "none"));
    get("/health/live", 200);
}

// ---- stats ----

static void counts_what_the_server_does(void **state) {
    (void)state;
    struct link alice;
    core_case_connect(&c, &alice, "alice");
    core_case_send(
            &c, &alice, "{\"event_type\":\"room.join\",\"room_id\":\"r\"}");
    core_case_send(&c, &alice, "{\"event_type\":\"nobody.home\"}");
    core_case_advance(&c, 90000);

    const struct nx_json *body = get("/api/ws/stats", 200);
    assert_string_equal(text(body, "version"), NEXUS_VERSION);
    assert_int_equal(number(body, "uptime_seconds"), 90);
    assert_int_equal(number(body, "rooms"), 1);
    assert_int_equal(number(json_view_get(body, "events"), "in_total"), 2);
    assert_true(number(json_view_get(body, "events"), "out_total") >= 3);
    assert_true(number(json_view_get(body, "bytes"), "out_total") > 100);
    assert_int_equal(number(body, "errors"), 1);
    assert_int_equal(number(json_view_get(body, "http"), "requests"), 1);
    const struct nx_json *engine = json_view_get(body, "engine");
    assert_string_equal(text(engine, "name"), "memory");
    const struct nx_json *queues = json_view_get(body, "queues");
    assert_int_equal(number(queues, "pending_requests"), 0);
    assert_true(number(json_view_get(body, "memory"), "resident_bytes")
            > (1 << 20));
    double p99 = 0;
    double cpu = 0;
    json_view_f64(
            json_view_get(json_view_get(body, "latency_ms"), "p99"), &p99);
    json_view_f64(json_view_get(body, "cpu_seconds"), &cpu);
    assert_true(p99 > 0);
    assert_true(cpu > 0);
    assert_int_equal(json_view_count(json_view_get(body, "plugins")), 0);
    core_case_leave(&c, &alice);
}

int main(void) {
    struct CMUnitTest tests[] = {
            cmocka_unit_test(lists_nobody_on_an_empty_server),
            cmocka_unit_test(lists_each_user_once_with_all_sessions),
            cmocka_unit_test(begins_a_page_behind_a_user_who_left),
            cmocka_unit_test(misses_nobody_whatever_others_do),
            cmocka_unit_test(refuses_a_limit_that_is_none),
            cmocka_unit_test(names_arguments_it_does_not_know),
            cmocka_unit_test(refuses_unknown_arguments_when_strict),
            cmocka_unit_test(lists_the_members_of_a_room),
            cmocka_unit_test(knows_no_room_without_members),
            cmocka_unit_test(is_ready_until_it_drains),
            cmocka_unit_test(is_not_ready_without_an_engine),
            cmocka_unit_test(counts_what_the_server_does),
    };
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        tests[i].setup_func = set_up;
        tests[i].teardown_func = tear_down;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
