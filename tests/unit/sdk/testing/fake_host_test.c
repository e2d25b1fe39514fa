#include "fake_host.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/sdk.h>

#include "fake_assert.h"
#include "tests/support/cmocka.h"

// A plugin that counts events, keeps the sum in its state and in a fact, and
// hands the state over.
struct tally {
    struct nx_plugin plugin;
    struct nx_sdk sdk;
    int64_t count;
    int64_t step; // setting
};

static int created;
static int destroyed;
static int resumed;
static int seen_session_opened;
static bool fail_start;
static uint32_t quiesce_reason;
static bool ask_for_time;

static int32_t on_event(void *user, const struct nx_event *ev) {
    struct tally *tally = user;
    tally->count += tally->step;
    struct nx_writer *result = tally->sdk.json->object(tally->sdk.host);
    tally->sdk.json->put_i64(result, "count", tally->count);
    tally->sdk.engine->put(tally->sdk.host, nx_str_c("count"),
            nx_bytes_n(&tally->count, sizeof(tally->count)), 0, NX_PUT_ANY,
            NULL, NULL);
    return tally->sdk.router->reply(
            tally->sdk.host, ev->op, result, NX_REPLY_RESULT);
}

static void on_fact(void *user, const struct nx_fact_result *result) {
    struct tally *tally = user;
    if (result->count == 1) {
        memcpy(&tally->count, result->facts[0].value.ptr, sizeof(int64_t));
    }
}

static void on_session(void *user, const struct nx_session_event *ev) {
    struct tally *tally = user;
    seen_session_opened++;
    if (tally->count == 0) {
        tally->sdk.engine->get(
                tally->sdk.host, nx_str_c("count"), on_fact, tally);
    }
}

static nx_status configure(struct nx_plugin *plugin,
        const struct nx_config *cfg, struct nx_diag *diag, uint32_t mode) {
    struct tally *tally = plugin->self;
    int64_t step = tally->sdk.config->get_int(cfg, "step");
    if (step == 13) {
        tally->sdk.config->problem(diag, "step", nx_str_c("bad luck"));
        return NX_ERR_INVALID;
    }
    if (mode == NX_CONFIGURE_APPLY) {
        tally->step = step;
    }
    return NX_OK;
}

static nx_status start(
        struct nx_plugin *plugin, const struct nx_state_reader *prev) {
    struct tally *tally = plugin->self;
    char *into = (char *)&tally->count;
    size_t len = 0;
    size_t got = 1;
    while (prev && got > 0 && len < sizeof(tally->count)) {
        got = prev->read(prev, into + len, sizeof(tally->count) - len);
        len += got;
    }
    if (fail_start) {
        return NX_ERR_IO;
    }
    tally->sdk.router->on_session(
            tally->sdk.host, NX_SESSION_OPENED, on_session, tally);
    return tally->sdk.router->handle(
            tally->sdk.host, "tally.", on_event, tally);
}

static nx_status quiesce(struct nx_plugin *plugin, uint32_t reason) {
    quiesce_reason = reason;
    if (ask_for_time) {
        ask_for_time = false;
        return NX_ERR_AGAIN;
    }
    return NX_OK;
}

static nx_status save_state(
        const struct nx_plugin *plugin, const struct nx_state_writer *writer) {
    const struct tally *tally = plugin->self;
    return writer->write(writer, &tally->count, sizeof(tally->count));
}

static void resume(struct nx_plugin *plugin) {
    resumed++;
}

static void destroy(struct nx_plugin *plugin) {
    destroyed++;
    free(plugin->self);
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    struct tally *tally = calloc(1, sizeof(*tally));
    assert_non_null(tally);
    created++;
    nx_sdk_load(&tally->sdk, host);
    tally->plugin = (struct nx_plugin){
            .struct_size = sizeof(tally->plugin),
            .self = tally,
            .configure = configure,
            .start = start,
            .quiesce = quiesce,
            .save_state = save_state,
            .resume = resume,
            .destroy = destroy,
    };
    *out = &tally->plugin;
    return NX_OK;
}

