#include "kernel/core/http_answer.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <nexus/error.h>

#include "kernel/core/core.h"
#include "kernel/core/envelope.h"
#include "kernel/core/op.h"
#include "kernel/core/stats.h"
#include "kernel/core/transport.h"
#include "kernel/core/writer.h"

#define JSON_TYPE          "application/json"
#define PROBLEM_TYPE       "application/problem+json"
#define BYTES_TYPE         "application/octet-stream"

#define SHORT_PROBLEM_SIZE 128

#define RETRY_SOON_S       1 // a limit or a queue that empties by itself
#define RETRY_LATER_S      5 // somebody has to start or repair something

static bool is_status(uint32_t http_status) {
    return http_status >= 200 && http_status <= 599;
}

static uint32_t retry_after_s(uint32_t http_status, nx_status status) {
    if (http_status != 429 && http_status != 503) {
        return 0;
    }
    bool later =
            status == NX_ERR_DRAINING || status == NX_ERR_ENGINE_UNAVAILABLE;
    return later ? RETRY_LATER_S : RETRY_SOON_S;
}

static void send_to(struct core *core, struct http_link *link,
        const struct http_response *response) {
    core->stats->http_errors += response->status >= 400 ? 1 : 0;
    core->stats->http_answers[response->status / 100]++;
    core->transport.ops->respond(core->transport.ctx, link, response);
}

static void send_answer(struct core *core, struct op *op,
        const struct http_response *response) {
    struct http_link *link = op->link;
    if (link) {
        op->link = NULL; // the transport's again, also if it calls back
        send_to(core, link, response);
    }
}

static nx_status answer_json(struct core *core, struct op *op,
        uint32_t http_status, struct nx_writer *body) {
    struct http_response response = {
            .status = http_status,
            .retry_after_s = retry_after_s(http_status, NX_OK),
    };
    if (!op->link) {
        return NX_ERR_GONE;
    }
    if (!is_status(http_status)) {
        return NX_ERR_INVALID;
    }
    if (body) {
        struct nx_str text = writer_text(body);
        nx_status status = writer_status(body);
        if (status) {
            return status;
        }
        response.content_type = JSON_TYPE;
        response.body = (struct nx_bytes){text.ptr, text.len};
    }
    send_answer(core, op, &response);
    return NX_OK;
}

nx_status http_answer_json(struct core *core, struct op *op,
        uint32_t http_status, struct nx_writer *body) {
    nx_status status = answer_json(core, op, http_status, body);
    writer_discard(body);
    return status;
}

// What may stand in a header: it must not be able to add one of its own.
static bool is_header_value(const char *text) {
    size_t len = 0;
    while (text[len] >= ' ' && text[len] <= '~') {
        len++;
    }
    return len > 0 && text[len] == '\0';
}

void http_answer_bytes(struct core *core, struct op *op, uint32_t http_status,
        const char *content_type, struct nx_bytes body) {
    const char *type = content_type && is_header_value(content_type)
            ? content_type
            : BYTES_TYPE;
    struct http_response response = {
            .status = is_status(http_status) ? http_status : 500,
            .content_type = content_type || body.len > 0 ? type : NULL,
            .body = body,
            .retry_after_s = retry_after_s(http_status, NX_OK),
    };
    send_answer(core, op, &response);
}

// What is said without memory for a document.
static struct nx_str short_problem(
        char *out, size_t size, uint32_t http_status, const char *word) {
    int len = snprintf(out, size,
            "{\"type\":\"about:blank\",\"status\":%u,\"code\":\"%s\"}",
            http_status, word);
    return (struct nx_str){out, len > 0 ? (size_t)len : 0};
}

void http_answer_refuse(struct core *core, struct http_link *link,
        nx_status status, struct nx_str detail, const char *allow) {
    char instead[SHORT_PROBLEM_SIZE];
    nx_status failure = status < 0 ? status : NX_ERR_INTERNAL;
    uint32_t http_status = nx_err_http(failure);
    struct nx_writer *document =
            envelope_problem(core->writers, failure, NULL, detail);
    struct nx_str text = writer_text(document);
    if (!text.ptr) {
        text = short_problem(
                instead, sizeof(instead), http_status, nx_err_word(failure));
    }
    const struct http_response response = {
            .status = http_status,
            .content_type = PROBLEM_TYPE,
            .body = {text.ptr, text.len},
            .retry_after_s = retry_after_s(http_status, failure),
            .allow = allow,
    };
    send_to(core, link, &response);
    writer_discard(document);
}

void http_answer_problem(struct core *core, struct op *op, nx_status status,
        struct nx_str detail) {
    struct http_link *link = op->link;
    if (link) {
        op->link = NULL;
        http_answer_refuse(core, link, status, detail, NULL);
    }
}
