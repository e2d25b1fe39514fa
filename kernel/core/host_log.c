#include <string.h>

#include <nexus/log.h>

#include "kernel/base/log.h"
#include "kernel/core/host_tables.h"
#include "kernel/core/plugin.h"

#define FIELDS_MAX 16u
#define KEY_SIZE   32u

// ABI numbers are those of enum log_level.
_Static_assert(NX_LOG_DEBUG == LOG_LEVEL_DEBUG, "levels differ");
_Static_assert(NX_LOG_ERROR == LOG_LEVEL_ERROR, "levels differ");

static enum log_level level_of(uint32_t level) {
    return level > NX_LOG_ERROR ? LOG_LEVEL_ERROR : (enum log_level)level;
}

static bool is_key_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

// The log trusts its keys, so what is no word becomes one.
static void copy_key(char out[KEY_SIZE], struct nx_str key) {
    size_t len = host_text_given(key) ? key.len : 0;
    len = len < KEY_SIZE ? len : KEY_SIZE - 1;
    for (size_t i = 0; i < len; i++) {
        out[i] = '_';
        if (is_key_char(key.ptr[i])) {
            out[i] = key.ptr[i];
        }
    }
    if (len == 0) {
        out[len++] = '_';
    }
    out[len] = '\0';
}

// [any] Reads nothing of the plugin but its name, which never changes.
static void host_log_write(const struct nx_host *host, uint32_t level,
        struct nx_str message, const struct nx_log_field *fields,
        size_t count) {
    if (!host || !host_text_sane(message) || !log_enabled(level_of(level))) {
        return;
    }
    char keys[FIELDS_MAX][KEY_SIZE];
    char text[LOG_VALUE_MAX + 1];
    struct log_field out[FIELDS_MAX + 1];
    size_t used = 0;
    for (; fields && used < count && used < FIELDS_MAX; used++) {
        struct nx_str value = fields[used].value;
        copy_key(keys[used], fields[used].key);
        out[used] = LOG_STRN(keys[used], value.ptr, value.ptr ? value.len : 0);
    }
    out[used] = LOG_FIELD_END;
    size_t len = message.len < LOG_VALUE_MAX ? message.len : LOG_VALUE_MAX;
    if (len > 0) {
        memcpy(text, message.ptr, len);
    }
    text[len] = '\0';
    log_write(level_of(level), plugin_of(host)->name, text, out);
}

static uint32_t host_log_level(const struct nx_host *host) {
    (void)host;
    uint32_t level = NX_LOG_DEBUG;
    while (level < NX_LOG_ERROR && !log_enabled(level_of(level))) {
        level++;
    }
    return level;
}

const struct nx_log_v1 host_log_v1 = {
        .struct_size = sizeof(host_log_v1),
        .version = 1,
        .write = host_log_write,
        .level = host_log_level,
};
