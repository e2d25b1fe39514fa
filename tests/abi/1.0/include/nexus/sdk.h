/*
 * sdk - everything at once, and conveniences that are not part of the ABI.
 *
 * Includes every interface header and adds inline helpers: strings,
 * one struct with all interface tables, printf-like logging, and
 * NX_PLUGIN(), which writes info, manifest and entry from one list.
 *
 * Thread:  as the functions they wrap
 */
#ifndef NEXUS_SDK_H
#define NEXUS_SDK_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <nexus/auth.h>
#include <nexus/config.h>
#include <nexus/engine.h>
#include <nexus/error.h>
#include <nexus/host.h>
#include <nexus/http.h>
#include <nexus/jobs.h>
#include <nexus/json.h>
#include <nexus/log.h>
#include <nexus/metrics.h>
#include <nexus/plugin.h>
#include <nexus/provider.h>
#include <nexus/rooms.h>
#include <nexus/router.h>
#include <nexus/send.h>
#include <nexus/service.h>
#include <nexus/timers.h>
#include <nexus/types.h>
#include <nexus/users.h>
#include <nexus/util/str.h>

#ifdef __cplusplus
extern "C" {
#endif

// All interface tables of version 1; those the server does not offer are
// NULL. List in info.requires_ what you use without a check.
struct nx_sdk {
    const struct nx_host *host;
    const struct nx_log_v1 *log;
    const struct nx_config_v1 *config;
    const struct nx_json_v1 *json;
    const struct nx_router_v1 *router;
    const struct nx_send_v1 *send;
    const struct nx_rooms_v1 *rooms;
    const struct nx_users_v1 *users;
    const struct nx_timers_v1 *timers;
    const struct nx_jobs_v1 *jobs;
    const struct nx_auth_v1 *auth;
    const struct nx_http_v1 *http;
    const struct nx_engine_v1 *engine;
    const struct nx_metrics_v1 *metrics;
    const struct nx_service_v1 *service;
};

// Fills every member of sdk. [logic] C. Since 1.0.
static inline void nx_sdk_load(struct nx_sdk *sdk, const struct nx_host *host) {
    sdk->host = host;
#define NX_SDK_LOAD(member, name) \
    sdk->member = (const struct nx_##member##_v1 *)host->get_interface( \
            host, name, 1)
    NX_SDK_LOAD(log, NX_IFACE_LOG);
    NX_SDK_LOAD(config, NX_IFACE_CONFIG);
    NX_SDK_LOAD(json, NX_IFACE_JSON);
    NX_SDK_LOAD(router, NX_IFACE_ROUTER);
    NX_SDK_LOAD(send, NX_IFACE_SEND);
    NX_SDK_LOAD(rooms, NX_IFACE_ROOMS);
    NX_SDK_LOAD(users, NX_IFACE_USERS);
    NX_SDK_LOAD(timers, NX_IFACE_TIMERS);
    NX_SDK_LOAD(jobs, NX_IFACE_JOBS);
    NX_SDK_LOAD(auth, NX_IFACE_AUTH);
    NX_SDK_LOAD(http, NX_IFACE_HTTP);
    NX_SDK_LOAD(engine, NX_IFACE_ENGINE);
    NX_SDK_LOAD(metrics, NX_IFACE_METRICS);
    NX_SDK_LOAD(service, NX_IFACE_SERVICE);
#undef NX_SDK_LOAD
}

// Writes a line to the server's log; longer than 511 bytes is cut.
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static inline void
nx_logf(const struct nx_sdk *sdk, uint32_t level, const char *format, ...) {
    char line[512];
    va_list args;
    int len;

    if (!sdk->log || level < sdk->log->level(sdk->host)) {
        return;
    }
    va_start(args, format);
    len = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (len > 0) {
        sdk->log->write(sdk->host, level, nx_str_c(line), NULL, 0);
    }
}

// One row of a table for nx_define_metrics().
struct nx_metric {
    uint32_t kind;     // NX_METRIC_
    const char *name;  // without nexus_<plugin>_
    const char *help;  // one line
    nx_metric_id *out; // its id
};

// Defines metrics until one fails. [logic] S. Since 1.0.
static inline nx_status nx_define_metrics(const struct nx_sdk *sdk,
        const struct nx_metric *metrics, size_t count) {
    nx_status status = NX_OK;
    for (size_t i = 0; i < count && status == NX_OK; i++) {
        status = sdk->metrics->define(sdk->host, metrics[i].kind,
                metrics[i].name, metrics[i].help, metrics[i].out);
    }
    return status;
}

// Answers a request with an error and a sentence for the client, and returns
// what its handler returns then. [logic] R Q. Since 1.0.
static inline int32_t nx_refuse(const struct nx_sdk *sdk, nx_op_id op,
        nx_status status, const char *message) {
    struct nx_failure failure;
    memset(&failure, 0, sizeof(failure));
    failure.struct_size = sizeof(failure);
    failure.status = status;
    failure.message = nx_str_c(message);
    (void)sdk->router->fail(sdk->host, op, &failure);
    return NX_DONE;
}

// Reads exactly len bytes of a state, however many reads that takes; false
// when fewer were left. [logic] S. Since 1.0.
static inline bool nx_state_read(
        const struct nx_state_reader *reader, void *data, size_t len) {
    char *at = (char *)data;
    size_t got = 1;
    while (len > 0 && got > 0) {
        got = reader->read(reader, at, len);
        at += got;
        len -= got;
    }
    return len == 0;
}

#define NX_PLUGIN_LIST_(...)    __VA_ARGS__
#define NX_PLUGIN_TEXT_(...)    #__VA_ARGS__
#define NX_PLUGIN_TEXT_OF_(...) NX_PLUGIN_TEXT_(__VA_ARGS__)

// Keeps the manifest through --gc-sections where the compiler can.
#if defined(__has_attribute)
#if __has_attribute(retain)
#define NX_PLUGIN_RETAIN_ , retain
#endif
#endif
#ifndef NX_PLUGIN_RETAIN_
#define NX_PLUGIN_RETAIN_
#endif

// Emits manifest, info and entry of a plugin from one list. prefixes_ and
// requires_ are string literals in parentheses; settings_ is a static array
// or NULL:
//
//   NX_PLUGIN("echo", "1.0.0", "MIT", "answers what it hears", 0, 0,
//           ("echo."), ("nexus.json/1", "nexus.router/1"), NULL, create);
#define NX_PLUGIN(id_, version_, license_, description_, state_version_, \
        state_min_, prefixes_, requires__, settings_, create_) \
    __attribute__((section(".nexus.info"), \
            used NX_PLUGIN_RETAIN_)) static const char nx_manifest_[] = \
            NX_MANIFEST_BEGIN \
            "{\"id\":\"" id_ "\",\"version\":\"" version_ \
            "\",\"abi\":\"" NX_ABI_TEXT "\",\"license\":\"" license_ \
            "\",\"prefixes\":[" NX_PLUGIN_TEXT_OF_(NX_PLUGIN_LIST_ \
                            prefixes_) "],\"requires\":[" NX_PLUGIN_TEXT_OF_(NX_PLUGIN_LIST_ \
                            requires__) "]}" NX_MANIFEST_END; \
    static const char *const nx_prefixes_[] = { \
            NX_PLUGIN_LIST_ prefixes_, NULL}; \
    static const char *const nx_requires_[] = { \
            NX_PLUGIN_LIST_ requires__, NULL}; \
    static const struct nx_plugin_info nx_info_ = { \
            sizeof(struct nx_plugin_info), 0, state_version_, state_min_, id_, \
            version_, license_, description_, nx_prefixes_, nx_requires_, \
            settings_}; \
    const struct nx_plugin_entry NX_PLUGIN_SYMBOL = {NX_PLUGIN_MAGIC, \
            sizeof(struct nx_plugin_entry), NX_ABI_MAJOR, NX_ABI_MINOR, 0, \
            &nx_info_, create_}

#ifdef __cplusplus
}
#endif

#endif
