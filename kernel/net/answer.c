#include "kernel/net/answer.h"

#include <stddef.h>
#include <time.h>

#include <nexus/util/buf.h>

#include "kernel/core/transport.h"

#define PROBLEM_MAX 512

struct status_row {
    uint32_t status;
    const char *text;
};

static const struct status_row status_rows[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {426, "Upgrade Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
};
#define STATUSES (sizeof(status_rows) / sizeof(status_rows[0]))

static const char *status_text(uint32_t status) {
    for (size_t i = 0; i < STATUSES; i++) {
        if (status_rows[i].status == status) {
            return status_rows[i].text;
        }
    }
    return status < 400 ? "OK" : "Error";
}

static void append_date(struct nx_buf *out, int64_t wall_ms) {
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc;
    char text[64];
    if (gmtime_r(&seconds, &utc)
            && strftime(
                    text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &utc)) {
        (void)nx_buf_appendf(out, "date: %s\r\n", text);
    }
}

static bool has_body(const struct http_response *response) {
    return response->content_type != NULL && response->status != 204;
}

static void append_body_headers(
        struct nx_buf *out, const struct http_response *response) {
    if (has_body(response)) {
        (void)nx_buf_appendf(out,
                "content-type: %s\r\ncontent-length: %zu\r\n"
                "x-content-type-options: nosniff\r\n",
                response->content_type, response->body.len);
    } else if (response->status != 204) {
        (void)nx_buf_append_cstr(out, "content-length: 0\r\n");
    }
}

bool answer_append(struct nx_buf *out, const struct answer *answer) {
    const struct http_response *response = answer->response;
    (void)nx_buf_appendf(out, "HTTP/1.1 %u %s\r\n", response->status,
            status_text(response->status));
    append_date(out, answer->wall_ms);
    append_body_headers(out, response);
    // Every answer tells what is true now.
    (void)nx_buf_append_cstr(out, "cache-control: no-store\r\n");
    if (response->retry_after_s > 0) {
        (void)nx_buf_appendf(
                out, "retry-after: %u\r\n", response->retry_after_s);
    }
    if (response->allow) {
        (void)nx_buf_appendf(out, "allow: %s\r\n", response->allow);
    }
    if (answer->extra) {
        (void)nx_buf_append_cstr(out, answer->extra);
    }
    if (answer->close) {
        // RFC 9110, 15.5.22: a 426 names the upgrade as a connection option.
        bool upgrade = answer->response->status == 426;
        (void)nx_buf_append_cstr(out,
                upgrade ? "connection: upgrade, close\r\n"
                        : "connection: close\r\n");
    }
    (void)nx_buf_append_cstr(out, "\r\n");
    if (has_body(response) && !answer->no_body) {
        (void)nx_buf_append(out, response->body.ptr, response->body.len);
    }
    return !out->failed;
}

bool answer_append_problem(struct nx_buf *out, const struct answer *answer,
        const char *code, const char *detail) {
    struct nx_buf body;
    nx_buf_init(&body, PROBLEM_MAX);
    (void)nx_buf_appendf(&body,
            "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%u,"
            "\"code\":\"%s\",\"detail\":\"%s\"}",
            status_text(answer->response->status), answer->response->status,
            code, detail);

    struct http_response response = *answer->response;
    response.content_type = "application/problem+json";
    response.body = (struct nx_bytes){body.data, body.len};
    struct answer with_body = *answer;
    with_body.response = &response;
    bool whole = !body.failed && answer_append(out, &with_body);
    nx_buf_finish(&body);
    return whole;
}
