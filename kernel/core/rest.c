#include "kernel/core/rest.h"

#include <stdio.h>
#include <string.h>

#include <nexus/router.h>

#include "kernel/core/core.h"
#include "kernel/core/engine.h"
#include "kernel/core/envelope.h"
#include "kernel/core/http_answer.h"
#include "kernel/core/http_request.h"
#include "kernel/core/json_text.h"
#include "kernel/core/kernel_events.h"
#include "kernel/core/op.h"
#include "kernel/core/overload.h"
#include "kernel/core/quarantine.h"
#include "kernel/core/quarantine_doc.h"
#include "kernel/core/registry.h"
#include "kernel/core/room_events.h"
#include "kernel/core/rooms.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"
#include "kernel/core/url.h"
#include "kernel/core/users.h"
#include "kernel/core/writer.h"

#define MEMBERS_LISTED 1000u

static const char *const no_arguments[] = {NULL};

// ---- what the routes share ----

static bool is_known(const char *const *known, struct nx_str name) {
    while (*known
            && (strlen(*known) != name.len
                    || memcmp(*known, name.ptr, name.len) != 0)) {
        known++;
    }
    return *known != NULL;
}

static void note_unknown(struct fields_unknown *unknown, struct nx_str name) {
    char decoded[HTTP_REQUEST_TARGET_MAX + 1];
    unknown->count++;
    if (unknown->kept == FIELDS_UNKNOWN_KEPT
            || !url_decode(name, true, decoded, sizeof(decoded))) {
        return;
    }
    char *kept = unknown->name[unknown->kept++];
    size_t len = json_text_cut(decoded, strlen(decoded), FIELDS_NAME_SIZE - 1);
    memcpy(kept, decoded, len);
    kept[len] = '\0';
}

void rest_find_unknown(struct core *core, const struct nx_http_request *request,
        const char *const *known, struct fields_unknown *unknown) {
    const struct http_request_handle *handle = request->handle;
    struct nx_str query = handle->request->query;
    struct nx_str name;
    struct nx_str value;
    memset(unknown, 0, sizeof(*unknown));
    while (url_next_argument(&query, &name, &value)) {
        if (!is_known(known, name)) {
            note_unknown(unknown, name);
        }
    }
    core->stats->unknown_fields += unknown->count;
}

bool rest_open(struct rest *rest, struct core *core,
        const struct nx_http_request *request, const char *const *known) {
    memset(rest, 0, sizeof(*rest));
    rest->core = core;
    rest->request = request;
    rest_find_unknown(core, request, known, &rest->unknown);
    if (rest->unknown.count > 0 && core->settings->protocol_strict) {
        char detail[FIELDS_REASON_SIZE];
        (void)snprintf(detail, sizeof(detail),
                "%s is not a known argument (protocol.strict)",
                rest->unknown.name[0]);
        (void)rest_refuse(rest, NX_ERR_UNKNOWN_FIELD, detail);
        return false;
    }
    return true;
}

struct nx_writer *rest_body(const struct rest *rest) {
    struct nx_str no_type = {NULL, 0};
    return writer_answer(rest->core->writers, no_type);
}

int32_t rest_close(struct rest *rest, struct nx_writer *body) {
    struct core *core = rest->core;
    struct op *op = ops_find(core->ops, rest->request->op);
    if (!op || !body) {
        writer_discard(body);
        return op ? NX_ERR_NO_MEMORY : NX_DONE;
    }
    envelope_put_warnings(body, &rest->unknown);
    nx_status status = http_answer_json(core, op, 200, body);
    if (status == NX_OK) {
        ops_remove(core->ops, op);
    }
    return status;
}

int32_t rest_refuse(struct rest *rest, nx_status status, const char *detail) {
    struct core *core = rest->core;
    struct op *op = ops_find(core->ops, rest->request->op);
    struct nx_str text = {detail, detail ? strlen(detail) : 0};
    if (op) {
        http_answer_problem(core, op, status, text);
        ops_remove(core->ops, op);
    }
    return NX_DONE;
}

// ---- GET /api/ws/rooms/{room_id} ----

