/*
 * host_tables - the host side of every interface, one constant table each.
 *
 * A table forwards to the module of core that does the work. Before that it
 * asks whether the plugin may make the call now, and checks what came over
 * the ABI: whatever a plugin passes is refused, never a crash. Writers are
 * consumed on every path.
 *
 * Owner:   constants
 * Thread:  as the headers of <nexus/> say
 * Errors:  INVALID for arguments, STATE and THREAD for the wrong moment
 */
#ifndef KERNEL_CORE_HOST_TABLES_H
#define KERNEL_CORE_HOST_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/error.h>
#include <nexus/types.h>

struct nx_auth_v1;
struct nx_config_v1;
struct nx_engine_v1;
struct nx_http_v1;
struct nx_jobs_v1;
struct nx_json_v1;
struct nx_log_v1;
struct nx_metrics_v1;
struct nx_rooms_v1;
struct nx_router_v1;
struct nx_send_v1;
struct nx_service_v1;
struct nx_timers_v1;
struct nx_users_v1;
struct plugin;

extern const struct nx_auth_v1 host_auth_v1;
extern const struct nx_config_v1 host_config_v1;
extern const struct nx_engine_v1 host_engine_v1;
extern const struct nx_http_v1 host_http_v1;
extern const struct nx_jobs_v1 host_jobs_v1;
extern const struct nx_json_v1 host_json_v1;
extern const struct nx_log_v1 host_log_v1;
extern const struct nx_metrics_v1 host_metrics_v1;
extern const struct nx_rooms_v1 host_rooms_v1;
extern const struct nx_router_v1 host_router_v1;
extern const struct nx_send_v1 host_send_v1;
extern const struct nx_service_v1 host_service_v1;
extern const struct nx_timers_v1 host_timers_v1;
extern const struct nx_users_v1 host_users_v1;

// The plugin behind host when it may make a call tagged with these phases
// now. Else NULL with the reason in *status, which may be NULL.
struct plugin *host_enter(const struct nx_host *host, uint32_t phases,
        const char *call, nx_status *status);

// The same for calls tagged [any].
struct plugin *host_enter_any(const struct nx_host *host, uint32_t phases,
        const char *call, nx_status *status);

// Remembers why a registration was refused, e.g. `the prefix "chat." belongs
// to plugin chat`, for the sentence that tells why start() failed. owner is
// whom it belongs to with EXISTS, NULL: the server. Returns status.
nx_status host_refused(struct plugin *plugin, nx_status status,
        const char *what, const char *name, const struct plugin *owner);

// What a plugin's stored facts, bytes and keys belong to: info.id.
const char *host_plugin_id(const struct plugin *plugin);

// Copies a struct that a plugin filled in, by the struct_size it begins
// with: what the plugin does not know yet becomes zero, what this server
// does not know must be zero. UNSUPPORTED otherwise; INVALID for NULL and
// without a struct_size.
nx_status host_copy_in(void *out, size_t size, const void *in);

// A text that is there and not empty; an absent one of length 0 is what
// host_text_sane accepts as well.
bool host_text_given(struct nx_str text);
bool host_text_sane(struct nx_str text);

#endif
