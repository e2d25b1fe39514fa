/*
 * refuse - errors that say which field or which setting is the reason.
 *
 * Thread:  logic
 */
#ifndef PLUGINS_PRESENCE_REFUSE_H
#define PLUGINS_PRESENCE_REFUSE_H

#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>

struct presence;

// Each answers with the error and returns NX_DONE. message is printf-like.
__attribute__((format(printf, 4, 5))) int32_t refuse_field(
        const struct presence *presence, nx_op_id op, const char *field,
        const char *message, ...);

// limit is the key of the setting. retry_after_ms 0: not stated.
__attribute__((format(printf, 6, 7))) int32_t refuse_limit(
        const struct presence *presence, nx_op_id op, nx_status status,
        const char *limit, uint64_t retry_after_ms, const char *message, ...);

int32_t refuse_status(
        const struct presence *presence, nx_op_id op, nx_status status);

#endif
