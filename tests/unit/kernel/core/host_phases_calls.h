/*
 * host_phases_calls - one call of each host function, for host_phases_test.c.
 *
 * The arguments are as poor as they can be: what matters is whether the call
 * is refused before anybody looks at them. A function that returns no status
 * gives NX_OK here when its result is the empty one.
 *
 * Owner:   nobody
 * Thread:  any: tests call them on wrong ones
 */
#ifndef TESTS_UNIT_KERNEL_CORE_HOST_PHASES_CALLS_H
#define TESTS_UNIT_KERNEL_CORE_HOST_PHASES_CALLS_H

#include "tests/unit/kernel/core/host_fixture.h"

#define NOBODY 999u // an id of a session or room that was never given
#define TEXT   nx_str_c("x")
#define BYTES  nx_bytes_n("x", 1)

#define STATUS(table, function, ...) \
    static nx_status call_##table##_##function(const struct nx_host *host) { \
        return (probe.sdk.table->function)(host, __VA_ARGS__); \
    }

// is_empty says whether `result` is what a refused call returns.
#define RESULT(table, function, type, is_empty, ...) \
    static nx_status call_##table##_##function(const struct nx_host *host) { \
        type result = (probe.sdk.table->function)(host, __VA_ARGS__); \
        return (is_empty) ? NX_OK : NX_ERR_EXISTS; \
    }

#define NOTHING(table, function, ...) \
    static nx_status call_##table##_##function(const struct nx_host *host) { \
        (probe.sdk.table->function)(host, __VA_ARGS__); \
        return NX_OK; \
    }

STATUS(auth, hook, NX_AUTH_SEND, NULL, NULL)
STATUS(auth, decide, 0, NULL)

STATUS(engine, publish, TEXT, NULL, NULL, NULL, NULL)
STATUS(engine, history, TEXT, 0, 0, 0, NULL, NULL)
STATUS(engine, put, TEXT, BYTES, 0, 0, NULL, NULL)
STATUS(engine, get, TEXT, NULL, NULL)
STATUS(engine, remove, TEXT, NULL, NULL)
STATUS(engine, scan, TEXT, TEXT, 1, NULL, NULL)
static nx_status call_engine_durable(const struct nx_host *host) {
    return probe.sdk.engine->durable(host) == 0 ? NX_OK : NX_ERR_EXISTS;
}

STATUS(http, route, NULL, NULL, NULL, NULL)
STATUS(http, expect_query, NULL, NULL)
STATUS(http, respond, 0, 200, NULL)
STATUS(http, respond_bytes, 0, 200, NULL, BYTES)
STATUS(http, problem, 0, NX_ERR_INVALID, TEXT)

STATUS(jobs, submit, NULL, NULL, NULL, NULL, NULL)
NOTHING(jobs, cancel, 0)
STATUS(jobs, post, NULL, NULL, NULL)

RESULT(json, raw, struct nx_str, !result.ptr, NULL)
RESULT(json, parse, const struct nx_json *, !result, nx_str_c("{}"))
STATUS(json, expect, NULL, NULL)

// A writer that was made is left to the bracket around the callback.
static nx_status call_json_object(const struct nx_host *host) {
    return probe.sdk.json->object(host) ? NX_ERR_EXISTS : NX_OK;
}
RESULT(json, event, struct nx_writer *, !result, "probe.x", TEXT)

NOTHING(log, write, NX_LOG_DEBUG, TEXT, NULL, 0)
static nx_status call_log_level(const struct nx_host *host) {
    return probe.sdk.log->level(host) <= NX_LOG_ERROR ? NX_OK : NX_ERR_EXISTS;
}

STATUS(metrics, define, 0, NULL, NULL, NULL)
NOTHING(metrics, add, NOBODY, 1)
NOTHING(metrics, set, NOBODY, 1)

STATUS(rooms, define, NULL)
STATUS(rooms, observe, NULL, NULL)
STATUS(rooms, join, TEXT, NOBODY, NULL, NULL, NULL)
STATUS(rooms, leave, TEXT, NOBODY)
STATUS(rooms, expel, TEXT, TEXT)
RESULT(rooms, find, nx_room_id, result == 0, TEXT)
RESULT(rooms, name, struct nx_str, !result.ptr, NOBODY)
RESULT(rooms, is_member, int32_t, result == 0, NOBODY, NOBODY)
RESULT(rooms, count, uint32_t, result == 0, NOBODY)
RESULT(rooms, user_count, uint32_t, result == 0, NOBODY)
NOTHING(rooms, each_session, NOBODY, NULL, NULL)
NOTHING(rooms, each_user, NOBODY, NULL, NULL)
NOTHING(rooms, each_room_of, NOBODY, NULL, NULL)
STATUS(rooms, data_set, NOBODY, "key", BYTES)
RESULT(rooms, data_get, struct nx_bytes, !result.ptr, NOBODY, "key")

STATUS(router, handle, NULL, NULL, NULL)
STATUS(router, observe, NULL, NULL, NULL)
STATUS(router, on_session, 0, NULL, NULL)
STATUS(router, reply, 0, NULL, 0)
STATUS(router, fail, 0, NULL)
STATUS(router, emit, TEXT, TEXT, NULL)

STATUS(send, to_session, NOBODY, NULL, NULL)
STATUS(send, to_sessions, NULL, 0, NULL, NULL, NULL)
STATUS(send, to_user, TEXT, NULL, NULL, NULL)
STATUS(send, to_room, NOBODY, NULL, NULL, NULL)
STATUS(send, to_all, NULL, NULL, NULL)
STATUS(send, tracked, NOBODY, NULL, NULL, 0, NULL, NULL)
STATUS(send, close, NOBODY, 4000, TEXT)
RESULT(send, queued_bytes, uint64_t, result == 0, NOBODY)

STATUS(service, offer, NULL, 1, NULL)
RESULT(service, find, const void *, !result, "nothing", 1)

STATUS(timers, set, 0, 0, NULL, NULL, NULL)
NOTHING(timers, cancel, 0)
static nx_status call_timers_now_ms(const struct nx_host *host) {
    return probe.sdk.timers->now_ms(host) == 0 ? NX_OK : NX_ERR_EXISTS;
}
static nx_status call_timers_wall_ms(const struct nx_host *host) {
    return probe.sdk.timers->wall_ms(host) == 0 ? NX_OK : NX_ERR_EXISTS;
}

static nx_status call_users_session_info(const struct nx_host *host) {
    struct nx_session_info info = {.struct_size = sizeof(info)};
    return probe.sdk.users->session_info(host, NOBODY, &info);
}
RESULT(users, session_count, uint32_t, result == 0, TEXT)
NOTHING(users, each_session, TEXT, NULL, NULL)
NOTHING(users, each_user, NULL, NULL)
STATUS(users, data_set, NOBODY, "key", BYTES)
RESULT(users, data_get, struct nx_bytes, !result.ptr, NOBODY, "key")
STATUS(users, notice, NOBODY)
STATUS(users, hide, TEXT, 1)
RESULT(users, is_hidden, int32_t, result == 0, TEXT)

#endif
