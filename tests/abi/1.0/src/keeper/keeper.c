/*
 * keeper - an engine in a few lines: logs and facts in memory, for one node.
 *
 * Stands behind nexus.engine for the fixture `everything`. Answers come back
 * through jobs.post(), never inside a request. keeper.report answers with the
 * calls that came. Rules of retention and deduplication are left out.
 */
#include <stdlib.h>

#include <nexus/sdk.h>

#define RECORDS_MAX 1000u
#define FACTS_MAX   100u
#define CALLS_MAX   16u

struct stored {
    char *room; // or the key of a fact, behind its space and a '/'
    char *bytes;
    size_t len;
    uint64_t offset; // or revision
    int64_t time_ms;
    int32_t shown; // to the members: not part of a history before
};

struct keeper {
    struct nx_plugin base;
    struct nx_sdk nx;
    struct nx_engine_provider_v1 table;
    const struct nx_provider_sink *sink;
    struct stored records[RECORDS_MAX];
    size_t record_count;
    struct stored facts[FACTS_MAX];
    size_t fact_count;
    uint64_t revision;
    const char *calls[CALLS_MAX];
    size_t call_count;
};

// One answer on its way back.
struct answer {
    uint64_t cookie;
    uint64_t tag;
    nx_status status;
    struct stored *record; // that was appended
    char *room;            // of a history
    uint64_t after;
    char *prefix; // of facts
    int32_t is_fact;
    int32_t is_get;
    uint64_t revision;
};

static void called(struct keeper *keeper, const char *name) {
    for (size_t i = 0; i < keeper->call_count; i++) {
        if (strcmp(keeper->calls[i], name) == 0) {
            return;
        }
    }
    if (keeper->call_count < CALLS_MAX) {
        keeper->calls[keeper->call_count++] = name;
    }
}

static char *copy(const void *bytes, size_t len) {
    char *text = malloc(len + 1);
    if (text && len > 0) {
        memcpy(text, bytes, len);
    }
    if (text) {
        text[len] = '\0';
    }
    return text;
}

static char *key_of(struct nx_str space, struct nx_str key) {
    char *text = malloc(space.len + key.len + 2);
    if (text) {
        snprintf(text, space.len + key.len + 2, "%.*s/%.*s", (int)space.len,
                space.ptr, (int)key.len, key.ptr ? key.ptr : "");
    }
    return text;
}

// ---- answering ----

static void answer_record(struct keeper *keeper, const struct answer *answer) {
    struct stored *stored = answer->record;
    const struct nx_record record = {.struct_size = sizeof(record),
            .epoch = 1,
            .offset = stored->offset,
            .time_ms = stored->time_ms,
            .payload = nx_str_n(stored->bytes, stored->len)};
    const struct nx_publish_result result = {.struct_size = sizeof(result),
            .status = NX_OK,
            .epoch = 1,
            .offset = stored->offset,
            .time_ms = stored->time_ms};
    const struct nx_provider_sink *sink = keeper->sink;
    stored->shown = 1;
    sink->deliver(sink->ctx, nx_str_c(stored->room), &record, answer->tag);
    sink->published(sink->ctx, answer->cookie, &result);
}

static void answer_history(struct keeper *keeper, const struct answer *answer) {
    struct nx_record *records = calloc(RECORDS_MAX, sizeof(*records));
    struct nx_history_result result = {
            .struct_size = sizeof(result), .epoch = 1, .records = records};
    for (size_t i = 0; records && i < keeper->record_count; i++) {
        const struct stored *stored = &keeper->records[i];
        if (!stored->shown || strcmp(stored->room, answer->room) != 0) {
            continue;
        }
        result.first = result.first ? result.first : stored->offset;
        result.last = stored->offset;
        if (stored->offset > answer->after) {
            records[result.count++] =
                    (struct nx_record){.struct_size = sizeof(*records),
                            .epoch = 1,
                            .offset = stored->offset,
                            .time_ms = stored->time_ms,
                            .payload = nx_str_n(stored->bytes, stored->len)};
        }
    }
    keeper->sink->history(keeper->sink->ctx, answer->cookie, &result);
    free(records);
}