static const char *const prefixes[] = {"tally.", NULL};
static const struct nx_setting settings[] = {
        {"step", NX_SETTING_INT, 0, "1", "1..100", "Counted for each event."},
        {NULL, 0, 0, NULL, NULL, NULL},
};
static const struct nx_plugin_info info = {
        .struct_size = sizeof(info),
        .state_version = 1,
        .state_version_min = 1,
        .id = "tally",
        .version = "1.0.0",
        .prefixes = prefixes,
        .settings = settings,
};
static const struct nx_plugin_entry entry = {
        .magic = NX_PLUGIN_MAGIC,
        .struct_size = sizeof(entry),
        .abi_major = NX_ABI_MAJOR,
        .abi_minor = NX_ABI_MINOR,
        .info = &info,
        .create = create,
};

static int setup(void **state) {
    created = 0;
    destroyed = 0;
    resumed = 0;
    fail_start = false;
    ask_for_time = false;
    quiesce_reason = 0;
    struct fake_host *host = fake_host_create();
    fake_host_add(host, &entry, "tally");
    *state = host;
    return 0;
}

static int teardown(void **state) {
    fake_host_destroy(*state);
    return 0;
}

static void count(struct fake_host *host, nx_session_id session, int64_t sum) {
    fake_host_send(host, session, "{\"event_type\":\"tally.one\"}");
    FAKE_EXPECT(event, host, session, "tally.one");
    FAKE_ASSERT_I64(event, "count", sum);
}

static void serves_a_client(void **state) {
    struct fake_host *host = *state;
    FAKE_ASSERT(host, fake_host_start(host));
    nx_session_id alice = fake_host_connect(host, "alice");
    const struct fake_event *welcome = fake_host_welcome(host, alice);
    FAKE_ASSERT_STR(welcome, "user_id", "alice");
    FAKE_ASSERT_STR(welcome, "features.0", "tally.");
    count(host, alice, 1);
    count(host, alice, 2);
    FAKE_ASSERT_SILENT(host, alice);
}

static void takes_settings_of_plugins_and_server(void **state) {
    struct fake_host *host = *state;
    fake_host_set(host, "plugins.tally.step=5");
    fake_host_set(host, "limits.connections_per_user=1");
    FAKE_ASSERT(host, fake_host_start(host));
    nx_session_id one = fake_host_connect(host, "alice");
    count(host, one, 5);
    nx_session_id two = fake_host_connect(host, "alice");
    assert_int_equal(fake_host_close_code(host, one), 4409);
    assert_true(fake_host_is_open(host, two));
}

static void refuses_to_start_with_a_wrong_setting(void **state) {
    struct fake_host *host = *state;
    fake_host_keep_log(host);
    fake_host_set(host, "plugins.tally.stap=5");
    assert_false(fake_host_start(host));
    assert_true(fake_host_logged(host, "stap"));
}

static void refuses_to_start_when_configure_finds_a_problem(void **state) {
    struct fake_host *host = *state;
    fake_host_keep_log(host);
    fake_host_set(host, "plugins.tally.step=13");
    assert_false(fake_host_start(host));
    assert_true(fake_host_logged(host, "bad luck"));
    assert_int_equal(created, destroyed);
}

static void refuses_an_unknown_setting_of_the_server(void **state) {
    struct fake_host *host = *state;
    fake_host_set(host, "limits.moons=5");
    assert_false(fake_host_start(host));
    assert_non_null(strstr(fake_host_error(host), "limits.moons"));
}

static void hands_state_to_the_next_instance(void **state) {
    struct fake_host *host = *state;
    FAKE_ASSERT(host, fake_host_start(host));
    nx_session_id alice = fake_host_connect(host, "alice");
    count(host, alice, 1);
    ask_for_time = true;
    FAKE_ASSERT(host, fake_host_reload(host));
    assert_int_equal(quiesce_reason, NX_QUIESCE_RELOAD);
    assert_int_equal(created, 2);
    assert_int_equal(destroyed, 1);
    assert_true(fake_host_is_open(host, alice));
    count(host, alice, 2);
}

