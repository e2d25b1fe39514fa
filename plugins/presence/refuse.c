#include "plugins/presence/refuse.h"

#include <stdarg.h>
#include <stdio.h>

#include "plugins/presence/presence.h"

#define TEXT_MAX 256

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
        const char *field, const char *message, ...) {
    char text[TEXT_MAX];
    va_list args;
    va_start(args, message);
    (void)vsnprintf(text, sizeof(text), message, args);
    va_end(args);
    const struct nx_failure failure = {
            .status = NX_ERR_INVALID_FIELD,
            .message = nx_str_c(text),
    };
    fail(presence, op, &failure, "field", field);
    return NX_DONE;
}

int32_t refuse_limit(const struct presence *presence, nx_op_id op,
        nx_status status, const char *limit, uint64_t retry_after_ms,
        const char *message, ...) {
    char text[TEXT_MAX];
    char setting[TEXT_MAX];
    va_list args;
    va_start(args, message);
    (void)vsnprintf(text, sizeof(text), message, args);
    va_end(args);
    (void)snprintf(setting, sizeof(setting), "plugins.presence.%s", limit);
    const struct nx_failure failure = {
            .status = status,
            .message = nx_str_c(text),
            .retry_after_ms = retry_after_ms,
    };
    fail(presence, op, &failure, "limit", setting);
    return NX_DONE;
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
