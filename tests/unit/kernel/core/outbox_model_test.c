#include <string.h>

#include "kernel/base/payload.h"
#include "kernel/core/outbox.h"
#include "tests/support/cmocka.h"
#include "tests/support/prng.h"

// The outbox against a model that is too simple to be wrong: one array of all
// frames in the order of their pushes.

#define LIMIT 2000
#define MOST  (LIMIT / 2)
#define WRITE 300

struct model_frame {
    uint32_t id; // written into the body
    size_t len;
    enum outbox_class cls;
    uint64_t key;
};

struct model {
    struct model_frame frames[MOST];
    size_t count;
    uint64_t shed;
};

static size_t model_bytes(const struct model *model, bool droppable_too) {
    size_t bytes = 0;
    for (size_t i = 0; i < model->count; i++) {
        bool counts = droppable_too || model->frames[i].cls != OUTBOX_DROPPABLE;
        bytes += counts ? model->frames[i].len : 0;
    }
    return bytes;
}

static void model_remove(struct model *model, size_t at) {
    model->count--;
    memmove(&model->frames[at], &model->frames[at + 1],
            (model->count - at) * sizeof(model->frames[0]));
}

static size_t model_first(const struct model *model, enum outbox_class cls) {
    size_t i = 0;
    while (i < model->count && model->frames[i].cls != cls) {
        i++;
    }
    return i;
}

static uint64_t shed(const struct outbox *box) {
    uint64_t sum = 0;
    for (size_t i = 0; i < OUTBOX_SHED_REASONS; i++) {
        sum += box->shed[i];
    }
    return sum;
}

static void model_shed(struct model *model) {
    model_remove(model, model_first(model, OUTBOX_DROPPABLE));
    model->shed++;
}

static size_t model_droppables(const struct model *model) {
    size_t count = 0;
    for (size_t i = 0; i < model->count; i++) {
        count += model->frames[i].cls == OUTBOX_DROPPABLE ? 1 : 0;
    }
    return count;
}

static bool model_replace(
        struct model *model, const struct model_frame *frame) {
    for (size_t i = model->count; frame->key != 0 && i > 0; i--) {
        struct model_frame *old = &model->frames[i - 1];
        if (old->cls != OUTBOX_DROPPABLE || old->key != frame->key) {
            continue;
        }
        if (model_bytes(model, true) - old->len + frame->len > LIMIT) {
            return false;
        }
        *old = *frame;
        model->shed++;
        return true;
    }
    return false;
}

static enum nx_err model_push(
        struct model *model, const struct model_frame *frame) {
    bool droppable = frame->cls == OUTBOX_DROPPABLE;
    if (droppable && model_replace(model, frame)) {
        return NX_OK;
    }
    if (model_bytes(model, false) + frame->len > LIMIT) {
        model->shed += droppable ? 1 : 0;
        return droppable ? NX_OK : NX_ERR_LIMIT;
    }
    if (droppable && model_droppables(model) == OUTBOX_DROPPABLE_MAX) {
        model_shed(model);
    }
    while (model_bytes(model, true) + frame->len > LIMIT) {
        model_shed(model);
    }
    model->frames[model->count++] = *frame;
    return NX_OK;
}

// Which frame leaves next; model->count when none is left.
static size_t model_next(const struct model *model) {
    for (int cls = 0; cls < OUTBOX_CLASSES; cls++) {
        size_t at = model_first(model, (enum outbox_class)cls);
        if (at < model->count) {
            return at;
        }
    }
    return model->count;
}

static void push_both(
        struct outbox *box, struct model *model, uint64_t *seed, uint32_t id) {
    size_t body = 4 + (size_t)prng_below(seed, 100);
    // Rarely one that is larger than a write.
    body += prng_below(seed, 20) == 0 ? 400 : 0;
    struct model_frame frame = {
            .id = id,
            .cls = (enum outbox_class)prng_below(seed, OUTBOX_CLASSES),
            .key = prng_below(seed, 6),
    };
    struct payload *payload = payload_alloc(PAYLOAD_TEXT, body);
    assert_non_null(payload);
    memcpy(payload_body_mut(payload), &id, sizeof(id));
    frame.len = payload_frame_len(payload);

    enum nx_err wanted = model_push(model, &frame);
    assert_int_equal(
            outbox_push(box, LIMIT, payload, frame.cls, frame.key), wanted);
    payload_unref(payload);
}

static void write_both(struct outbox *box, struct model *model) {
    unsigned char scratch[WRITE];
    struct outbox_batch batch;
    outbox_gather(box, scratch, sizeof(scratch), &batch);
    size_t at = 0;
    while (at < batch.len) {
        size_t next = model_next(model);
        assert_true(next < model->count);
        size_t len = model->frames[next].len;
        size_t header = len - 2 < 126 ? 2 : 4;
        uint32_t id;
        memcpy(&id, batch.bytes + at + header, sizeof(id));
        assert_int_equal(id, model->frames[next].id);
        at += len;
        model_remove(model, next);
    }
    // As much as fits, and never more than fits but for a single frame.
    size_t next = model_next(model);
    assert_true(next == model->count
            || batch.len + model->frames[next].len > WRITE);
    uint32_t frames = 0;
    for (int cls = 0; cls < OUTBOX_CLASSES; cls++) {
        frames += batch.counts[cls];
    }
    assert_true(batch.len <= WRITE || frames == 1);
    outbox_commit(box, &batch);
}

static void does_what_the_model_does(void **state) {
    (void)state;
    static struct model model;
    uint64_t counters[OUTBOX_SHED_REASONS] = {0};
    struct outbox box;
    uint64_t seed = 42;
    outbox_init(&box, counters);
    for (uint32_t id = 1; id <= 200000; id++) {
        // Phases of slow and of fast readers.
        uint64_t slowness = id / 5000 % 3 * 8 + 1;
        push_both(&box, &model, &seed, id);
        if (prng_below(&seed, slowness) == 0) {
            write_both(&box, &model);
        }
        if (prng_below(&seed, 50) == 0) {
            outbox_trim(&box);
        }
        assert_int_equal(box.bytes, model_bytes(&model, true));
        assert_int_equal(shed(&box), model.shed);
        assert_true(box.bytes <= LIMIT);
    }
    while (!outbox_empty(&box)) {
        write_both(&box, &model);
    }
    assert_int_equal(model.count, 0);
    outbox_finish(&box);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(does_what_the_model_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
