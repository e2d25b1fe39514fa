/*
 * log - one line per event, with a level, a module, a text and named fields.
 *
 *     log_info("net", "listening", LOG_STR("address", a), LOG_INT("port", 80));
 *
 * Nothing after the level is evaluated when that level is off. A line is at
 * most LOG_LINE_MAX bytes and leaves in one write(2); long values are cut
 * and end in an ellipsis. Whatever bytes a value holds, it cannot end or
 * fake a line. The keys time, level, module and message are taken.
 *
 * Owner:   the process; this module is its one global sink
 * Thread:  any
 * Errors:  none; lines that cannot be written are counted. errno is kept
 */
#ifndef KERNEL_BASE_LOG_H
#define KERNEL_BASE_LOG_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_LINE_MAX  2048
#define LOG_VALUE_MAX 512 // bytes of one value or message, as written

enum log_level {
    LOG_LEVEL_DEBUG,
    LOG_LEVEL_INFO,
    LOG_LEVEL_WARN,
    LOG_LEVEL_ERROR,
};

enum log_format {
    LOG_FORMAT_TEXT, // 2026-01-31T12:00:00.123Z info net: listening port=80
    LOG_FORMAT_JSON, // one object per line, fields beside the four fixed keys
};

enum log_kind {
    LOG_KIND_END, // the last field of every array
    LOG_KIND_STR,
    LOG_KIND_INT,
    LOG_KIND_UINT,
    LOG_KIND_BOOL,
    LOG_KIND_ERRNO,
};

// Made by the macros below.
struct log_field {
    const char *key;
    enum log_kind kind;
    size_t len; // STR: bytes at value.text, or SIZE_MAX up to the NUL
    union {
        const char *text; // may be NULL
        int64_t number;   // INT, BOOL, ERRNO
        uint64_t unsigned_number;
    } value;
};

#define LOG_STR(k, v) LOG_STRN(k, v, SIZE_MAX)
#define LOG_STRN(k, v, n) \
    ((struct log_field){.key = (k), \
            .kind = LOG_KIND_STR, \
            .len = (n), \
            .value = {.text = (v)}})
#define LOG_INT(k, v)  LOG_FIELD_NUMBER(k, LOG_KIND_INT, v)
#define LOG_BOOL(k, v) LOG_FIELD_NUMBER(k, LOG_KIND_BOOL, (v) ? 1 : 0)
#define LOG_UINT(k, v) \
    ((struct log_field){.key = (k), \
            .kind = LOG_KIND_UINT, \
            .value = {.unsigned_number = (v)}})

// The text of errno, under the key "error".
#define LOG_ERRNO() LOG_FIELD_NUMBER("error", LOG_KIND_ERRNO, errno)

#define LOG_FIELD_NUMBER(k, kind_of, v) \
    ((struct log_field){ \
            .key = (k), .kind = (kind_of), .value = {.number = (v)}})
#define LOG_FIELD_END          ((struct log_field){.kind = LOG_KIND_END})

#define log_debug(module, ...) LOG_AT(LOG_LEVEL_DEBUG, module, __VA_ARGS__)
#define log_info(module, ...)  LOG_AT(LOG_LEVEL_INFO, module, __VA_ARGS__)
#define log_warn(module, ...)  LOG_AT(LOG_LEVEL_WARN, module, __VA_ARGS__)
#define log_error(module, ...) LOG_AT(LOG_LEVEL_ERROR, module, __VA_ARGS__)

// The variable arguments are the message and any number of fields. The end
// marker is added before they are split, so "no fields" is never "nothing".
#define LOG_AT(level, module, ...) \
    (log_enabled(level) ? LOG_NOW(level, module, __VA_ARGS__) : (void)0)
#define LOG_NOW(level, module, ...) \
    log_write(level, module, LOG_FIRST(__VA_ARGS__, LOG_FIELD_END), \
            ((const struct log_field[]){ \
                    LOG_REST(__VA_ARGS__, LOG_FIELD_END)}))
#define LOG_FIRST(first, ...) first
#define LOG_REST(first, ...)  __VA_ARGS__

bool log_enabled(enum log_level level);

// For callers whose fields are not known at compile time; everyone else uses
// the macros. fields end with LOG_KIND_END.
void log_write(enum log_level level, const char *module, const char *message,
        const struct log_field *fields);

// These take effect at once, for every thread. The start is info, text, 2.
void log_set_level(enum log_level level);
enum log_level log_level(void);
void log_set_format(enum log_format format);
void log_set_fd(int fd); // borrowed until another one is set

// "debug", "info", "warn" or "error"; false leaves *level alone.
bool log_level_from_name(const char *name, enum log_level *level);

// Lines that could not be written since the start of the process.
uint64_t log_dropped(void);

#endif
