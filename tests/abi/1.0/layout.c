/*
 * layout - ABI 1.0 as it was released: where each member lies, of which
 * type it is, and which number each name stands for.
 *
 * Written once by tests/abi/freeze and never edited: what a later version
 * adds gets a file of its own. Compiled against today's headers as C and C++.
 */
#include <nexus/sdk.h>

#if UINTPTR_MAX != UINT64_MAX
#error "ABI 1.0 was released for 64-bit machines only"
#endif

#ifdef __cplusplus
#include <type_traits>
#define MEMBER(type, member, offset, ...) \
    static_assert(offsetof(type, member) == (offset), #member " moved"); \
    static_assert( \
            std::is_same<decltype(type::member), __VA_ARGS__>::value, \
            #member " has another type")
#define TYPE(name, ...) \
    static_assert(std::is_same<name, __VA_ARGS__>::value, \
            #name " is another type")
#define FACT(fact, text) static_assert(fact, text)
#else
#define MEMBER(type, member, offset, ...) \
    _Static_assert( \
            offsetof(struct type, member) == (offset), #member " moved"); \
    _Static_assert(_Generic(((struct type *)0)->member, \
                    __VA_ARGS__: 1, \
                    default: 0), \
            #member " has another type")
#define TYPE(name, ...) \
    _Static_assert(_Generic((name)0, __VA_ARGS__: 1, default: 0), \
            #name " is another type")
#define FACT(fact, text) _Static_assert(fact, text)
#endif

#ifdef __cplusplus
#define SIZE_OF(type) sizeof(type)
#else
#define SIZE_OF(type) sizeof(struct type)
#endif
// A struct that may grow, and one that may not.
#define AT_LEAST(type, size) FACT(SIZE_OF(type) >= (size), #type " shrank")
#define EXACTLY(type, size)  FACT(SIZE_OF(type) == (size), #type " changed")
#define VALUE(name, value)   FACT((name) == (value), #name " is another number")
#define TEXT(name, text) \
    FACT(__builtin_strcmp(name, text) == 0, #name " is another text")

TYPE(nx_status, int32_t);
TYPE(nx_session_id, uint64_t);
TYPE(nx_room_id, uint64_t);
TYPE(nx_timer_id, uint64_t);
TYPE(nx_job_id, uint64_t);
TYPE(nx_metric_id, uint64_t);
TYPE(nx_op_id, uint64_t);
TYPE(nx_auth_fn, int32_t (*)(void *, const struct nx_auth_request *, struct nx_auth_decision *));
TYPE(nx_each_room_fn, int32_t (*)(void *, nx_room_id, struct nx_str));
TYPE(nx_each_session_fn, int32_t (*)(void *, nx_session_id, struct nx_str));
TYPE(nx_each_user_fn, int32_t (*)(void *, struct nx_str, uint32_t));
TYPE(nx_event_fn, int32_t (*)(void *, const struct nx_event *));
TYPE(nx_fact_fn, void (*)(void *, const struct nx_fact_result *));
TYPE(nx_history_fn, void (*)(void *, const struct nx_history_result *));
TYPE(nx_http_fn, int32_t (*)(void *, const struct nx_http_request *));
TYPE(nx_job_done_fn, void (*)(void *, void *, nx_status));
TYPE(nx_job_fn, void (*)(void *, const volatile int32_t *));
TYPE(nx_join_fn, void (*)(void *, const struct nx_join_result *));
TYPE(nx_json_each_fn, int32_t (*)(void *, struct nx_str, const struct nx_json *));
TYPE(nx_member_fn, void (*)(void *, const struct nx_member_event *));
TYPE(nx_published_fn, void (*)(void *, const struct nx_publish_result *));
TYPE(nx_session_fn, void (*)(void *, const struct nx_session_event *));
TYPE(nx_timer_fn, void (*)(void *, nx_timer_id));
TYPE(nx_tracked_fn, void (*)(void *, nx_session_id, uint64_t, uint32_t));

MEMBER(nx_auth_decision, struct_size, 0, uint32_t);
MEMBER(nx_auth_decision, verdict, 4, int32_t);
MEMBER(nx_auth_decision, user, 8, struct nx_str);
MEMBER(nx_auth_decision, reason, 24, struct nx_str);
MEMBER(nx_auth_decision, expires_ms, 40, int64_t);
AT_LEAST(nx_auth_decision, 48);

MEMBER(nx_auth_request, struct_size, 0, uint32_t);
MEMBER(nx_auth_request, action, 4, uint32_t);
MEMBER(nx_auth_request, op, 8, nx_op_id);
MEMBER(nx_auth_request, session, 16, nx_session_id);
MEMBER(nx_auth_request, user, 24, struct nx_str);
MEMBER(nx_auth_request, token, 40, struct nx_str);
MEMBER(nx_auth_request, address, 56, struct nx_str);
MEMBER(nx_auth_request, room, 72, struct nx_str);
MEMBER(nx_auth_request, type, 88, struct nx_str);
MEMBER(nx_auth_request, method, 104, struct nx_str);
MEMBER(nx_auth_request, path, 120, struct nx_str);
AT_LEAST(nx_auth_request, 136);

MEMBER(nx_auth_v1, struct_size, 0, uint32_t);
MEMBER(nx_auth_v1, version, 4, uint32_t);
MEMBER(nx_auth_v1, hook, 8, nx_status (*)(const struct nx_host *, uint32_t, nx_auth_fn, void *));
MEMBER(nx_auth_v1, decide, 16, nx_status (*)(const struct nx_host *, nx_op_id, const struct nx_auth_decision *));
AT_LEAST(nx_auth_v1, 24);

MEMBER(nx_bytes, ptr, 0, const void *);
MEMBER(nx_bytes, len, 8, size_t);
EXACTLY(nx_bytes, 16);

MEMBER(nx_config_v1, struct_size, 0, uint32_t);
MEMBER(nx_config_v1, version, 4, uint32_t);
MEMBER(nx_config_v1, get_int, 8, int64_t (*)(const struct nx_config *, const char *));
MEMBER(nx_config_v1, get_bool, 16, int32_t (*)(const struct nx_config *, const char *));
MEMBER(nx_config_v1, get_str, 24, struct nx_str (*)(const struct nx_config *, const char *));
MEMBER(nx_config_v1, problem, 32, void (*)(struct nx_diag *, const char *, struct nx_str));
MEMBER(nx_config_v1, get_server_int, 40, int64_t (*)(const struct nx_config *, const char *));
MEMBER(nx_config_v1, data_dir, 48, struct nx_str (*)(const struct nx_config *));
AT_LEAST(nx_config_v1, 56);

MEMBER(nx_engine_provider_v1, struct_size, 0, uint32_t);
MEMBER(nx_engine_provider_v1, version, 4, uint32_t);
MEMBER(nx_engine_provider_v1, self, 8, void *);
MEMBER(nx_engine_provider_v1, name, 16, const char *);
MEMBER(nx_engine_provider_v1, durable, 24, int32_t);
MEMBER(nx_engine_provider_v1, reserved0, 28, uint32_t);
MEMBER(nx_engine_provider_v1, open, 32, nx_status (*)(void *, const struct nx_provider_sink *));
MEMBER(nx_engine_provider_v1, publish, 40, nx_status (*)(void *, const struct nx_provider_publish *));
MEMBER(nx_engine_provider_v1, history, 48, nx_status (*)(void *, uint64_t, struct nx_str, uint32_t, uint64_t, uint32_t));
MEMBER(nx_engine_provider_v1, put, 56, nx_status (*)(void *, uint64_t, struct nx_str, struct nx_str, struct nx_bytes, uint64_t, uint64_t));
MEMBER(nx_engine_provider_v1, get, 64, nx_status (*)(void *, uint64_t, struct nx_str, struct nx_str));
MEMBER(nx_engine_provider_v1, remove, 72, nx_status (*)(void *, uint64_t, struct nx_str, struct nx_str));
MEMBER(nx_engine_provider_v1, scan, 80, nx_status (*)(void *, uint64_t, struct nx_str, struct nx_str, struct nx_str, uint32_t));
MEMBER(nx_engine_provider_v1, attach, 88, void (*)(void *, struct nx_str));
MEMBER(nx_engine_provider_v1, detach, 96, void (*)(void *, struct nx_str));
AT_LEAST(nx_engine_provider_v1, 104);

MEMBER(nx_engine_v1, struct_size, 0, uint32_t);
MEMBER(nx_engine_v1, version, 4, uint32_t);
MEMBER(nx_engine_v1, publish, 8, nx_status (*)(const struct nx_host *, struct nx_str, struct nx_writer *, const struct nx_publish_opts *, nx_published_fn, void *));
MEMBER(nx_engine_v1, history, 16, nx_status (*)(const struct nx_host *, struct nx_str, uint32_t, uint64_t, uint32_t, nx_history_fn, void *));
MEMBER(nx_engine_v1, put, 24, nx_status (*)(const struct nx_host *, struct nx_str, struct nx_bytes, uint64_t, uint64_t, nx_fact_fn, void *));
MEMBER(nx_engine_v1, get, 32, nx_status (*)(const struct nx_host *, struct nx_str, nx_fact_fn, void *));
MEMBER(nx_engine_v1, remove, 40, nx_status (*)(const struct nx_host *, struct nx_str, nx_fact_fn, void *));
MEMBER(nx_engine_v1, scan, 48, nx_status (*)(const struct nx_host *, struct nx_str, struct nx_str, uint32_t, nx_fact_fn, void *));
MEMBER(nx_engine_v1, durable, 56, int32_t (*)(const struct nx_host *));
AT_LEAST(nx_engine_v1, 64);

MEMBER(nx_event, struct_size, 0, uint32_t);
MEMBER(nx_event, kind, 4, uint32_t);
MEMBER(nx_event, seq, 8, uint64_t);
MEMBER(nx_event, received_ns, 16, uint64_t);
MEMBER(nx_event, session, 24, nx_session_id);
MEMBER(nx_event, op, 32, nx_op_id);
MEMBER(nx_event, type, 40, struct nx_str);
MEMBER(nx_event, user, 56, struct nx_str);
MEMBER(nx_event, ref, 72, struct nx_str);
MEMBER(nx_event, raw, 88, struct nx_str);
MEMBER(nx_event, json, 104, const struct nx_json *);
AT_LEAST(nx_event, 112);

MEMBER(nx_fact, struct_size, 0, uint32_t);
MEMBER(nx_fact, reserved0, 4, uint32_t);
MEMBER(nx_fact, key, 8, struct nx_str);
MEMBER(nx_fact, value, 24, struct nx_bytes);
MEMBER(nx_fact, revision, 40, uint64_t);
EXACTLY(nx_fact, 48);

MEMBER(nx_fact_result, struct_size, 0, uint32_t);
MEMBER(nx_fact_result, status, 4, nx_status);
MEMBER(nx_fact_result, revision, 8, uint64_t);
MEMBER(nx_fact_result, count, 16, size_t);
MEMBER(nx_fact_result, facts, 24, const struct nx_fact *);
AT_LEAST(nx_fact_result, 32);

MEMBER(nx_failure, struct_size, 0, uint32_t);
MEMBER(nx_failure, status, 4, nx_status);
MEMBER(nx_failure, code, 8, const char *);
MEMBER(nx_failure, message, 16, struct nx_str);
MEMBER(nx_failure, details, 32, struct nx_writer *);
MEMBER(nx_failure, retry_after_ms, 40, uint64_t);
AT_LEAST(nx_failure, 48);

MEMBER(nx_field, name, 0, const char *);
MEMBER(nx_field, kinds, 8, uint32_t);
MEMBER(nx_field, flags, 12, uint32_t);
MEMBER(nx_field, min, 16, int64_t);
MEMBER(nx_field, max, 24, int64_t);
EXACTLY(nx_field, 32);

MEMBER(nx_history_result, struct_size, 0, uint32_t);
MEMBER(nx_history_result, status, 4, nx_status);
MEMBER(nx_history_result, epoch, 8, uint64_t);
MEMBER(nx_history_result, first, 16, uint64_t);
MEMBER(nx_history_result, last, 24, uint64_t);
MEMBER(nx_history_result, count, 32, size_t);
MEMBER(nx_history_result, records, 40, const struct nx_record *);
AT_LEAST(nx_history_result, 48);

MEMBER(nx_host, struct_size, 0, uint32_t);
MEMBER(nx_host, abi_major, 4, uint16_t);
MEMBER(nx_host, abi_minor, 6, uint16_t);
MEMBER(nx_host, ctx, 8, void *);
MEMBER(nx_host, server_version, 16, const char *);
MEMBER(nx_host, get_interface, 24, const void * (*)(const struct nx_host *, const char *, uint32_t));
EXACTLY(nx_host, 32);

MEMBER(nx_http_request, struct_size, 0, uint32_t);
MEMBER(nx_http_request, reserved0, 4, uint32_t);
MEMBER(nx_http_request, op, 8, nx_op_id);
MEMBER(nx_http_request, method, 16, struct nx_str);
MEMBER(nx_http_request, path, 32, struct nx_str);
MEMBER(nx_http_request, address, 48, struct nx_str);
MEMBER(nx_http_request, user, 64, struct nx_str);
MEMBER(nx_http_request, body, 80, struct nx_str);
MEMBER(nx_http_request, json, 96, const struct nx_json *);
MEMBER(nx_http_request, handle, 104, const void *);
AT_LEAST(nx_http_request, 112);

MEMBER(nx_http_v1, struct_size, 0, uint32_t);
MEMBER(nx_http_v1, version, 4, uint32_t);
MEMBER(nx_http_v1, route, 8, nx_status (*)(const struct nx_host *, const char *, const char *, nx_http_fn, void *));
MEMBER(nx_http_v1, param, 16, struct nx_str (*)(const struct nx_http_request *, const char *));
MEMBER(nx_http_v1, query, 24, struct nx_str (*)(const struct nx_http_request *, const char *));
MEMBER(nx_http_v1, header, 32, struct nx_str (*)(const struct nx_http_request *, const char *));
MEMBER(nx_http_v1, expect_query, 40, nx_status (*)(const struct nx_host *, const struct nx_http_request *, const char *const *));
MEMBER(nx_http_v1, respond, 48, nx_status (*)(const struct nx_host *, nx_op_id, uint32_t, struct nx_writer *));
MEMBER(nx_http_v1, respond_bytes, 56, nx_status (*)(const struct nx_host *, nx_op_id, uint32_t, const char *, struct nx_bytes));
MEMBER(nx_http_v1, problem, 64, nx_status (*)(const struct nx_host *, nx_op_id, nx_status, struct nx_str));
AT_LEAST(nx_http_v1, 72);

MEMBER(nx_jobs_v1, struct_size, 0, uint32_t);
MEMBER(nx_jobs_v1, version, 4, uint32_t);
MEMBER(nx_jobs_v1, submit, 8, nx_status (*)(const struct nx_host *, nx_job_fn, nx_job_done_fn, void *, void *, nx_job_id *));
MEMBER(nx_jobs_v1, cancel, 16, void (*)(const struct nx_host *, nx_job_id));
MEMBER(nx_jobs_v1, post, 24, nx_status (*)(const struct nx_host *, nx_job_done_fn, void *, void *));
AT_LEAST(nx_jobs_v1, 32);

MEMBER(nx_join_result, struct_size, 0, uint32_t);
MEMBER(nx_join_result, status, 4, nx_status);
MEMBER(nx_join_result, room, 8, nx_room_id);
MEMBER(nx_join_result, epoch, 16, uint64_t);
MEMBER(nx_join_result, offset, 24, uint64_t);
MEMBER(nx_join_result, recovered, 32, int32_t);
MEMBER(nx_join_result, records, 36, uint32_t);
AT_LEAST(nx_join_result, 40);

MEMBER(nx_json_v1, struct_size, 0, uint32_t);
MEMBER(nx_json_v1, version, 4, uint32_t);
MEMBER(nx_json_v1, kind, 8, uint32_t (*)(const struct nx_json *));
MEMBER(nx_json_v1, get, 16, const struct nx_json * (*)(const struct nx_json *, const char *));
MEMBER(nx_json_v1, at, 24, const struct nx_json * (*)(const struct nx_json *, size_t));
MEMBER(nx_json_v1, count, 32, size_t (*)(const struct nx_json *));
MEMBER(nx_json_v1, str, 40, struct nx_str (*)(const struct nx_json *));
MEMBER(nx_json_v1, i64, 48, nx_status (*)(const struct nx_json *, int64_t *));
MEMBER(nx_json_v1, f64, 56, nx_status (*)(const struct nx_json *, double *));
MEMBER(nx_json_v1, boolean, 64, nx_status (*)(const struct nx_json *, int32_t *));
MEMBER(nx_json_v1, each, 72, void (*)(const struct nx_json *, nx_json_each_fn, void *));
MEMBER(nx_json_v1, raw, 80, struct nx_str (*)(const struct nx_host *, const struct nx_json *));
MEMBER(nx_json_v1, parse, 88, const struct nx_json * (*)(const struct nx_host *, struct nx_str));
MEMBER(nx_json_v1, expect, 96, nx_status (*)(const struct nx_host *, const struct nx_event *, const struct nx_field *));
MEMBER(nx_json_v1, object, 104, struct nx_writer * (*)(const struct nx_host *));
MEMBER(nx_json_v1, event, 112, struct nx_writer * (*)(const struct nx_host *, const char *, struct nx_str));
MEMBER(nx_json_v1, put_str, 120, void (*)(struct nx_writer *, const char *, struct nx_str));
MEMBER(nx_json_v1, put_i64, 128, void (*)(struct nx_writer *, const char *, int64_t));
MEMBER(nx_json_v1, put_u64, 136, void (*)(struct nx_writer *, const char *, uint64_t));
MEMBER(nx_json_v1, put_f64, 144, void (*)(struct nx_writer *, const char *, double));
MEMBER(nx_json_v1, put_bool, 152, void (*)(struct nx_writer *, const char *, int32_t));
MEMBER(nx_json_v1, put_null, 160, void (*)(struct nx_writer *, const char *));
MEMBER(nx_json_v1, put_json, 168, void (*)(struct nx_writer *, const char *, const struct nx_json *));
MEMBER(nx_json_v1, put_raw, 176, void (*)(struct nx_writer *, const char *, struct nx_str));
MEMBER(nx_json_v1, put_members, 184, void (*)(struct nx_writer *, const struct nx_json *, const char *const *));
MEMBER(nx_json_v1, begin_object, 192, void (*)(struct nx_writer *, const char *));
MEMBER(nx_json_v1, begin_array, 200, void (*)(struct nx_writer *, const char *));
MEMBER(nx_json_v1, end, 208, void (*)(struct nx_writer *));
MEMBER(nx_json_v1, text, 216, struct nx_str (*)(struct nx_writer *));
MEMBER(nx_json_v1, discard, 224, void (*)(struct nx_writer *));
AT_LEAST(nx_json_v1, 232);

MEMBER(nx_log_field, key, 0, struct nx_str);
MEMBER(nx_log_field, value, 16, struct nx_str);
EXACTLY(nx_log_field, 32);

MEMBER(nx_log_v1, struct_size, 0, uint32_t);
MEMBER(nx_log_v1, version, 4, uint32_t);
MEMBER(nx_log_v1, write, 8, void (*)(const struct nx_host *, uint32_t, struct nx_str, const struct nx_log_field *, size_t));
MEMBER(nx_log_v1, level, 16, uint32_t (*)(const struct nx_host *));
AT_LEAST(nx_log_v1, 24);

MEMBER(nx_member_event, struct_size, 0, uint32_t);
MEMBER(nx_member_event, what, 4, uint32_t);
MEMBER(nx_member_event, room, 8, nx_room_id);
MEMBER(nx_member_event, session, 16, nx_session_id);
MEMBER(nx_member_event, room_name, 24, struct nx_str);
MEMBER(nx_member_event, user, 40, struct nx_str);
MEMBER(nx_member_event, user_sessions, 56, uint32_t);
MEMBER(nx_member_event, members, 60, uint32_t);
AT_LEAST(nx_member_event, 64);

MEMBER(nx_metrics_v1, struct_size, 0, uint32_t);
MEMBER(nx_metrics_v1, version, 4, uint32_t);
MEMBER(nx_metrics_v1, define, 8, nx_status (*)(const struct nx_host *, uint32_t, const char *, const char *, nx_metric_id *));
MEMBER(nx_metrics_v1, add, 16, void (*)(const struct nx_host *, nx_metric_id, double));
MEMBER(nx_metrics_v1, set, 24, void (*)(const struct nx_host *, nx_metric_id, double));
AT_LEAST(nx_metrics_v1, 32);

MEMBER(nx_plugin, struct_size, 0, uint32_t);
MEMBER(nx_plugin, reserved0, 4, uint32_t);
MEMBER(nx_plugin, self, 8, void *);
MEMBER(nx_plugin, configure, 16, nx_status (*)(struct nx_plugin *, const struct nx_config *, struct nx_diag *, uint32_t));
MEMBER(nx_plugin, start, 24, nx_status (*)(struct nx_plugin *, const struct nx_state_reader *));
MEMBER(nx_plugin, quiesce, 32, nx_status (*)(struct nx_plugin *, uint32_t));
MEMBER(nx_plugin, save_state, 40, nx_status (*)(const struct nx_plugin *, const struct nx_state_writer *));
MEMBER(nx_plugin, resume, 48, void (*)(struct nx_plugin *));
MEMBER(nx_plugin, destroy, 56, void (*)(struct nx_plugin *));
MEMBER(nx_plugin, get_interface, 64, const void * (*)(struct nx_plugin *, const char *, uint32_t));
AT_LEAST(nx_plugin, 72);

MEMBER(nx_plugin_entry, magic, 0, uint32_t);
MEMBER(nx_plugin_entry, struct_size, 4, uint32_t);
MEMBER(nx_plugin_entry, abi_major, 8, uint16_t);
MEMBER(nx_plugin_entry, abi_minor, 10, uint16_t);
MEMBER(nx_plugin_entry, reserved0, 12, uint32_t);
MEMBER(nx_plugin_entry, info, 16, const struct nx_plugin_info *);
MEMBER(nx_plugin_entry, create, 24, nx_status (*)(const struct nx_host *, struct nx_plugin **));
EXACTLY(nx_plugin_entry, 32);

MEMBER(nx_plugin_info, struct_size, 0, uint32_t);
MEMBER(nx_plugin_info, flags, 4, uint32_t);
MEMBER(nx_plugin_info, state_version, 8, uint32_t);
MEMBER(nx_plugin_info, state_version_min, 12, uint32_t);
MEMBER(nx_plugin_info, id, 16, const char *);
MEMBER(nx_plugin_info, version, 24, const char *);
MEMBER(nx_plugin_info, license, 32, const char *);
MEMBER(nx_plugin_info, description, 40, const char *);
MEMBER(nx_plugin_info, prefixes, 48, const char *const *);
MEMBER(nx_plugin_info, requires_, 56, const char *const *);
MEMBER(nx_plugin_info, settings, 64, const struct nx_setting *);
AT_LEAST(nx_plugin_info, 72);

MEMBER(nx_position, epoch, 0, uint64_t);
MEMBER(nx_position, offset, 8, uint64_t);
EXACTLY(nx_position, 16);

MEMBER(nx_provider_publish, struct_size, 0, uint32_t);
MEMBER(nx_provider_publish, flags, 4, uint32_t);
MEMBER(nx_provider_publish, cookie, 8, uint64_t);
MEMBER(nx_provider_publish, room, 16, struct nx_str);
MEMBER(nx_provider_publish, payload, 32, struct nx_str);
MEMBER(nx_provider_publish, keep_count, 48, uint32_t);
MEMBER(nx_provider_publish, dedupe_ttl_s, 52, uint32_t);
MEMBER(nx_provider_publish, keep_age_ms, 56, uint64_t);
MEMBER(nx_provider_publish, expect_offset, 64, uint64_t);
MEMBER(nx_provider_publish, dedupe_key, 72, struct nx_bytes);
MEMBER(nx_provider_publish, memo, 88, struct nx_bytes);
MEMBER(nx_provider_publish, tag, 104, uint64_t);
AT_LEAST(nx_provider_publish, 112);

MEMBER(nx_provider_sink, struct_size, 0, uint32_t);
MEMBER(nx_provider_sink, reserved0, 4, uint32_t);
MEMBER(nx_provider_sink, ctx, 8, void *);
MEMBER(nx_provider_sink, deliver, 16, void (*)(void *, struct nx_str, const struct nx_record *, uint64_t));
MEMBER(nx_provider_sink, published, 24, void (*)(void *, uint64_t, const struct nx_publish_result *));
MEMBER(nx_provider_sink, history, 32, void (*)(void *, uint64_t, const struct nx_history_result *));
MEMBER(nx_provider_sink, fact, 40, void (*)(void *, uint64_t, const struct nx_fact_result *));
MEMBER(nx_provider_sink, health, 48, void (*)(void *, int32_t, struct nx_str));
AT_LEAST(nx_provider_sink, 56);

MEMBER(nx_publish_opts, struct_size, 0, uint32_t);
MEMBER(nx_publish_opts, flags, 4, uint32_t);
MEMBER(nx_publish_opts, cls, 8, uint32_t);
MEMBER(nx_publish_opts, dedupe_ttl_s, 12, uint32_t);
MEMBER(nx_publish_opts, expect_offset, 16, uint64_t);
MEMBER(nx_publish_opts, except, 24, nx_session_id);
MEMBER(nx_publish_opts, dedupe_key, 32, struct nx_bytes);
MEMBER(nx_publish_opts, memo, 48, struct nx_bytes);
AT_LEAST(nx_publish_opts, 64);

MEMBER(nx_publish_result, struct_size, 0, uint32_t);
MEMBER(nx_publish_result, status, 4, nx_status);
MEMBER(nx_publish_result, epoch, 8, uint64_t);
MEMBER(nx_publish_result, offset, 16, uint64_t);
MEMBER(nx_publish_result, time_ms, 24, int64_t);
MEMBER(nx_publish_result, duplicate, 32, int32_t);
MEMBER(nx_publish_result, delivered, 36, uint32_t);
MEMBER(nx_publish_result, memo, 40, struct nx_bytes);
AT_LEAST(nx_publish_result, 56);

MEMBER(nx_received_event, struct_size, 0, uint32_t);
MEMBER(nx_received_event, reserved0, 4, uint32_t);
MEMBER(nx_received_event, room, 8, nx_room_id);
MEMBER(nx_received_event, session, 16, nx_session_id);
MEMBER(nx_received_event, room_name, 24, struct nx_str);
MEMBER(nx_received_event, user, 40, struct nx_str);
MEMBER(nx_received_event, epoch, 56, uint64_t);
MEMBER(nx_received_event, after, 64, uint64_t);
MEMBER(nx_received_event, upto, 72, uint64_t);
AT_LEAST(nx_received_event, 80);

MEMBER(nx_record, struct_size, 0, uint32_t);
MEMBER(nx_record, reserved0, 4, uint32_t);
MEMBER(nx_record, epoch, 8, uint64_t);
MEMBER(nx_record, offset, 16, uint64_t);
MEMBER(nx_record, time_ms, 24, int64_t);
MEMBER(nx_record, payload, 32, struct nx_str);
EXACTLY(nx_record, 48);

MEMBER(nx_room_kind, struct_size, 0, uint32_t);
MEMBER(nx_room_kind, flags, 4, uint32_t);
MEMBER(nx_room_kind, prefix, 8, const char *);
MEMBER(nx_room_kind, offset_field, 16, const char *);
MEMBER(nx_room_kind, keep_count, 24, uint32_t);
MEMBER(nx_room_kind, reserved0, 28, uint32_t);
MEMBER(nx_room_kind, keep_age_ms, 32, uint64_t);
MEMBER(nx_room_kind, user, 40, void *);
MEMBER(nx_room_kind, on_member, 48, void (*)(void *, const struct nx_member_event *));
MEMBER(nx_room_kind, on_record, 56, void (*)(void *, nx_room_id, struct nx_str, const struct nx_record *));
MEMBER(nx_room_kind, on_received, 64, void (*)(void *, const struct nx_received_event *));
AT_LEAST(nx_room_kind, 72);

MEMBER(nx_rooms_v1, struct_size, 0, uint32_t);
MEMBER(nx_rooms_v1, version, 4, uint32_t);
MEMBER(nx_rooms_v1, define, 8, nx_status (*)(const struct nx_host *, const struct nx_room_kind *));
MEMBER(nx_rooms_v1, observe, 16, nx_status (*)(const struct nx_host *, nx_member_fn, void *));
MEMBER(nx_rooms_v1, join, 24, nx_status (*)(const struct nx_host *, struct nx_str, nx_session_id, const struct nx_position *, nx_join_fn, void *));
MEMBER(nx_rooms_v1, leave, 32, nx_status (*)(const struct nx_host *, struct nx_str, nx_session_id));
MEMBER(nx_rooms_v1, expel, 40, nx_status (*)(const struct nx_host *, struct nx_str, struct nx_str));
MEMBER(nx_rooms_v1, find, 48, nx_room_id (*)(const struct nx_host *, struct nx_str));
MEMBER(nx_rooms_v1, name, 56, struct nx_str (*)(const struct nx_host *, nx_room_id));
MEMBER(nx_rooms_v1, is_member, 64, int32_t (*)(const struct nx_host *, nx_room_id, nx_session_id));
MEMBER(nx_rooms_v1, count, 72, uint32_t (*)(const struct nx_host *, nx_room_id));
MEMBER(nx_rooms_v1, user_count, 80, uint32_t (*)(const struct nx_host *, nx_room_id));
MEMBER(nx_rooms_v1, each_session, 88, void (*)(const struct nx_host *, nx_room_id, nx_each_session_fn, void *));
MEMBER(nx_rooms_v1, each_user, 96, void (*)(const struct nx_host *, nx_room_id, nx_each_user_fn, void *));
MEMBER(nx_rooms_v1, each_room_of, 104, void (*)(const struct nx_host *, nx_session_id, nx_each_room_fn, void *));
MEMBER(nx_rooms_v1, data_set, 112, nx_status (*)(const struct nx_host *, nx_room_id, const char *, struct nx_bytes));
MEMBER(nx_rooms_v1, data_get, 120, struct nx_bytes (*)(const struct nx_host *, nx_room_id, const char *));
AT_LEAST(nx_rooms_v1, 128);

MEMBER(nx_router_v1, struct_size, 0, uint32_t);
MEMBER(nx_router_v1, version, 4, uint32_t);
MEMBER(nx_router_v1, handle, 8, nx_status (*)(const struct nx_host *, const char *, nx_event_fn, void *));
MEMBER(nx_router_v1, observe, 16, nx_status (*)(const struct nx_host *, const char *, nx_event_fn, void *));
MEMBER(nx_router_v1, on_session, 24, nx_status (*)(const struct nx_host *, uint32_t, nx_session_fn, void *));
MEMBER(nx_router_v1, reply, 32, nx_status (*)(const struct nx_host *, nx_op_id, struct nx_writer *, uint32_t));
MEMBER(nx_router_v1, fail, 40, nx_status (*)(const struct nx_host *, nx_op_id, const struct nx_failure *));
MEMBER(nx_router_v1, emit, 48, nx_status (*)(const struct nx_host *, struct nx_str, struct nx_str, struct nx_writer *));
AT_LEAST(nx_router_v1, 56);

MEMBER(nx_send_opts, struct_size, 0, uint32_t);
MEMBER(nx_send_opts, cls, 4, uint32_t);
MEMBER(nx_send_opts, except, 8, nx_session_id);
MEMBER(nx_send_opts, coalesce_key, 16, struct nx_str);
AT_LEAST(nx_send_opts, 32);

MEMBER(nx_send_v1, struct_size, 0, uint32_t);
MEMBER(nx_send_v1, version, 4, uint32_t);
MEMBER(nx_send_v1, to_session, 8, nx_status (*)(const struct nx_host *, nx_session_id, struct nx_writer *, const struct nx_send_opts *));
MEMBER(nx_send_v1, to_sessions, 16, nx_status (*)(const struct nx_host *, const nx_session_id *, size_t, struct nx_writer *, const struct nx_send_opts *, uint32_t *));
MEMBER(nx_send_v1, to_user, 24, nx_status (*)(const struct nx_host *, struct nx_str, struct nx_writer *, const struct nx_send_opts *, uint32_t *));
MEMBER(nx_send_v1, to_room, 32, nx_status (*)(const struct nx_host *, nx_room_id, struct nx_writer *, const struct nx_send_opts *, uint32_t *));
MEMBER(nx_send_v1, to_all, 40, nx_status (*)(const struct nx_host *, struct nx_writer *, const struct nx_send_opts *, uint32_t *));
MEMBER(nx_send_v1, tracked, 48, nx_status (*)(const struct nx_host *, nx_session_id, struct nx_writer *, const struct nx_send_opts *, uint64_t, nx_tracked_fn, void *));
MEMBER(nx_send_v1, close, 56, nx_status (*)(const struct nx_host *, nx_session_id, uint16_t, struct nx_str));
MEMBER(nx_send_v1, queued_bytes, 64, uint64_t (*)(const struct nx_host *, nx_session_id));
AT_LEAST(nx_send_v1, 72);

MEMBER(nx_service_v1, struct_size, 0, uint32_t);
MEMBER(nx_service_v1, version, 4, uint32_t);
MEMBER(nx_service_v1, offer, 8, nx_status (*)(const struct nx_host *, const char *, uint32_t, const void *));
MEMBER(nx_service_v1, find, 16, const void * (*)(const struct nx_host *, const char *, uint32_t));
AT_LEAST(nx_service_v1, 24);

MEMBER(nx_session_event, struct_size, 0, uint32_t);
MEMBER(nx_session_event, what, 4, uint32_t);
MEMBER(nx_session_event, session, 8, nx_session_id);
MEMBER(nx_session_event, user, 16, struct nx_str);
MEMBER(nx_session_event, user_sessions, 32, uint32_t);
MEMBER(nx_session_event, close_code, 36, uint32_t);
MEMBER(nx_session_event, resumed, 40, uint32_t);
MEMBER(nx_session_event, reserved0, 44, uint32_t);
AT_LEAST(nx_session_event, 48);

MEMBER(nx_session_info, struct_size, 0, uint32_t);
MEMBER(nx_session_info, flags, 4, uint32_t);
MEMBER(nx_session_info, session, 8, nx_session_id);
MEMBER(nx_session_info, user, 16, struct nx_str);
MEMBER(nx_session_info, device, 32, struct nx_str);
MEMBER(nx_session_info, address, 48, struct nx_str);
MEMBER(nx_session_info, connected_ms, 64, int64_t);
MEMBER(nx_session_info, active_ms, 72, int64_t);
MEMBER(nx_session_info, idle_ms, 80, uint64_t);
AT_LEAST(nx_session_info, 88);

MEMBER(nx_setting, key, 0, const char *);
MEMBER(nx_setting, kind, 8, uint32_t);
MEMBER(nx_setting, flags, 12, uint32_t);
MEMBER(nx_setting, fallback, 16, const char *);
MEMBER(nx_setting, range, 24, const char *);
MEMBER(nx_setting, help, 32, const char *);
EXACTLY(nx_setting, 40);

MEMBER(nx_state_reader, struct_size, 0, uint32_t);
MEMBER(nx_state_reader, state_version, 4, uint32_t);
MEMBER(nx_state_reader, ctx, 8, void *);
MEMBER(nx_state_reader, total, 16, uint64_t);
MEMBER(nx_state_reader, read, 24, size_t (*)(const struct nx_state_reader *, void *, size_t));
AT_LEAST(nx_state_reader, 32);

MEMBER(nx_state_writer, struct_size, 0, uint32_t);
MEMBER(nx_state_writer, reserved0, 4, uint32_t);
MEMBER(nx_state_writer, ctx, 8, void *);
MEMBER(nx_state_writer, write, 16, nx_status (*)(const struct nx_state_writer *, const void *, size_t));
AT_LEAST(nx_state_writer, 24);

MEMBER(nx_str, ptr, 0, const char *);
MEMBER(nx_str, len, 8, size_t);
EXACTLY(nx_str, 16);

MEMBER(nx_timers_v1, struct_size, 0, uint32_t);
MEMBER(nx_timers_v1, version, 4, uint32_t);
MEMBER(nx_timers_v1, set, 8, nx_status (*)(const struct nx_host *, uint64_t, uint64_t, nx_timer_fn, void *, nx_timer_id *));
MEMBER(nx_timers_v1, cancel, 16, void (*)(const struct nx_host *, nx_timer_id));
MEMBER(nx_timers_v1, now_ms, 24, uint64_t (*)(const struct nx_host *));
MEMBER(nx_timers_v1, wall_ms, 32, int64_t (*)(const struct nx_host *));
AT_LEAST(nx_timers_v1, 40);

MEMBER(nx_users_v1, struct_size, 0, uint32_t);
MEMBER(nx_users_v1, version, 4, uint32_t);
MEMBER(nx_users_v1, session_info, 8, nx_status (*)(const struct nx_host *, nx_session_id, struct nx_session_info *));
MEMBER(nx_users_v1, session_count, 16, uint32_t (*)(const struct nx_host *, struct nx_str));
MEMBER(nx_users_v1, each_session, 24, void (*)(const struct nx_host *, struct nx_str, nx_each_session_fn, void *));
MEMBER(nx_users_v1, each_user, 32, void (*)(const struct nx_host *, nx_each_user_fn, void *));
MEMBER(nx_users_v1, data_set, 40, nx_status (*)(const struct nx_host *, nx_session_id, const char *, struct nx_bytes));
MEMBER(nx_users_v1, data_get, 48, struct nx_bytes (*)(const struct nx_host *, nx_session_id, const char *));
MEMBER(nx_users_v1, notice, 56, nx_status (*)(const struct nx_host *, nx_session_id));
MEMBER(nx_users_v1, hide, 64, nx_status (*)(const struct nx_host *, struct nx_str, int32_t));
MEMBER(nx_users_v1, is_hidden, 72, int32_t (*)(const struct nx_host *, struct nx_str));
AT_LEAST(nx_users_v1, 80);

TEXT(NX_IFACE_AUTH, "nexus.auth");
TEXT(NX_IFACE_CONFIG, "nexus.config");
TEXT(NX_IFACE_ENGINE, "nexus.engine");
TEXT(NX_IFACE_HTTP, "nexus.http");
TEXT(NX_IFACE_JOBS, "nexus.jobs");
TEXT(NX_IFACE_JSON, "nexus.json");
TEXT(NX_IFACE_LOG, "nexus.log");
TEXT(NX_IFACE_METRICS, "nexus.metrics");
TEXT(NX_IFACE_ROOMS, "nexus.rooms");
TEXT(NX_IFACE_ROUTER, "nexus.router");
TEXT(NX_IFACE_SEND, "nexus.send");
TEXT(NX_IFACE_SERVICE, "nexus.service");
TEXT(NX_IFACE_TIMERS, "nexus.timers");
TEXT(NX_IFACE_USERS, "nexus.users");
TEXT(NX_MANIFEST_BEGIN, "NEXUS-PLUGIN\x02");
TEXT(NX_MANIFEST_END, "\x03");
TEXT(NX_SERVICE_ENGINE, "nexus.engine.provider");
VALUE(NX_ABI_MAJOR, 1u);
VALUE(NX_AUTH_ALLOW, 1);
VALUE(NX_AUTH_CONNECT, (1u << 0));
VALUE(NX_AUTH_DEFER, 0);
VALUE(NX_AUTH_DENY, 2);
VALUE(NX_AUTH_HTTP, (1u << 3));
VALUE(NX_AUTH_JOIN, (1u << 1));
VALUE(NX_AUTH_LATER, 3);
VALUE(NX_AUTH_SEND, (1u << 2));
VALUE(NX_CLASS_CONTROL, 3u);
VALUE(NX_CLASS_DROPPABLE, 1u);
VALUE(NX_CLASS_NORMAL, 0u);
VALUE(NX_CLASS_URGENT, 2u);
VALUE(NX_CONFIGURE_APPLY, 2u);
VALUE(NX_CONFIGURE_CHECK, 1u);
VALUE(NX_DEVICE_MADE_UP, (1u << 0));
VALUE(NX_DONE, 0);
VALUE(NX_ERR_AGAIN, -6);
VALUE(NX_ERR_AUTH_TIMEOUT, -33);
VALUE(NX_ERR_BAD_JSON, -20);
VALUE(NX_ERR_BAD_REQUEST, -22);
VALUE(NX_ERR_CANCELLED, -14);
VALUE(NX_ERR_CONFLICT, -50);
VALUE(NX_ERR_DRAINING, -42);
VALUE(NX_ERR_ENGINE_BUSY, -51);
VALUE(NX_ERR_ENGINE_UNAVAILABLE, -52);
VALUE(NX_ERR_EXISTS, -4);
VALUE(NX_ERR_FORBIDDEN, -5);
VALUE(NX_ERR_GONE, -12);
VALUE(NX_ERR_IDENTITY, -31);
VALUE(NX_ERR_INTERNAL, -15);
VALUE(NX_ERR_INVALID, -1);
VALUE(NX_ERR_INVALID_FIELD, -24);
VALUE(NX_ERR_IO, -11);
VALUE(NX_ERR_LIMIT, -7);
VALUE(NX_ERR_MEDIA_TYPE, -29);
VALUE(NX_ERR_METHOD, -28);
VALUE(NX_ERR_MISSING_FIELD, -23);
VALUE(NX_ERR_NOT_FOUND, -3);
VALUE(NX_ERR_NOT_MEMBER, -32);
VALUE(NX_ERR_NO_MEMORY, -2);
VALUE(NX_ERR_OVERLOADED, -41);
VALUE(NX_ERR_QUARANTINED, -54);
VALUE(NX_ERR_RATE_LIMITED, -40);
VALUE(NX_ERR_RELOADED, -53);
VALUE(NX_ERR_SLOW_CONSUMER, -43);
VALUE(NX_ERR_STATE, -8);
VALUE(NX_ERR_THREAD, -9);
VALUE(NX_ERR_TIMEOUT, -16);
VALUE(NX_ERR_TOO_DEEP, -21);
VALUE(NX_ERR_TOO_LARGE, -27);
VALUE(NX_ERR_UNAUTHENTICATED, -30);
VALUE(NX_ERR_UNKNOWN_EVENT, -26);
VALUE(NX_ERR_UNKNOWN_FIELD, -25);
VALUE(NX_ERR_UNSUPPORTED, -10);
VALUE(NX_ERR_VERSION, -13);
VALUE(NX_EVENT_BINARY, 2u);
VALUE(NX_EVENT_JSON, 1u);
VALUE(NX_FIELD_NAME, (1u << 1));
VALUE(NX_FIELD_REQUIRED, (1u << 0));
VALUE(NX_HISTORY_AFTER, 0u);
VALUE(NX_HISTORY_BEFORE, 1u);
VALUE(NX_JSON_ARRAY, (1u << 5));
VALUE(NX_JSON_BOOL, (1u << 1));
VALUE(NX_JSON_FLOAT, (1u << 3));
VALUE(NX_JSON_INT, (1u << 2));
VALUE(NX_JSON_NONE, 0u);
VALUE(NX_JSON_NULL, (1u << 0));
VALUE(NX_JSON_OBJECT, (1u << 6));
VALUE(NX_JSON_STRING, (1u << 4));
VALUE(NX_LATER, 1);
VALUE(NX_LOG_DEBUG, 0u);
VALUE(NX_LOG_ERROR, 3u);
VALUE(NX_LOG_INFO, 1u);
VALUE(NX_LOG_WARN, 2u);
VALUE(NX_MEMBER_JOINED, 1u);
VALUE(NX_MEMBER_LEFT, 2u);
VALUE(NX_METRIC_COUNTER, 1u);
VALUE(NX_METRIC_GAUGE, 2u);
VALUE(NX_METRIC_HISTOGRAM, 3u);
VALUE(NX_PASS, 2);
VALUE(NX_PLUGIN_MAGIC, 0x3150584eu);
VALUE(NX_PLUGIN_OBSERVER, (1u << 0));
VALUE(NX_PUBLISH_EXPECT, (1u << 0));
VALUE(NX_PUBLISH_NO_LOG, (1u << 2));
VALUE(NX_PUBLISH_SILENT, (1u << 1));
VALUE(NX_PUT_ANY, UINT64_MAX);
VALUE(NX_PUT_NEW, 0u);
VALUE(NX_QUIESCE_RELOAD, 1u);
VALUE(NX_QUIESCE_REMOVED, 2u);
VALUE(NX_QUIESCE_SHUTDOWN, 3u);
VALUE(NX_REPLY_RESULT, (1u << 0));
VALUE(NX_ROOM_TRACKED, (1u << 0));
VALUE(NX_SERVICE_ENGINE_VERSION, 1u);
VALUE(NX_SESSION_ACTIVE, (1u << 2));
VALUE(NX_SESSION_CLOSED, (1u << 1));
VALUE(NX_SESSION_OPENED, (1u << 0));
VALUE(NX_SETTING_BOOL, 3u);
VALUE(NX_SETTING_INT, 1u);
VALUE(NX_SETTING_LIVE, (1u << 2));
VALUE(NX_SETTING_REQUIRED, (1u << 0));
VALUE(NX_SETTING_SECRET, (1u << 1));
VALUE(NX_SETTING_STRING, 2u);
VALUE(NX_TRACKED_LOST, 2u);
VALUE(NX_TRACKED_RECEIVED, 1u);
