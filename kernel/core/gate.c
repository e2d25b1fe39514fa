#include "kernel/core/gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/auth.h>
#include <nexus/router.h>
#include <nexus/util/str.h>

#include "kernel/base/log.h"
#include "kernel/base/random.h"
#include "kernel/core/auth.h"
#include "kernel/core/close.h"
#include "kernel/core/core.h"
#include "kernel/core/drain.h"
#include "kernel/core/envelope.h"
#include "kernel/core/fields.h"
#include "kernel/core/http_request.h"
#include "kernel/core/json_text.h"
#include "kernel/core/json_view.h"
#include "kernel/core/op.h"
#include "kernel/core/overload.h"
#include "kernel/core/plugin.h"
#include "kernel/core/receipts.h"
#include "kernel/core/registry.h"
#include "kernel/core/restore.h"
#include "kernel/core/resume.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"
#include "kernel/core/url.h"
#include "kernel/core/users.h"
#include "kernel/core/visibility.h"
#include "kernel/core/welcome.h"
#include "kernel/core/writer.h"

#define TOKEN_MAX           8192
#define DEVICE_MAX          128
#define RESUME_MAX          255
#define DEVICE_RANDOM_BYTES 6u

// Who a connection claims to be; each text ends in a NUL, "" is absent.
struct claim {
    char user[USER_NAME_MAX + 1];
    char device[DEVICE_MAX + 1];
    char token[TOKEN_MAX + 1];
    char resume[RESUME_MAX + 1];
    bool returns; // let in for its token alone
};

uint32_t gate_admit(struct core *core, const char **why) {
    size_t limit = (size_t)core->settings->limits_connections;
    *why = NULL;
    if (core->draining) {
        *why = "the server is going away";
    } else if (sessions_count(core->sessions) >= limit) {
        *why = "the server is full (limits.connections)";
        stats_refused(core->stats, LIMIT_CONNECTIONS);
    }
    core->stats->sessions_refused += *why ? 1 : 0;
    return *why ? 503 : 0;
}

static void refuse(struct session *session, nx_status status, uint16_t code,
        struct nx_str message) {
    static const char connect[] = "connect";
    const struct envelope_failure failure = {
            .status = status,
            .message = message,
            .in_reply_to = {connect, sizeof(connect) - 1},
    };
    log_info("gate", "connection refused", LOG_STR("code", nx_err_word(status)),
            LOG_STR("address", session->address));
    session->core->stats->sessions_refused++;
    session_error(session, &failure);
    session_close(session, code, NULL);
}

// A session that comes back is there already, unless memory is short.
static bool may_return(const struct core *core, struct claim *claim) {
    struct nx_str token = nx_str_c(claim->resume);
    if (!resume_awaits(core->resume, token)) {
        return false;
    }
    claim->returns = !overload_is_memory(core->overload);
    if (!claim->returns) {
        resume_prolong(core->resume, token);
    }
    return claim->returns;
}

// Logs nothing for each: overload.c does when it begins and ends.
static void refuse_overloaded(struct session *session) {
    struct core *core = session->core;
    struct overload_state state;
    overload_look(core->overload, overload_reason(core->overload), &state);
    const struct envelope_failure failure = {
            .status = NX_ERR_OVERLOADED,
            .limit_name = limit_setting(state.setting),
            .retry_after_ms = overload_refuse(core->overload),
    };
    core->stats->sessions_refused++;
    session_error(session, &failure);
    session_close(session, CLOSE_OVERLOADED, NULL);
}

static void time_out(void *arg) {
    struct session *session = arg;
    stats_refused(session->core->stats, LIMIT_AUTH_TIMEOUT);
    refuse(session, NX_ERR_AUTH_TIMEOUT, CLOSE_AUTH_TIMEOUT,
            nx_str_c("no connect event came within auth.timeout"));
}

static void wait_for_connect(struct session *session) {
    struct core *core = session->core;
    timer_init(&session->timer, time_out, session);
    timers_set(&core->timers, &session->timer,
            core->settings->auth_timeout * 1000);
}

// Tells the user's other sessions that one came or went.
static void tell_others(const struct session *session, const char *type) {
    struct core *core = session->core;
    nx_list_for_each (link, &session->user->sessions) {
        struct session *other =
                nx_container_of(link, struct session, user_link);
        if (other == session || other->state != SESSION_OPEN) {
            continue;
        }
        struct nx_writer *event =
                writer_event(core->writers, type, user_name(session->user));
        char id[WELCOME_ID_SIZE];
        welcome_connection_id(session, id);
        writer_put_cstr(event, "connection_id", id);
        writer_put_cstr(event, "device_id", session->device);
        session_send(other, event, OUTBOX_NORMAL);
    }
}

