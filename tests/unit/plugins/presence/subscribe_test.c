#include "tests/support/cmocka.h"
#include "tests/unit/plugins/presence/presence_case.h"

static void answers_with_the_present_state_of_each(void **state) {
    struct fake_host *host = *state;
    nx_session_id alice = fake_host_connect(host, "alice");
    nx_session_id bob = fake_host_connect(host, "bob");
    presence_send(host, alice,
            "{'event_type':'presence.update','status':'busy',"
            "'location':'Berlin'}");

    presence_send(host, bob,
            "{'event_type':'presence.subscribe',"
            "'user_ids':['nobody','alice'],'ref':'1'}");

    FAKE_EXPECT(ack, host, bob, "ack");
    FAKE_ASSERT_STR(ack, "users.0.user_id", "nobody");
    FAKE_ASSERT_STR(ack, "users.0.status", "offline");
    assert_false(fake_event_has(ack, "users.0.last_seen"));
    FAKE_ASSERT_STR(ack, "users.1.user_id", "alice");
    FAKE_ASSERT_STR(ack, "users.1.status", "busy");
    FAKE_ASSERT_STR(ack, "users.1.location", "Berlin");
    FAKE_ASSERT_I64(ack, "count", 2);
    FAKE_ASSERT_SILENT(host, bob);
}

static void answers_without_ref_by_its_own_type(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = fake_host_connect(host, "bob");
    presence_send(host, bob,
            "{'event_type':'presence.subscribe','user_ids':['alice']}");
    FAKE_EXPECT(subscribed, host, bob, "presence.subscribe");
    FAKE_ASSERT_STR(subscribed, "users.0.user_id", "alice");
    presence_send(host, bob, "{'event_type':'presence.get','user_id':'alice'}");
    FAKE_EXPECT(got, host, bob, "presence.get");
    FAKE_ASSERT_STR(got, "users.0.status", "offline");
    presence_send(host, bob,
            "{'event_type':'presence.unsubscribe','user_ids':['alice']}");
    FAKE_ASSERT_SILENT(host, bob);
}

static void ends_with_unsubscribe(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = presence_watcher(host);
    presence_watch(host, bob, "carol");
    presence_send(host, bob,
            "{'event_type':'presence.unsubscribe',"
            "'user_ids':['alice','never'],'ref':'1'}");
    FAKE_EXPECT(ack, host, bob, "ack");
    FAKE_ASSERT_I64(ack, "count", 1);
    fake_host_connect(host, "alice");
    FAKE_ASSERT_SILENT(host, bob);
    fake_host_connect(host, "carol");
    PRESENCE_TOLD(host, bob, "presence.online", "carol");
}

static void belongs_to_a_session(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = presence_watcher(host);
    nx_session_id tablet = fake_host_connect(host, "bob");
    fake_host_skip(host, bob);
    nx_session_id alice = fake_host_connect(host, "alice");
    FAKE_ASSERT_SILENT(host, tablet);
    fake_host_disconnect(host, bob, 1001);
    presence_set(host, alice, "busy");
    bob = fake_host_connect(host, "bob");
    FAKE_ASSERT_SILENT(host, bob);
}

static void may_be_repeated(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = presence_watcher(host);
    FAKE_ASSERT_I64(presence_watch(host, bob, "alice"), "count", 1);
    fake_host_connect(host, "alice");
    PRESENCE_TOLD(host, bob, "presence.online", "alice");
    FAKE_ASSERT_SILENT(host, bob);
}

// The list is refused, naming the item, and nothing of it was done.
static void refused(struct fake_host *host, nx_session_id bob, const char *type,
        const char *list, const char *field) {
    presence_send(host, bob, "{'event_type':'%s','user_ids':%s,'ref':'1'}",
            type, list);
    FAKE_EXPECT(error, host, bob, "error");
    FAKE_ASSERT_STR(error, "code", "invalid_field");
    FAKE_ASSERT_STR(error, "details.field", field);
    FAKE_ASSERT_STR(error, "in_reply_to", type);
}

