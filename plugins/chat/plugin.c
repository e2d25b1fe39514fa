// chat - conversations between users: entry, settings, life of the instance.

#include <stdlib.h>

#include <nexus/sdk.h>

#include "plugins/chat/attendance.h"
#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/log_view.h"
#include "plugins/chat/member.h"
#include "plugins/chat/receipt.h"
#include "plugins/chat/request.h"

#define DAY_MS UINT64_C(86400000)

static const struct nx_setting settings[] = {
        {"history", NX_SETTING_INT, 0, "1000", "10..100000",
                "records kept in the log of each conversation"},
        {"keep_age_days", NX_SETTING_INT, 0, "0", "0..36500",
                "days a record is kept at most, 0 for no limit"},
        {"content_bytes", NX_SETTING_INT, NX_SETTING_LIVE, "16384",
                "1..1048576", "longest content of a message in bytes"},
        {"typing_lease", NX_SETTING_INT, NX_SETTING_LIVE, "8", "2..300",
                "seconds until somebody who says nothing more is no longer "
                "typing"},
        {"open_conversations", NX_SETTING_BOOL, NX_SETTING_LIVE, "true", NULL,
                "whoever uses a conversation id becomes a member; if false, "
                "only who created it or was invited"},
        {"members", NX_SETTING_INT, NX_SETTING_LIVE, "10000", "2..100000",
                "members of one conversation at most"},
        {"delivered_members", NX_SETTING_INT, NX_SETTING_LIVE, "100",
                "0..100000",
                "in conversations with more members nobody is told who "
                "received or read what"},
        {"mention_notifications", NX_SETTING_BOOL, NX_SETTING_LIVE, "true",
                NULL, "raise a notification for members who are mentioned"},
        {"devices", NX_SETTING_INT, NX_SETTING_LIVE, "8", "1..100",
                "devices of one user for each of which is remembered what it "
                "has received; the one that connected longest ago is forgotten "
                "first"},
        {"rooms_at_login", NX_SETTING_INT, NX_SETTING_LIVE, "80", "0..10000",
                "conversations a session enters when it connects, the most "
                "recently used first"},
        {"cache_conversations", NX_SETTING_INT, NX_SETTING_LIVE, "10000",
                "10..1000000", "conversations kept in memory"},
        {"cache_bytes", NX_SETTING_INT, NX_SETTING_LIVE, "67108864",
                "1048576..17179869184",
                "memory for conversations and their messages"},
        {NULL, 0, 0, NULL, NULL, NULL},
};

static nx_status configure(struct nx_plugin *plugin,
        const struct nx_config *cfg, struct nx_diag *diag, uint32_t mode) {
    (void)diag;
    struct chat *chat = plugin->self;
    const struct nx_config_v1 *config = chat->sdk.config;
    struct chat_settings *to = &chat->settings;
    if (mode != NX_CONFIGURE_APPLY) {
        return NX_OK;
    }
    to->history = (uint32_t)config->get_int(cfg, "history");
    to->keep_age_ms = (uint64_t)config->get_int(cfg, "keep_age_days") * DAY_MS;
    to->content_bytes = (size_t)config->get_int(cfg, "content_bytes");
    to->typing_lease_ms = (uint32_t)config->get_int(cfg, "typing_lease") * 1000;
    to->open_conversations = config->get_bool(cfg, "open_conversations") != 0;
    to->members = (uint32_t)config->get_int(cfg, "members");
    to->delivered_members = (uint32_t)config->get_int(cfg, "delivered_members");
    to->mention_notifications =
            config->get_bool(cfg, "mention_notifications") != 0;
    to->offline_messages =
            (uint32_t)config->get_server_int(cfg, "offline.max_per_user");
    to->window_bytes =
            (size_t)config->get_server_int(cfg, "limits.outbox_bytes") / 4;
    to->devices = (uint32_t)config->get_int(cfg, "devices");
    to->rooms_at_login = (uint32_t)config->get_int(cfg, "rooms_at_login");
    to->cache_conversations =
            (size_t)config->get_int(cfg, "cache_conversations");
    to->cache_bytes = (size_t)config->get_int(cfg, "cache_bytes");
    return NX_OK;
}

static nx_status define_metrics(struct chat *chat) {
    struct chat_metrics *to = &chat->metrics;
    const struct {
        uint32_t kind;
        const char *name;
        const char *help;
        nx_metric_id *out;
    } all[] = {
            {NX_METRIC_COUNTER, "messages_total", "messages stored",
                    &to->messages},
            {NX_METRIC_COUNTER, "duplicates_total",
                    "messages sent again with the same client_id",
                    &to->duplicates},
            {NX_METRIC_COUNTER, "edits_total", "messages edited", &to->edits},
            {NX_METRIC_COUNTER, "deletes_total", "messages deleted",
                    &to->deletes},
            {NX_METRIC_COUNTER, "receipts_total", "deliveries told to senders",
                    &to->receipts},
            {NX_METRIC_COUNTER, "reads_total", "read watermarks moved",
                    &to->reads},
            {NX_METRIC_COUNTER, "backlog_messages_total",
                    "missed messages sent to sessions that connected",
                    &to->backlog},
            {NX_METRIC_COUNTER, "gaps_total",
                    "gaps told to sessions that connected", &to->gaps},
            {NX_METRIC_COUNTER, "gap_records_total",
                    "missed records that were not sent but told as a gap",
                    &to->gap_records},
            {NX_METRIC_COUNTER, "failed_writes_total",
                    "facts the engine did not store", &to->failed_writes},
            {NX_METRIC_GAUGE, "conversations", "conversations in memory",
                    &to->conversations},
            {NX_METRIC_GAUGE, "cached_bytes", "memory of conversations",
                    &to->cached_bytes},
            {NX_METRIC_GAUGE, "typing", "users typing now", &to->typing},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        nx_status status = chat->sdk.metrics->define(
                chat->host, all[i].kind, all[i].name, all[i].help, all[i].out);
        if (status != NX_OK) {
            return status;
        }
    }
    return NX_OK;
}

