#include "kernel/core/outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/base/payload.h"

// Most sessions are quiet most of the time: a ring is made for what waits, and
// freed when that has left.
#define RING_CAP_MIN 4u

struct outbox_ring {
    uint32_t head;
    uint32_t count;
    uint32_t cap; // a power of two
    struct outbox_frame frames[];
};

static uint32_t ring_count(const struct outbox_ring *ring) {
    return ring ? ring->count : 0;
}

static struct outbox_frame *ring_at(struct outbox_ring *ring, uint32_t index) {
    return &ring->frames[(ring->head + index) & (ring->cap - 1)];
}

// Makes room for one more frame.
static bool ring_reserve(struct outbox_ring **place) {
    struct outbox_ring *old = *place;
    uint32_t count = ring_count(old);
    if (old && count < old->cap) {
        return true;
    }
    uint32_t cap = old ? old->cap * 2 : RING_CAP_MIN;
    struct outbox_ring *ring =
            malloc(sizeof(*ring) + cap * sizeof(ring->frames[0]));
    if (!ring) {
        return false;
    }
    ring->head = 0;
    ring->count = count;
    ring->cap = cap;
    for (uint32_t i = 0; i < count; i++) {
        ring->frames[i] = *ring_at(old, i);
    }
    free(old);
    *place = ring;
    return true;
}

static struct payload *pop(struct outbox *box, enum outbox_class cls) {
    struct outbox_ring *ring = box->rings[cls];
    assert(ring_count(ring) > 0);
    struct payload *payload = ring_at(ring, 0)->payload;
    ring->head = (ring->head + 1) & (ring->cap - 1);
    ring->count--;
    box->bytes -= payload_frame_len(payload);
    return payload;
}

static void shed_oldest(struct outbox *box, enum outbox_shed reason) {
    payload_unref(pop(box, OUTBOX_DROPPABLE));
    box->shed[reason]++;
}

// Newest first: what is replaced was mostly queued a moment ago. The queue
// holds at most OUTBOX_DROPPABLE_MAX frames.
static struct outbox_frame *find_key(struct outbox *box, uint64_t key) {
    struct outbox_ring *ring = box->rings[OUTBOX_DROPPABLE];
    for (uint32_t i = ring_count(ring); key != 0 && i > 0; i--) {
        struct outbox_frame *frame = ring_at(ring, i - 1);
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
    struct outbox_ring *ring = box->rings[OUTBOX_DROPPABLE];
    size_t bytes = 0;
    for (uint32_t i = 0; i < ring_count(ring); i++) {
        bytes += payload_frame_len(ring_at(ring, i)->payload);
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

void outbox_init(struct outbox *box, uint64_t *shed) {
    memset(box, 0, sizeof(*box));
    box->shed = shed;
}

void outbox_finish(struct outbox *box) {
    for (enum outbox_class i = 0; i < OUTBOX_CLASSES; i++) {
        while (ring_count(box->rings[i]) > 0) {
            payload_unref(pop(box, i));
        }
    }
    outbox_trim(box);
}

enum nx_err outbox_push(struct outbox *box, size_t limit,
        struct payload *payload, enum outbox_class cls, uint64_t key) {
    struct outbox_ring **place = &box->rings[cls];
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
    bool crowded = droppable && ring_count(*place) >= OUTBOX_DROPPABLE_MAX;
    if (!crowded && !ring_reserve(place)) {
        return NX_ERR_NO_MEMORY;
    }
    if (crowded) {
        shed_oldest(box, OUTBOX_SHED_CROWDED);
    }
    while (is_full(box, limit, len)) {
        shed_oldest(box, OUTBOX_SHED_FULL);
    }
    struct outbox_frame *frame = ring_at(*place, (*place)->count++);
    frame->payload = payload_ref(payload);
    frame->key = key;
    box->bytes += len;
    return NX_OK;
}

void outbox_shed_droppable(struct outbox *box) {
    while (ring_count(box->rings[OUTBOX_DROPPABLE]) > 0) {
        shed_oldest(box, OUTBOX_SHED_TOTAL);
    }
}

bool outbox_empty(const struct outbox *box) {
    return box->bytes == 0;
}

static void take_single(const struct outbox *box, enum outbox_class cls,
        struct outbox_batch *batch) {
    batch->bytes =
            payload_frame(ring_at(box->rings[cls], 0)->payload, &batch->len);
    batch->counts[cls] = 1;
}

// Copies frames of one queue until one does not fit. False when one was left.
static bool gather_queue(const struct outbox *box, enum outbox_class cls,
        unsigned char *scratch, size_t len, struct outbox_batch *batch) {
    struct outbox_ring *ring = box->rings[cls];
    for (uint32_t i = 0; i < ring->count; i++) {
        size_t size;
        const unsigned char *frame =
                payload_frame(ring_at(ring, i)->payload, &size);
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
    for (enum outbox_class i = 0; i < OUTBOX_CLASSES; i++) {
        if (ring_count(box->rings[i]) == 0) {
            continue;
        }
        size_t first = payload_frame_len(ring_at(box->rings[i], 0)->payload);
        if (batch->len == 0 && (first == box->bytes || first > len)) {
            take_single(box, i, batch);
            return;
        }
        if (!gather_queue(box, i, scratch, len, batch)) {
            return;
        }
    }
}

void outbox_commit(struct outbox *box, const struct outbox_batch *batch) {
    for (enum outbox_class i = 0; i < OUTBOX_CLASSES; i++) {
        for (uint32_t n = batch->counts[i]; n > 0; n--) {
            payload_unref(pop(box, i));
        }
    }
}

void outbox_trim(struct outbox *box) {
    for (enum outbox_class i = 0; i < OUTBOX_CLASSES; i++) {
        if (ring_count(box->rings[i]) == 0) {
            free(box->rings[i]);
            box->rings[i] = NULL;
        }
    }
}
