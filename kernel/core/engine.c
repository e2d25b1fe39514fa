#include "kernel/core/engine.h"

#include <assert.h>
#include <stdlib.h>

#include <nexus/error.h>
#include <nexus/send.h>

#include "kernel/base/log.h"
#include "kernel/core/engine_check.h"
#include "kernel/core/engine_pending.h"

#define MODULE "engine"

// The connection to one provider. A new provider gets the other of the two,
// so a word of the former one can be told apart and ignored.
struct provider_link {
    struct engine *engine;
    const struct nx_engine_provider_v1 *provider;
    struct nx_provider_sink sink;
    bool working;
};

struct engine {
    struct engine_hooks hooks;
    struct engine_pending pending;
    struct provider_link links[2];
    struct provider_link *current; // NULL: no provider
};

// --- results --------------------------------------------------------------

// The request of a cookie if this provider may say something about it.
static struct engine_request *find_request(const struct provider_link *link,
        uint64_t cookie, enum engine_request_kind kind) {
    const struct engine *engine = link->engine;
    struct engine_request *request =
            engine_pending_get(&engine->pending, cookie);
    if (!request) {
        return NULL;
    }
    if (request->kind != kind || request->link != link) {
        log_error(MODULE, "the provider answers another question",
                LOG_STR("provider", link->provider->name),
                LOG_UINT("cookie", cookie));
        return NULL;
    }
    return request;
}

// Whether there is something to answer now.
static bool is_answerable(const struct provider_link *link, uint64_t cookie,
        enum engine_request_kind kind) {
    const struct engine_request *request = find_request(link, cookie, kind);
    if (!request) {
        return false;
    }
    if (request->submitted) {
        return true;
    }
    log_error(MODULE, "the provider answers inside the request",
            LOG_STR("provider", link->provider->name));
    // The call that made it finds it gone and returns INTERNAL.
    engine_pending_drop(&link->engine->pending, cookie);
    return false;
}

static void on_deliver(void *ctx, struct nx_str room,
        const struct nx_record *record, uint64_t tag) {
    const struct provider_link *link = ctx;
    const struct engine *engine = link->engine;
    if (link != engine->current) {
        return;
    }
    uint32_t cls = NX_CLASS_NORMAL;
    nx_session_id except = 0;
    const struct engine_request *request =
            find_request(link, tag, ENGINE_REQUEST_PUBLISH);
    if (request) {
        cls = request->cls;
        except = request->except;
    }
    uint32_t delivered =
            engine->hooks.deliver(engine->hooks.ctx, room, record, cls, except);
    // Looked up again: who saw the record may have changed anything.
    struct engine_request *still =
            find_request(link, tag, ENGINE_REQUEST_PUBLISH);
    if (still) {
        still->delivered = delivered;
    }
}

static void on_published(
        void *ctx, uint64_t cookie, const struct nx_publish_result *result) {
    const struct provider_link *link = ctx;
    if (is_answerable(link, cookie, ENGINE_REQUEST_PUBLISH)) {
        engine_pending_published(&link->engine->pending, cookie, result);
    }
}

static void on_history(
        void *ctx, uint64_t cookie, const struct nx_history_result *result) {
    const struct provider_link *link = ctx;
    if (is_answerable(link, cookie, ENGINE_REQUEST_HISTORY)) {
        engine_pending_history(&link->engine->pending, cookie, result);
    }
}

static void on_fact(
        void *ctx, uint64_t cookie, const struct nx_fact_result *result) {
    const struct provider_link *link = ctx;
    if (is_answerable(link, cookie, ENGINE_REQUEST_FACT)) {
        engine_pending_fact(&link->engine->pending, cookie, result);
    }
}

static void on_health(void *ctx, int32_t working, struct nx_str why) {
    struct provider_link *link = ctx;
    const struct engine *engine = link->engine;
    link->working = working != 0;
    if (link == engine->current && engine->hooks.health) {
        engine->hooks.health(engine->hooks.ctx, link->working, why);
    }
}

// --- life and provider ----------------------------------------------------

static void init_link(struct provider_link *link, struct engine *engine) {
    link->engine = engine;
    link->sink = (struct nx_provider_sink){
            .struct_size = sizeof(link->sink),
            .ctx = link,
            .deliver = on_deliver,
            .published = on_published,
            .history = on_history,
            .fact = on_fact,
            .health = on_health,
    };
}

