#include "kernel/core/http_request.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "kernel/core/url.h"

#define HEADER_NAME(name) name,
static const char *const header_names[] = {HTTP_REQUEST_HEADERS(HEADER_NAME)};
#undef HEADER_NAME
#define HEADERS (sizeof(header_names) / sizeof(header_names[0]))

static const struct nx_str none = {NULL, 0};

enum nx_err http_request_open(struct http_request_handle *handle,
        const struct http_request *request, const char *pattern) {
    size_t size = request->path.len + request->query.len + 2;
    handle->request = request;
    handle->pattern = pattern;
    handle->text = NULL;
    if (request->path.len > HTTP_REQUEST_TARGET_MAX
            || request->query.len > HTTP_REQUEST_TARGET_MAX) {
        return NX_ERR_TOO_LARGE;
    }
    handle->text = malloc(size);
    if (!handle->text) {
        return NX_ERR_NO_MEMORY;
    }
    // Here, so that no value can turn out to be malformed later. What
    // separates values is plain ASCII: the whole is proper when its parts are.
    if (!url_decode(request->path, false, handle->text, size)
            || !url_decode(request->query, true, handle->text, size)) {
        http_request_close(handle);
        return NX_ERR_BAD_REQUEST;
    }
    return NX_OK;
}

void http_request_close(struct http_request_handle *handle) {
    free(handle->text);
    handle->text = NULL;
}

// Decodes a value that is part of `whole`, whose place in the text begins at
// `base`. The NUL falls on the separator behind the value, or behind the end.
static struct nx_str decode(const struct http_request_handle *handle,
        struct nx_str value, struct nx_str whole, size_t base) {
    bool form = base > 0;
    if (!value.ptr) {
        return none;
    }
    char *out = handle->text + base + (value.ptr - whole.ptr);
    if (!url_decode(value, form, out, value.len + 1)) {
        return none; // cannot be: the whole was decoded before
    }
    return (struct nx_str){out, strlen(out)};
}

struct nx_str http_request_param(const void *handle, const char *name) {
    const struct http_request_handle *own = handle;
    struct nx_str path = own->request->path;
    return decode(own, url_segment(path, own->pattern, name), path, 0);
}

struct nx_str http_request_query(const void *handle, const char *name) {
    const struct http_request_handle *own = handle;
    struct nx_str query = own->request->query;
    return decode(
            own, url_argument(query, name), query, own->request->path.len + 1);
}

struct nx_str http_request_header(const void *handle, const char *name) {
    const struct http_request_handle *own = handle;
    return own->request->header(own->request->ctx, name);
}

struct nx_str http_request_bearer(struct nx_str authorization) {
    static const char scheme[] = "bearer ";
    size_t len = sizeof(scheme) - 1;
    if (authorization.len <= len
            || strncasecmp(authorization.ptr, scheme, len) != 0) {
        return none;
    }
    return (struct nx_str){authorization.ptr + len, authorization.len - len};
}

// ---- copies ----

static struct nx_str copied_header(void *ctx, const char *name) {
    const struct http_request_copy *copy = ctx;
    for (size_t i = 0; i < HEADERS; i++) {
        if (strcmp(header_names[i], name) == 0) {
            return copy->headers[i];
        }
    }
    return none;
}

// Moves a string into the block, at *at, and adds a NUL.
static void move_in(struct nx_str *text, char **at) {
    if (!text->ptr) {
        return;
    }
    memcpy(*at, text->ptr, text->len);
    (*at)[text->len] = '\0';
    text->ptr = *at;
    *at += text->len + 1;
}

struct http_request_copy *http_request_copy(
        const struct http_request *request, nx_op_id op) {
    struct nx_str headers[HEADERS];
    size_t size = request->method.len + request->path.len + request->query.len
            + request->address.len + request->body.len + 5;
    for (size_t i = 0; i < HEADERS; i++) {
        headers[i] = request->header(request->ctx, header_names[i]);
        size += headers[i].len + 1;
    }
    struct http_request_copy *copy =
            malloc(sizeof(*copy) + sizeof(headers) + size);
    if (!copy) {
        return NULL;
    }
    copy->op = op;
    copy->request = *request;
    copy->request.header = copied_header;
    copy->request.ctx = copy;
    copy->headers = (struct nx_str *)(void *)(copy + 1);
    char *at = (char *)(copy->headers + HEADERS);
    struct nx_str *const strings[] = {&copy->request.method,
            &copy->request.path, &copy->request.query, &copy->request.address,
            &copy->request.body};
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        move_in(strings[i], &at);
    }
    for (size_t i = 0; i < HEADERS; i++) {
        copy->headers[i] = headers[i];
        move_in(&copy->headers[i], &at);
    }
    return copy;
}
