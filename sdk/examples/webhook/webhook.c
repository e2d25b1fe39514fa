// webhook - tells a back end what clients send, by HTTP.

#include "webhook.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX_MAX 128
#define SECRET_MIN 16
#define GRACE_MS   2000 // for calls under way when the server stops

static const struct nx_setting settings[] = {
        {"url", NX_SETTING_STRING, NX_SETTING_REQUIRED, NULL, NULL,
                "where to post, http:// or https://"},
        {"events", NX_SETTING_STRING, NX_SETTING_REQUIRED, NULL, NULL,
                "event types or prefixes of them, comma-separated, such as "
                "chat.message,poll."},
        {"secret", NX_SETTING_STRING, NX_SETTING_SECRET, "", NULL,
                "key of the requests' signature, at least 16 bytes; empty "
                "means that they are not signed"},
        {"ca_file", NX_SETTING_STRING, 0, "", NULL,
                "PEM file of the authorities that https trusts; empty means "
                "those of the system"},
        {"timeout_ms", NX_SETTING_INT, 0, "5000", "10..120000",
                "milliseconds that one request may take"},
        {"attempts", NX_SETTING_INT, 0, "8", "1..100",
                "requests at most for one event"},
        {"backoff_ms", NX_SETTING_INT, 0, "1000", "1..3600000",
                "milliseconds before the second attempt; each more waits "
                "twice as long"},
        {"backoff_max_ms", NX_SETTING_INT, 0, "60000", "1..3600000",
                "longest time between two attempts"},
        {"parallel", NX_SETTING_INT, 0, "1", "1..8",
                "requests at one time; with more than one, events may arrive "
                "in another order"},
        {"queue", NX_SETTING_INT, 0, "10000", "1..1000000",
                "events that wait at most; more are dropped and counted"},
        {"queue_bytes", NX_SETTING_INT, 0, "16777216", "1024..1073741824",
                "bytes of them at most"},
        {NULL, 0, 0, NULL, NULL, NULL},
};

static char *copy(struct nx_str text) {
    return strndup(text.ptr ? text.ptr : "", text.len);
}

static nx_status check(const struct nx_config_v1 *config,
        const struct nx_config *cfg, struct nx_diag *diag) {
    struct nx_str url = config->get_str(cfg, "url");
    if (!nx_str_starts(url, nx_str_c("http://"))
            && !nx_str_starts(url, nx_str_c("https://"))) {
        config->problem(
                diag, "url", nx_str_c("begins with http:// or https://"));
        return NX_ERR_INVALID;
    }
    struct nx_str events = config->get_str(cfg, "events");
    if (strspn(events.ptr, ", ") == events.len) {
        config->problem(diag, "events", nx_str_c("names no event type"));
        return NX_ERR_INVALID;
    }
    size_t secret = config->get_str(cfg, "secret").len;
    if (secret > 0 && secret < SECRET_MIN) {
        config->problem(diag, "secret",
                nx_str_c("is too short to be one; try openssl rand -hex 32"));
        return NX_ERR_INVALID;
    }
    return NX_OK;
}

static nx_status configure(struct nx_plugin *plugin,
        const struct nx_config *cfg, struct nx_diag *diag, uint32_t mode) {
    struct webhook *webhook = plugin->self;
    const struct nx_config_v1 *config = webhook->sdk.config;
    struct settings *to = &webhook->settings;
    if (mode == NX_CONFIGURE_CHECK) {
        return check(config, cfg, diag);
    }
    if (webhook->started) {
        return NX_OK; // none is live, and the threads look at them
    }
    to->url = copy(config->get_str(cfg, "url"));
    to->events = copy(config->get_str(cfg, "events"));
    to->secret = copy(config->get_str(cfg, "secret"));
    to->ca_file = copy(config->get_str(cfg, "ca_file"));
    to->timeout_ms = config->get_int(cfg, "timeout_ms");
    to->attempts = config->get_int(cfg, "attempts");
    to->backoff_ms = config->get_int(cfg, "backoff_ms");
    to->backoff_max_ms = config->get_int(cfg, "backoff_max_ms");
    to->parallel = config->get_int(cfg, "parallel");
    to->queue = config->get_int(cfg, "queue");
    to->queue_bytes = config->get_int(cfg, "queue_bytes");
    return to->url && to->events && to->secret && to->ca_file
            ? NX_OK
            : NX_ERR_NO_MEMORY;
}

static int32_t on_event(void *user, const struct nx_event *ev) {
    if (ev->kind == NX_EVENT_JSON) {
        queue_add(user, ev);
    }
    return NX_DONE;
}

static nx_status observe(struct webhook *webhook) {
    const struct nx_sdk *sdk = &webhook->sdk;
    nx_status status = NX_OK;
    const char *at = webhook->settings.events;
    while (*at != '\0' && status == NX_OK) {
        at += strspn(at, ", ");
        size_t len = strcspn(at, ", ");
        char prefix[PREFIX_MAX + 1] = "";
        if (len > PREFIX_MAX) {
            return NX_ERR_INVALID;
        }
        memcpy(prefix, at, len);
        // "" would be all events.
        if (len > 0) {
            status = sdk->router->observe(sdk->host, prefix, on_event, webhook);
        }
        at += len;
    }
    return status;
}

