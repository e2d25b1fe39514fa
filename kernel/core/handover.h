/*
 * handover - the state of one plugin on its way to the instance that follows.
 *
 * Bytes, tagged with the format they have. Taking them does not change the
 * old instance; what was taken can be given more than once.
 *
 * Owner:   whoever embeds it
 * Thread:  logic
 * Errors:  false, and struct lifecycle_error says why
 */
#ifndef KERNEL_CORE_HANDOVER_H
#define KERNEL_CORE_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/util/buf.h>

struct lifecycle_error;
struct nx_plugin_info;
struct plugin;

struct handover {
    struct nx_buf bytes;
    uint32_t version; // of the format, 0: there is no state
    size_t read;      // by the start() that is running
};

void handover_init(struct handover *handover, size_t max_bytes);
void handover_finish(struct handover *handover);

// Whether a plugin can read state of this format; none can always be read.
bool handover_readable(const struct nx_plugin_info *info, uint32_t version,
        struct lifecycle_error *error);

// save_state() of a plugin at rest.
bool handover_save(struct handover *handover, struct plugin *from,
        struct lifecycle_error *error);

// start() of its successor. A handover without state, or NULL, is a fresh
// start.
bool handover_start(struct handover *handover, struct plugin *to,
        struct lifecycle_error *error);

#endif
