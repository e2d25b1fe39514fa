#include "plugins/store/request.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/error.h>

size_t request_size(const struct request *template) {
    size_t size = sizeof(*template);
    for (size_t i = 0; i < REQUEST_TEXTS; i++) {
        size += template->text[i].len + 1;
    }
    return size;
}

struct request *request_create(const struct request *template) {
    size_t size = request_size(template);
    struct request *request = malloc(size);
    if (!request) {
        return NULL;
    }
    *request = *template;
    request->bytes = size;
    nx_list_init(&request->link);
    rows_init(&request->rows);
    char *tail = request->tail;
    for (size_t i = 0; i < REQUEST_TEXTS; i++) {
        size_t len = template->text[i].len;
        request->text[i] = (struct nx_str){tail, len};
        if (len > 0) {
            memcpy(tail, template->text[i].ptr, len);
        }
        tail[len] = '\0';
        tail += len + 1;
    }
    return request;
}

void request_destroy(struct request *request) {
    if (request) {
        rows_finish(&request->rows);
        free(request);
    }
}

bool request_writes(const struct request *request) {
    bool has_log = (request->flags & NX_PUBLISH_NO_LOG) == 0
            && request->keep_count > 0;
    switch (request->kind) {
    case REQUEST_PUBLISH:
        return has_log || request->text[REQUEST_DEDUPE].len > 0;
    case REQUEST_PUT:
    case REQUEST_REMOVE:
    case REQUEST_SWEEP:
        return true;
    case REQUEST_HISTORY:
    case REQUEST_GET:
    case REQUEST_SCAN:
        break;
    }
    return false;
}

void request_fail(struct request *request, nx_status status) {
    rows_finish(&request->rows);
    request->deliver = false;
    request->published = (struct nx_publish_result){
            .struct_size = sizeof(request->published), .status = status};
    request->history = (struct nx_history_result){
            .struct_size = sizeof(request->history), .status = status};
    request->fact = (struct nx_fact_result){
            .struct_size = sizeof(request->fact), .status = status};
}

static void answer_publish(
        const struct request *request, const struct nx_provider_sink *sink) {
    const struct nx_record record = {
            .struct_size = sizeof(record),
            .epoch = request->published.epoch,
            .offset = request->published.offset,
            .time_ms = request->published.time_ms,
            .payload = request->text[REQUEST_PAYLOAD],
    };
    if (request->deliver) {
        sink->deliver(
                sink->ctx, request->text[REQUEST_ROOM], &record, request->tag);
    }
    sink->published(sink->ctx, request->cookie, &request->published);
}

void request_answer(
        const struct request *request, const struct nx_provider_sink *sink) {
    switch (request->kind) {
    case REQUEST_PUBLISH:
        answer_publish(request, sink);
        break;
    case REQUEST_HISTORY:
        sink->history(sink->ctx, request->cookie, &request->history);
        break;
    case REQUEST_PUT:
    case REQUEST_GET:
    case REQUEST_REMOVE:
    case REQUEST_SCAN:
        sink->fact(sink->ctx, request->cookie, &request->fact);
        break;
    case REQUEST_SWEEP:
        break;
    }
}
