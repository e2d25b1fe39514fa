#include "kernel/core/http.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <nexus/auth.h>
#include <nexus/router.h>
#include <nexus/util/str.h>

#include "kernel/base/log.h"
#include "kernel/core/auth.h"
#include "kernel/core/core.h"
#include "kernel/core/http_answer.h"
#include "kernel/core/http_request.h"
#include "kernel/core/json_doc.h"
#include "kernel/core/json_view.h"
#include "kernel/core/op.h"
#include "kernel/core/plugin.h"
#include "kernel/core/registry.h"
#include "kernel/core/reload.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"
#include "kernel/core/url.h"
#include "kernel/core/users.h"
#include "kernel/core/writer.h"

#define ALLOW_SIZE 64

static const struct nx_str none = {NULL, 0};

static bool is_text(struct nx_str str, const char *text) {
    return str.len == strlen(text) && memcmp(str.ptr, text, str.len) == 0;
}

// ---- which route ----

struct lookup {
    const struct registry_route *route; // NULL: none
    char allow[ALLOW_SIZE]; // methods of the path's routes, "" when none has it
};

// HEAD is a GET whose body the transport leaves out.
static struct nx_str method_of(const struct http_request *request) {
    return is_text(request->method, "HEAD") ? nx_str_c("GET") : request->method;
}

static void allow_method(struct lookup *lookup, const char *method) {
    static const char separator[] = ", ";
    size_t used = strlen(lookup->allow);
    size_t gap = used > 0 ? sizeof(separator) - 1 : 0;
    size_t len = strlen(method);
    if (!strstr(lookup->allow, method) && used + gap + len < ALLOW_SIZE) {
        memcpy(lookup->allow + used, separator, gap);
        memcpy(lookup->allow + used + gap, method, len + 1);
    }
}

static bool is_exact(const struct registry_route *route) {
    return !strchr(route->pattern, '{');
}

// An exact path goes before a pattern, an earlier pattern before a later one.
static void look_up(const struct core *core, const struct http_request *request,
        struct lookup *lookup) {
    memset(lookup, 0, sizeof(*lookup));
    nx_list_for_each (link, registry_routes(core->registry)) {
        const struct registry_route *route =
                nx_container_of(link, struct registry_route, link);
        if (!url_matches(request->path, route->pattern)) {
            continue;
        }
        allow_method(lookup, route->method);
        if (strcmp(route->method, "GET") == 0) {
            allow_method(lookup, "HEAD");
        }
        if (is_text(method_of(request), route->method)
                && (!lookup->route || is_exact(route))) {
            lookup->route = route;
        }
    }
}

// ---- the body ----

// Parameters are ignored: JSON is UTF-8, and what is not is refused as such.
static bool is_json_type(struct nx_str type) {
    static const char json[] = "application/json";
    size_t len = sizeof(json) - 1;
    if (type.len < len || strncasecmp(type.ptr, json, len) != 0) {
        return false;
    }
    while (len < type.len && (type.ptr[len] == ' ' || type.ptr[len] == '\t')) {
        len++;
    }
    return len == type.len || type.ptr[len] == ';';
}

// Parses the body, if there is one, into doc. *why may say more of an error.
static enum nx_err read_body(struct core *core,
        const struct http_request *request, struct json_doc *doc,
        const char **why) {
    if (request->body.len == 0) {
        return NX_OK;
    }
    if (!is_json_type(request->header(request->ctx, "content-type"))) {
        return NX_ERR_MEDIA_TYPE;
    }
    enum nx_err err = json_doc_parse(doc, request->body.ptr, request->body.len,
            (unsigned)core->settings->limits_json_depth);
    if (err) {
        if (err == NX_ERR_TOO_DEEP) {
            stats_refused(core->stats, LIMIT_JSON_DEPTH);
        }
        *why = json_doc_reason(doc);
        return err;
    }
    writers_add_doc(core->writers, doc);
    if (json_view_kind(json_doc_root(doc)) != NX_JSON_OBJECT) {
        *why = "the body must be a JSON object";
        return NX_ERR_BAD_REQUEST;
    }
    return NX_OK;
}

