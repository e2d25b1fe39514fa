// poll - questions that a room votes on: entry, settings, life of the instance.
//
//     -> {"event_type":"poll.create","room_id":"team","question":"Lunch?",
//         "options":["pizza","soup"],"ref":"1"}
//     -> {"event_type":"poll.vote","poll_id":"...","choice":0,"ref":"2"}

#include "poll.h"

#include <stdlib.h>

#define PAGE 500 // facts of one scan

static const struct nx_setting settings[] = {
        {"polls", NX_SETTING_INT, 0, "1000", "1..100000",
                "polls at one time, those with a result to ask for included"},
        {"votes", NX_SETTING_INT, 0, "10000", "1..1000000",
                "votes in one poll"},
        {"max_minutes", NX_SETTING_INT, NX_SETTING_LIVE, "10080", "1..525600",
                "longest time that a poll may be open"},
        {"keep_minutes", NX_SETTING_INT, NX_SETTING_LIVE, "1440", "1..525600",
                "how long a result can be asked for"},
        {"counts_ms", NX_SETTING_INT, NX_SETTING_LIVE, "500", "10..60000",
                "milliseconds between two counts that a room is sent"},
        {NULL, 0, 0, NULL, NULL, NULL},
};

static nx_status configure(struct nx_plugin *plugin,
        const struct nx_config *cfg, struct nx_diag *diag, uint32_t mode) {
    (void)diag; // types and ranges were checked by the server
    struct polls *polls = plugin->self;
    const struct nx_config_v1 *config = polls->sdk.config;
    if (mode == NX_CONFIGURE_APPLY) {
        polls->max_polls = config->get_int(cfg, "polls");
        polls->max_votes = config->get_int(cfg, "votes");
        polls->max_minutes = config->get_int(cfg, "max_minutes");
        polls->keep_ms = config->get_int(cfg, "keep_minutes") * 60000;
        polls->counts_ms = config->get_int(cfg, "counts_ms");
    }
    return NX_OK;
}

// ---- a fresh start: everything comes from the engine ----

static void scan(struct polls *polls, struct nx_str after);

static void retry(void *user, nx_timer_id timer) {
    (void)timer;
    scan(user, nx_str_none());
}

static void scan_later(struct polls *polls, uint64_t delay_ms) {
    (void)polls->sdk.timers->set(
            polls->sdk.host, delay_ms, 0, retry, polls, NULL);
}

static void scanned(void *user, const struct nx_fact_result *result) {
    struct polls *polls = user;
    polls->pending--;
    if (result->status != NX_OK) {
        nx_logf(&polls->sdk, NX_LOG_WARN, "polls are not loaded yet: %s",
                nx_err_text(result->status));
        scan_later(polls, 1000);
        return;
    }
    for (size_t i = 0; i < result->count; i++) {
        const struct nx_fact *fact = &result->facts[i];
        (void)book_adopt(
                polls, fact->key, nx_str_n(fact->value.ptr, fact->value.len));
    }
    if (result->count == PAGE) {
        scan(polls, result->facts[PAGE - 1].key);
    } else {
        polls->loaded = true;
    }
}

// "p/..." sorts before "v/...": a poll is there when its votes come.
static void scan(struct polls *polls, struct nx_str after) {
    const struct nx_sdk *sdk = &polls->sdk;
    nx_status status = sdk->engine->scan(
            sdk->host, nx_str_c(""), after, PAGE, scanned, polls);
    if (status == NX_OK) {
        polls->pending++;
    } else {
        scan_later(polls, 1000);
    }
}

// ---- a reload: the same facts, as bytes from one instance to the next ----

struct saved {
    uint32_t key_len;
    uint32_t value_len;
};

static nx_status save_fact(void *user, struct nx_str key, struct nx_str value) {
    const struct nx_state_writer *writer =
            *(const struct nx_state_writer **)user;
    const struct saved saved = {(uint32_t)key.len, (uint32_t)value.len};
    nx_status status = writer->write(writer, &saved, sizeof(saved));
    if (status == NX_OK) {
        status = writer->write(writer, key.ptr, key.len);
    }
    return status == NX_OK ? writer->write(writer, value.ptr, value.len)
                           : status;
}

