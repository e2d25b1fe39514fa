#include "kernel/core/memory.h"

#include <assert.h>
#include <stdlib.h>

#include <nexus/error.h>

#include "kernel/core/memory_dedupe.h"
#include "kernel/core/memory_facts.h"
#include "kernel/core/memory_queue.h"
#include "kernel/core/memory_store.h"

// Facts and dedupe keys past their ttl that one run frees, on top of as many
// as it executes requests.
#define SWEEP_MAX 64

#define ROOM_MAX  MEMORY_DEDUPE_ROOM_MAX
#define MEMO_MAX  MEMORY_DEDUPE_KEY_MAX

struct memory {
    struct nx_engine_provider_v1 table;
    struct nx_provider_sink sink;
    bool opened;
    bool running;
    struct memory_queue queue;
    struct memory_store *store;
};

static bool is_text(struct nx_str text, size_t most) {
    return text.ptr && text.len > 0 && text.len <= most;
}

static bool is_optional(const void *ptr, size_t len, size_t most) {
    return len <= most && (ptr || len == 0);
}

static struct nx_str as_text(struct nx_bytes bytes) {
    return (struct nx_str){bytes.ptr, bytes.len};
}

// --- requests: check, copy, queue -----------------------------------------

static nx_status enqueue(struct memory *memory,
        const struct memory_request *request, struct nx_str payload) {
    if (!memory->opened) {
        return NX_ERR_STATE;
    }
    return memory_queue_push(&memory->queue, request, payload);
}

static nx_status open_memory(void *self, const struct nx_provider_sink *sink) {
    struct memory *memory = self;
    if (!NX_HAS(sink, deliver) || !NX_HAS(sink, published)
            || !NX_HAS(sink, history) || !NX_HAS(sink, fact)) {
        return NX_ERR_INVALID;
    }
    memory_queue_finish(&memory->queue);
    memory->sink = *sink;
    memory->opened = true;
    return NX_OK;
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
            && is_text(publish->payload, MEMORY_QUEUE_BYTES)
            && is_optional(key.ptr, key.len, MEMORY_DEDUPE_KEY_MAX)
            && is_optional(memo.ptr, memo.len, MEMO_MAX);
}

static nx_status publish_memory(
        void *self, const struct nx_provider_publish *publish) {
    if (!is_valid_publish(publish)) {
        return NX_ERR_INVALID;
    }
    struct memory_request request = {
            .kind = MEMORY_PUBLISH,
            .cookie = publish->cookie,
            .flags = publish->flags,
            .tag = publish->tag,
            .keep_count = publish->keep_count,
            .keep_age_ms = publish->keep_age_ms,
            .offset = publish->expect_offset,
            .dedupe_ttl_s = publish->dedupe_ttl_s,
            .text = {publish->room, as_text(publish->dedupe_key),
                    as_text(publish->memo)},
    };
    return enqueue(self, &request, publish->payload);
}

static nx_status history_memory(void *self, uint64_t cookie, struct nx_str room,
        uint32_t direction, uint64_t offset, uint32_t limit) {
    if (!is_text(room, ROOM_MAX) || limit > MEMORY_ANSWER_MAX
            || direction > NX_HISTORY_BEFORE) {
        return NX_ERR_INVALID;
    }
    struct memory_request request = {
            .kind = MEMORY_HISTORY,
            .cookie = cookie,
            .direction = direction,
            .offset = offset,
            .limit = limit,
            .text = {room},
    };
    return enqueue(self, &request, (struct nx_str){0});
}

// NOLINTNEXTLINE(readability-function-size): the signature is the ABI's
static nx_status put_memory(void *self, uint64_t cookie, struct nx_str space,
        struct nx_str key, struct nx_bytes value, uint64_t ttl_ms,
        uint64_t expect_revision) {
    if (!is_text(space, MEMORY_FACTS_SPACE_MAX)
            || !is_text(key, MEMORY_FACTS_KEY_MAX)
            || !is_optional(value.ptr, value.len, MEMORY_QUEUE_BYTES)) {
        return NX_ERR_INVALID;
    }
    struct memory_request request = {
            .kind = MEMORY_PUT,
            .cookie = cookie,
            .ttl_ms = ttl_ms,
            .expect_revision = expect_revision,
            .text = {space, key, as_text(value)},
    };
    return enqueue(self, &request, (struct nx_str){0});
}

