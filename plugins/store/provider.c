// The server's calls, each checked and queued.

#include <nexus/error.h>

#include "plugins/store/store.h"

#define ROOM_MAX   512
#define SPACE_MAX  128
#define KEY_MAX    512
#define DEDUPE_MAX 256
#define LIMIT_MAX  1000

static bool is_text(struct nx_str text, size_t most) {
    return text.ptr && text.len > 0 && text.len <= most;
}

static bool is_optional(const void *ptr, size_t len, size_t most) {
    return len <= most && (ptr || len == 0);
}

static struct nx_str as_text(struct nx_bytes bytes) {
    return (struct nx_str){bytes.ptr, bytes.len};
}

static nx_status enqueue(struct store *store, struct request *template) {
    if (!store->opened) {
        return NX_ERR_STATE;
    }
    if (store->resting) {
        return NX_ERR_ENGINE_BUSY;
    }
    bool done = false;
    template->now_ms = store->sdk.timers->wall_ms(store->host);
    nx_status status = queue_push(&store->queue, template, &done);
    if (status == NX_ERR_ENGINE_BUSY) {
        meters_add(&store->meters, store->meters.refused_total, 1);
    }
    if (done && !store->writer.post(store)) {
        // The writer posts again until it is heard.
        queue_wake(&store->queue);
    }
    return status;
}

static nx_status open_store(void *self, const struct nx_provider_sink *sink) {
    struct store *store = self;
    if (!NX_HAS(sink, deliver) || !NX_HAS(sink, published)
            || !NX_HAS(sink, history) || !NX_HAS(sink, fact)
            || !NX_HAS(sink, health)) {
        return NX_ERR_INVALID;
    }
    store->sink = *sink;
    store->opened = store_run(store);
    return store->opened ? NX_OK : NX_ERR_NO_MEMORY;
}

// Whether the flags go together, and with the rules of the room's log.
static bool are_valid_flags(const struct nx_provider_publish *publish) {
    uint32_t flags = publish->flags;
    uint32_t known = NX_PUBLISH_EXPECT | NX_PUBLISH_SILENT | NX_PUBLISH_NO_LOG;
    if ((flags & ~known) != 0) {
        return false;
    }
    bool no_log = (flags & NX_PUBLISH_NO_LOG) != 0 || publish->keep_count == 0;
    return !no_log || (flags & NX_PUBLISH_EXPECT) == 0;
}

static bool is_valid_publish(const struct nx_provider_publish *publish) {
    struct nx_bytes key = publish->dedupe_key;
    struct nx_bytes memo = publish->memo;
    return are_valid_flags(publish) && is_text(publish->room, ROOM_MAX)
            && is_text(publish->payload, SIZE_MAX / 4)
            && is_optional(key.ptr, key.len, DEDUPE_MAX)
            && is_optional(memo.ptr, memo.len, DEDUPE_MAX);
}

static nx_status publish_store(
        void *self, const struct nx_provider_publish *publish) {
    if (!is_valid_publish(publish)) {
        return NX_ERR_INVALID;
    }
    struct request template = {
            .kind = REQUEST_PUBLISH,
            .cookie = publish->cookie,
            .flags = publish->flags,
            .tag = publish->tag,
            .keep_count = publish->keep_count,
            .keep_age_ms = publish->keep_age_ms,
            .offset = publish->expect_offset,
            .dedupe_ttl_s = publish->dedupe_ttl_s,
            .text = {publish->room, publish->payload,
                    as_text(publish->dedupe_key), as_text(publish->memo)},
    };
    return enqueue(self, &template);
}

static nx_status history_store(void *self, uint64_t cookie, struct nx_str room,
        uint32_t direction, uint64_t offset, uint32_t limit) {
    if (!is_text(room, ROOM_MAX) || limit > LIMIT_MAX
            || direction > NX_HISTORY_BEFORE) {
        return NX_ERR_INVALID;
    }
    struct request template = {
            .kind = REQUEST_HISTORY,
            .cookie = cookie,
            .direction = direction,
            .offset = offset,
            .limit = limit,
            .text = {room},
    };
    return enqueue(self, &template);
}

// NOLINTNEXTLINE(readability-function-size): the signature is the ABI's
static nx_status put_store(void *self, uint64_t cookie, struct nx_str space,
        struct nx_str key, struct nx_bytes value, uint64_t ttl_ms,
        uint64_t expect_revision) {
    if (!is_text(space, SPACE_MAX) || !is_text(key, KEY_MAX)
            || !is_optional(value.ptr, value.len, SIZE_MAX / 4)) {
        return NX_ERR_INVALID;
    }
    struct request template = {
            .kind = REQUEST_PUT,
            .cookie = cookie,
            .ttl_ms = ttl_ms,
            .expect_revision = expect_revision,
            .text = {space, key, as_text(value)},
    };
    return enqueue(self, &template);
}

static nx_status enqueue_key(struct store *store, enum request_kind kind,
        uint64_t cookie, struct nx_str space, struct nx_str key) {
    if (!is_text(space, SPACE_MAX) || !is_text(key, KEY_MAX)) {
        return NX_ERR_INVALID;
    }
    struct request template = {
            .kind = kind,
            .cookie = cookie,
            .text = {space, key},
    };
    return enqueue(store, &template);
}

static nx_status get_store(
        void *self, uint64_t cookie, struct nx_str space, struct nx_str key) {
    return enqueue_key(self, REQUEST_GET, cookie, space, key);
}

static nx_status remove_store(
        void *self, uint64_t cookie, struct nx_str space, struct nx_str key) {
    return enqueue_key(self, REQUEST_REMOVE, cookie, space, key);
}

static nx_status scan_store(void *self, uint64_t cookie, struct nx_str space,
        struct nx_str prefix, struct nx_str after, uint32_t limit) {
    if (!is_text(space, SPACE_MAX) || limit == 0 || limit > LIMIT_MAX
            || !is_optional(prefix.ptr, prefix.len, KEY_MAX)
            || !is_optional(after.ptr, after.len, KEY_MAX)) {
        return NX_ERR_INVALID;
    }
    struct request template = {
            .kind = REQUEST_SCAN,
            .cookie = cookie,
            .limit = limit,
            .text = {space, prefix, after},
    };
    return enqueue(self, &template);
}

// All members are on this node.
static void attach_store(void *self, struct nx_str room) {
    (void)self;
    (void)room;
}

static void detach_store(void *self, struct nx_str room) {
    (void)self;
    (void)room;
}

void provider_init(struct store *store) {
    store->table = (struct nx_engine_provider_v1){
            .struct_size = sizeof(store->table),
            .version = NX_SERVICE_ENGINE_VERSION,
            .self = store,
            .name = "store",
            .durable = 1,
            .open = open_store,
            .publish = publish_store,
            .history = history_store,
            .put = put_store,
            .get = get_store,
            .remove = remove_store,
            .scan = scan_store,
            .attach = attach_store,
            .detach = detach_store,
    };
}