static nx_status save_state(
        const struct nx_plugin *plugin, const struct nx_state_writer *writer) {
    const struct polls *polls = plugin->self;
    // What is not complete is worth nothing: the next one reads it again.
    return polls->loaded ? book_each(polls, save_fact, &writer) : NX_OK;
}

static nx_status restore(
        struct polls *polls, const struct nx_state_reader *reader) {
    struct saved saved;
    char key[POLL_KEY_MAX];
    while (nx_state_read(reader, &saved, sizeof(saved))) {
        char *value = saved.value_len <= reader->total
                ? malloc((size_t)saved.value_len + 1)
                : NULL;
        if (!value || saved.key_len > sizeof(key)
                || !nx_state_read(reader, key, saved.key_len)
                || !nx_state_read(reader, value, saved.value_len)) {
            free(value);
            return value ? NX_ERR_INVALID : NX_ERR_NO_MEMORY;
        }
        (void)book_adopt(polls, nx_str_n(key, saved.key_len),
                nx_str_n(value, saved.value_len));
        free(value);
        polls->loaded = true;
    }
    return NX_OK;
}

// ---- life ----

static nx_status start(
        struct nx_plugin *plugin, const struct nx_state_reader *prev) {
    struct polls *polls = plugin->self;
    const struct nx_sdk *sdk = &polls->sdk;
    polls->book = nx_strmap_create((size_t)polls->max_polls);
    if (!polls->book) {
        return NX_ERR_NO_MEMORY;
    }
    const struct nx_metric metrics[] = {
            {NX_METRIC_COUNTER, "votes_total", "votes that were stored",
                    &polls->votes},
            {NX_METRIC_GAUGE, "open", "polls that can be voted in",
                    &polls->open},
    };
    nx_status status = nx_define_metrics(sdk, metrics, 2);
    if (status == NX_OK) {
        status = sdk->router->handle(sdk->host, "poll.", request_handle, polls);
    }
    if (status == NX_OK && prev) {
        status = restore(polls, prev);
    }
    if (status == NX_OK && !polls->loaded) {
        scan_later(polls, 0); // the engine cannot be asked before it is live
    }
    return status;
}

// The answers that are owed come from the engine, so wait for it. Counts that
// are due go out now: the timer does not fire any more.
static nx_status quiesce(struct nx_plugin *plugin, uint32_t reason) {
    (void)reason;
    struct polls *polls = plugin->self;
    tell_counts(polls);
    return polls->pending == 0 ? NX_OK : NX_ERR_AGAIN;
}

static void destroy(struct nx_plugin *plugin) {
    struct polls *polls = plugin->self;
    size_t cursor = 0;
    struct ballot *ballot;
    while (polls->book
            && (ballot = nx_strmap_next(polls->book, &cursor, NULL, NULL))) {
        book_forget(ballot);
    }
    nx_strmap_destroy(polls->book, NULL);
    free(polls);
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    struct polls *polls = calloc(1, sizeof(*polls));
    if (!polls) {
        return NX_ERR_NO_MEMORY;
    }
    nx_sdk_load(&polls->sdk, host);
    nx_list_init(&polls->changed);
    polls->plugin = (struct nx_plugin){
            .struct_size = sizeof(polls->plugin),
            .self = polls,
            .configure = configure,
            .start = start,
            .quiesce = quiesce,
            .save_state = save_state,
            .destroy = destroy,
    };
    *out = &polls->plugin;
    return NX_OK;
}

NX_PLUGIN("poll", "1.0.0", "MIT", "questions that a room votes on", 1, 1,
        ("poll."),
        ("nexus.log/1", "nexus.config/1", "nexus.json/1", "nexus.router/1",
                "nexus.send/1", "nexus.rooms/1", "nexus.timers/1",
                "nexus.engine/1", "nexus.metrics/1"),
        settings, create);
