/*
 * core_case - a whole core without plugins, on a transport that remembers.
 *
 * Clients and HTTP requests are structs of the test; what the core wrote to
 * them stays in there. Time stands still. For tests of the core itself:
 * plugins are tested on the fake host of the SDK.
 *
 * Owner:   the test's stack; finish everything at the end
 * Thread:  the test's
 * Errors:  a failed assertion
 */
#ifndef TESTS_SUPPORT_CORE_CASE_H
#define TESTS_SUPPORT_CORE_CASE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/util/buf.h>

#include "kernel/base/log.h"
#include "kernel/core/core.h"
#include "kernel/core/gate.h"
#include "kernel/core/http.h"
#include "kernel/core/session_io.h"
#include "kernel/core/settings.h"
#include "tests/support/cmocka.h"

#define CORE_CASE_START_MS INT64_C(1769860800000)
#define CORE_CASE_HEADERS  16 // names and values
#define CORE_CASE_MAX      ((size_t)16 << 20)

// One client.
struct link {
    nx_session_id session;
    struct nx_buf out;   // every frame written
    uint16_t close_code; // 0: open
    bool busy;           // the socket is full
};

// One HTTP request and, once there, its answer.
struct http_link {
    unsigned answers;
    uint32_t status;
    uint32_t retry_after_s;
    char type[64];
    char allow[64];
    struct nx_buf body;
    const char *const *headers; // pairs of name and value, then NULL
};

struct core_case {
    struct settings *settings;
    struct core *core;
};

static inline struct nx_str core_case_str(const char *text) {
    struct nx_str str = {text, text ? strlen(text) : 0};
    return str;
}

// ---- transport ----

static inline enum transport_result core_case_write(
        void *ctx, struct link *link, const unsigned char *frames, size_t len) {
    (void)ctx;
    if (link->busy) {
        return TRANSPORT_BUSY;
    }
    assert_true(nx_buf_append(&link->out, frames, len));
    return TRANSPORT_TAKEN;
}

static inline void core_case_close(
        void *ctx, struct link *link, uint16_t code, struct nx_str reason) {
    (void)ctx;
    (void)reason;
    link->close_code = code;
}

static inline void core_case_pause(void *ctx, struct link *link, bool paused) {
    (void)ctx;
    (void)link;
    (void)paused;
}

static inline void core_case_respond(void *ctx, struct http_link *link,
        const struct http_response *response) {
    (void)ctx;
    link->answers++;
    link->status = response->status;
    link->retry_after_s = response->retry_after_s;
    (void)snprintf(link->type, sizeof(link->type), "%s",
            response->content_type ? response->content_type : "");
    (void)snprintf(link->allow, sizeof(link->allow), "%s",
            response->allow ? response->allow : "");
    nx_buf_clear(&link->body);
    assert_true(
            nx_buf_append(&link->body, response->body.ptr, response->body.len));
}

static inline void core_case_wake(void *ctx) {
    (void)ctx;
}

// ---- the core ----

// sets are "path=value" and end with NULL; NULL is none.
static inline void core_case_init(
        struct core_case *c, const char *const *sets) {
    static const struct transport_ops ops = {
            .write = core_case_write,
            .close = core_case_close,
            .pause = core_case_pause,
            .respond = core_case_respond,
            .wake = core_case_wake,
    };
    const struct transport transport = {.ops = &ops, .ctx = c};
    struct settings_source source = {.sets = sets};
    struct settings_errors errors;
    struct clock clock;
    while (sets && sets[source.set_count]) {
        source.set_count++;
    }
    log_set_level(LOG_LEVEL_ERROR);
    settings_errors_init(&errors);
    c->settings = settings_create(&source, &errors);
    settings_errors_finish(&errors);
    assert_non_null(c->settings);
    clock_init_fake(&clock, CORE_CASE_START_MS);
    c->core = core_create(c->settings, &transport, &clock);
    assert_non_null(c->core);
}

static inline void core_case_finish(struct core_case *c) {
    core_destroy(c->core);
    settings_destroy(c->settings);
}

static inline void core_case_advance(struct core_case *c, int64_t ms) {
    clock_advance(&c->core->clock, ms);
    core_turn(c->core);
}

// ---- clients ----

static inline void core_case_connect(
        struct core_case *c, struct link *link, const char *user) {
    char query[256];
    (void)snprintf(query, sizeof(query), "user_id=%s", user);
    const struct gate_request request = {
            .query = core_case_str(query),
            .address = core_case_str("127.0.0.1"),
    };
    memset(link, 0, sizeof(*link));
    nx_buf_init(&link->out, CORE_CASE_MAX);
    link->session = gate_open(c->core, link, &request);
    assert_true(link->session != 0);
    core_turn(c->core);
}

static inline void core_case_send(
        struct core_case *c, struct link *link, const char *json) {
    session_io_message(c->core, link->session, json, strlen(json), false);
    core_turn(c->core);
}

static inline void core_case_leave(struct core_case *c, struct link *link) {
    session_io_closed(c->core, link->session, 1006);
    nx_buf_finish(&link->out);
    core_turn(c->core);
}

// ---- HTTP ----

static inline struct nx_str core_case_header(void *ctx, const char *name) {
    struct http_link *link = ctx;
    for (const char *const *pair = link->headers; pair && *pair; pair += 2) {
        if (strcmp(*pair, name) == 0) {
            return core_case_str(pair[1]);
        }
    }
    return core_case_str(NULL);
}

// Copies pairs into out, which ends with NULL.
static inline void core_case_copy_headers(
        char *out[CORE_CASE_HEADERS + 1], const char *const *headers) {
    size_t count = 0;
    while (headers && headers[count]) {
        assert_true(count < CORE_CASE_HEADERS);
        out[count] = strdup(headers[count]);
        count++;
    }
    out[count] = NULL;
}

// Asks for "GET /path?query"; body may be NULL, headers pairs or NULL. The
// strings are gone when the call returns, as in the server.
static inline void core_case_http(struct core_case *c, struct http_link *link,
        const char *line, const char *const *headers, const char *body) {
    char *copy = strdup(line);
    assert_non_null(copy);
    char *path = strchr(copy, ' ');
    assert_non_null(path);
    *path++ = '\0';
    char *query = strchr(path, '?');
    if (query) {
        *query++ = '\0';
    }
    char *sent = body ? strdup(body) : NULL;
    memset(link, 0, sizeof(*link));
    nx_buf_init(&link->body, CORE_CASE_MAX);
    char *copies[CORE_CASE_HEADERS + 1];
    core_case_copy_headers(copies, headers);
    link->headers = (const char *const *)copies;
    const struct http_request request = {
            .method = core_case_str(copy),
            .path = core_case_str(path),
            .query = core_case_str(query),
            .address = core_case_str("127.0.0.1"),
            .body = core_case_str(sent),
            .header = core_case_header,
            .ctx = link,
    };
    http_serve(c->core, link, &request);
    link->headers = NULL;
    for (char **text = copies; *text; text++) {
        free(*text);
    }
    free(sent);
    free(copy);
}

static inline void http_link_finish(struct http_link *link) {
    nx_buf_finish(&link->body);
}

// The body, "" without one.
static inline const char *http_link_body(const struct http_link *link) {
    return link->body.data ? link->body.data : "";
}

#endif
