#include <string.h>

#include "kernel/base/log.h"
#include "kernel/base/log_line.h"
#include "kernel/core/admin_command.h"
#include "kernel/core/core.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"
#include "kernel/core/tails.h"
#include "kernel/core/users.h"
#include "kernel/core/writer.h"

#define LEVEL_MAX 8

const struct nx_field admin_log_level_fields[] = {
        ADMIN_FIELDS,
        {.name = "level", .kinds = NX_JSON_STRING, .max = LEVEL_MAX},
        {.name = NULL},
};

const struct nx_field admin_tail_fields[] = {
        ADMIN_FIELDS,
        {.name = "type",
                .kinds = NX_JSON_STRING,
                .min = 1,
                .max = TAIL_TYPE_MAX},
        {.name = "user",
                .kinds = NX_JSON_STRING,
                .min = 1,
                .max = USER_NAME_MAX},
        {.name = NULL},
};

// --- log level ------------------------------------------------------------

// The line must be there whatever the levels are.
static void change_level(enum log_level from, enum log_level to) {
    if (!log_enabled(LOG_LEVEL_INFO)) {
        log_set_level(LOG_LEVEL_INFO);
    }
    log_info("admin",
            "log level changed by nexusctl until the next start or reload",
            LOG_STR("from", log_line_level_name(from)),
            LOG_STR("to", log_line_level_name(to)));
    log_set_level(to);
}

void admin_log_level(struct admin_call *call) {
    struct nx_str wanted = admin_text(call, "level");
    enum log_level before = log_level();
    enum log_level after = before;
    if (wanted.ptr && !log_level_from_name(wanted.ptr, &after)) {
        admin_fail(call, "bad_request",
                "level must be debug, info, warn or error");
        return;
    }
    if (after != before) {
        change_level(before, after);
    }
    writer_put_cstr(call->result, "level", log_line_level_name(after));
    writer_put_cstr(call->result, "before", log_line_level_name(before));
    writer_put_cstr(call->result, "setting", call->core->settings->log_level);
}

// --- drain ----------------------------------------------------------------

void admin_drain(struct admin_call *call) {
    struct core *core = call->core;
    size_t sessions = sessions_count(core->sessions);
    if (core->draining) {
        admin_fail(call, "draining",
                "the server is draining already; to stop it at once, send it "
                "SIGTERM");
        return;
    }
    log_info("admin", "draining", LOG_STR("by", "nexusctl"),
            LOG_UINT("sessions", sessions));
    core_drain(core);
    writer_put_u64(call->result, "sessions", sessions);
    writer_put_i64(
            call->result, "timeout_seconds", core->settings->drain_timeout);
}

// --- tail -----------------------------------------------------------------

void admin_tail(struct admin_call *call) {
    struct nx_str type = admin_text(call, "type");
    struct nx_str user = admin_text(call, "user");
    if (!admin_start_tail(call, type, user)) {
        admin_fail(call, "bad_request", "this connection tails already");
        return;
    }
    log_info("admin", "nexusctl tails events",
            LOG_STR("type", type.ptr ? type.ptr : ""),
            LOG_STR("user", user.ptr ? user.ptr : ""));
}
