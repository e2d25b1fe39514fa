/*
 * json_text - values as JSON text, appended to a buffer.
 *
 * Strings are checked to be UTF-8 and escaped no more than they must be:
 * quotes, backslashes and characters below U+0020. Numbers lose no bit: a
 * float has at most 15 digits, or the one or two more that this takes.
 *
 * Owner:   the caller's buffer
 * Thread:  any
 * Errors:  INVALID; TOO_LARGE at the buffer's ceiling; NO_MEMORY. The buffer
 *          may then end in a piece of the value
 */
#ifndef KERNEL_CORE_JSON_TEXT_H
#define KERNEL_CORE_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/error.h>
#include <nexus/types.h>
#include <nexus/util/buf.h>

// Text that is JSON already.
enum nx_err json_text_append(struct nx_buf *buf, const void *ptr, size_t len);

// The string with its quotes. INVALID when it is not UTF-8.
enum nx_err json_text_str(struct nx_buf *buf, const char *ptr, size_t len);

enum nx_err json_text_i64(struct nx_buf *buf, int64_t value);
enum nx_err json_text_u64(struct nx_buf *buf, uint64_t value);

// Always with a point or an exponent, so that it is read as a float again.
// INVALID for infinity and what is not a number.
enum nx_err json_text_f64(struct nx_buf *buf, double value);

// A whole tree, members in their order. INVALID for NULL and below a depth
// of JSON_DOC_DEPTH_MAX.
enum nx_err json_text_value(struct nx_buf *buf, const struct nx_json *value);

// How many bytes from the start on are UTF-8 and need no escape.
size_t json_text_plain(const char *ptr, size_t len);

bool json_text_is_utf8(const char *ptr, size_t len);

// The largest length up to max that does not cut a character of valid UTF-8.
size_t json_text_cut(const char *ptr, size_t len, size_t max);

#endif