static nx_status create_calls(struct webhook *webhook) {
    webhook->started = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    while (webhook->started
            && webhook->free_calls < webhook->settings.parallel) {
        struct call *call = call_create(&webhook->settings);
        if (!call) {
            return NX_ERR_NO_MEMORY;
        }
        webhook->calls[webhook->free_calls++] = call;
    }
    return webhook->started ? NX_OK : NX_ERR_INTERNAL;
}

static void begin(void *user, nx_timer_id timer) {
    (void)timer;
    queue_pump(user);
}

static nx_status start(
        struct nx_plugin *plugin, const struct nx_state_reader *prev) {
    struct webhook *webhook = plugin->self;
    const struct nx_sdk *sdk = &webhook->sdk;
    const struct nx_metric metrics[] = {
            {NX_METRIC_COUNTER, "delivered_total", "events that were taken",
                    &webhook->delivered},
            {NX_METRIC_COUNTER, "failed_total",
                    "events given up after their last attempt",
                    &webhook->failed},
            {NX_METRIC_COUNTER, "retries_total", "attempts after the first",
                    &webhook->retries},
            {NX_METRIC_COUNTER, "dropped_total",
                    "events for which the queue had no room",
                    &webhook->dropped},
            {NX_METRIC_GAUGE, "waiting", "events in the queue",
                    &webhook->waiting},
            {NX_METRIC_HISTOGRAM, "request_seconds", "time of one request",
                    &webhook->seconds},
    };
    nx_status status = nx_define_metrics(
            sdk, metrics, sizeof(metrics) / sizeof(metrics[0]));
    if (status == NX_OK) {
        status = create_calls(webhook);
    }
    if (status == NX_OK) {
        status = observe(webhook);
    }
    if (status == NX_OK && prev) {
        status = queue_restore(webhook, prev);
    }
    // Jobs can be submitted when the plugin has gone live.
    return status == NX_OK
            ? sdk->timers->set(sdk->host, 0, 0, begin, webhook, NULL)
            : status;
}

// A reload interrupts calls at once, since clients wait meanwhile and the
// successor has the deliveries again. Otherwise they get a moment to end.
static nx_status quiesce(struct nx_plugin *plugin, uint32_t reason) {
    struct webhook *webhook = plugin->self;
    const struct nx_sdk *sdk = &webhook->sdk;
    uint64_t now = sdk->timers->now_ms(sdk->host);
    if (!webhook->quiet) {
        webhook->quiet = true;
        webhook->interrupt_at =
                now + (reason == NX_QUIESCE_RELOAD ? 0 : GRACE_MS);
    }
    if (webhook->free_calls < webhook->settings.parallel) {
        if (now >= webhook->interrupt_at) {
            queue_interrupt(webhook);
        }
        return NX_ERR_AGAIN;
    }
    if (reason == NX_QUIESCE_SHUTDOWN && webhook->count > 0) {
        nx_logf(sdk, NX_LOG_WARN,
                "%d events were not delivered before the server stopped",
                (int)webhook->count);
    }
    return NX_OK;
}

static nx_status save_state(
        const struct nx_plugin *plugin, const struct nx_state_writer *writer) {
    return queue_save(plugin->self, writer);
}

static void resume(struct nx_plugin *plugin) {
    struct webhook *webhook = plugin->self;
    webhook->quiet = false;
    (void)webhook->sdk.timers->set(
            webhook->sdk.host, 0, 0, begin, webhook, NULL);
}

static void destroy(struct nx_plugin *plugin) {
    struct webhook *webhook = plugin->self;
    queue_clear(webhook);
    while (webhook->free_calls > 0) {
        call_destroy(webhook->calls[--webhook->free_calls]);
    }
    if (webhook->started) {
        curl_global_cleanup();
    }
    free(webhook->settings.url);
    free(webhook->settings.events);
    free(webhook->settings.secret);
    free(webhook->settings.ca_file);
    free(webhook);
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    struct webhook *webhook = calloc(1, sizeof(*webhook));
    if (!webhook) {
        return NX_ERR_NO_MEMORY;
    }
    nx_sdk_load(&webhook->sdk, host);
    nx_list_init(&webhook->all);
    nx_list_init(&webhook->due);
    webhook->plugin = (struct nx_plugin){
            .struct_size = sizeof(webhook->plugin),
            .self = webhook,
            .configure = configure,
            .start = start,
            .quiesce = quiesce,
            .save_state = save_state,
            .resume = resume,
            .destroy = destroy,
    };
    *out = &webhook->plugin;
    return NX_OK;
}

NX_PLUGIN("webhook", "1.0.0", "MIT", "posts events to a back end", 1, 1, (""),
        ("nexus.log/1", "nexus.config/1", "nexus.json/1", "nexus.router/1",
                "nexus.timers/1", "nexus.jobs/1", "nexus.metrics/1"),
        settings, create);
