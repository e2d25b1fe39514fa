/*
 * engine_check - what a request to the engine may ask for.
 *
 * The ceilings of <nexus/engine.h>, checked once for all providers.
 *
 * Thread:  any (pure functions)
 * Errors:  INVALID, TOO_LARGE
 */
#ifndef KERNEL_CORE_ENGINE_CHECK_H
#define KERNEL_CORE_ENGINE_CHECK_H

#include <stdint.h>

#include <nexus/engine.h>

#include "kernel/core/engine.h"

// *opts becomes a complete copy of the request's options: members that the
// caller's version of the struct lacks are 0, and so is all without options.
nx_status engine_check_publish(
        const struct engine_publish *publish, struct nx_publish_opts *opts);

nx_status engine_check_history(const struct engine_history *history);

nx_status engine_check_put(const struct engine_asker *asker, struct nx_str key,
        struct nx_bytes value);

// For get and remove.
nx_status engine_check_key(const struct engine_asker *asker, struct nx_str key);

nx_status engine_check_scan(const struct engine_asker *asker,
        struct nx_str prefix, struct nx_str after, uint32_t limit);

#endif