static void resumes_the_old_instance_when_the_new_one_fails(void **state) {
    struct fake_host *host = *state;
    FAKE_ASSERT(host, fake_host_start(host));
    nx_session_id alice = fake_host_connect(host, "alice");
    count(host, alice, 1);
    fail_start = true;
    assert_false(fake_host_reload(host));
    assert_non_null(strstr(fake_host_error(host), "tally"));
    assert_int_equal(resumed, 1);
    assert_int_equal(destroyed, 1);
    count(host, alice, 2);
    fail_start = false;
    FAKE_ASSERT(host, fake_host_reload(host));
    count(host, alice, 3);
}

static void keeps_stored_data_over_a_restart(void **state) {
    struct fake_host *host = *state;
    FAKE_ASSERT(host, fake_host_start(host));
    nx_session_id alice = fake_host_connect(host, "alice");
    count(host, alice, 1);
    count(host, alice, 2);
    FAKE_ASSERT(host, fake_host_restart(host));
    assert_int_equal(quiesce_reason, NX_QUIESCE_SHUTDOWN);
    assert_int_equal(fake_host_close_code(host, alice), 1006);
    assert_int_equal(destroyed, 1);
    alice = fake_host_connect(host, "alice");
    count(host, alice, 3);
}

static void keeps_what_was_done_when_it_was_killed(void **state) {
    struct fake_host *host = *state;
    FAKE_ASSERT(host, fake_host_start(host));
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_hold_engine(host, true);
    count(host, alice, 1);
    count(host, alice, 2);
    count(host, alice, 3);
    fake_host_step_engine(host, 1);
    FAKE_ASSERT(host, fake_host_kill(host, 1));
    assert_int_equal(fake_host_close_code(host, alice), 1006);
    alice = fake_host_connect(host, "alice");
    count(host, alice, 3);
}

static void resumes_sessions_of_a_server_that_was_killed(void **state) {
    struct fake_host *host = *state;
    fake_host_be_durable(host);
    FAKE_ASSERT(host, fake_host_start(host));
    nx_session_id alice = fake_host_connect(host, "alice");
    char query[256];
    (void)snprintf(query, sizeof(query), "user_id=alice&resume=%s",
            fake_event_str(
                    fake_host_welcome(host, alice), "session.resume_token"));
    FAKE_ASSERT(host, fake_host_kill(host, 0));
    alice = fake_host_connect_query(host, query);
    const struct fake_event *welcome = fake_host_welcome(host, alice);
    assert_true(fake_event_bool(welcome, "session.resumed"));
}

static void closes_a_client_that_does_not_answer_pings(void **state) {
    struct fake_host *host = *state;
    FAKE_ASSERT(host, fake_host_start(host));
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    fake_host_hold_pongs(host, alice, true);
    fake_host_advance(host, 90000);
    assert_int_equal(fake_host_close_code(host, alice), 4508);
    assert_true(fake_host_is_open(host, bob));
    assert_true(fake_host_ping_count(host, bob) >= 2);
}

static void closes_a_client_that_does_not_read(void **state) {
    struct fake_host *host = *state;
    fake_host_set(host, "limits.outbox_bytes=65536");
    fake_host_keep_log(host);
    FAKE_ASSERT(host, fake_host_start(host));
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_stop_reading(host, alice, true);
    for (int i = 0; i < 3000 && fake_host_is_open(host, alice); i++) {
        fake_host_send(host, alice, "{\"event_type\":\"tally.one\"}");
        fake_host_advance(host, 100);
    }
    assert_int_equal(fake_host_close_code(host, alice), 4507);
}

static void reads_several_messages_in_one_turn(void **state) {
    struct fake_host *host = *state;
    FAKE_ASSERT(host, fake_host_start(host));
    nx_session_id alice = fake_host_connect(host, "alice");
    size_t writes = fake_host_write_count(host, alice);
    fake_host_send_quietly(host, alice, "{\"event_type\":\"tally.one\"}");
    fake_host_send_quietly(host, alice, "{\"event_type\":\"tally.one\"}");
    assert_int_equal(fake_host_unread(host, alice), 0);
    fake_host_turn(host);
    assert_int_equal(fake_host_skip(host, alice), 2);
    assert_int_equal(fake_host_write_count(host, alice), writes + 1);
    assert_int_equal(fake_host_sent_count(host, alice), 3);
}

