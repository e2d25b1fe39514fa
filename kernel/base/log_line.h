/*
 * log_line - the bytes of one log line, in either format.
 *
 * Belongs to log.c alone. A line always fits its buffer: a long value is cut
 * between characters and ends in an ellipsis, and the first field that finds
 * no room any more is replaced by a mark that there were more.
 *
 * Owner:   the caller, on its stack
 * Thread:  any
 * Errors:  none
 */
#ifndef KERNEL_BASE_LOG_LINE_H
#define KERNEL_BASE_LOG_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/base/log.h"

struct log_record {
    int64_t wall_ms;
    enum log_level level;
    const char *module;
    const char *message;
    const struct log_field *fields; // ends with LOG_KIND_END
};

struct log_line {
    size_t len;
    bool full; // something was refused; the line ends before it
    char data[LOG_LINE_MAX];
};

// Overwrites line, the newline included.
void log_line_format(struct log_line *line, enum log_format format,
        const struct log_record *record);

// "debug", "info", "warn", "error".
const char *log_line_level_name(enum log_level level);

#endif
