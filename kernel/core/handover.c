#include "kernel/core/handover.h"

#include <string.h>

#include <nexus/error.h>
#include <nexus/plugin.h>

#include "kernel/core/lifecycle.h"
#include "kernel/core/plugin.h"

void handover_init(struct handover *handover, size_t max_bytes) {
    nx_buf_init(&handover->bytes, max_bytes);
    handover->version = 0;
    handover->read = 0;
}

void handover_finish(struct handover *handover) {
    nx_buf_finish(&handover->bytes);
}

bool handover_readable(const struct nx_plugin_info *info, uint32_t version,
        struct lifecycle_error *error) {
    if (version == 0 || info->state_version == 0
            || (version >= info->state_version_min
                    && version <= info->state_version)) {
        return true;
    }
    lifecycle_error_set(error,
            "it reads state of the formats %u to %u, and that of the instance "
            "before it has format %u; restart the server to begin without",
            info->state_version_min, info->state_version, version);
    return false;
}

static nx_status write_bytes(
        const struct nx_state_writer *writer, const void *data, size_t len) {
    struct handover *handover = writer->ctx;
    return nx_buf_append(&handover->bytes, data, len) ? NX_OK : NX_ERR_LIMIT;
}

bool handover_save(struct handover *handover, struct plugin *from,
        struct lifecycle_error *error) {
    const struct nx_plugin *instance = from->instance;
    uint32_t version = from->entry->info->state_version;
    if (!instance->save_state || version == 0) {
        return true;
    }
    const struct nx_state_writer writer = {.struct_size = sizeof(writer),
            .ctx = handover,
            .write = write_bytes};
    plugin_enter(from, "save_state");
    nx_status status = instance->save_state(instance, &writer);
    plugin_leave(from);
    if (status == NX_OK && handover->bytes.failed) {
        status = NX_ERR_LIMIT;
    }
    if (status != NX_OK) {
        lifecycle_error_set(error, "its save_state() failed with %s: %s%s",
                nx_err_word(status), nx_err_text(status),
                status == NX_ERR_LIMIT ? " (reload.state_bytes)" : "");
        return false;
    }
    handover->version = version;
    return true;
}

// Short reads are normal, and frequent here so that nobody forgets them.
static size_t read_bytes(
        const struct nx_state_reader *reader, void *buf, size_t len) {
    struct handover *handover = reader->ctx;
    size_t rest = handover->bytes.len - handover->read;
    size_t most = len > 1 ? len / 2 + 1 : len;
    size_t size = rest < most ? rest : most;
    if (size > 0) {
        memcpy(buf, handover->bytes.data + handover->read, size);
    }
    handover->read += size;
    return size;
}

bool handover_start(struct handover *handover, struct plugin *to,
        struct lifecycle_error *error) {
    bool has_state = handover && handover->version != 0
            && to->entry->info->state_version != 0;
    if (!has_state) {
        return lifecycle_start(to, NULL, error);
    }
    const struct nx_state_reader reader = {
            .struct_size = sizeof(reader),
            .state_version = handover->version,
            .ctx = handover,
            .total = handover->bytes.len,
            .read = read_bytes,
    };
    handover->read = 0;
    return lifecycle_start(to, &reader, error);
}
