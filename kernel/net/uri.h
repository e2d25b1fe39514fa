/*
 * uri - puts a decoded request target back into its encoded form.
 *
 * libwebsockets hands out targets decoded and cut at '&', core wants them as
 * they were sent. What comes out decodes to the same bytes; spelling may
 * differ. A '+' in a path or query has become a space and stays one (%20).
 *
 * Thread:  any (pure functions)
 * Errors:  as nx_buf_append; false leaves a failed buffer
 */
#ifndef KERNEL_NET_URI_H
#define KERNEL_NET_URI_H

#include <stdbool.h>
#include <stddef.h>

struct nx_buf;

// A path: '/' stays as it is.
bool uri_append_path(struct nx_buf *out, const char *text, size_t len);

// "name=value": the first '=' stays as it is.
bool uri_append_argument(struct nx_buf *out, const char *text, size_t len);

#endif
