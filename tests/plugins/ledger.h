/*
 * ledger - keeps count of what each of many clients has sent, over reloads.
 *
 * ledger.put    {who, n}: n must be one more than the last of who
 * ledger.later  the same, and the answer comes with the next timer, or when
 *               the plugin is to rest
 * ledger.look   {who}: nothing but the answer
 *
 * Each answers {who, n, wrong, total, generation, build}: the last n of who,
 * how many came twice, too late or too early, and how many there were in all.
 * Tests change the digits of the build in a copy of the file. The settings
 * make the plugin's own steps go wrong, each once it is asked for.
 *
 * Whoever includes this says LEDGER_FORMAT, of the state.
 */
#ifndef TESTS_PLUGINS_LEDGER_H
#define TESTS_PLUGINS_LEDGER_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nexus/sdk.h>

#define LEDGER_CLIENTS  1024
#define LEDGER_OPEN_MAX 1024
#define LEDGER_LATER_MS 10
#define LEDGER_PATH_MAX 256

static const char ledger_build[] = "LEDGER-BUILD=00000000";
#define LEDGER_BUILD_AT 13

struct ledger_state {
    uint64_t generation;
    uint64_t total;
    uint64_t wrong;
    uint64_t last[LEDGER_CLIENTS];
};

// One answer that is still to be given.
struct ledger_open {
    nx_op_id op;
    int64_t who;
};

struct ledger {
    struct nx_plugin base;
    struct nx_sdk nx;
    struct ledger_state state;
    struct ledger_open open[LEDGER_OPEN_MAX];
    size_t open_count;
    bool fails_start;
    bool fails_load;
    bool fails_save;
    char awaits[LEDGER_PATH_MAX]; // "" or a file that has to go first
};

static void ledger_answer(
        const struct ledger *ledger, nx_op_id op, int64_t who) {
    const struct nx_json_v1 *json = ledger->nx.json;
    struct nx_writer *out = json->object(ledger->nx.host);
    json->put_i64(out, "who", who);
    json->put_u64(out, "n", ledger->state.last[who]);
    json->put_u64(out, "wrong", ledger->state.wrong);
    json->put_u64(out, "total", ledger->state.total);
    json->put_u64(out, "generation", ledger->state.generation);
    json->put_str(out, "build", nx_str_c(ledger_build + LEDGER_BUILD_AT));
    ledger->nx.router->reply(ledger->nx.host, op, out, NX_REPLY_RESULT);
}

static void ledger_answer_all(struct ledger *ledger) {
    for (size_t i = 0; i < ledger->open_count; i++) {
        ledger_answer(ledger, ledger->open[i].op, ledger->open[i].who);
    }
    ledger->open_count = 0;
}

static void ledger_on_timer(void *user, nx_timer_id timer) {
    ledger_answer_all(user);
}

static void ledger_count(struct ledger *ledger, int64_t who, int64_t n) {
    uint64_t *last = &ledger->state.last[who];
    ledger->state.wrong += (uint64_t)n != *last + 1 ? 1 : 0;
    *last = (uint64_t)n;
    ledger->state.total++;
}

static int32_t ledger_event(void *user, const struct nx_event *ev) {
    struct ledger *ledger = user;
    const struct nx_json_v1 *json = ledger->nx.json;
    int64_t who = -1;
    int64_t n = 0;
    (void)json->i64(json->get(ev->json, "who"), &who);
    if (who < 0 || who >= LEDGER_CLIENTS) {
        return NX_ERR_INVALID_FIELD;
    }
    if (nx_str_eq(ev->type, nx_str_c("ledger.look"))) {
        ledger_answer(ledger, ev->op, who);
        return NX_DONE;
    }
    if (json->i64(json->get(ev->json, "n"), &n) != NX_OK) {
        return NX_ERR_INVALID_FIELD;
    }
    ledger_count(ledger, who, n);
    if (nx_str_eq(ev->type, nx_str_c("ledger.later"))
            && ledger->open_count < LEDGER_OPEN_MAX) {
        ledger->open[ledger->open_count++] =
                (struct ledger_open){.op = ev->op, .who = who};
        return NX_LATER;
    }
    ledger_answer(ledger, ev->op, who);
    return NX_DONE;
}