static void answer_fact(struct keeper *keeper, const struct answer *answer) {
    struct nx_fact facts[FACTS_MAX];
    struct nx_fact_result result = {.struct_size = sizeof(result),
            .status = answer->status,
            .revision = answer->revision,
            .facts = facts};
    for (size_t i = 0; answer->prefix && i < keeper->fact_count; i++) {
        const struct stored *stored = &keeper->facts[i];
        size_t len = strlen(answer->prefix);
        if (strncmp(stored->room, answer->prefix, len) != 0
                || (answer->is_get && stored->room[len] != '\0')) {
            continue;
        }
        facts[result.count++] = (struct nx_fact){.struct_size = sizeof(*facts),
                .key = nx_str_c(strchr(stored->room, '/') + 1),
                .value = nx_bytes_n(stored->bytes, stored->len),
                .revision = stored->offset};
    }
    if (answer->is_get && result.count == 0) {
        result.status = NX_ERR_NOT_FOUND;
    }
    keeper->sink->fact(keeper->sink->ctx, answer->cookie, &result);
}

static void give(void *user, void *arg, nx_status status) {
    struct keeper *keeper = user;
    struct answer *answer = arg;
    if (status == NX_OK && answer->record) {
        answer_record(keeper, answer);
    } else if (status == NX_OK && answer->room) {
        answer_history(keeper, answer);
    } else if (status == NX_OK) {
        answer_fact(keeper, answer);
    }
    free(answer->room);
    free(answer->prefix);
    free(answer);
}

static nx_status later(struct keeper *keeper, const struct answer *from) {
    struct answer *answer = malloc(sizeof(*answer));
    if (answer) {
        *answer = *from;
    }
    if (!answer
            || keeper->nx.jobs->post(keeper->nx.host, give, keeper, answer)
                    != NX_OK) {
        free(from->room);
        free(from->prefix);
        free(answer);
        return NX_ERR_ENGINE_BUSY;
    }
    return NX_OK;
}

// ---- what the server calls ----

static nx_status provider_open(
        void *self, const struct nx_provider_sink *sink) {
    struct keeper *keeper = self;
    called(keeper, "open");
    keeper->sink = sink;
    if (!NX_HAS(sink, health)) {
        return NX_ERR_VERSION;
    }
    sink->health(sink->ctx, 1, nx_str_c("keeps all in memory"));
    return NX_OK;
}

static nx_status provider_publish(
        void *self, const struct nx_provider_publish *publish) {
    struct keeper *keeper = self;
    called(keeper, "publish");
    if (keeper->record_count == RECORDS_MAX || !NX_HAS_MEMBER(publish, tag)) {
        return NX_ERR_ENGINE_UNAVAILABLE;
    }
    struct stored *stored = &keeper->records[keeper->record_count];
    stored->room = copy(publish->room.ptr, publish->room.len);
    stored->bytes = copy(publish->payload.ptr, publish->payload.len);
    stored->len = publish->payload.len;
    stored->time_ms = keeper->nx.timers->wall_ms(keeper->nx.host);
    stored->offset = 1;
    for (size_t i = 0; stored->room && i < keeper->record_count; i++) {
        stored->offset +=
                strcmp(keeper->records[i].room, stored->room) == 0 ? 1 : 0;
    }
    if (!stored->room || !stored->bytes) {
        free(stored->room);
        free(stored->bytes);
        return NX_ERR_NO_MEMORY;
    }
    keeper->record_count++;
    return later(keeper,
            &(const struct answer){.cookie = publish->cookie,
                    .tag = publish->tag,
                    .record = stored});
}

static nx_status provider_history(void *self, uint64_t cookie,
        struct nx_str room, uint32_t direction, uint64_t offset,
        uint32_t limit) {
    struct keeper *keeper = self;
    called(keeper, "history");
    return later(keeper,
            &(const struct answer){.cookie = cookie,
                    .room = copy(room.ptr, room.len),
                    .after = direction == NX_HISTORY_AFTER && limit > 0
                            ? offset
                            : UINT64_MAX});
}

static struct stored *find(struct keeper *keeper, const char *key) {
    for (size_t i = 0; i < keeper->fact_count; i++) {
        if (strcmp(keeper->facts[i].room, key) == 0) {
            return &keeper->facts[i];
        }
    }
    return NULL;
}

// NOLINTNEXTLINE(readability-function-size): the parameters are the ABI's
static nx_status provider_put(void *self, uint64_t cookie, struct nx_str space,
        struct nx_str key, struct nx_bytes value, uint64_t ttl_ms,
        uint64_t expect_revision) {
    struct keeper *keeper = self;
    called(keeper, "put");
    char *name = key_of(space, key);
    struct stored *stored = name ? find(keeper, name) : NULL;
    (void)ttl_ms;
    (void)expect_revision;
    if (!name || (!stored && keeper->fact_count == FACTS_MAX)) {
        free(name);
        return NX_ERR_ENGINE_UNAVAILABLE;
    }
    if (!stored) {
        stored = &keeper->facts[keeper->fact_count++];
    }
    free(stored->room);
    free(stored->bytes);
    stored->room = name;
    stored->bytes = copy(value.ptr, value.len);
    stored->len = value.len;
    stored->offset = ++keeper->revision;
    return later(keeper,
            &(const struct answer){.cookie = cookie,
                    .is_fact = 1,
                    .revision = stored->offset});
}

