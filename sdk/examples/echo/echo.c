// echo - the smallest whole plugin: answers echo.say with what it heard.
//
//     -> {"event_type":"echo.say","text":"hello"}
//     <- {"event_type":"echo.say","text":"hello", ...}

#include <stdlib.h>

#include <nexus/sdk.h>

struct echo {
    struct nx_plugin plugin;
    struct nx_sdk sdk;
    nx_metric_id said;
};

// What echo.say must look like; the server checks it and tells the client
// what is wrong.
static const struct nx_field say_fields[] = {
        {"text", NX_JSON_STRING, NX_FIELD_REQUIRED, 1, 1000},
        {NULL, 0, 0, 0, 0},
};

static int32_t say(struct echo *echo, const struct nx_event *ev) {
    const struct nx_sdk *sdk = &echo->sdk;
    nx_status status = sdk->json->expect(sdk->host, ev, say_fields);
    if (status != NX_OK) {
        return status; // becomes the client's error event
    }
    struct nx_writer *answer = sdk->json->object(sdk->host);
    if (!answer) {
        return NX_ERR_NO_MEMORY;
    }
    sdk->json->put_json(answer, "text", sdk->json->get(ev->json, "text"));
    sdk->metrics->add(sdk->host, echo->said, 1);
    (void)sdk->router->reply(sdk->host, ev->op, answer, NX_REPLY_RESULT);
    return NX_DONE;
}

static int32_t on_event(void *user, const struct nx_event *ev) {
    if (nx_str_is(ev->type, "echo.say")) {
        return say(user, ev);
    }
    return NX_PASS; // the client gets unknown_event
}

static nx_status start(
        struct nx_plugin *plugin, const struct nx_state_reader *prev) {
    (void)prev; // there is no state to take over
    struct echo *echo = plugin->self;
    const struct nx_sdk *sdk = &echo->sdk;
    nx_status status = sdk->metrics->define(sdk->host, NX_METRIC_COUNTER,
            "said_total", "texts said and echoed", &echo->said);
    if (status != NX_OK) {
        return status;
    }
    return sdk->router->handle(sdk->host, "echo.", on_event, echo);
}

static void destroy(struct nx_plugin *plugin) {
    free(plugin->self);
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    struct echo *echo = calloc(1, sizeof(*echo));
    if (!echo) {
        return NX_ERR_NO_MEMORY;
    }
    nx_sdk_load(&echo->sdk, host);
    echo->plugin.struct_size = sizeof(echo->plugin);
    echo->plugin.self = echo;
    echo->plugin.start = start;
    echo->plugin.destroy = destroy;
    *out = &echo->plugin;
    return NX_OK;
}

NX_PLUGIN("echo", "1.0.0", "MIT", "answers with what it hears", 0, 0, ("echo."),
        ("nexus.json/1", "nexus.router/1", "nexus.metrics/1"), NULL, create);
