/*
 * chat_fuzz - members of conversations, with storage that fails.
 *
 * The first byte chooses options, the rest is a talk. Beside what talk.h
 * checks: the records of a conversation reach each client in the order of
 * their seq, and every message that was acknowledged is in the history.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <nexus/plugin.h>

#include "tests/fuzz/talk.h"

#define KEPT_MAX 64

extern const struct nx_plugin_entry nexus_plugin_v1_chat;

static const char *const conversations[] = {"\"c\"", "\"d\"", NULL};
static const char *const recipients[] = {
        "\"bob\"", "\"alice\"", "\"carol\"", "\"a:%b\"", NULL};
static const char *const contents[] = {"\"hello\"", "\"\"",
        "\"\\u00e4 \\ud83d\\ude00 \\\"quoted\\\"\"",
        "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
        NULL};
static const char *const ids[] = {"@id", "@id", "\"m0\"", NULL};
static const char *const numbers[] = {"1", "2", "3", "5", "8", "100", NULL};
static const char *const flags[] = {"true", "false", NULL};
static const char *const sinces[] = {"@since", NULL};
static const char *const lists[] = {
        "[\"bob\"]", "[\"carol\",\"alice\",\"nobody\"]", "[]", NULL};
static const char *const objects[] = {"{}", "{\"a\":[1,{\"b\":null}]}", NULL};
static const char *const files[] = {"[{\"url\":\"x\"}]", "[]", NULL};
static const char *const client_ids[] = {"\"k1\"", "\"k2\"", NULL};
static const char *const names[] = {"\"Al\"", "\"\\u20ac\"", NULL};

#define WHERE \
    { "conversation_id", conversations }
#define WHERE_DM \
    { "recipient_id", recipients }
#define END \
    { NULL, NULL }

static const struct talk_field plain_fields[] = {
        WHERE, {"content", contents}, END};
static const struct talk_field message_fields[] = {WHERE, {"content", contents},
        {"content_type", names}, {"mentions", lists}, {"attachments", files},
        {"reply_to", ids}, {"metadata", objects}, {"client_id", client_ids},
        {"username", names}, END};
static const struct talk_field dm_fields[] = {
        WHERE_DM, {"content", contents}, {"client_id", client_ids}, END};
static const struct talk_field edit_fields[] = {
        {"message_id", ids}, {"content", contents}, END};
static const struct talk_field id_fields[] = {{"message_id", ids}, END};
static const struct talk_field mark_fields[] = {WHERE, {"seq", numbers}, END};
static const struct talk_field typing_fields[] = {
        WHERE, {"is_typing", flags}, {"username", names}, END};
static const struct talk_field history_fields[] = {WHERE, {"before", numbers},
        {"after", numbers}, {"limit", numbers}, END};
static const struct talk_field join_fields[] = {
        WHERE, {"since", sinces}, {"username", names}, END};
static const struct talk_field dm_join_fields[] = {
        WHERE_DM, {"since", sinces}, END};
static const struct talk_field where_fields[] = {WHERE, END};
static const struct talk_field invite_fields[] = {
        WHERE, {"user_id", recipients}, END};
static const struct talk_field list_fields[] = {
        {"limit", numbers}, {"after", conversations}, END};

static const struct talk_kind kinds[] = {
        {"chat.message", plain_fields},
        {"chat.message", message_fields},
        {"chat.message", dm_fields},
        {"chat.edit", edit_fields},
        {"chat.delete", id_fields},
        {"chat.typing", typing_fields},
        {"chat.read", mark_fields},
        {"chat.read", id_fields},
        {"chat.delivered", mark_fields},
        {"chat.history", history_fields},
        {"chat.join", join_fields},
        {"chat.join", dm_join_fields},
        {"chat.leave", where_fields},
        {"chat.members", where_fields},
        {"chat.invite", invite_fields},
        {"chat.list", list_fields},
        {"chat.nonsense", list_fields},
};

// A message that was acknowledged.
struct kept {
    char conversation[TALK_ID_SIZE];
    char id[TALK_ID_SIZE];
    int64_t seq;
};

struct ledger {
    struct kept kept[KEPT_MAX];
    size_t count;
};

static void keep(struct ledger *ledger, const struct fake_event *ack) {
    const char *where = fake_event_str(ack, "conversation_id");
    const char *id = fake_event_str(ack, "message_id");
    assert(where && id && fake_event_i64(ack, "seq") > 0);
    if (ledger->count < KEPT_MAX && !strchr(where, ':')) {
        struct kept *kept = &ledger->kept[ledger->count++];
        kept->seq = fake_event_i64(ack, "seq");
        (void)snprintf(kept->conversation, TALK_ID_SIZE, "%s", where);
        (void)snprintf(kept->id, TALK_ID_SIZE, "%s", id);
    }
}

static bool is_record(const char *type) {
    return strcmp(type, "chat.message") == 0 || strcmp(type, "chat.edit") == 0
            || strcmp(type, "chat.delete") == 0;
}

static void seen(struct talk *talk, struct talk_client *client,
        const struct fake_event *event, const struct talk_ask *ask) {
    const char *type = fake_event_type(event);
    const char *where = fake_event_str(event, "conversation_id");
    bool acked = ask && strcmp(type, "ack") == 0;
    struct talk_topic *topic = where ? talk_topic(client, where) : NULL;
    if (acked && strcmp(ask->kind->type, "chat.message") == 0) {
        keep(talk->user, event);
    }
    if (!topic) {
        return;
    }
    if (fake_event_has(event, "recovered") || strcmp(type, "chat.leave") == 0
            || (acked && strcmp(ask->kind->type, "chat.leave") == 0)) {
        topic->last = 0; // is told from another place on
    } else if (is_record(type)) {
        // A client that speaks before storage has answered may be told of
        // what it missed behind what is live.
        int64_t seq = fake_event_i64(event, "seq");
        assert(seq > topic->last || client->hindered);
        topic->last = seq;
    }
}

// Everybody may read an open conversation, by becoming a member.
static void expect_kept(struct talk *talk, const struct ledger *ledger) {
    struct fake_host *host = talk->host;
    nx_session_id auditor = fake_host_connect(host, "auditor");
    for (size_t i = 0; i < ledger->count; i++) {
        const struct kept *kept = &ledger->kept[i];
        char ask[256];
        (void)snprintf(ask, sizeof(ask),
                "{\"event_type\":\"chat.history\",\"conversation_id\":\"%s\","
                "\"after\":%lld,\"limit\":1,\"ref\":\"a\"}",
                kept->conversation, (long long)kept->seq - 1);
        fake_host_send(host, auditor, ask);
        const struct fake_event *ack = fake_host_await(host, auditor, "ack");
        assert(ack);
        assert(fake_event_i64(ack, "messages.0.seq") == kept->seq);
        assert(fake_event_is(ack, "messages.0.message_id", kept->id));
    }
}

static void choose(struct fake_host *host, unsigned options) {
    fake_host_set(host,
            (options & 1) != 0 ? "limits.burst=20"
                               : "limits.messages_per_second=0");
    if ((options & 2) != 0) {
        fake_host_set(host, "protocol.strict=true");
    }
    if ((options & 4) != 0) {
        fake_host_set(host, "plugins.chat.content_bytes=10");
        fake_host_set(host, "plugins.chat.members=2");
        fake_host_set(host, "offline.max_per_user=2");
        fake_host_set(host, "plugins.chat.rooms_at_login=1");
        fake_host_set(host, "plugins.chat.delivered_members=2");
    }
    if ((options & 8) != 0) {
        fake_host_set(host, "limits.outbox_bytes=4096");
        fake_host_set(host, "limits.rooms_per_session=1");
        fake_host_set(host, "limits.pending_requests=3");
    }
    if ((options & 16) != 0) {
        fake_host_set(host, "plugins.chat.cache_bytes=1048576");
        fake_host_set(host, "plugins.chat.cache_conversations=10");
        fake_host_set(host, "plugins.chat.history=10");
    }
    if ((options & 32) != 0) {
        fake_host_set(host, "plugins.chat.open_conversations=false");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    struct ledger ledger = {.count = 0};
    struct talk talk = {.host = fake_host_create(),
            .in = &in,
            .kinds = kinds,
            .kind_count = sizeof(kinds) / sizeof(kinds[0]),
            .reloads = true,
            .seen = seen,
            .user = &ledger};
    unsigned options = input_byte(&in);
    fake_host_add(talk.host, &nexus_plugin_v1_chat, "chat");
    fake_host_keep_log(talk.host);
    choose(talk.host, options);
    assert(fake_host_start(talk.host));
    talk_run(&talk);
    talk_finish(&talk);
    // Full, closed or short-lived conversations cannot be read by everybody.
    if ((options & (1 | 4 | 8 | 16 | 32)) == 0) {
        expect_kept(&talk, &ledger);
    }
    fake_host_destroy(talk.host);
    return 0;
}