void gate_call_hooks(const struct session *session, uint32_t what) {
    const struct core *core = session->core;
    struct nx_session_event ev = {
            .struct_size = sizeof(ev),
            .what = what,
            .session = session->id,
            .user = user_name(session->user),
            .user_sessions = session->user->session_count
                    - (what == NX_SESSION_CLOSED ? 1 : 0),
            .close_code = what == NX_SESSION_CLOSED ? session->close_code : 0,
            .resumed = what == NX_SESSION_OPENED && session->resumed ? 1 : 0,
    };
    nx_list_for_each (link, registry_session_hooks(core->registry)) {
        const struct registry_session_hook *hook =
                nx_container_of(link, struct registry_session_hook, link);
        if ((hook->what & what) != 0) {
            plugin_enter(hook->owner, "session");
            hook->fn(hook->user, &ev);
            plugin_leave(hook->owner);
        }
    }
    if (what == NX_SESSION_OPENED) {
        visibility_arrived(session->core, session->user);
    }
}

// The oldest open session of a user who has more than allowed goes.
static void close_oldest(const struct session *newest) {
    const struct core *core = newest->core;
    int64_t open = 0;
    struct session *oldest = NULL;
    nx_list_for_each (link, &newest->user->sessions) {
        struct session *session =
                nx_container_of(link, struct session, user_link);
        open += session->state == SESSION_OPEN ? 1 : 0;
        if (!oldest && session->state == SESSION_OPEN) {
            oldest = session;
        }
    }
    if (open > core->settings->limits_connections_per_user && oldest) {
        const struct envelope_failure failure = {
                .status = NX_ERR_LIMIT,
                .code = close_code_word(CLOSE_TOO_MANY_CONNECTIONS),
                .message =
                        nx_str_c("a newer connection of yours took the place "
                                 "of this one"),
                .limit_name = "limits.connections_per_user",
        };
        stats_refused(core->stats, LIMIT_CONNECTIONS_PER_USER);
        session_error(oldest, &failure);
        session_close(oldest, CLOSE_TOO_MANY_CONNECTIONS, NULL);
    }
}

// A session that was resumed has its device already.
static bool choose_device(struct session *session, const char *device) {
    if (session->device) {
        return true;
    }
    if (device[0] != '\0') {
        session->device = strdup(device);
        return session->device != NULL;
    }
    char made[2 + 2 * DEVICE_RANDOM_BYTES + 1] = "d-";
    random_hex(made + 2, DEVICE_RANDOM_BYTES);
    session->device = strdup(made);
    session->device_made_up = true;
    return session->device != NULL;
}

static void resume_if_asked(struct session *session, const char *token,
        struct nx_str user, struct resume_ticket *ticket) {
    memset(ticket, 0, sizeof(*ticket));
    ticket->asked = token[0] != '\0';
    if (ticket->asked) {
        ticket->outcome = resume_take(
                session->core->resume, session, user, nx_str_c(token));
    }
}

void gate_entered(struct session *session) {
    tell_others(session, "connect");
    session->announced = true;
    gate_call_hooks(session, NX_SESSION_OPENED);
}

static void accept_session(struct session *session, const struct claim *claim,
        struct nx_str user, int64_t expires_ms) {
    struct core *core = session->core;
    struct resume_ticket ticket;
    resume_if_asked(session, claim->resume, user, &ticket);
    if (claim->returns && ticket.outcome != RESUME_DONE) {
        refuse_overloaded(session);
        return;
    }
    if (!choose_device(session, claim->device)
            || !users_attach(core->users, user, session)) {
        refuse(session, NX_ERR_NO_MEMORY, CLOSE_INTERNAL, nx_str_none());
        return;
    }
    session->state = SESSION_OPEN;
    session->expires_ms = expires_ms;
    struct quota_limits limits;
    session_quota_limits(core->settings, &limits);
    quota_init(&session->quota, &limits, clock_now_ms(&core->clock));
    session_start_heartbeat(session);
    core->stats->sessions_opened++;
    resume_issue(core->resume, session, &ticket);
    session_send(session, welcome_event(session, &ticket), OUTBOX_NORMAL);
    close_oldest(session);
    session->resumed = session->restore != NULL;
    if (session->resumed) {
        receipts_ping(session, true); // proves that the new token arrived
        restore_begin(session);
    } else {
        gate_entered(session);
    }
}

void gate_left(struct core *core, struct session *session) {
    (void)core;
    if (!session->announced) {
        return;
    }
    tell_others(session, "disconnect");
    gate_call_hooks(session, NX_SESSION_CLOSED);
}

static bool is_user_name(struct nx_str name) {
    return name.len > 0 && name.len <= USER_NAME_MAX && fields_is_name(name)
            && json_text_is_utf8(name.ptr, name.len);
}

