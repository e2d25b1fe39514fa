/*
 * counter - a plugin with state, to be reloaded in tests.
 *
 * counter.add   counts, and answers with {count, generation, release, step}
 * counter.late  is never answered
 *
 * The state is the count and the generation; each successor has the next one.
 * Whoever includes this says COUNTER_RELEASE, COUNTER_FORMAT (of the state)
 * and COUNTER_FORMAT_MIN. Its settings make its own steps go wrong.
 */
#ifndef TESTS_PLUGINS_COUNTER_H
#define TESTS_PLUGINS_COUNTER_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nexus/sdk.h>

#define COUNTER_PATH_MAX 256

struct counter_state {
    uint64_t count;
    uint64_t generation;
};

struct counter {
    struct nx_plugin base;
    struct nx_sdk nx;
    struct counter_state state;
    int64_t step;                  // live
    int64_t again;                 // so often quiesce() asks for time
    int64_t asked;                 // so often it has
    char awaits[COUNTER_PATH_MAX]; // "" or a file that has to go first
    int32_t fail;                  // in start()
    int32_t dislikes;              // the state
};

static struct counter *counter_of(struct nx_plugin *base) {
    return base->self;
}

static int32_t counter_event(void *user, const struct nx_event *ev) {
    struct counter *counter = user;
    const struct nx_json_v1 *json = counter->nx.json;
    if (nx_str_eq(ev->type, nx_str_c("counter.late"))) {
        return NX_LATER;
    }
    if (!nx_str_eq(ev->type, nx_str_c("counter.add"))) {
        return NX_PASS;
    }
    counter->state.count += (uint64_t)counter->step;
    struct nx_writer *out = json->object(counter->nx.host);
    json->put_u64(out, "count", counter->state.count);
    json->put_u64(out, "generation", counter->state.generation);
    json->put_str(out, "release", nx_str_c(COUNTER_RELEASE));
    counter->nx.router->reply(counter->nx.host, ev->op, out, NX_REPLY_RESULT);
    return NX_DONE;
}

static nx_status counter_configure(struct nx_plugin *base,
        const struct nx_config *cfg, struct nx_diag *diag, uint32_t mode) {
    struct counter *counter = counter_of(base);
    const struct nx_config_v1 *config = counter->nx.config;
    if (config->get_int(cfg, "step") == 13) {
        config->problem(diag, "step", nx_str_c("13 brings bad luck"));
        return NX_ERR_INVALID;
    }
    if (mode == NX_CONFIGURE_APPLY) {
        counter->step = config->get_int(cfg, "step");
        counter->again = config->get_int(cfg, "again");
        struct nx_str awaits = config->get_str(cfg, "awaits");
        if (awaits.len < sizeof(counter->awaits)) {
            memcpy(counter->awaits, awaits.ptr, awaits.len);
            counter->awaits[awaits.len] = '\0';
        }
        counter->fail = config->get_bool(cfg, "fail");
        counter->dislikes = config->get_bool(cfg, "dislikes");
    }
    return NX_OK;
}

static nx_status counter_read(
        struct counter *counter, const struct nx_state_reader *prev) {
    char *to = (char *)&counter->state;
    size_t have = 0;
    size_t got = 1;
    while (got > 0 && have < sizeof(counter->state)) {
        got = prev->read(prev, to + have, sizeof(counter->state) - have);
        have += got;
    }
    return have == sizeof(counter->state) && !counter->dislikes
            ? NX_OK
            : NX_ERR_INVALID;
}

static nx_status counter_start(
        struct nx_plugin *base, const struct nx_state_reader *prev) {
    struct counter *counter = counter_of(base);
    const struct nx_sdk *nx = &counter->nx;
    nx_status status =
            nx->router->handle(nx->host, "counter.", counter_event, counter);
    if (status == NX_OK && prev) {
        status = counter_read(counter, prev);
    }
    counter->state.generation++;
    return counter->fail ? NX_ERR_IO : status;
}

static nx_status counter_quiesce(struct nx_plugin *base, uint32_t reason) {
    struct counter *counter = counter_of(base);
    if (counter->asked < counter->again) {
        counter->asked++;
        return NX_ERR_AGAIN;
    }
    bool waits =
            counter->awaits[0] != '\0' && access(counter->awaits, F_OK) == 0;
    return waits ? NX_ERR_AGAIN : NX_OK;
}

static nx_status counter_save(
        const struct nx_plugin *base, const struct nx_state_writer *writer) {
    const struct counter *counter = base->self;
    return writer->write(writer, &counter->state, sizeof(counter->state));
}

static void counter_resume(struct nx_plugin *base) {
    counter_of(base)->asked = 0;
}

static void counter_destroy(struct nx_plugin *base) {
    free(counter_of(base));
}

static nx_status counter_create(
        const struct nx_host *host, struct nx_plugin **out) {
    struct counter *counter = calloc(1, sizeof(*counter));
    if (!counter) {
        return NX_ERR_NO_MEMORY;
    }
    nx_sdk_load(&counter->nx, host);
    counter->base = (struct nx_plugin){
            .struct_size = sizeof(counter->base),
            .self = counter,
            .configure = counter_configure,
            .start = counter_start,
            .quiesce = counter_quiesce,
            .save_state = counter_save,
            .resume = counter_resume,
            .destroy = counter_destroy,
    };
    *out = &counter->base;
    return NX_OK;
}

static const struct nx_setting counter_settings[] = {
        {"step", NX_SETTING_INT, NX_SETTING_LIVE, "1", "1..1000",
                "What an event adds."},
        {"again", NX_SETTING_INT, 0, "0", "0..1000000",
                "So often quiesce() asks for time."},
        {"awaits", NX_SETTING_STRING, NX_SETTING_LIVE, "", NULL,
                "quiesce() asks for time as long as this file is there."},
        {"fail", NX_SETTING_BOOL, 0, "false", NULL, "Whether start() fails."},
        {"dislikes", NX_SETTING_BOOL, 0, "false", NULL,
                "Whether no state can be read."},
        {NULL, 0, 0, NULL, NULL, NULL},
};

NX_PLUGIN("counter", COUNTER_RELEASE, "MIT", "counts over reloads",
        COUNTER_FORMAT, COUNTER_FORMAT_MIN, ("counter."),
        ("nexus.config/1", "nexus.json/1", "nexus.router/1"), counter_settings,
        counter_create);

#endif
