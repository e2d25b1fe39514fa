/*
 * Calls into the host that may be refused although nothing is wrong with
 * them: without memory, or at a limit. One row for each; the n-th call of any
 * of them fails when the orders say n.
 */
#include <string.h>

#include "kernel/core/plugin.h"
#include "kernel/ctl/check/stand_in_parts.h"

struct stand_in_part *stand_in_part_of(const struct nx_host *host) {
    const char *bytes = (const char *)host;
    return ((const struct stand_in_part *)(const void *)(bytes
                    - offsetof(struct stand_in_part, host)))
            ->base.self;
}

// Whether this call is the one.
static bool refuses(const struct nx_host *host, const char *call) {
    struct stand_in *stand_in = stand_in_part_of(host)->stand_in;
    if (stand_in->refuse_at == 0
            || __atomic_add_fetch(&stand_in->calls, 1, __ATOMIC_RELAXED)
                    != stand_in->refuse_at) {
        return false;
    }
    stand_in->refused = call;
    stand_in->refused_start = plugin_of(host)->phase == PHASE_START;
    return true;
}

// The host's own table.
#define OWN(host, name, table) \
    ((const struct nx_##table *)plugin_of(host)->host.get_interface( \
            &plugin_of(host)->host, (name), 1))

// X(interface, table, member, parameters, arguments)
#define REFUSALS(X) \
    X(NX_IFACE_ROUTER, router, handle, \
            (const struct nx_host *host, const char *prefix, nx_event_fn fn, \
                    void *user), \
            (host, prefix, fn, user)) \
    X(NX_IFACE_ROUTER, router, observe, \
            (const struct nx_host *host, const char *prefix, nx_event_fn fn, \
                    void *user), \
            (host, prefix, fn, user)) \
    X(NX_IFACE_ROUTER, router, on_session, \
            (const struct nx_host *host, uint32_t what, nx_session_fn fn, \
                    void *user), \
            (host, what, fn, user)) \
    X(NX_IFACE_TIMERS, timers, set, \
            (const struct nx_host *host, uint64_t delay_ms, \
                    uint64_t repeat_ms, nx_timer_fn fn, void *user, \
                    nx_timer_id *out), \
            (host, delay_ms, repeat_ms, fn, user, out)) \
    X(NX_IFACE_JOBS, jobs, submit, \
            (const struct nx_host *host, nx_job_fn fn, nx_job_done_fn done, \
                    void *user, void *arg, nx_job_id *out), \
            (host, fn, done, user, arg, out)) \
    X(NX_IFACE_JOBS, jobs, post, \
            (const struct nx_host *host, nx_job_done_fn fn, void *user, \
                    void *arg), \
            (host, fn, user, arg)) \
    X(NX_IFACE_METRICS, metrics, define, \
            (const struct nx_host *host, uint32_t kind, const char *name, \
                    const char *help, nx_metric_id *out), \
            (host, kind, name, help, out)) \
    X(NX_IFACE_ROOMS, rooms, define, \
            (const struct nx_host *host, const struct nx_room_kind *kind), \
            (host, kind)) \
    X(NX_IFACE_HTTP, http, route, \
            (const struct nx_host *host, const char *method, \
                    const char *pattern, nx_http_fn fn, void *user), \
            (host, method, pattern, fn, user))

#define REFUSAL_DEFINE(name, table, member, parameters, arguments) \
    static nx_status table##_##member parameters { \
        if (refuses(host, #table "." #member)) { \
            return NX_ERR_NO_MEMORY; \
        } \
        return OWN(host, name, table##_v1)->member arguments; \
    }
REFUSALS(REFUSAL_DEFINE)
#undef REFUSAL_DEFINE

static struct nx_writer *json_object(const struct nx_host *host) {
    return refuses(host, "json.object")
            ? NULL
            : OWN(host, NX_IFACE_JSON, json_v1)->object(host);
}

static struct nx_writer *json_event(
        const struct nx_host *host, const char *type, struct nx_str user) {
    return refuses(host, "json.event")
            ? NULL
            : OWN(host, NX_IFACE_JSON, json_v1)->event(host, type, user);
}

static const struct nx_json *json_parse(
        const struct nx_host *host, struct nx_str text) {
    return refuses(host, "json.parse")
            ? NULL
            : OWN(host, NX_IFACE_JSON, json_v1)->parse(host, text);
}

void stand_in_refusals_init(struct stand_in_part *part) {
    const struct nx_host *host = &part->host;
    part->json = *OWN(host, NX_IFACE_JSON, json_v1);
    part->router = *OWN(host, NX_IFACE_ROUTER, router_v1);
    part->timers = *OWN(host, NX_IFACE_TIMERS, timers_v1);
    part->jobs = *OWN(host, NX_IFACE_JOBS, jobs_v1);
    part->metrics = *OWN(host, NX_IFACE_METRICS, metrics_v1);
    part->rooms = *OWN(host, NX_IFACE_ROOMS, rooms_v1);
    part->http = *OWN(host, NX_IFACE_HTTP, http_v1);
    part->json.object = json_object;
    part->json.event = json_event;
    part->json.parse = json_parse;
#define REFUSAL_PUT(name, table, member, parameters, arguments) \
    part->table.member = table##_##member;
    REFUSALS(REFUSAL_PUT)
#undef REFUSAL_PUT
}

const void *stand_in_table(
        struct stand_in_part *part, const char *name, const void *table) {
    const struct {
        const char *name;
        const void *table;
    } rows[] = {
            {NX_IFACE_JSON, &part->json},
            {NX_IFACE_ROUTER, &part->router},
            {NX_IFACE_TIMERS, &part->timers},
            {NX_IFACE_JOBS, &part->jobs},
            {NX_IFACE_METRICS, &part->metrics},
            {NX_IFACE_ROOMS, &part->rooms},
            {NX_IFACE_HTTP, &part->http},
    };
    for (size_t i = 0; table && i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return rows[i].table;
        }
    }
    return table;
}
