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

#define REFUSE_TEXT_SIZE 256 // enough for every message

// Each answers with the error and returns NX_DONE.
int32_t refuse_field(const struct presence *presence, nx_op_id op,
        const char *field, const char *message);

// A limit that was met: the key of its setting. retry_after_ms 0: not stated.
struct refuse_limit {
    nx_status status;
    const char *setting;
    uint64_t retry_after_ms;
};

int32_t refuse_limit(const struct presence *presence, nx_op_id op,
        const struct refuse_limit *limit, const char *message);

// There are as many users in memory as there may be.
int32_t refuse_users(const struct presence *presence, nx_op_id op);

int32_t refuse_status(
        const struct presence *presence, nx_op_id op, nx_status status);

#endif
