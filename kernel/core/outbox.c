#include "kernel/core/outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/base/payload.h"

#define QUEUE_CAP_MIN 8u
// Rings up to this many frames are kept by a session that fell quiet.
#define QUEUE_CAP_KEEP 8u

static struct outbox_frame *queue_at(
        const struct outbox_queue *queue, uint32_t index) {
    return &queue->frames[(queue->head + index) & (queue->cap - 1)];
}

static bool queue_grow(struct outbox_queue *queue) {
    uint32_t cap = queue->cap ? queue->cap * 2 : QUEUE_CAP_MIN;
    struct outbox_frame *frames = calloc(cap, sizeof(*frames));
    if (!frames) {
        return false;
    }
    for (uint32_t i = 0; i < queue->count; i++) {
        frames[i] = *queue_at(queue, i);
    }
    free(queue->frames);
    queue->frames = frames;
    queue->head = 0;
    queue->cap = cap;
    return true;
}

static struct payload *queue_pop(
        struct outbox *box, struct outbox_queue *queue) {
    assert(queue->count > 0);
    struct payload *payload = queue_at(queue, 0)->payload;
    queue->head = (queue->head + 1) & (queue->cap - 1);
    queue->count--;
    box->bytes -= payload_frame_len(payload);
    return payload;
}

static void shed_oldest(struct outbox *box, enum outbox_shed reason) {
    payload_unref(queue_pop(box, &box->queues[OUTBOX_DROPPABLE]));
    box->shed[reason]++;
}

// Newest first: what is replaced was mostly queued a moment ago. The queue
// holds at most OUTBOX_DROPPABLE_MAX frames.
static struct outbox_frame *find_key(struct outbox *box, uint64_t key) {
    const struct outbox_queue *queue = &box->queues[OUTBOX_DROPPABLE];
    for (uint32_t i = queue->count; key != 0 && i > 0; i--) {
        struct outbox_frame *frame = queue_at(queue, i - 1);
        if (frame->key == key) {
            return frame;
        }
    }
    return NULL;
}

static bool replace(struct outbox *box, size_t limit, struct payload *payload,
        uint64_t key) {
    struct outbox_frame *frame = find_key(box, key);
    if (!frame) {
        return false;
    }
    size_t rest = box->bytes - payload_frame_len(frame->payload);
    if (payload_frame_len(payload) > limit - rest) {
        return false;
    }
    box->bytes = rest + payload_frame_len(payload);
    payload_unref(frame->payload);
    frame->payload = payload_ref(payload);
    return true;
}

static bool is_full(const struct outbox *box, size_t limit, size_t len) {
    // A subtraction: bytes + len could wrap, limit - bytes cannot once the
    // limit, which may have been lowered, is known to be above.
    return box->bytes > limit || len > limit - box->bytes;
}

static size_t droppable_bytes(const struct outbox *box) {
    const struct outbox_queue *queue = &box->queues[OUTBOX_DROPPABLE];
    size_t bytes = 0;
    for (uint32_t i = 0; i < queue->count; i++) {
        bytes += payload_frame_len(queue_at(queue, i)->payload);
    }
    return bytes;
}

// Whether len bytes would fit if everything droppable were shed. Asked before
// anything is, so that what is refused in the end costs nobody a frame.
static bool may_fit(const struct outbox *box, size_t limit, size_t len) {
    if (!is_full(box, limit, len)) {
        return true;
    }
    size_t kept = box->bytes - droppable_bytes(box);
    return kept <= limit && len <= limit - kept;
}

void outbox_init(struct outbox *box) {
    memset(box, 0, sizeof(*box));
}

void outbox_finish(struct outbox *box) {
    for (int i = 0; i < OUTBOX_CLASSES; i++) {
        struct outbox_queue *queue = &box->queues[i];
        while (queue->count > 0) {
            payload_unref(queue_pop(box, queue));
        }
        free(queue->frames);
        memset(queue, 0, sizeof(*queue));
    }
}