static void take_decision(struct session *session, const struct claim *claim,
        const struct nx_auth_decision *decision) {
    if (decision->verdict != NX_AUTH_ALLOW) {
        refuse(session, NX_ERR_UNAUTHENTICATED, CLOSE_UNAUTHENTICATED,
                decision->reason);
        return;
    }
    struct nx_str user =
            decision->user.len > 0 ? decision->user : nx_str_c(claim->user);
    if (!is_user_name(user)) {
        refuse(session, NX_ERR_BAD_REQUEST, CLOSE_BAD_REQUEST,
                nx_str_c("user_id must be 1 to 128 bytes of UTF-8 without "
                         "control characters"));
        return;
    }
    accept_session(session, claim, user, decision->expires_ms);
}

static void decided(struct core *core, struct op *op,
        const struct nx_auth_decision *decision) {
    struct session *session = sessions_find(core->sessions, op->session);
    if (session && session->state == SESSION_PENDING) {
        timer_cancel(&session->timer);
        take_decision(session, op->context, decision);
    }
}

// Asks the chain; the claim is freed here or by the op.
static void authenticate(struct session *session, struct claim *claim) {
    const struct nx_auth_request request = {
            .action = NX_AUTH_CONNECT,
            .session = session->id,
            .user = nx_str_c(claim->user),
            .token = nx_str_c(claim->token),
            .address = nx_str_c(session->address),
    };
    struct nx_auth_decision decision;
    timer_cancel(&session->timer);
    int32_t verdict =
            auth_ask(session->core, &request, &decision, decided, claim);
    if (verdict != NX_AUTH_LATER) {
        take_decision(session, claim, &decision);
        free(claim);
    }
}

static bool copy_argument(
        struct nx_str query, const char *name, char *out, size_t size) {
    struct nx_str value = url_argument(query, name);
    if (!value.ptr) {
        out[0] = '\0';
        return true;
    }
    return url_decode(value, true, out, size);
}

static bool copy_text(struct nx_str from, char *out, size_t size) {
    if (from.len >= size) {
        return false;
    }
    if (from.len > 0) {
        memcpy(out, from.ptr, from.len);
    }
    out[from.len] = '\0';
    return true;
}

static bool read_request(
        const struct gate_request *request, struct claim *claim) {
    struct nx_str query = request->query;
    if (!copy_argument(query, "user_id", claim->user, sizeof(claim->user))
            || !copy_argument(
                    query, "device_id", claim->device, sizeof(claim->device))
            || !copy_argument(
                    query, "token", claim->token, sizeof(claim->token))
            || !copy_argument(
                    query, "resume", claim->resume, sizeof(claim->resume))) {
        return false;
    }
    struct nx_str token = http_request_bearer(request->authorization);
    if (token.len == 0) {
        token = request->bearer;
    }
    return token.len == 0
            || copy_text(token, claim->token, sizeof(claim->token));
}

static bool is_device_name(const char *device) {
    return fields_is_name(nx_str_c(device));
}

nx_session_id gate_open(struct core *core, struct link *link,
        const struct gate_request *request) {
    struct session *session =
            sessions_add(core->sessions, link, request->address);
    struct claim *claim = session ? calloc(1, sizeof(*claim)) : NULL;
    if (!claim) {
        if (session) {
            session_end(session);
            sessions_remove(core->sessions, session);
        }
        return 0;
    }
    nx_session_id id = session->id;
    session->deflate = request->deflate;
    core->stats->deflate_sessions += request->deflate;
    if (core->draining) {
        drain_send_away(core->drain, session);
        free(claim);
    } else if (!read_request(request, claim)
            || !is_device_name(claim->device)) {
        refuse(session, NX_ERR_BAD_REQUEST, CLOSE_BAD_REQUEST,
                nx_str_c("user_id, device_id, token or resume in the URL is "
                         "too long or not properly encoded"));
        free(claim);
    } else if (overload_active(core->overload) && !may_return(core, claim)) {
        refuse_overloaded(session);
        free(claim);
    } else if (claim->user[0] == '\0' && claim->token[0] == '\0') {
        wait_for_connect(session);
        free(claim);
    } else {
        authenticate(session, claim);
    }
    return id;
}

void gate_connect(struct session *session, const struct nx_json *root) {
    struct claim *claim = calloc(1, sizeof(*claim));
    if (!claim) {
        refuse(session, NX_ERR_NO_MEMORY, CLOSE_INTERNAL, nx_str_none());
        return;
    }
    bool fits = copy_text(json_view_str(json_view_get(root, "user_id")),
                        claim->user, sizeof(claim->user))
            && copy_text(json_view_str(json_view_get(root, "device_id")),
                    claim->device, sizeof(claim->device))
            && copy_text(json_view_str(json_view_get(root, "token")),
                    claim->token, sizeof(claim->token))
            && copy_text(json_view_str(json_view_get(root, "resume")),
                    claim->resume, sizeof(claim->resume));
    if (!fits || !is_device_name(claim->device)) {
        refuse(session, NX_ERR_BAD_REQUEST, CLOSE_BAD_REQUEST,
                nx_str_c("user_id, device_id, token or resume is too long"));
        free(claim);
        return;
    }
    authenticate(session, claim);
}
