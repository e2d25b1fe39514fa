// Another node, played by a plugin with the same facts, writes inboxes too.
#include "plugins/notify/change.h"

#include <nexus/sdk.h>
#include <nexus/util/buf.h>

#include "plugins/notify/inbox.h"
#include "plugins/notify/inbox_codec.h"
#include "tests/support/cmocka.h"
#include "tests/unit/plugins/notify/notify_case.h"

static struct nx_sdk rival;
static struct nx_plugin rival_plugin;

static nx_status rival_start(
        struct nx_plugin *plugin, const struct nx_state_reader *prev) {
    (void)plugin;
    (void)prev;
    return NX_OK;
}

static void rival_destroy(struct nx_plugin *plugin) {
    (void)plugin;
}

static nx_status rival_create(
        const struct nx_host *host, struct nx_plugin **out) {
    nx_sdk_load(&rival, host);
    rival_plugin.struct_size = sizeof(rival_plugin);
    rival_plugin.start = rival_start;
    rival_plugin.destroy = rival_destroy;
    *out = &rival_plugin;
    return NX_OK;
}

static const char *const nothing[] = {NULL};
static struct nx_plugin_info rival_info = {
        .struct_size = sizeof(rival_info),
        .flags = NX_PLUGIN_OBSERVER,
        .id = "rival",
        .version = "1.0.0",
        .prefixes = nothing,
        .requires_ = nothing,
};
static const struct nx_plugin_entry rival_entry = {
        .magic = NX_PLUGIN_MAGIC,
        .struct_size = sizeof(rival_entry),
        .abi_major = NX_ABI_MAJOR,
        .abi_minor = NX_ABI_MINOR,
        .info = &rival_info,
        .create = rival_create,
};

static struct fake_host *host_with_rival(void) {
    struct fake_host *host = notify_case_create(NULL);
    rival_info.id = "rival";
    fake_host_add(host, &rival_entry, "rival");
    FAKE_ASSERT(host, fake_host_start(host));
    // Facts belong to an id. Two plugins of one are not loaded, so it gets
    // this one now.
    rival_info.id = "notify";
    return host;
}

static void put(const char *user, const void *bytes, size_t len) {
    char key[64];
    (void)snprintf(key, sizeof(key), "i/%s", user);
    assert_int_equal(rival.engine->put(rival.host, nx_str_c(key),
                             nx_bytes_n(bytes, len), 0, NX_PUT_ANY, NULL, NULL),
            NX_OK);
}

// Writes an inbox with one notification of its own.
static void put_inbox(const char *user) {
    static const char body[] =
            "{\"notification_id\":\"theirs\",\"title\":\"t\","
            "\"message\":\"m\",\"notification_type\":\"info\","
            "\"priority\":\"normal\",\"created_at\":"
            "\"2026-01-31T12:00:00.000Z\"}";
    struct inbox inbox;
    struct nx_buf bytes;
    inbox_init(&inbox);
    nx_buf_init(&bytes, INBOX_CODEC_MAX);
    struct entry *entry = entry_create(nx_str_c("theirs"), nx_str_c(body));
    assert_non_null(entry);
    entry->seq = 1;
    entry->priority = PRIORITY_NORMAL;
    assert_true(inbox_append(&inbox, entry));
    assert_true(inbox_encode(&inbox, &bytes));
    put(user, bytes.data, bytes.len);
    nx_buf_finish(&bytes);
    inbox_finish(&inbox);
}

static void is_done_anew_on_what_another_node_has_written(void **state) {
    (void)state;
    struct fake_host *host = host_with_rival();
    nx_session_id alice = fake_host_connect(host, "alice");
    fake_host_hold_engine(host, true);
    const struct fake_response *answer = notify_case_post(host, SEND_PATH,
            "{'user_id':'alice','title':'ours','message':'m'}");
    put_inbox("alice"); // after this node has read, and before it writes

    fake_host_hold_engine(host, false);

    assert_int_equal(answer->status, 202);
    FAKE_EXPECT(event, host, alice, "notification");
    FAKE_ASSERT_I64(event, "unread", 2);
    FAKE_ASSERT_I64(event, "seq", 2);
    FAKE_ASSERT_SILENT(host, alice);
    const struct fake_event *list = notify_case_list(host, alice, "");
    FAKE_ASSERT_STR(list, "notifications.0.title", "ours");
    FAKE_ASSERT_STR(list, "notifications.1.notification_id", "theirs");
    FAKE_ASSERT_I64(list, "unread", 2);
    fake_host_destroy(host);
}

static void shows_what_another_node_has_written(void **state) {
    (void)state;
    struct fake_host *host = host_with_rival();
    nx_session_id alice = fake_host_connect(host, "alice");
    notify_case_notify(host, "alice", "ours", "");
    put_inbox("alice");
    fake_host_turn(host);
    FAKE_ASSERT_STR(notify_case_list(host, alice, ""),
            "notifications.0.notification_id", "theirs");
    fake_host_destroy(host);
}

// An operator may still save it: it is neither used nor written over.
static void leaves_an_inbox_alone_that_it_cannot_read(void **state) {
    (void)state;
    struct fake_host *host = host_with_rival();
    nx_session_id alice = fake_host_connect(host, "alice");
    put("alice", "NI\7 from the future", 18);
    fake_host_keep_log(host);
    fake_host_turn(host);
    size_t puts = fake_host_engine_count(host, FAKE_PUT);
    notify_case_problem(notify_case_post(host, SEND_PATH,
                                "{'user_id':'alice','title':'t',"
                                "'message':'m'}"),
            503, "engine_unavailable");
    FAKE_ASSERT_STR(
            notify_case_list(host, alice, ""), "code", "engine_unavailable");
    assert_true(fake_host_logged(host, "is not readable (18 bytes)"));
    assert_int_equal(fake_host_engine_count(host, FAKE_PUT), puts);
    fake_host_destroy(host);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(is_done_anew_on_what_another_node_has_written),
            cmocka_unit_test(shows_what_another_node_has_written),
            cmocka_unit_test(leaves_an_inbox_alone_that_it_cannot_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
