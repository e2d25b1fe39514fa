/*
 * limit - the settings at which the server refuses something, one table.
 *
 * Whoever refuses because of one of these counts it with stats_refused();
 * /metrics shows each by the name of its setting.
 *
 * Thread:  any (constants and pure functions)
 */
#ifndef KERNEL_CORE_LIMIT_H
#define KERNEL_CORE_LIMIT_H

// X(NAME, setting)
#define LIMITS(X) \
    X(CONNECTIONS, "limits.connections") \
    X(CONNECTIONS_PER_USER, "limits.connections_per_user") \
    X(CONNECTIONS_PER_ADDRESS, "limits.connections_per_address") \
    X(CONNECTS_PER_SECOND, "limits.connects_per_second") \
    X(HANDSHAKES, "limits.handshakes") \
    X(HEADER_BYTES, "limits.header_bytes") \
    X(HEAD_TIMEOUT, "listen.head_timeout") \
    X(ORIGINS, "listen.origins") \
    X(MESSAGE_BYTES, "limits.message_bytes") \
    X(MESSAGE_BYTES_BY_PREFIX, "limits.message_bytes_by_prefix") \
    X(MESSAGE_TIMEOUT, "limits.message_timeout") \
    X(MESSAGES_PER_SECOND, "limits.messages_per_second") \
    X(BYTES_PER_SECOND, "limits.bytes_per_second") \
    X(RATE_VIOLATIONS, "limits.rate_violations") \
    X(JSON_DEPTH, "limits.json_depth") \
    X(ROOMS_PER_SESSION, "limits.rooms_per_session") \
    X(ROOMS, "limits.rooms") \
    X(OUTBOX_BYTES, "limits.outbox_bytes") \
    X(QUEUED_BYTES, "limits.queued_bytes") \
    X(HTTP_BODY_BYTES, "limits.http_body_bytes") \
    X(HTTP_BODY_TIMEOUT, "limits.http_body_timeout") \
    X(HTTP_ANSWER_TIMEOUT, "limits.http_answer_timeout") \
    X(HTTP_CONNECTIONS, "limits.http_connections") \
    X(PENDING_REQUESTS, "limits.pending_requests") \
    X(JOBS_QUEUE, "jobs.queue") \
    X(QUOTA_TIMERS, "quota.timers") \
    X(QUOTA_JOBS, "quota.jobs") \
    X(QUOTA_POSTS, "quota.posts") \
    X(QUOTA_REQUESTS, "quota.requests") \
    X(AUTH_TIMEOUT, "auth.timeout") \
    X(HEARTBEAT_TIMEOUT, "heartbeat.timeout") \
    X(OVERLOAD_TURN_MS, "overload.turn_ms") \
    X(OVERLOAD_ENGINE_PENDING, "overload.engine_pending") \
    X(OVERLOAD_ENGINE_OLDEST_MS, "overload.engine_oldest_ms") \
    X(OVERLOAD_MEMORY_BYTES, "overload.memory_bytes")

enum limit {
#define LIMIT_ENUM_(name, setting) LIMIT_##name,
    LIMITS(LIMIT_ENUM_)
#undef LIMIT_ENUM_
    LIMIT_COUNT,
};

static inline const char *limit_setting(enum limit limit) {
#define LIMIT_SETTING_(name, setting) setting,
    static const char *const settings[] = {LIMITS(LIMIT_SETTING_)};
#undef LIMIT_SETTING_
    return settings[limit];
}

#endif