struct engine *engine_create(const struct clock *clock,
        const struct engine_hooks *hooks, size_t max_pending) {
    assert(hooks->deliver);
    struct engine *engine = calloc(1, sizeof(*engine));
    if (!engine) {
        return NULL;
    }
    engine->hooks = *hooks;
    if (!engine_pending_init(
                &engine->pending, clock, &engine->hooks, max_pending)) {
        free(engine);
        return NULL;
    }
    init_link(&engine->links[0], engine);
    init_link(&engine->links[1], engine);
    return engine;
}

void engine_destroy(struct engine *engine) {
    if (engine) {
        engine_pending_finish(&engine->pending);
        free(engine);
    }
}

static nx_status check_provider(const struct nx_engine_provider_v1 *provider) {
    if (provider->version != NX_SERVICE_ENGINE_VERSION) {
        return NX_ERR_VERSION;
    }
    if (NX_HAS_MEMBER(provider, reserved0) && provider->reserved0 != 0) {
        return NX_ERR_UNSUPPORTED;
    }
    const bool has[] = {
            NX_HAS(provider, open),
            NX_HAS(provider, publish),
            NX_HAS(provider, history),
            NX_HAS(provider, put),
            NX_HAS(provider, get),
            NX_HAS(provider, remove),
            NX_HAS(provider, scan),
            NX_HAS(provider, name),
    };
    for (size_t i = 0; i < sizeof(has) / sizeof(has[0]); i++) {
        if (!has[i]) {
            return NX_ERR_INVALID;
        }
    }
    return NX_OK;
}

static nx_status open_link(struct provider_link *link,
        const struct nx_engine_provider_v1 *provider) {
    nx_status status = check_provider(provider);
    if (status != NX_OK) {
        return status;
    }
    link->provider = provider;
    link->working = true; // Unless it says otherwise while it opens.
    return provider->open(provider->self, &link->sink);
}

nx_status engine_use(
        struct engine *engine, const struct nx_engine_provider_v1 *provider) {
    struct provider_link *former = engine->current;
    struct provider_link *next = NULL;
    if (provider) {
        next = &engine->links[former == &engine->links[0] ? 1 : 0];
        nx_status status = open_link(next, provider);
        if (status != NX_OK) {
            return status;
        }
    }
    engine->current = next;
    if (former) {
        engine_pending_fail(
                &engine->pending, former, NX_ERR_ENGINE_UNAVAILABLE);
    }
    return NX_OK;
}

void engine_attach(struct engine *engine, struct nx_str room) {
    const struct provider_link *link = engine->current;
    if (link && NX_HAS(link->provider, attach)) {
        link->provider->attach(link->provider->self, room);
    }
}

void engine_detach(struct engine *engine, struct nx_str room) {
    const struct provider_link *link = engine->current;
    if (link && NX_HAS(link->provider, detach)) {
        link->provider->detach(link->provider->self, room);
    }
}

bool engine_durable(const struct engine *engine) {
    return engine->current && engine->current->provider->durable != 0;
}

bool engine_working(const struct engine *engine) {
    return engine->current && engine->current->working;
}

const char *engine_name(const struct engine *engine) {
    return engine->current ? engine->current->provider->name : "none";
}

size_t engine_pending(const struct engine *engine, const void *owner) {
    return engine_pending_count(&engine->pending, owner);
}

int64_t engine_oldest_ms(const struct engine *engine) {
    return engine_pending_oldest_ms(&engine->pending);
}

void engine_cancel_owner(struct engine *engine, const void *owner) {
    engine_pending_cancel(&engine->pending, owner);
}

// --- requests -------------------------------------------------------------

static nx_status begin(struct engine *engine, struct engine_request *request,
        uint64_t *cookie) {
    assert(request->owner);
    if (!engine->current) {
        return NX_ERR_ENGINE_UNAVAILABLE;
    }
    request->link = engine->current;
    return engine_pending_add(&engine->pending, request, cookie);
}

// From now on the answer may come, unless the provider refused.
static nx_status submitted(
        struct engine *engine, uint64_t cookie, nx_status status) {
    struct engine_request *request =
            engine_pending_get(&engine->pending, cookie);
    if (status != NX_OK) {
        engine_pending_drop(&engine->pending, cookie);
        return status;
    }
    if (!request) {
        return NX_ERR_INTERNAL;
    }
    request->submitted = true;
    return NX_OK;
}