static void says_what_came_instead(void **state) {
    struct fake_host *host = *state;
    FAKE_ASSERT(host, fake_host_start(host));
    nx_session_id alice = fake_host_connect(host, "alice");
    assert_null(fake_host_expect(host, alice, "tally.one"));
    assert_non_null(strstr(fake_host_error(host), "nothing came"));
    fake_host_send(host, alice, "{\"event_type\":\"unknown\"}");
    assert_null(fake_host_expect(host, alice, "tally.one"));
    assert_non_null(strstr(fake_host_error(host), "unknown_event"));
    assert_null(fake_host_await(host, alice, "tally.one"));
}

static void survives_clients_that_are_not_there(void **state) {
    struct fake_host *host = *state;
    assert_int_equal(fake_host_connect(host, "alice"), 0);
    FAKE_ASSERT(host, fake_host_start(host));
    fake_host_send(host, 7, "{}");
    fake_host_disconnect(host, 7, 1000);
    fake_host_hold_pongs(host, 0, true);
    fake_host_stop_reading(host, 0, true);
    assert_null(fake_host_next(host, 7));
    assert_null(fake_host_welcome(host, 7));
    assert_int_equal(fake_host_skip(host, 7), 0);
    assert_int_equal(fake_host_unread(host, 7), 0);
    assert_false(fake_host_is_open(host, 7));
    assert_string_equal(fake_host_close_reason(host, 7), "");
}

static void serves_the_kernels_own_routes(void **state) {
    struct fake_host *host = *state;
    FAKE_ASSERT(host, fake_host_start(host));
    fake_host_connect(host, "alice");
    const struct fake_response *online =
            fake_host_http(host, "GET", "/api/ws/online", NULL);
    assert_int_equal(online->status, 200);
    const struct fake_response *nothing =
            fake_host_http(host, "GET", "/nothing", NULL);
    assert_int_equal(nothing->status, 404);
    assert_true(fake_event_is(nothing->json, "code", "not_found"));
}

static void reads_metrics_by_their_names(void **state) {
    struct fake_host *host = *state;
    FAKE_ASSERT(host, fake_host_start(host));
    (void)fake_host_connect(host, "alice");
    FAKE_ASSERT_METRIC(host, "nexus_sessions", 1);
    assert_true(fake_host_metric(
                        host, "nexus_plugin_misuses_total{plugin=\"tally\"}")
            <= 0);
    double none = fake_host_metric(host, "nexus_session");
    assert_true(none != none); // not a number
    assert_string_equal(
            fake_host_error(host), "there is no metric nexus_session");
}

static void destroys_a_host_that_never_started(void **state) {
    assert_int_equal(created, 0);
    assert_false(fake_host_reload(*state));
    fake_host_destroy(NULL);
}

#define TEST(function) \
    cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(serves_a_client),
            TEST(takes_settings_of_plugins_and_server),
            TEST(refuses_to_start_with_a_wrong_setting),
            TEST(refuses_to_start_when_configure_finds_a_problem),
            TEST(refuses_an_unknown_setting_of_the_server),
            TEST(hands_state_to_the_next_instance),
            TEST(resumes_the_old_instance_when_the_new_one_fails),
            TEST(keeps_stored_data_over_a_restart),
            TEST(keeps_what_was_done_when_it_was_killed),
            TEST(resumes_sessions_of_a_server_that_was_killed),
            TEST(closes_a_client_that_does_not_answer_pings),
            TEST(closes_a_client_that_does_not_read),
            TEST(reads_several_messages_in_one_turn),
            TEST(says_what_came_instead),
            TEST(survives_clients_that_are_not_there),
            TEST(serves_the_kernels_own_routes),
            TEST(reads_metrics_by_their_names),
            TEST(destroys_a_host_that_never_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