enum nx_err outbox_push(struct outbox *box, size_t limit,
        struct payload *payload, enum outbox_class cls, uint64_t key) {
    struct outbox_queue *queue = &box->queues[cls];
    bool droppable = cls == OUTBOX_DROPPABLE;
    if (droppable && box->bytes <= limit && replace(box, limit, payload, key)) {
        box->shed[OUTBOX_SHED_REPLACED]++;
        return NX_OK;
    }
    size_t len = payload_frame_len(payload);
    if (!may_fit(box, limit, len)) {
        box->shed[OUTBOX_SHED_FULL] += droppable ? 1 : 0;
        return droppable ? NX_OK : NX_ERR_LIMIT;
    }
    bool crowded = droppable && queue->count >= OUTBOX_DROPPABLE_MAX;
    if (!crowded && queue->count == queue->cap && !queue_grow(queue)) {
        return NX_ERR_NO_MEMORY;
    }
    if (crowded) {
        shed_oldest(box, OUTBOX_SHED_CROWDED);
    }
    while (is_full(box, limit, len)) {
        shed_oldest(box, OUTBOX_SHED_FULL);
    }
    struct outbox_frame *frame = queue_at(queue, queue->count);
    frame->payload = payload_ref(payload);
    frame->key = key;
    queue->count++;
    box->bytes += len;
    return NX_OK;
}

void outbox_shed_droppable(struct outbox *box) {
    while (box->queues[OUTBOX_DROPPABLE].count > 0) {
        shed_oldest(box, OUTBOX_SHED_TOTAL);
    }
}

bool outbox_empty(const struct outbox *box) {
    return box->bytes == 0;
}

static void take_single(
        const struct outbox_queue *queue, int cls, struct outbox_batch *batch) {
    batch->bytes = payload_frame(queue_at(queue, 0)->payload, &batch->len);
    batch->counts[cls] = 1;
}

// Copies frames of one queue until one does not fit. False when one was left.
static bool gather_queue(const struct outbox_queue *queue, int cls,
        unsigned char *scratch, size_t len, struct outbox_batch *batch) {
    for (uint32_t i = 0; i < queue->count; i++) {
        size_t size;
        const unsigned char *frame =
                payload_frame(queue_at(queue, i)->payload, &size);
        if (size > len - batch->len) {
            return false;
        }
        memcpy(scratch + batch->len, frame, size);
        batch->len += size;
        batch->counts[cls]++;
    }
    return true;
}

void outbox_gather(const struct outbox *box, unsigned char *scratch, size_t len,
        struct outbox_batch *batch) {
    memset(batch, 0, sizeof(*batch));
    batch->bytes = scratch;
    for (int i = 0; i < OUTBOX_CLASSES; i++) {
        const struct outbox_queue *queue = &box->queues[i];
        if (queue->count == 0) {
            continue;
        }
        size_t first = payload_frame_len(queue_at(queue, 0)->payload);
        if (batch->len == 0 && (first == box->bytes || first > len)) {
            take_single(queue, i, batch);
            return;
        }
        if (!gather_queue(queue, i, scratch, len, batch)) {
            return;
        }
    }
}

void outbox_commit(struct outbox *box, const struct outbox_batch *batch) {
    for (int i = 0; i < OUTBOX_CLASSES; i++) {
        for (uint32_t n = batch->counts[i]; n > 0; n--) {
            payload_unref(queue_pop(box, &box->queues[i]));
        }
    }
}

void outbox_trim(struct outbox *box) {
    for (int i = 0; i < OUTBOX_CLASSES; i++) {
        struct outbox_queue *queue = &box->queues[i];
        if (queue->count == 0 && queue->cap > QUEUE_CAP_KEEP) {
            free(queue->frames);
            memset(queue, 0, sizeof(*queue));
        }
    }
}