nx_status engine_publish(
        struct engine *engine, const struct engine_publish *publish) {
    struct nx_publish_opts opts;
    nx_status status = engine_check_publish(publish, &opts);
    if (status != NX_OK) {
        return status;
    }
    struct engine_request request = {
            .kind = ENGINE_REQUEST_PUBLISH,
            .owner = publish->owner,
            .done = {.published = publish->done},
            .user = publish->user,
            .cls = opts.cls,
            .except = opts.except,
    };
    uint64_t cookie = 0;
    status = begin(engine, &request, &cookie);
    if (status != NX_OK) {
        return status;
    }
    struct nx_provider_publish call = {
            .struct_size = sizeof(call),
            .flags = opts.flags,
            .cookie = cookie,
            .room = publish->room,
            .payload = publish->payload,
            .keep_count = publish->keep_count,
            .dedupe_ttl_s = opts.dedupe_ttl_s,
            .keep_age_ms = publish->keep_age_ms,
            .expect_offset = opts.expect_offset,
            .dedupe_key = opts.dedupe_key,
            .memo = opts.memo,
            .tag = cookie,
    };
    const struct nx_engine_provider_v1 *provider = engine->current->provider;
    status = provider->publish(provider->self, &call);
    return submitted(engine, cookie, status);
}

nx_status engine_history(
        struct engine *engine, const struct engine_history *history) {
    nx_status status = engine_check_history(history);
    if (status != NX_OK) {
        return status;
    }
    struct engine_request request = {
            .kind = ENGINE_REQUEST_HISTORY,
            .owner = history->owner,
            .done = {.history = history->done},
            .user = history->user,
    };
    uint64_t cookie = 0;
    status = begin(engine, &request, &cookie);
    if (status != NX_OK) {
        return status;
    }
    const struct nx_engine_provider_v1 *provider = engine->current->provider;
    status = provider->history(provider->self, cookie, history->room,
            history->direction, history->offset, history->limit);
    return submitted(engine, cookie, status);
}

static nx_status begin_fact(struct engine *engine,
        const struct engine_asker *asker, uint64_t *cookie) {
    struct engine_request request = {
            .kind = ENGINE_REQUEST_FACT,
            .owner = asker->owner,
            .done = {.fact = asker->done},
            .user = asker->user,
    };
    return begin(engine, &request, cookie);
}

nx_status engine_put(struct engine *engine, const struct engine_asker *asker,
        struct nx_str key, struct nx_bytes value, uint64_t ttl_ms,
        uint64_t expect_revision) {
    uint64_t cookie = 0;
    nx_status status = engine_check_put(asker, key, value);
    if (status == NX_OK) {
        status = begin_fact(engine, asker, &cookie);
    }
    if (status != NX_OK) {
        return status;
    }
    const struct nx_engine_provider_v1 *provider = engine->current->provider;
    status = provider->put(provider->self, cookie, asker->space, key, value,
            ttl_ms, expect_revision);
    return submitted(engine, cookie, status);
}

nx_status engine_get(struct engine *engine, const struct engine_asker *asker,
        struct nx_str key) {
    uint64_t cookie = 0;
    nx_status status =
            asker->done ? engine_check_key(asker, key) : NX_ERR_INVALID;
    if (status == NX_OK) {
        status = begin_fact(engine, asker, &cookie);
    }
    if (status != NX_OK) {
        return status;
    }
    const struct nx_engine_provider_v1 *provider = engine->current->provider;
    status = provider->get(provider->self, cookie, asker->space, key);
    return submitted(engine, cookie, status);
}

nx_status engine_remove(struct engine *engine, const struct engine_asker *asker,
        struct nx_str key) {
    uint64_t cookie = 0;
    nx_status status = engine_check_key(asker, key);
    if (status == NX_OK) {
        status = begin_fact(engine, asker, &cookie);
    }
    if (status != NX_OK) {
        return status;
    }
    const struct nx_engine_provider_v1 *provider = engine->current->provider;
    status = provider->remove(provider->self, cookie, asker->space, key);
    return submitted(engine, cookie, status);
}

nx_status engine_scan(struct engine *engine, const struct engine_asker *asker,
        struct nx_str prefix, struct nx_str after, uint32_t limit) {
    uint64_t cookie = 0;
    nx_status status = engine_check_scan(asker, prefix, after, limit);
    if (status == NX_OK) {
        status = begin_fact(engine, asker, &cookie);
    }
    if (status != NX_OK) {
        return status;
    }
    const struct nx_engine_provider_v1 *provider = engine->current->provider;
    status = provider->scan(
            provider->self, cookie, asker->space, prefix, after, limit);
    return submitted(engine, cookie, status);
}
