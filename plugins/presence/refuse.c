#include "plugins/presence/refuse.h"

#include <stdio.h>

#include "plugins/presence/presence.h"

static void fail(const struct presence *presence, nx_op_id op,
        const struct nx_failure *given, const char *key, const char *value) {
    const struct nx_json_v1 *json = presence->sdk.json;
    struct nx_failure failure = *given;
    failure.struct_size = sizeof(failure);
    failure.details = json->object(presence->host);
    if (failure.details) {
        json->put_str(failure.details, key, nx_str_c(value));
    }
    (void)presence->sdk.router->fail(presence->host, op, &failure);
}

int32_t refuse_field(const struct presence *presence, nx_op_id op,
        const char *field, const char *message) {
    const struct nx_failure failure = {
            .status = NX_ERR_INVALID_FIELD,
            .message = nx_str_c(message),
    };
    fail(presence, op, &failure, "field", field);
    return NX_DONE;
}

int32_t refuse_limit(const struct presence *presence, nx_op_id op,
        const struct refuse_limit *limit, const char *message) {
    char setting[REFUSE_TEXT_SIZE];
    (void)snprintf(
            setting, sizeof(setting), "plugins.presence.%s", limit->setting);
    const struct nx_failure failure = {
            .status = limit->status,
            .message = nx_str_c(message),
            .retry_after_ms = limit->retry_after_ms,
    };
    fail(presence, op, &failure, "limit", setting);
    return NX_DONE;
}

int32_t refuse_users(const struct presence *presence, nx_op_id op) {
    const struct refuse_limit limit = {
            .status = NX_ERR_LIMIT, .setting = "users"};
    char message[REFUSE_TEXT_SIZE];
    (void)snprintf(message, sizeof(message),
            "the server keeps no more than %zu users in memory",
            presence->settings.users);
    return refuse_limit(presence, op, &limit, message);
}

int32_t refuse_status(
        const struct presence *presence, nx_op_id op, nx_status status) {
    const struct nx_failure failure = {
            .struct_size = sizeof(failure),
            .status = status,
    };
    (void)presence->sdk.router->fail(presence->host, op, &failure);
    return NX_DONE;
}