static nx_status ledger_configure(struct nx_plugin *base,
        const struct nx_config *cfg, struct nx_diag *diag, uint32_t mode) {
    struct ledger *ledger = base->self;
    const struct nx_config_v1 *config = ledger->nx.config;
    struct nx_str fail = config->get_str(cfg, "fail");
    struct nx_str awaits = config->get_str(cfg, "awaits");
    if (nx_str_eq(fail, nx_str_c("configure"))) {
        config->problem(diag, "fail", nx_str_c("this is what was asked for"));
        return NX_ERR_INVALID;
    }
    if (mode != NX_CONFIGURE_APPLY) {
        return NX_OK;
    }
    ledger->fails_start = nx_str_eq(fail, nx_str_c("start"));
    ledger->fails_load = nx_str_eq(fail, nx_str_c("load"));
    ledger->fails_save = nx_str_eq(fail, nx_str_c("save"));
    if (awaits.len < sizeof(ledger->awaits)) {
        memcpy(ledger->awaits, awaits.ptr, awaits.len);
        ledger->awaits[awaits.len] = '\0';
    }
    return NX_OK;
}

static nx_status ledger_read(
        struct ledger *ledger, const struct nx_state_reader *prev) {
    char *to = (char *)&ledger->state;
    size_t have = 0;
    size_t got = 1;
    while (got > 0 && have < sizeof(ledger->state)) {
        got = prev->read(prev, to + have, sizeof(ledger->state) - have);
        have += got;
    }
    return have == sizeof(ledger->state) && !ledger->fails_load
            ? NX_OK
            : NX_ERR_INVALID;
}

static nx_status ledger_start(
        struct nx_plugin *base, const struct nx_state_reader *prev) {
    struct ledger *ledger = base->self;
    const struct nx_sdk *nx = &ledger->nx;
    nx_status status =
            nx->router->handle(nx->host, "ledger.", ledger_event, ledger);
    if (status == NX_OK) {
        status = nx->timers->set(nx->host, LEDGER_LATER_MS, LEDGER_LATER_MS,
                ledger_on_timer, ledger, NULL);
    }
    if (status == NX_OK && prev) {
        status = ledger_read(ledger, prev);
    }
    ledger->state.generation++;
    return ledger->fails_start ? NX_ERR_IO : status;
}

static nx_status ledger_quiesce(struct nx_plugin *base, uint32_t reason) {
    struct ledger *ledger = base->self;
    ledger_answer_all(ledger);
    bool waits = ledger->awaits[0] != '\0' && access(ledger->awaits, F_OK) == 0;
    return waits ? NX_ERR_AGAIN : NX_OK;
}

static nx_status ledger_save(
        const struct nx_plugin *base, const struct nx_state_writer *writer) {
    const struct ledger *ledger = base->self;
    return ledger->fails_save
            ? NX_ERR_IO
            : writer->write(writer, &ledger->state, sizeof(ledger->state));
}

static void ledger_destroy(struct nx_plugin *base) {
    free(base->self);
}

static nx_status ledger_create(
        const struct nx_host *host, struct nx_plugin **out) {
    struct ledger *ledger = calloc(1, sizeof(*ledger));
    if (!ledger) {
        return NX_ERR_NO_MEMORY;
    }
    nx_sdk_load(&ledger->nx, host);
    ledger->base = (struct nx_plugin){
            .struct_size = sizeof(ledger->base),
            .self = ledger,
            .configure = ledger_configure,
            .start = ledger_start,
            .quiesce = ledger_quiesce,
            .save_state = ledger_save,
            .destroy = ledger_destroy,
    };
    *out = &ledger->base;
    return NX_OK;
}

static const struct nx_setting ledger_settings[] = {
        {"note", NX_SETTING_INT, 0, "0", "0..1000000000",
                "Nothing, but a new value needs a new instance."},
        {"mark", NX_SETTING_INT, NX_SETTING_LIVE, "0", "0..1000000000",
                "Nothing, without a new instance."},
        {"fail", NX_SETTING_STRING, NX_SETTING_LIVE, "none",
                "none|configure|start|load|save", "What goes wrong."},
        {"awaits", NX_SETTING_STRING, NX_SETTING_LIVE, "", NULL,
                "quiesce() asks for time as long as this file is there."},
        {NULL, 0, 0, NULL, NULL, NULL},
};

NX_PLUGIN("ledger", "1.0.0", "MIT", "counts what many clients send",
        LEDGER_FORMAT, LEDGER_FORMAT, ("ledger."),
        ("nexus.config/1", "nexus.json/1", "nexus.router/1", "nexus.timers/1"),
        ledger_settings, ledger_create);

#endif