// The user of each first membership, in order of joining, and with how many
// sessions it is there. Returns the sessions of those who look offline.
static uint32_t put_members(struct nx_writer *body, const struct room *room) {
    uint32_t listed = 0;
    uint32_t hidden = 0;
    writer_begin_array(body, "members");
    nx_list_for_each (link, &room->members) {
        const struct member *member =
                nx_container_of(link, struct member, room_link);
        const struct session *session = member->session;
        if (listed == MEMBERS_LISTED && room->hidden_count == 0) {
            break;
        }
        if (session->user->hidden) {
            hidden++;
        } else if (member->first && listed < MEMBERS_LISTED) {
            writer_begin_object(body, NULL);
            writer_put_str(body, "user_id", user_name(session->user));
            writer_put_u64(body, "sessions", room_user_sessions(room, session));
            writer_end(body);
            listed++;
        }
    }
    writer_end(body);
    return hidden;
}

static const struct room *find_room(
        const struct core *core, struct nx_str room_id) {
    char text[sizeof(ROOM_EVENTS_PREFIX) + ROOM_NAME_MAX];
    int len = snprintf(
            text, sizeof(text), "%s%s", ROOM_EVENTS_PREFIX, room_id.ptr);
    if (len < 0 || (size_t)len >= sizeof(text)) {
        return NULL;
    }
    struct nx_str name = {text, (size_t)len};
    return rooms_find(core->rooms, name);
}

static int32_t rest_room(void *user, const struct nx_http_request *request) {
    struct rest rest;
    if (!rest_open(&rest, user, request, no_arguments)) {
        return NX_DONE;
    }
    struct nx_str room_id = http_request_param(request->handle, "room_id");
    const struct room *room = find_room(rest.core, room_id);
    if (!room || room_visible_users(room) == 0) {
        return rest_refuse(&rest, NX_ERR_NOT_FOUND, "there is no such room");
    }
    struct nx_writer *body = rest_body(&rest);
    writer_put_str(body, "room_id", room_id);
    uint32_t hidden = put_members(body, room);
    writer_put_u64(body, "count", room_visible_users(room));
    writer_put_u64(body, "sessions", room->member_count - hidden);
    return rest_close(&rest, body);
}

// ---- health ----

static int32_t answer_status(struct rest *rest, const char *status) {
    struct nx_writer *body = rest_body(rest);
    writer_put_cstr(body, "status", status);
    return rest_close(rest, body);
}

static int32_t rest_live(void *user, const struct nx_http_request *request) {
    struct rest rest;
    return rest_open(&rest, user, request, no_arguments)
            ? answer_status(&rest, "ok")
            : NX_DONE;
}

static int32_t refuse_overloaded(struct rest *rest) {
    const struct overload *overload = rest->core->overload;
    struct overload_state state;
    char detail[128];
    overload_look(overload, overload_reason(overload), &state);
    (void)snprintf(detail, sizeof(detail),
            "new sessions are refused because of %s: %.0f of %.0f",
            limit_setting(state.setting), state.value, state.limit);
    return rest_refuse(rest, NX_ERR_OVERLOADED, detail);
}

static int32_t rest_ready(void *user, const struct nx_http_request *request) {
    struct rest rest;
    if (!rest_open(&rest, user, request, no_arguments)) {
        return NX_DONE;
    }
    if (rest.core->draining) {
        return rest_refuse(&rest, NX_ERR_DRAINING, NULL);
    }
    if (overload_active(rest.core->overload)) {
        return refuse_overloaded(&rest);
    }
    if (!engine_working(rest.core->engine)) {
        char detail[128];
        (void)snprintf(detail, sizeof(detail),
                "the engine \"%s\" does not work",
                engine_name(rest.core->engine));
        return rest_refuse(&rest, NX_ERR_ENGINE_UNAVAILABLE, detail);
    }
    struct nx_writer *body = rest_body(&rest);
    writer_put_cstr(body, "status", "ready");
    if (quarantine_count(rest.core->quarantine) > 0) {
        quarantine_put_names(body, rest.core->quarantine);
    }
    return rest_close(&rest, body);
}

enum nx_err rest_register(struct registry *registry, struct core *core) {
    static const struct {
        const char *pattern;
        nx_http_fn fn;
    } routes[] = {
            {"/api/ws/stats", rest_stats},
            {"/api/ws/online", rest_online},
            {"/api/ws/rooms/{room_id}", rest_room},
            {"/health/live", rest_live},
            {"/health/ready", rest_ready},
            {"/metrics", rest_metrics},
    };
    enum nx_err err = NX_OK;
    for (size_t i = 0; !err && i < sizeof(routes) / sizeof(*routes); i++) {
        err = registry_add_route(
                registry, NULL, "GET", routes[i].pattern, routes[i].fn, core);
    }
    return err;
}