// ---- the handler ----

static void fail(struct core *core, struct op *op, nx_status status,
        struct nx_str detail) {
    http_answer_problem(core, op, status, detail);
    ops_remove(core->ops, op);
}

static void settle(struct core *core, nx_op_id op_id,
        const struct http_request *request, int32_t result) {
    struct op *op = ops_find(core->ops, op_id);
    if (!op || result == NX_LATER) {
        return;
    }
    if (result < 0) {
        fail(core, op, result, none);
        return;
    }
    log_error("http", "a handler returned without an answer",
            LOG_STR("plugin", op->owner ? op->owner->name : "the kernel"),
            LOG_STRN("path", request->path.ptr, request->path.len));
    fail(core, op, NX_ERR_INTERNAL, none);
}

static int32_t call_handler(const struct registry_route *route,
        const struct nx_http_request *request) {
    struct plugin *owner = route->owner;
    plugin_enter(owner, "http");
    int32_t result = route->fn(route->user, request);
    plugin_leave(owner);
    return result;
}

// Calls the handler with everything it may ask for.
static void hand_over(struct core *core, struct op *op,
        const struct registry_route *route, const struct http_request *request,
        struct nx_str user) {
    struct http_request_handle handle;
    struct json_doc doc;
    const char *why = NULL;
    json_doc_init(&doc);
    enum nx_err err = http_request_open(&handle, request, route->pattern);
    if (err == NX_ERR_BAD_REQUEST) {
        why = "the URL is not properly encoded";
    }
    if (!err) {
        err = read_body(core, request, &doc, &why);
    }
    if (err) {
        fail(core, op, err, nx_str_c(why));
    } else {
        const struct nx_http_request given = {
                .struct_size = sizeof(given),
                .op = op->id,
                .method = method_of(request),
                .path = request->path,
                .address = request->address,
                .user = user,
                .body = request->body.len > 0 ? request->body : none,
                .json = json_doc_root(&doc),
                .handle = &handle,
        };
        nx_op_id id = op->id;
        settle(core, id, request, call_handler(route, &given));
    }
    json_doc_finish(&doc);
    http_request_close(&handle);
}

// user is copied: it may be in memory of whoever authenticated.
static void call_route(struct core *core, struct op *op,
        const struct http_request *request, struct nx_str user) {
    char name[USER_NAME_MAX + 1] = "";
    struct lookup lookup;
    look_up(core, request, &lookup); // again: it may have gone meanwhile
    if (!lookup.route) {
        fail(core, op, NX_ERR_NOT_FOUND, none);
        return;
    }
    if (user.len > USER_NAME_MAX) {
        fail(core, op, NX_ERR_INTERNAL,
                nx_str_c("the user's name is too long"));
        return;
    }
    if (user.ptr) {
        memcpy(name, user.ptr, user.len);
        user.ptr = name;
    }
    op_own(op, lookup.route->owner);
    hand_over(core, op, lookup.route, request, user);
}

// ---- who may ----

// A hook that refuses somebody it names knows them: they lack a right, not a
// token.
static void take_decision(struct core *core, struct op *op,
        const struct http_request *request,
        const struct nx_auth_decision *decision) {
    if (decision->verdict == NX_AUTH_ALLOW) {
        call_route(core, op, request, decision->user);
        return;
    }
    nx_status status =
            decision->user.len > 0 ? NX_ERR_FORBIDDEN : NX_ERR_UNAUTHENTICATED;
    fail(core, op, status, decision->reason);
}

static void decided(struct core *core, struct op *op,
        const struct nx_auth_decision *decision) {
    const struct http_request_copy *copy = op->context;
    struct op *http = ops_find(core->ops, copy->op);
    if (http) {
        take_decision(core, http, &copy->request, decision);
    }
}