static nx_status enqueue_key(struct memory *memory,
        enum memory_request_kind kind, uint64_t cookie, struct nx_str space,
        struct nx_str key) {
    if (!is_text(space, MEMORY_FACTS_SPACE_MAX)
            || !is_text(key, MEMORY_FACTS_KEY_MAX)) {
        return NX_ERR_INVALID;
    }
    struct memory_request request = {
            .kind = kind,
            .cookie = cookie,
            .text = {space, key},
    };
    return enqueue(memory, &request, (struct nx_str){0});
}

static nx_status get_memory(
        void *self, uint64_t cookie, struct nx_str space, struct nx_str key) {
    return enqueue_key(self, MEMORY_GET, cookie, space, key);
}

static nx_status remove_memory(
        void *self, uint64_t cookie, struct nx_str space, struct nx_str key) {
    return enqueue_key(self, MEMORY_REMOVE, cookie, space, key);
}

static nx_status scan_memory(void *self, uint64_t cookie, struct nx_str space,
        struct nx_str prefix, struct nx_str after, uint32_t limit) {
    if (!is_text(space, MEMORY_FACTS_SPACE_MAX) || limit == 0
            || limit > MEMORY_ANSWER_MAX
            || !is_optional(prefix.ptr, prefix.len, MEMORY_FACTS_KEY_MAX)
            || !is_optional(after.ptr, after.len, MEMORY_FACTS_KEY_MAX)) {
        return NX_ERR_INVALID;
    }
    struct memory_request request = {
            .kind = MEMORY_SCAN,
            .cookie = cookie,
            .limit = limit,
            .text = {space, prefix, after},
    };
    return enqueue(self, &request, (struct nx_str){0});
}

// All members are on this node.
static void attach_memory(void *self, struct nx_str room) {
}

static void detach_memory(void *self, struct nx_str room) {
}

// --- life and execution ---------------------------------------------------

struct memory *memory_create(
        const struct clock *clock, const struct memory_limits *limits) {
    assert(limits->bytes >= MEMORY_BYTES_SMALLEST);
    assert(limits->logs > 0 && limits->facts > 0);
    struct memory *memory = calloc(1, sizeof(*memory));
    if (!memory) {
        return NULL;
    }
    memory->store = memory_store_create(clock, limits);
    if (!memory->store) {
        free(memory);
        return NULL;
    }
    memory_queue_init(
            &memory->queue, MEMORY_QUEUE_REQUESTS, MEMORY_QUEUE_BYTES);
    memory->table = (struct nx_engine_provider_v1){
            .struct_size = sizeof(memory->table),
            .version = NX_SERVICE_ENGINE_VERSION,
            .self = memory,
            .name = "memory",
            .open = open_memory,
            .publish = publish_memory,
            .history = history_memory,
            .put = put_memory,
            .get = get_memory,
            .remove = remove_memory,
            .scan = scan_memory,
            .attach = attach_memory,
            .detach = detach_memory,
    };
    return memory;
}

void memory_destroy(struct memory *memory) {
    if (memory) {
        assert(!memory->running);
        memory_queue_finish(&memory->queue);
        memory_store_destroy(memory->store);
        free(memory);
    }
}

const struct nx_engine_provider_v1 *memory_provider(struct memory *memory) {
    return &memory->table;
}

bool memory_run_some(struct memory *memory, size_t most) {
    if (memory->running) {
        return memory->queue.count > 0;
    }
    memory->running = true;
    size_t executed = 0;
    while (executed < most) {
        struct memory_request *request = memory_queue_take(&memory->queue);
        if (!request) {
            break;
        }
        memory_store_execute(memory->store, request, &memory->sink);
        memory_request_destroy(request);
        executed++;
    }
    memory_store_sweep(memory->store, executed + SWEEP_MAX);
    memory->running = false;
    return memory->queue.count > 0;
}

bool memory_run(struct memory *memory) {
    return memory_run_some(memory, MEMORY_RUN_MAX);
}

bool memory_waiting(const struct memory *memory) {
    return memory->queue.count > 0;
}

void memory_stats(const struct memory *memory, struct memory_stats *stats) {
    memory_store_stats(memory->store, stats);
    stats->queued = memory->queue.count;
    stats->queued_bytes = memory->queue.bytes;
}
