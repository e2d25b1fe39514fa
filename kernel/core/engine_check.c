#include "kernel/core/engine_check.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <nexus/error.h>

// Bytes that may be absent.
static nx_status check_optional(const void *ptr, size_t len, size_t most) {
    if (!ptr && len > 0) {
        return NX_ERR_INVALID;
    }
    return len <= most ? NX_OK : NX_ERR_TOO_LARGE;
}

static nx_status check_text(struct nx_str text, size_t most) {
    if (!text.ptr || text.len == 0) {
        return NX_ERR_INVALID;
    }
    return check_optional(text.ptr, text.len, most);
}

static nx_status first_error(nx_status a, nx_status b) {
    return a != NX_OK ? a : b;
}

// Every version of the struct has at least what the first had.
static bool copy_opts(
        const struct nx_publish_opts *from, struct nx_publish_opts *opts) {
    *opts = (struct nx_publish_opts){.struct_size = sizeof(*opts)};
    if (!from) {
        return true;
    }
    size_t first_size =
            offsetof(struct nx_publish_opts, memo) + sizeof(from->memo);
    if (from->struct_size < first_size) {
        return false;
    }
    size_t size = from->struct_size < sizeof(*opts) ? from->struct_size
                                                    : sizeof(*opts);
    memcpy(opts, from, size);
    opts->struct_size = sizeof(*opts);
    return true;
}

static bool are_known_flags(uint32_t flags) {
    uint32_t known = NX_PUBLISH_EXPECT | NX_PUBLISH_SILENT | NX_PUBLISH_NO_LOG;
    return (flags & ~known) == 0;
}

static bool are_valid_flags(uint32_t flags, uint32_t keep_count) {
    // Without a log there is no end that could be expected.
    bool has_log = keep_count > 0 && (flags & NX_PUBLISH_NO_LOG) == 0;
    return has_log || (flags & NX_PUBLISH_EXPECT) == 0;
}

nx_status engine_check_publish(
        const struct engine_publish *publish, struct nx_publish_opts *opts) {
    if (!copy_opts(publish->opts, opts)) {
        return NX_ERR_INVALID;
    }
    if (!are_known_flags(opts->flags)) {
        return NX_ERR_UNSUPPORTED;
    }
    if (!are_valid_flags(opts->flags, publish->keep_count)) {
        return NX_ERR_INVALID;
    }
    if (opts->dedupe_ttl_s == 0) {
        opts->dedupe_ttl_s = ENGINE_DEDUPE_TTL_S;
    }
    nx_status names = first_error(check_text(publish->room, ENGINE_ROOM_MAX),
            check_text(publish->payload, ENGINE_PAYLOAD_MAX));
    nx_status keys = first_error(
            check_optional(opts->dedupe_key.ptr, opts->dedupe_key.len,
                    ENGINE_DEDUPE_MAX),
            check_optional(opts->memo.ptr, opts->memo.len, ENGINE_DEDUPE_MAX));
    return first_error(names, keys);
}

nx_status engine_check_history(const struct engine_history *history) {
    if (!history->done || history->limit > ENGINE_LIMIT_MAX
            || history->direction > NX_HISTORY_BEFORE) {
        return NX_ERR_INVALID;
    }
    return check_text(history->room, ENGINE_ROOM_MAX);
}

nx_status engine_check_key(
        const struct engine_asker *asker, struct nx_str key) {
    return first_error(check_text(asker->space, ENGINE_SPACE_MAX),
            check_text(key, ENGINE_KEY_MAX));
}

nx_status engine_check_put(const struct engine_asker *asker, struct nx_str key,
        struct nx_bytes value) {
    return first_error(engine_check_key(asker, key),
            check_optional(value.ptr, value.len, ENGINE_VALUE_MAX));
}

nx_status engine_check_scan(const struct engine_asker *asker,
        struct nx_str prefix, struct nx_str after, uint32_t limit) {
    if (!asker->done || limit == 0 || limit > ENGINE_LIMIT_MAX) {
        return NX_ERR_INVALID;
    }
    nx_status space = check_text(asker->space, ENGINE_SPACE_MAX);
    nx_status bounds =
            first_error(check_optional(prefix.ptr, prefix.len, ENGINE_KEY_MAX),
                    check_optional(after.ptr, after.len, ENGINE_KEY_MAX));
    return first_error(space, bounds);
}