static void authenticate(
        struct core *core, struct op *op, const struct http_request *request) {
    const struct nx_auth_request question = {
            .action = NX_AUTH_HTTP,
            .token = http_request_bearer(
                    request->header(request->ctx, "authorization")),
            .address = request->address,
            .method = method_of(request),
            .path = request->path,
    };
    struct nx_auth_decision decision;
    struct http_request_copy *copy = http_request_copy(request, op->id);
    if (!copy) {
        fail(core, op, NX_ERR_NO_MEMORY, none);
        return;
    }
    nx_op_id id = op->id;
    int32_t verdict = auth_ask(core, &question, &decision, decided, copy);
    if (verdict == NX_AUTH_LATER) {
        return;
    }
    free(copy);
    op = ops_find(core->ops, id);
    if (op) {
        take_decision(core, op, request, &decision);
    }
}

// Whoever supervises the server has no token for it.
static bool is_open(struct nx_str path) {
    static const char health[] = "/health/";
    size_t len = sizeof(health) - 1;
    return path.len > len && memcmp(path.ptr, health, len) == 0;
}

// ---- for the transport ----

// While plugins are exchanged, what they would decide or answer has to wait.
static bool has_to_wait(const struct core *core, const struct op *op,
        const struct http_request *request) {
    return core->frozen && !is_open(request->path)
            && (op->owner
                    || !nx_list_empty(registry_auth_hooks(core->registry)));
}

static void refuse_route(struct core *core, struct http_link *link,
        const struct lookup *lookup) {
    if (lookup->allow[0] == '\0') {
        http_answer_refuse(core, link, NX_ERR_NOT_FOUND,
                nx_str_c("there is no such endpoint"), NULL);
    } else {
        http_answer_refuse(core, link, NX_ERR_METHOD, none, lookup->allow);
    }
}

void http_serve(struct core *core, struct http_link *link,
        const struct http_request *request) {
    struct lookup lookup;
    core->stats->http_requests++;
    look_up(core, request, &lookup);
    if (!lookup.route) {
        refuse_route(core, link, &lookup);
        return;
    }
    bool may = ops_may_own(core->ops, lookup.route->owner);
    struct op *op = may ? ops_add(core->ops, OP_HTTP) : NULL;
    if (!op) {
        http_answer_refuse(core, link, NX_ERR_OVERLOADED,
                nx_str_c(may ? "too many requests wait for their answers "
                               "(limits.pending_requests)"
                             : "too many requests wait for this feature "
                               "(quota.requests)"),
                NULL);
        return;
    }
    op->link = link;
    op_own(op, lookup.route->owner);
    if (is_open(request->path)) {
        call_route(core, op, request, none);
    } else if (has_to_wait(core, op, request)) {
        if (!reload_hold_http(core->reload, request, op->id)) {
            fail(core, op, NX_ERR_NO_MEMORY, none);
        }
    } else {
        authenticate(core, op, request);
    }
}

void http_continue(
        struct core *core, nx_op_id id, const struct http_request *request) {
    struct op *op = ops_find(core->ops, id);
    if (op) {
        authenticate(core, op, request);
    }
}

void http_refuse(struct core *core, struct http_link *link, nx_status status,
        const char *detail) {
    core->stats->http_requests++;
    stats_refused_as(core->stats, detail);
    http_answer_refuse(core, link, status, nx_str_c(detail), NULL);
}

// A walk over at most limits.pending_requests: it happens only to those who
// leave before their answer, and an index would be kept for everybody.
void http_gone(struct core *core, struct http_link *link) {
    uint64_t cursor = 0;
    struct op *op;
    while ((op = ops_next(core->ops, &cursor)) != NULL) {
        if (op->kind == OP_HTTP && op->link == link) {
            op->link = NULL;
            ops_remove(core->ops, op);
            return;
        }
    }
}
