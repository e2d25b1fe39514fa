#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <nexus/util/str.h>

#include "fake_parts.h"
#include "kernel/core/core.h"
#include "kernel/core/http.h"

// One request, kept after its answer so that tests can look at it.
struct http_link {
    struct nx_list node;        // struct fake_host::requests
    const char *const *headers; // while the server reads the request
    struct fake_response response;
    struct fake_event *json;
    char *content_type;
    char *body;
    bool done; // answered, or the client has left
};

static struct nx_str header(void *ctx, const char *name) {
    const struct http_link *link = ctx;
    for (const char *const *pair = link->headers; pair && pair[0]; pair += 2) {
        if (strcasecmp(pair[0], name) == 0) {
            return nx_str_c(pair[1]);
        }
    }
    return nx_str_c(NULL);
}

void fake_http_respond(
        struct http_link *link, const struct http_response *response) {
    const char *type = response->content_type ? response->content_type : "";
    size_t len = response->body.len;
    free(link->content_type);
    free(link->body);
    link->done = true;
    link->content_type = fake_copy(type, strlen(type));
    link->body = fake_copy(response->body.ptr, len);
    if (strstr(type, "json")) {
        link->json = fake_event_create(link->body, len);
    }
    link->response = (struct fake_response){
            .status = response->status,
            .content_type = link->content_type,
            .body = link->body,
            .body_len = len,
            .retry_after_s = response->retry_after_s,
            .json = link->json,
    };
}

static struct http_link *link_create(
        struct fake_host *host, const char *const *headers) {
    struct http_link *link = fake_alloc(sizeof(*link));
    link->headers = headers;
    link->content_type = fake_copy("", 0);
    link->body = fake_copy("", 0);
    link->response.content_type = link->content_type;
    link->response.body = link->body;
    nx_list_init(&link->node);
    nx_list_append(&host->requests, &link->node);
    return link;
}

const struct fake_response *fake_host_http_with(struct fake_host *host,
        const char *method, const char *target, const char *body,
        const char *const *headers) {
    struct http_link *link = link_create(host, headers);
    const char *mark = strchr(target, '?');
    struct http_request request = {
            .method = nx_str_c(method),
            .path = nx_str_c(target),
            .query = nx_str_c(mark ? mark + 1 : NULL),
            .address = nx_str_c("127.0.0.1"),
            .body = nx_str_c(body),
            .header = header,
            .ctx = link,
    };
    if (mark) {
        request.path.len = (size_t)(mark - target);
    }
    if (!host->core) {
        fake_host_complain(host, "not started");
        link->done = true;
        return &link->response;
    }
    http_serve(host->core, link, &request);
    link->headers = NULL;
    (void)fake_host_turn(host);
    return &link->response;
}

const struct fake_response *fake_host_http(struct fake_host *host,
        const char *method, const char *target, const char *body) {
    static const char *const json[] = {
            "content-type", "application/json", NULL};
    return fake_host_http_with(host, method, target, body, body ? json : NULL);
}

void fake_http_break(struct fake_host *host) {
    nx_list_for_each (node, &host->requests) {
        struct http_link *link = nx_container_of(node, struct http_link, node);
        if (!link->done) {
            link->done = true;
            http_gone(host->core, link);
        }
    }
}

void fake_http_finish(struct fake_host *host) {
    struct nx_list *node;
    while ((node = nx_list_take_first(&host->requests)) != NULL) {
        struct http_link *link = nx_container_of(node, struct http_link, node);
        if (link->json) {
            fake_event_destroy(link->json);
        }
        free(link->content_type);
        free(link->body);
        free(link);
    }
}
