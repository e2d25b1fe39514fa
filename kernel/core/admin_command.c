#include "kernel/core/admin_command.h"

#include <stdarg.h>
#include <stdio.h>

#include <nexus/util/str.h>

#include "kernel/core/json_view.h"
#include "kernel/core/writer.h"

const struct nx_field admin_no_fields[] = {ADMIN_FIELDS, {.name = NULL}};

static const struct admin_command commands[] = {
        {"status", admin_no_fields, admin_status},
        {"sessions", admin_sessions_fields, admin_sessions},
        {"kick", admin_kick_fields, admin_kick},
        {"rooms", admin_rooms_fields, admin_rooms},
        {"plugins", admin_no_fields, admin_plugins},
        {"log-level", admin_log_level_fields, admin_log_level},
        {"drain", admin_no_fields, admin_drain},
        {"reload", admin_no_fields, admin_reload},
        {"plugin-release", admin_release_fields, admin_release},
        {"tail", admin_tail_fields, admin_tail},
};

const struct admin_command *admin_command_find(struct nx_str name) {
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (nx_str_is(name, commands[i].name)) {
            return &commands[i];
        }
    }
    return NULL;
}

void admin_fail(
        struct admin_call *call, const char *code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    call->code = code;
    (void)vsnprintf(call->message, sizeof(call->message), format, args);
    va_end(args);
}

struct nx_str admin_text(const struct admin_call *call, const char *name) {
    return json_view_str(json_view_get(call->request, name));
}

bool admin_number(
        const struct admin_call *call, const char *name, uint64_t *out) {
    int64_t value;
    if (json_view_i64(json_view_get(call->request, name), &value) != NX_OK) {
        return false;
    }
    *out = (uint64_t)value;
    return true;
}

bool admin_is_full(const struct admin_call *call) {
    return writer_text(call->result).len > call->room;
}