static void record_passed(void *user, nx_room_id room, struct nx_str room_name,
        const struct nx_record *record) {
    (void)room;
    struct conversation *conv =
            conversation_find(user, conversation_of_room(room_name));
    if (conv) {
        log_view_record(conv, record);
        conversation_account(conv);
    }
}

static nx_status define_rooms(struct chat *chat) {
    struct nx_room_kind kind = {
            .struct_size = sizeof(kind),
            .flags = NX_ROOM_TRACKED,
            .prefix = "chat:",
            .offset_field = "seq",
            .keep_count = chat->settings.history,
            .keep_age_ms = chat->settings.keep_age_ms,
            .user = chat,
            .on_member = attendance_changed,
            .on_record = record_passed,
            .on_received = receipt_proved,
    };
    return chat->sdk.rooms->define(chat->host, &kind);
}

static nx_status start(
        struct nx_plugin *plugin, const struct nx_state_reader *prev) {
    struct chat *chat = plugin->self;
    const struct nx_router_v1 *router = chat->sdk.router;
    nx_status status = define_metrics(chat);
    if (status == NX_OK) {
        status = define_rooms(chat);
    }
    if (status == NX_OK) {
        status = router->handle(chat->host, "chat.", request_event, chat);
    }
    if (status == NX_OK) {
        status = router->observe(chat->host, "system.ack", receipt_acked, chat);
    }
    if (status == NX_OK) {
        status = router->on_session(
                chat->host, NX_SESSION_OPENED, arrival_opened, chat);
    }
    if (status == NX_OK && prev) {
        status = typing_restore(chat, prev);
    }
    if (status == NX_OK) {
        typing_start(chat);
        status = arrivals_sweep(chat);
    }
    return status;
}

static nx_status quiesce(struct nx_plugin *plugin, uint32_t reason) {
    (void)reason;
    struct chat *chat = plugin->self;
    chat->quiet = true;
    bool flushed = member_flush_all(chat);
    return flushed && nx_list_empty(&chat->calls) ? NX_OK : NX_ERR_AGAIN;
}

static nx_status save_state(
        const struct nx_plugin *plugin, const struct nx_state_writer *writer) {
    return typing_save(plugin->self, writer);
}

static void resume(struct nx_plugin *plugin) {
    struct chat *chat = plugin->self;
    chat->quiet = false;
    arrivals_resume(chat);
    (void)member_flush_all(chat);
}

static void destroy(struct nx_plugin *plugin) {
    struct chat *chat = plugin->self;
    chat->finishing = true;
    member_drop_dirty(chat);
    call_drop_all(chat);
    conversation_finish_all(chat);
    arrivals_finish(&chat->arrivals);
    typing_finish(&chat->typing);
    nx_strmap_destroy(chat->by_name, NULL);
    nx_strmap_destroy(chat->by_key, NULL);
    free(chat);
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    struct chat *chat = calloc(1, sizeof(*chat));
    if (!chat) {
        return NX_ERR_NO_MEMORY;
    }
    chat->host = host;
    nx_sdk_load(&chat->sdk, host);
    nx_list_init(&chat->lru);
    nx_list_init(&chat->forgotten);
    nx_list_init(&chat->calls);
    nx_list_init(&chat->late_calls);
    nx_list_init(&chat->dirty);
    nx_status arrivals = arrivals_init(&chat->arrivals);
    chat->by_name = nx_strmap_create(CHAT_CONVERSATIONS_MAX);
    chat->by_key = nx_strmap_create(CHAT_CONVERSATIONS_MAX);
    nx_status status = typing_init(&chat->typing);
    chat->plugin = (struct nx_plugin){
            .struct_size = sizeof(chat->plugin),
            .self = chat,
            .configure = configure,
            .start = start,
            .quiesce = quiesce,
            .save_state = save_state,
            .resume = resume,
            .destroy = destroy,
    };
    if (status != NX_OK || arrivals != NX_OK || !chat->by_name
            || !chat->by_key) {
        destroy(&chat->plugin);
        return NX_ERR_NO_MEMORY;
    }
    *out = &chat->plugin;
    return NX_OK;
}

NX_PLUGIN("chat", "1.0.0", "MIT", "conversations between users", 1, 1,
        ("chat."),
        ("nexus.log/1", "nexus.config/1", "nexus.json/1", "nexus.router/1",
                "nexus.send/1", "nexus.rooms/1", "nexus.users/1",
                "nexus.timers/1", "nexus.engine/1", "nexus.metrics/1"),
        settings, create);
