/*
 * The engine's provider of the fake host: the kernel's own memory, with a
 * table in front of it that counts requests and makes some of them fail.
 *
 * The memory takes the place of the core's, so the core runs it in its turns;
 * while storage is held, the core has its own empty one back.
 */
#include <stdlib.h>
#include <string.h>

#include <nexus/provider.h>

#include "fake_parts.h"
#include "kernel/core/core.h"
#include "kernel/core/engine.h"
#include "kernel/core/jobs.h"
#include "kernel/core/memory.h"

#define MEMORY_BYTES ((size_t)64 << 20)
#define MEMORY_LOGS  100000
#define MEMORY_FACTS 100000

struct failure {
    uint32_t left;
    nx_status status;
};

struct fake_provider {
    struct nx_engine_provider_v1 table;
    const struct nx_engine_provider_v1 *inner; // of memory
    struct memory *memory;
    struct memory *idle; // the core's own, while it is replaced
    struct core *core;   // NULL unless attached
    bool dead;           // the core hears nothing any more
    struct nx_provider_sink sink;
    struct failure failures[FAKE_CALLS];
    size_t counts[FAKE_CALLS];
};

// A request that fails, until its completion.
struct doomed {
    struct fake_provider *provider;
    enum fake_call call;
    uint64_t cookie;
    nx_status status;
};

static void complete_publish(
        const struct nx_provider_sink *sink, const struct doomed *doomed) {
    const struct nx_publish_result result = {
            .struct_size = sizeof(result), .status = doomed->status};
    sink->published(sink->ctx, doomed->cookie, &result);
}

static void complete_history(
        const struct nx_provider_sink *sink, const struct doomed *doomed) {
    const struct nx_history_result result = {
            .struct_size = sizeof(result), .status = doomed->status};
    sink->history(sink->ctx, doomed->cookie, &result);
}

static void complete_fact(
        const struct nx_provider_sink *sink, const struct doomed *doomed) {
    const struct nx_fact_result result = {
            .struct_size = sizeof(result), .status = doomed->status};
    sink->fact(sink->ctx, doomed->cookie, &result);
}

static void complete(void *user, void *arg, nx_status status) {
    const struct fake_provider *provider = user;
    struct doomed *doomed = arg;
    (void)status;
    if (doomed->call == FAKE_PUBLISH) {
        complete_publish(&provider->sink, doomed);
    } else if (doomed->call == FAKE_HISTORY) {
        complete_history(&provider->sink, doomed);
    } else {
        complete_fact(&provider->sink, doomed);
    }
    free(doomed);
}

// True when the request is to fail: its completion is on the way.
static bool fails(
        struct fake_provider *provider, enum fake_call call, uint64_t cookie) {
    struct failure *failure = &provider->failures[call];
    provider->counts[call]++;
    if (failure->left == 0) {
        return false;
    }
    failure->left--;
    struct doomed *doomed = fake_alloc(sizeof(*doomed));
    doomed->provider = provider;
    doomed->call = call;
    doomed->cookie = cookie;
    doomed->status = failure->status;
    if (jobs_post(provider->core->jobs, NULL, complete, provider, doomed)
            != NX_OK) {
        abort();
    }
    return true;
}

// ---- what memory says ----

static void on_deliver(void *ctx, struct nx_str room,
        const struct nx_record *record, uint64_t tag) {
    const struct fake_provider *provider = ctx;
    if (!provider->dead) {
        provider->sink.deliver(provider->sink.ctx, room, record, tag);
    }
}

static void on_published(
        void *ctx, uint64_t cookie, const struct nx_publish_result *result) {
    const struct fake_provider *provider = ctx;
    if (!provider->dead) {
        provider->sink.published(provider->sink.ctx, cookie, result);
    }
}

static void on_history(
        void *ctx, uint64_t cookie, const struct nx_history_result *result) {
    const struct fake_provider *provider = ctx;
    if (!provider->dead) {
        provider->sink.history(provider->sink.ctx, cookie, result);
    }
}

static void on_fact(
        void *ctx, uint64_t cookie, const struct nx_fact_result *result) {
    const struct fake_provider *provider = ctx;
    if (!provider->dead) {
        provider->sink.fact(provider->sink.ctx, cookie, result);
    }
}

// ---- the table ----

static nx_status open_provider(
        void *self, const struct nx_provider_sink *sink) {
    struct fake_provider *provider = self;
    const struct nx_provider_sink between = {
            .struct_size = sizeof(between),
            .ctx = provider,
            .deliver = on_deliver,
            .published = on_published,
            .history = on_history,
            .fact = on_fact,
    };
    provider->sink = *sink;
    provider->dead = false;
    return provider->inner->open(provider->inner->self, &between);
}

