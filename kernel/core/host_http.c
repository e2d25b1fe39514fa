#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/http.h>

#include "kernel/core/core.h"
#include "kernel/core/envelope.h"
#include "kernel/core/fields.h"
#include "kernel/core/host_tables.h"
#include "kernel/core/http_answer.h"
#include "kernel/core/http_request.h"
#include "kernel/core/op.h"
#include "kernel/core/plugin.h"
#include "kernel/core/registry.h"
#include "kernel/core/rest.h"
#include "kernel/core/settings.h"
#include "kernel/core/writer.h"

#define ANSWERING (PHASE_RUNNING | PHASE_QUIESCED)

static const struct nx_str none = {NULL, 0};

static const struct plugin *owner_of_route(const struct registry *registry,
        const char *method, const char *pattern) {
    nx_list_for_each (link, registry_routes(registry)) {
        const struct registry_route *taken =
                nx_container_of(link, struct registry_route, link);
        if (strcmp(taken->method, method) == 0
                && strcmp(taken->pattern, pattern) == 0) {
            return taken->owner;
        }
    }
    return NULL;
}

static nx_status route(const struct nx_host *host, const char *method,
        const char *pattern, nx_http_fn fn, void *user) {
    nx_status status;
    struct plugin *plugin =
            host_enter(host, PHASE_START, "http.route", &status);
    if (!plugin) {
        return status;
    }
    struct registry *staged = plugin->core->staged;
    status = registry_add_route(staged, plugin, method, pattern, fn, user);
    const struct plugin *owner = status == NX_ERR_EXISTS
            ? owner_of_route(staged, method, pattern)
            : NULL;
    return host_refused(plugin, status, "the route", pattern, owner);
}

static bool is_readable(
        const struct nx_http_request *request, const char *name) {
    return request && request->handle && name;
}

static struct nx_str param(
        const struct nx_http_request *request, const char *name) {
    return is_readable(request, name)
            ? http_request_param(request->handle, name)
            : none;
}

static struct nx_str query(
        const struct nx_http_request *request, const char *name) {
    return is_readable(request, name)
            ? http_request_query(request->handle, name)
            : none;
}

static struct nx_str header(
        const struct nx_http_request *request, const char *name) {
    return is_readable(request, name)
            ? http_request_header(request->handle, name)
            : none;
}

// The request to be answered, or NULL with the reason.
static struct op *find_request(const struct nx_host *host, nx_op_id id,
        const char *call, nx_status *status) {
    const struct plugin *plugin = host_enter(host, ANSWERING, call, status);
    struct op *op = plugin ? ops_find(plugin->core->ops, id) : NULL;
    if (op && op->kind == OP_HTTP) {
        return op;
    }
    *status = plugin ? NX_ERR_GONE : *status;
    return NULL;
}

static void refuse_argument(struct op *op, const char *name) {
    char detail[FIELDS_REASON_SIZE];
    int len = snprintf(detail, sizeof(detail),
            "%s is not a known argument (protocol.strict)", name);
    http_answer_problem(op->core, op, NX_ERR_UNKNOWN_FIELD,
            (struct nx_str){detail, len > 0 ? (size_t)len : 0});
    ops_remove(op->core->ops, op);
}

static nx_status expect_query(const struct nx_host *host,
        const struct nx_http_request *request, const char *const *known) {
    nx_status status;
    const struct plugin *plugin =
            host_enter(host, PHASE_RUNNING, "http.expect_query", &status);
    if (!plugin || !request || !request->handle || !known) {
        return plugin ? NX_ERR_INVALID : status;
    }
    struct core *core = plugin->core;
    struct op *op = ops_find(core->ops, request->op);
    struct fields_unknown unknown;
    rest_find_unknown(core, request, known, &unknown);
    if (unknown.count == 0 || !op || op->report) {
        return NX_OK;
    }
    if (core->settings->protocol_strict) {
        refuse_argument(op, unknown.name[0]);
        return NX_ERR_UNKNOWN_FIELD;
    }
    op->report = calloc(1, sizeof(*op->report));
    if (op->report) {
        op->report->unknown = unknown;
    }
    return NX_OK;
}

// 1xx announce an answer, they are none.
static bool is_final(uint32_t http_status) {
    return http_status >= 200 && http_status <= 599;
}

static nx_status respond(const struct nx_host *host, nx_op_id id,
        uint32_t http_status, struct nx_writer *body) {
    nx_status status;
    struct op *op = find_request(host, id, "http.respond", &status);
    if (op && !is_final(http_status)) {
        status = NX_ERR_INVALID;
    }
    if (status != NX_OK) {
        writer_discard(body);
        return status;
    }
    struct core *core = op->core;
    if (body && op->report) {
        envelope_put_warnings(body, &op->report->unknown);
    }
    status = http_answer_json(core, op, http_status, body);
    if (status != NX_OK) {
        http_answer_problem(core, op, status, none);
    }
    ops_remove(core->ops, op);
    return status;
}

static nx_status respond_bytes(const struct nx_host *host, nx_op_id id,
        uint32_t http_status, const char *content_type, struct nx_bytes body) {
    nx_status status;
    struct op *op = find_request(host, id, "http.respond_bytes", &status);
    if (!op) {
        return status;
    }
    if (!is_final(http_status) || (body.len > 0 && !content_type)
            || (body.len > 0 && !body.ptr)) {
        return NX_ERR_INVALID;
    }
    http_answer_bytes(op->core, op, http_status, content_type, body);
    ops_remove(op->core->ops, op);
    return NX_OK;
}

static nx_status problem(const struct nx_host *host, nx_op_id id,
        nx_status problem_status, struct nx_str detail) {
    nx_status status;
    struct op *op = find_request(host, id, "http.problem", &status);
    if (!op) {
        return status;
    }
    if (problem_status >= 0) {
        problem_status = NX_ERR_INTERNAL;
    }
    http_answer_problem(op->core, op, problem_status,
            host_text_sane(detail) ? detail : none);
    ops_remove(op->core->ops, op);
    return NX_OK;
}

const struct nx_http_v1 host_http_v1 = {
        .struct_size = sizeof(host_http_v1),
        .version = 1,
        .route = route,
        .param = param,
        .query = query,
        .header = header,
        .expect_query = expect_query,
        .respond = respond,
        .respond_bytes = respond_bytes,
        .problem = problem,
};