static nx_status provider_get(
        void *self, uint64_t cookie, struct nx_str space, struct nx_str key) {
    called(self, "get");
    return later(self,
            &(const struct answer){.cookie = cookie,
                    .is_get = 1,
                    .prefix = key_of(space, key)});
}

static nx_status provider_remove(
        void *self, uint64_t cookie, struct nx_str space, struct nx_str key) {
    struct keeper *keeper = self;
    called(keeper, "remove");
    char *name = key_of(space, key);
    struct stored *stored = name ? find(keeper, name) : NULL;
    free(name);
    if (stored) {
        free(stored->room);
        free(stored->bytes);
        *stored = keeper->facts[--keeper->fact_count];
        keeper->facts[keeper->fact_count] = (struct stored){0};
    }
    return later(keeper,
            &(const struct answer){.cookie = cookie,
                    .status = stored ? NX_OK : NX_ERR_NOT_FOUND});
}

static nx_status provider_scan(void *self, uint64_t cookie, struct nx_str space,
        struct nx_str prefix, struct nx_str after, uint32_t limit) {
    called(self, "scan");
    (void)after;
    (void)limit;
    return later(self,
            &(const struct answer){
                    .cookie = cookie, .prefix = key_of(space, prefix)});
}

static void provider_attach(void *self, struct nx_str room) {
    (void)room;
    called(self, "attach");
}

static void provider_detach(void *self, struct nx_str room) {
    (void)room;
    called(self, "detach");
}

// ---- the plugin ----

static int32_t on_event(void *user, const struct nx_event *ev) {
    struct keeper *keeper = user;
    const struct nx_json_v1 *json = keeper->nx.json;
    struct nx_writer *out = json->object(keeper->nx.host);
    json->begin_array(out, "calls");
    for (size_t i = 0; i < keeper->call_count; i++) {
        json->put_str(out, NULL, nx_str_c(keeper->calls[i]));
    }
    json->end(out);
    return keeper->nx.router->reply(
            keeper->nx.host, ev->op, out, NX_REPLY_RESULT);
}

static nx_status start(
        struct nx_plugin *plugin, const struct nx_state_reader *prev) {
    struct keeper *keeper = plugin->self;
    const struct nx_sdk *nx = &keeper->nx;
    (void)prev;
    nx_status status =
            nx->router->handle(nx->host, "keeper.", on_event, keeper);
    return status == NX_OK ? nx->service->offer(nx->host, NX_SERVICE_ENGINE,
                   NX_SERVICE_ENGINE_VERSION, &keeper->table)
                           : status;
}

static void destroy(struct nx_plugin *plugin) {
    struct keeper *keeper = plugin->self;
    for (size_t i = 0; i < keeper->record_count; i++) {
        free(keeper->records[i].room);
        free(keeper->records[i].bytes);
    }
    for (size_t i = 0; i < keeper->fact_count; i++) {
        free(keeper->facts[i].room);
        free(keeper->facts[i].bytes);
    }
    free(keeper);
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    struct keeper *keeper = calloc(1, sizeof(*keeper));
    if (!keeper) {
        return NX_ERR_NO_MEMORY;
    }
    nx_sdk_load(&keeper->nx, host);
    keeper->table =
            (struct nx_engine_provider_v1){.struct_size = sizeof(keeper->table),
                    .version = NX_SERVICE_ENGINE_VERSION,
                    .self = keeper,
                    .name = "keeper",
                    .open = provider_open,
                    .publish = provider_publish,
                    .history = provider_history,
                    .put = provider_put,
                    .get = provider_get,
                    .remove = provider_remove,
                    .scan = provider_scan,
                    .attach = provider_attach,
                    .detach = provider_detach};
    keeper->base.struct_size = sizeof(keeper->base);
    keeper->base.self = keeper;
    keeper->base.start = start;
    keeper->base.destroy = destroy;
    *out = &keeper->base;
    return NX_OK;
}

NX_PLUGIN("keeper", "1.0.0", "MIT", "keeps all in memory", 0, 0, ("keeper."),
        ("nexus.json/1", "nexus.router/1", "nexus.jobs/1", "nexus.timers/1",
                "nexus.service/1"),
        NULL, create);