static nx_status publish(
        void *self, const struct nx_provider_publish *request) {
    struct fake_provider *provider = self;
    return fails(provider, FAKE_PUBLISH, request->cookie)
            ? NX_OK
            : provider->inner->publish(provider->inner->self, request);
}

static nx_status history(void *self, uint64_t cookie, struct nx_str room,
        uint32_t direction, uint64_t offset, uint32_t limit) {
    struct fake_provider *provider = self;
    return fails(provider, FAKE_HISTORY, cookie)
            ? NX_OK
            : provider->inner->history(provider->inner->self, cookie, room,
                    direction, offset, limit);
}

// NOLINTNEXTLINE(readability-function-size): the parameters are the ABI's
static nx_status put(void *self, uint64_t cookie, struct nx_str space,
        struct nx_str key, struct nx_bytes value, uint64_t ttl_ms,
        uint64_t expect_revision) {
    struct fake_provider *provider = self;
    return fails(provider, FAKE_PUT, cookie)
            ? NX_OK
            : provider->inner->put(provider->inner->self, cookie, space, key,
                    value, ttl_ms, expect_revision);
}

static nx_status get(
        void *self, uint64_t cookie, struct nx_str space, struct nx_str key) {
    struct fake_provider *provider = self;
    return fails(provider, FAKE_GET, cookie)
            ? NX_OK
            : provider->inner->get(provider->inner->self, cookie, space, key);
}

static nx_status remove_fact(
        void *self, uint64_t cookie, struct nx_str space, struct nx_str key) {
    struct fake_provider *provider = self;
    return fails(provider, FAKE_REMOVE, cookie)
            ? NX_OK
            : provider->inner->remove(
                    provider->inner->self, cookie, space, key);
}

static nx_status scan(void *self, uint64_t cookie, struct nx_str space,
        struct nx_str prefix, struct nx_str after, uint32_t limit) {
    struct fake_provider *provider = self;
    return fails(provider, FAKE_SCAN, cookie)
            ? NX_OK
            : provider->inner->scan(
                    provider->inner->self, cookie, space, prefix, after, limit);
}

static void attach(void *self, struct nx_str room) {
    const struct fake_provider *provider = self;
    provider->inner->attach(provider->inner->self, room);
}

static void detach(void *self, struct nx_str room) {
    const struct fake_provider *provider = self;
    provider->inner->detach(provider->inner->self, room);
}

// ---- life ----

struct fake_provider *fake_provider_create(const struct clock *clock) {
    const struct memory_limits limits = {
            .bytes = MEMORY_BYTES,
            .logs = MEMORY_LOGS,
            .facts = MEMORY_FACTS,
    };
    struct fake_provider *provider = fake_alloc(sizeof(*provider));
    provider->memory = memory_create(clock, &limits);
    if (!provider->memory) {
        abort();
    }
    provider->inner = memory_provider(provider->memory);
    provider->table = (struct nx_engine_provider_v1){
            .struct_size = sizeof(provider->table),
            .version = provider->inner->version,
            .self = provider,
            .name = "fake",
            .open = open_provider,
            .publish = publish,
            .history = history,
            .put = put,
            .get = get,
            .remove = remove_fact,
            .scan = scan,
            .attach = attach,
            .detach = detach,
    };
    return provider;
}

void fake_provider_destroy(struct fake_provider *provider) {
    memory_destroy(provider->memory);
    free(provider);
}

bool fake_provider_attach(struct fake_provider *provider, struct core *core) {
    provider->core = core;
    provider->idle = core->memory;
    core->memory = provider->memory;
    return engine_use(core->engine, &provider->table) == NX_OK;
}

void fake_provider_detach(struct fake_provider *provider) {
    if (provider->core) {
        provider->core->memory = provider->idle;
        provider->core = NULL;
    }
}

bool fake_provider_is_durable(const struct fake_provider *provider) {
    return provider->table.durable != 0;
}

void fake_provider_die(struct fake_provider *provider, size_t done) {
    provider->dead = true;
    (void)memory_run_some(provider->memory, done);
}

// ---- what tests say ----

void fake_host_fail(struct fake_host *host, enum fake_call call, uint32_t count,
        nx_status status) {
    host->provider->failures[call].left = count;
    host->provider->failures[call].status = status;
}

void fake_host_hold_engine(struct fake_host *host, bool hold) {
    struct fake_provider *provider = host->provider;
    if (provider->core) {
        provider->core->memory = hold ? provider->idle : provider->memory;
        (void)fake_host_turn(host);
    }
}

void fake_host_step_engine(struct fake_host *host, size_t count) {
    (void)memory_run_some(host->provider->memory, count);
    (void)fake_host_turn(host);
}

void fake_host_be_durable(struct fake_host *host) {
    host->provider->table.durable = 1;
}

size_t fake_host_engine_count(
        const struct fake_host *host, enum fake_call call) {
    return host->provider->counts[call];
}