static void refuses_bad_lists_whole(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = fake_host_connect(host, "bob");
    char longer[140];
    memset(longer, 'x', sizeof(longer));
    longer[129] = '\0';
    char list[200];
    (void)snprintf(list, sizeof(list), "['alice','%s']", longer);
    const struct {
        const char *list;
        const char *field;
    } bad[] = {
            {"[]", "user_ids"},
            {"'alice'", "user_ids"},
            {"{'0':'alice'}", "user_ids"},
            {"['alice',7]", "user_ids.1"},
            {"['alice',null]", "user_ids.1"},
            {"['alice',['x']]", "user_ids.1"},
            {"['alice','']", "user_ids.1"},
            {"['alice','a\\nb']", "user_ids.1"},
            {"['alice','a\\u007fb']", "user_ids.1"},
            {"['alice','carol','alice']", "user_ids.2"},
            {"['alice','bob']", "user_ids.1"},
            {list, "user_ids.1"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        refused(host, bob, "presence.subscribe", bad[i].list, bad[i].field);
    }
    refused(host, bob, "presence.unsubscribe", "['x','x']", "user_ids.1");
    refused(host, bob, "presence.get", "['x','x']", "user_ids.1");
    fake_host_connect(host, "alice");
    FAKE_ASSERT_SILENT(host, bob);
}

static void wants_exactly_one_way_to_name_users(void **state) {
    struct fake_host *host = *state;
    nx_session_id bob = fake_host_connect(host, "bob");
    const char *const bad[] = {
            "{'event_type':'presence.get'}",
            "{'event_type':'presence.get','user_id':'a','user_ids':['b']}",
            "{'event_type':'presence.get','user_id':''}",
            "{'event_type':'presence.get','user_id':'a\\nb'}",
            "{'event_type':'presence.get','user_id':7}",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        presence_send(host, bob, "%s", bad[i]);
        FAKE_EXPECT(error, host, bob, "error");
        FAKE_ASSERT_STR(error, "code", "invalid_field");
    }
    presence_send(host, bob, "{'event_type':'presence.subscribe'}");
    FAKE_EXPECT(missing, host, bob, "error");
    FAKE_ASSERT_STR(missing, "code", "missing_field");
}

static void is_limited_for_a_session(void **state) {
    (void)state;
    struct fake_host *host =
            presence_with("plugins.presence.subscriptions=3", NULL);
    nx_session_id bob = fake_host_connect(host, "bob");
    presence_watch(host, bob, "a");
    presence_watch(host, bob, "b");
    presence_send(host, bob,
            "{'event_type':'presence.subscribe',"
            "'user_ids':['alice','a','c']}");
    FAKE_EXPECT(error, host, bob, "error");
    FAKE_ASSERT_STR(error, "code", "limit_exceeded");
    FAKE_ASSERT_STR(error, "details.limit", "plugins.presence.subscriptions");
    presence_send(host, bob,
            "{'event_type':'presence.get','user_ids':['1','2','3','4']}");
    FAKE_EXPECT(longer, host, bob, "error");
    FAKE_ASSERT_STR(longer, "code", "limit_exceeded");
    fake_host_connect(host, "alice");
    FAKE_ASSERT_SILENT(host, bob);
    FAKE_ASSERT_I64(presence_watch(host, bob, "alice"), "count", 3);
    FAKE_ASSERT_I64(presence_watch(host, bob, "alice"), "count", 3);
    fake_host_destroy(host);
}

static void is_limited_for_all_sessions(void **state) {
    (void)state;
    struct fake_host *host =
            presence_with("plugins.presence.subscriptions_total=2", NULL);
    nx_session_id bob = fake_host_connect(host, "bob");
    nx_session_id carol = fake_host_connect(host, "carol");
    presence_watch(host, bob, "a");
    presence_watch(host, carol, "a");
    const char *const more =
            "{'event_type':'presence.subscribe','user_ids':['x'],'ref':'1'}";
    presence_send(host, carol, "%s", more);
    FAKE_EXPECT(error, host, carol, "error");
    FAKE_ASSERT_STR(error, "code", "limit_exceeded");
    FAKE_ASSERT_STR(
            error, "details.limit", "plugins.presence.subscriptions_total");
    fake_host_disconnect(host, bob, 1001);
    presence_send(host, carol, "%s", more);
    FAKE_EXPECT(ack, host, carol, "ack");
    FAKE_ASSERT_I64(ack, "count", 2);
    fake_host_destroy(host);
}

static void is_limited_by_the_users_in_memory(void **state) {
    (void)state;
    struct fake_host *host = presence_with("plugins.presence.users=10", NULL);
    nx_session_id bob = fake_host_connect(host, "bob");
    presence_send(host, bob,
            "{'event_type':'presence.subscribe','user_ids':['1','2','3','4',"
            "'5','6','7','8','9','10'],'ref':'1'}");
    FAKE_EXPECT(error, host, bob, "error");
    FAKE_ASSERT_STR(error, "code", "limit_exceeded");
    FAKE_ASSERT_STR(error, "details.limit", "plugins.presence.users");
    presence_send(host, bob,
            "{'event_type':'presence.subscribe','user_ids':['1','2','3','4',"
            "'5','6','7','8','9'],'ref':'1'}");
    FAKE_EXPECT(ack, host, bob, "ack");
    FAKE_ASSERT_I64(ack, "count", 9);
    nx_session_id one_more = fake_host_connect(host, "carol");
    assert_true(fake_host_is_open(host, one_more));
    const struct fake_response *metrics =
            fake_host_http(host, "GET", "/metrics", NULL);
    assert_non_null(strstr(metrics->body, "nexus_presence_untracked_total 1"));
    fake_host_destroy(host);
}

// Names of 128 bytes, so many that one key of a session does not hold them.
static void send_many(struct fake_host *host, nx_session_id session,
        const char *type, int first, int count) {
    size_t size = (size_t)count * 140 + 200;
    char *text = malloc(size);
    assert_non_null(text);
    size_t at = (size_t)snprintf(text, size,
            "{\"event_type\":\"%s\",\"ref\":\"1\",\"user_ids\":[", type);
    for (int i = first; i < first + count; i++) {
        at += (size_t)snprintf(
                text + at, size - at, "%s\"%0128d\"", i > first ? "," : "", i);
    }
    (void)snprintf(text + at, size - at, "]}");
    fake_host_send(host, session, text);
    free(text);
}

static void survives_a_reload_at_any_size(void **state) {
    (void)state;
    struct fake_host *host = presence_with("limits.message_bytes=1048576",
            "plugins.presence.subscriptions=2000");
    nx_session_id bob = fake_host_connect(host, "bob");
    char name[160];
    (void)snprintf(name, sizeof(name), "%0128d", 1999);
    send_many(host, bob, "presence.subscribe", 0, 2000);
    FAKE_EXPECT(all, host, bob, "ack");
    FAKE_ASSERT_I64(all, "count", 2000);

    FAKE_ASSERT(host, fake_host_reload(host));
    fake_host_advance(host, 100);
    FAKE_ASSERT_SILENT(host, bob);
    fake_host_connect(host, name);
    PRESENCE_TOLD(host, bob, "presence.online", name);
    FAKE_ASSERT_I64(presence_watch(host, bob, name), "count", 2000);

    send_many(host, bob, "presence.unsubscribe", 0, 1990);
    FAKE_EXPECT(few, host, bob, "ack");
    FAKE_ASSERT_I64(few, "count", 10);
    FAKE_ASSERT(host, fake_host_reload(host));
    fake_host_advance(host, 100);
    FAKE_ASSERT_I64(presence_watch(host, bob, name), "count", 10);
    fake_host_destroy(host);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            PRESENCE_TEST(answers_with_the_present_state_of_each),
            PRESENCE_TEST(answers_without_ref_by_its_own_type),
            PRESENCE_TEST(ends_with_unsubscribe),
            PRESENCE_TEST(belongs_to_a_session),
            PRESENCE_TEST(may_be_repeated),
            PRESENCE_TEST(refuses_bad_lists_whole),
            PRESENCE_TEST(wants_exactly_one_way_to_name_users),
            cmocka_unit_test(is_limited_for_a_session),
            cmocka_unit_test(is_limited_for_all_sessions),
            cmocka_unit_test(is_limited_by_the_users_in_memory),
            cmocka_unit_test(survives_a_reload_at_any_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
