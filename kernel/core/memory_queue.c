#include "kernel/core/memory_queue.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/error.h>

void memory_queue_init(
        struct memory_queue *queue, size_t max_count, size_t max_bytes) {
    nx_list_init(&queue->requests);
    queue->count = 0;
    queue->bytes = 0;
    queue->max_count = max_count;
    queue->max_bytes = max_bytes;
}

void memory_queue_finish(struct memory_queue *queue) {
    struct memory_request *request = NULL;
    while ((request = memory_queue_take(queue))) {
        memory_request_destroy(request);
    }
}

void memory_request_destroy(struct memory_request *request) {
    if (request) {
        free(request->record);
        free(request);
    }
}

// What the copy will take, in bytes. Texts and payloads are bounded by the
// caller, so the sum cannot overflow.
static size_t copy_bytes(
        const struct memory_request *request, struct nx_str payload) {
    size_t bytes = sizeof(*request);
    for (size_t i = 0; i < MEMORY_TEXTS; i++) {
        bytes += request->text[i].len;
    }
    if (payload.ptr) {
        bytes += sizeof(struct memory_record) + payload.len + 1;
    }
    return bytes;
}

static void copy_texts(
        struct memory_request *copy, const struct memory_request *request) {
    char *tail = copy->tail;
    for (size_t i = 0; i < MEMORY_TEXTS; i++) {
        size_t len = request->text[i].len;
        copy->text[i] = (struct nx_str){tail, len};
        if (len > 0) {
            memcpy(tail, request->text[i].ptr, len);
            tail += len;
        }
    }
}

static struct memory_request *copy_request(
        const struct memory_request *request, struct nx_str payload) {
    size_t tail = 0;
    for (size_t i = 0; i < MEMORY_TEXTS; i++) {
        tail += request->text[i].len;
    }
    struct memory_request *copy = malloc(sizeof(*copy) + tail);
    if (!copy) {
        return NULL;
    }
    *copy = *request;
    copy->record = NULL;
    nx_list_init(&copy->link);
    copy_texts(copy, request);
    if (payload.ptr) {
        copy->record = memory_record_create(payload);
        if (!copy->record) {
            free(copy);
            return NULL;
        }
    }
    return copy;
}

nx_status memory_queue_push(struct memory_queue *queue,
        const struct memory_request *request, struct nx_str payload) {
    size_t bytes = copy_bytes(request, payload);
    if (bytes > queue->max_bytes) {
        return NX_ERR_TOO_LARGE;
    }
    if (queue->count >= queue->max_count
            || queue->bytes > queue->max_bytes - bytes) {
        return NX_ERR_ENGINE_BUSY;
    }
    struct memory_request *copy = copy_request(request, payload);
    if (!copy) {
        return NX_ERR_NO_MEMORY;
    }
    copy->bytes = bytes;
    nx_list_append(&queue->requests, &copy->link);
    queue->count++;
    queue->bytes += bytes;
    return NX_OK;
}

struct memory_request *memory_queue_take(struct memory_queue *queue) {
    struct nx_list *link = nx_list_take_first(&queue->requests);
    if (!link) {
        return NULL;
    }
    struct memory_request *request =
            nx_container_of(link, struct memory_request, link);
    queue->count--;
    queue->bytes -= request->bytes;
    return request;
}
