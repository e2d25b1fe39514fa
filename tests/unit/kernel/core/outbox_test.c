#include "kernel/core/outbox.h"

#include <stdio.h>
#include <string.h>

#include "kernel/base/payload.h"
#include "tests/support/cmocka.h"
#include "tests/support/prng.h"

#define ROOMY ((size_t)1 << 20)

// A frame whose body is the text; frames of less than 126 bytes have a header
// of 2.
static struct payload *frame(const char *text) {
    struct payload *payload = payload_create(PAYLOAD_TEXT, text, strlen(text));
    assert_non_null(payload);
    return payload;
}

static enum nx_err push(struct outbox *box, size_t limit, const char *text,
        enum outbox_class cls, uint64_t key) {
    struct payload *payload = frame(text);
    enum nx_err err = outbox_push(box, limit, payload, cls, key);
    payload_unref(payload);
    return err;
}

static void add(struct outbox *box, const char *text, enum outbox_class cls) {
    assert_int_equal(push(box, ROOMY, text, cls, 0), NX_OK);
}

// Takes everything out in writes of up to len bytes; the bodies, with a blank
// after each. Returns how many writes that were.
static int drain(struct outbox *box, size_t len, char *out, size_t size) {
    unsigned char scratch[4096];
    int writes = 0;
    size_t used = 0;
    assert_true(len <= sizeof(scratch));
    while (!outbox_empty(box)) {
        struct outbox_batch batch;
        outbox_gather(box, scratch, len, &batch);
        assert_true(batch.len > 0);
        for (size_t at = 0; at < batch.len;) {
            size_t body = batch.bytes[at + 1];
            assert_true(body < 126 && used + body + 2 < size);
            memcpy(out + used, batch.bytes + at + 2, body);
            used += body;
            out[used++] = ' ';
            at += 2 + body;
        }
        outbox_commit(box, &batch);
        writes++;
    }
    out[used] = '\0';
    return writes;
}

static void assert_drains(struct outbox *box, const char *wanted) {
    char out[4096];
    drain(box, 1024, out, sizeof(out));
    assert_string_equal(out, wanted);
    outbox_finish(box);
}

static uint64_t shed(const struct outbox *box) {
    uint64_t sum = 0;
    for (size_t i = 0; i < OUTBOX_SHED_REASONS; i++) {
        sum += box->shed[i];
    }
    return sum;
}

static void sends_higher_classes_first_and_keeps_their_order(void **state) {
    (void)state;
    uint64_t counters[OUTBOX_SHED_REASONS] = {0};
    struct outbox box;
    outbox_init(&box, counters);
    assert_true(outbox_empty(&box));
    add(&box, "n1", OUTBOX_NORMAL);
    add(&box, "d1", OUTBOX_DROPPABLE);
    add(&box, "u1", OUTBOX_URGENT);
    add(&box, "n2", OUTBOX_NORMAL);
    add(&box, "c1", OUTBOX_CONTROL);
    add(&box, "u2", OUTBOX_URGENT);
    assert_int_equal(box.bytes, 6 * 4);

    assert_drains(&box, "c1 u1 u2 n1 n2 d1 ");
    assert_int_equal(box.bytes, 0);
    assert_int_equal(shed(&box), 0);
}

static void keeps_a_reference_of_its_own(void **state) {
    (void)state;
    uint64_t counters[OUTBOX_SHED_REASONS] = {0};
    struct outbox box;
    outbox_init(&box, counters);
    struct payload *payload = frame("shared");
    outbox_push(&box, ROOMY, payload, OUTBOX_NORMAL, 0);
    outbox_push(&box, ROOMY, payload, OUTBOX_NORMAL, 0);
    payload_unref(payload);

    assert_drains(&box, "shared shared ");
}

static void refuses_what_exceeds_its_limit(void **state) {
    (void)state;
    uint64_t counters[OUTBOX_SHED_REASONS] = {0};
    struct outbox box;
    outbox_init(&box, counters);
    assert_int_equal(push(&box, 10, "12345678", OUTBOX_NORMAL, 0), NX_OK);
    assert_int_equal(push(&box, 10, "", OUTBOX_CONTROL, 0), NX_ERR_LIMIT);
    assert_int_equal(box.bytes, 10);

    assert_int_equal(push(&box, 11, "", OUTBOX_NORMAL, 0), NX_ERR_LIMIT);
    assert_int_equal(push(&box, 12, "", OUTBOX_NORMAL, 0), NX_OK);
    assert_drains(&box, "12345678  ");
}

static void refuses_when_the_limit_was_lowered_below_its_content(void **state) {
    (void)state;
    uint64_t counters[OUTBOX_SHED_REASONS] = {0};
    struct outbox box;
    outbox_init(&box, counters);
    add(&box, "0123456789", OUTBOX_NORMAL);
    assert_int_equal(push(&box, 5, "", OUTBOX_NORMAL, 0), NX_ERR_LIMIT);
    assert_int_equal(push(&box, 5, "", OUTBOX_DROPPABLE, 0), NX_OK);
    assert_int_equal(shed(&box), 1);
    assert_drains(&box, "0123456789 ");
}

static void sheds_the_oldest_droppable_frames_first(void **state) {
    (void)state;
    uint64_t counters[OUTBOX_SHED_REASONS] = {0};
    struct outbox box;
    outbox_init(&box, counters);
    add(&box, "n1", OUTBOX_NORMAL);
    add(&box, "d1", OUTBOX_DROPPABLE);
    add(&box, "d2", OUTBOX_DROPPABLE);
    add(&box, "d3", OUTBOX_DROPPABLE);

    assert_int_equal(push(&box, 16, "long", OUTBOX_NORMAL, 0), NX_OK);
    assert_int_equal(shed(&box), 2);
    assert_int_equal(box.shed[OUTBOX_SHED_FULL], 2);
    assert_drains(&box, "n1 long d3 ");
}

// Guards against shedding for a frame that is refused all the same.
static void sheds_nothing_for_a_frame_that_cannot_fit(void **state) {
    (void)state;
    uint64_t counters[OUTBOX_SHED_REASONS] = {0};
    struct outbox box;
    outbox_init(&box, counters);
    add(&box, "n1", OUTBOX_NORMAL);
    add(&box, "d1", OUTBOX_DROPPABLE);
    add(&box, "d2", OUTBOX_DROPPABLE);

    assert_int_equal(push(&box, 12, "1234567", OUTBOX_NORMAL, 0), NX_ERR_LIMIT);
    assert_int_equal(shed(&box), 0);
    assert_int_equal(push(&box, 12, "1234567", OUTBOX_DROPPABLE, 0), NX_OK);
    assert_int_equal(shed(&box), 1);
    assert_drains(&box, "n1 d1 d2 ");
}

static void replaces_a_droppable_frame_of_the_same_key(void **state) {
    (void)state;
    uint64_t counters[OUTBOX_SHED_REASONS] = {0};
    struct outbox box;
    outbox_init(&box, counters);
    assert_int_equal(push(&box, ROOMY, "a1", OUTBOX_DROPPABLE, 7), NX_OK);
    assert_int_equal(push(&box, ROOMY, "b1", OUTBOX_DROPPABLE, 8), NX_OK);
    assert_int_equal(push(&box, ROOMY, "a-2", OUTBOX_DROPPABLE, 7), NX_OK);
    assert_int_equal(push(&box, ROOMY, "x", OUTBOX_DROPPABLE, 0), NX_OK);
    assert_int_equal(push(&box, ROOMY, "y", OUTBOX_DROPPABLE, 0), NX_OK);

    assert_int_equal(box.bytes, 5 + 4 + 3 + 3);
    assert_int_equal(shed(&box), 1);
    assert_int_equal(box.shed[OUTBOX_SHED_REPLACED], 1);
    assert_drains(&box, "a-2 b1 x y ");
}

static void coalesces_no_other_class(void **state) {
    (void)state;
    uint64_t counters[OUTBOX_SHED_REASONS] = {0};
    struct outbox box;
    outbox_init(&box, counters);
    assert_int_equal(push(&box, ROOMY, "n1", OUTBOX_NORMAL, 7), NX_OK);
    assert_int_equal(push(&box, ROOMY, "d1", OUTBOX_DROPPABLE, 7), NX_OK);
    assert_int_equal(push(&box, ROOMY, "n2", OUTBOX_NORMAL, 7), NX_OK);
    assert_drains(&box, "n1 n2 d1 ");
}

static void sheds_all_that_is_droppable_when_told_to(void **state) {
    (void)state;
    uint64_t counters[OUTBOX_SHED_REASONS] = {0};
    struct outbox box;
    outbox_init(&box, counters);
    add(&box, "d1", OUTBOX_DROPPABLE);
    add(&box, "n1", OUTBOX_NORMAL);
    add(&box, "d2", OUTBOX_DROPPABLE);
    outbox_shed_droppable(&box);
    assert_int_equal(box.shed[OUTBOX_SHED_TOTAL], 2);
    assert_int_equal(shed(&box), 2);
    assert_int_equal(box.bytes, 4);
    assert_drains(&box, "n1 ");
}

static void keeps_a_fixed_number_of_droppable_frames(void **state) {
    (void)state;
    uint64_t counters[OUTBOX_SHED_REASONS] = {0};
    struct outbox box;
    outbox_init(&box, counters);
    char name[16];
    for (unsigned i = 0; i < OUTBOX_DROPPABLE_MAX + 5; i++) {
        (void)snprintf(name, sizeof(name), "%u", i);
        add(&box, name, OUTBOX_DROPPABLE);
    }
    assert_int_equal(shed(&box), 5);
    assert_int_equal(box.shed[OUTBOX_SHED_CROWDED], 5);

    char out[4096];
    drain(&box, 1024, out, sizeof(out));
    assert_memory_equal(out, "5 6 7 ", 6);
    outbox_finish(&box);
}

static void borrows_a_frame_that_is_alone(void **state) {
    (void)state;
    uint64_t counters[OUTBOX_SHED_REASONS] = {0};
    struct outbox box;
    outbox_init(&box, counters);
    struct payload *payload = frame("alone");
    outbox_push(&box, ROOMY, payload, OUTBOX_URGENT, 0);
    unsigned char scratch[64];
    struct outbox_batch batch;

    outbox_gather(&box, scratch, sizeof(scratch), &batch);
    assert_ptr_equal(batch.bytes, payload_frame(payload, NULL));
    assert_int_equal(batch.len, 7);
    assert_int_equal(batch.counts[OUTBOX_URGENT], 1);
    payload_unref(payload);
    outbox_commit(&box, &batch);
    assert_true(outbox_empty(&box));
    outbox_gather(&box, scratch, sizeof(scratch), &batch);
    assert_int_equal(batch.len, 0);
    outbox_finish(&box);
}

static void sends_a_frame_larger_than_a_write_alone(void **state) {
    (void)state;
    uint64_t counters[OUTBOX_SHED_REASONS] = {0};
    struct outbox box;
    outbox_init(&box, counters);
    char out[256];
    add(&box, "a", OUTBOX_NORMAL);
    add(&box, "longer than a write", OUTBOX_NORMAL);
    add(&box, "b", OUTBOX_NORMAL);

    assert_int_equal(drain(&box, 10, out, sizeof(out)), 3);
    assert_string_equal(out, "a longer than a write b ");
    outbox_finish(&box);
}

static void never_lets_a_lower_class_overtake(void **state) {
    (void)state;
    uint64_t counters[OUTBOX_SHED_REASONS] = {0};
    struct outbox box;
    outbox_init(&box, counters);
    char out[256];
    add(&box, "uuuu", OUTBOX_URGENT);
    add(&box, "too long to fit", OUTBOX_NORMAL);
    add(&box, "d", OUTBOX_DROPPABLE);

    assert_int_equal(drain(&box, 20, out, sizeof(out)), 2);
    assert_string_equal(out, "uuuu too long to fit d ");
    outbox_finish(&box);
}

static void removes_nothing_by_looking(void **state) {
    (void)state;
    uint64_t counters[OUTBOX_SHED_REASONS] = {0};
    struct outbox box;
    outbox_init(&box, counters);
    add(&box, "a", OUTBOX_NORMAL);
    add(&box, "b", OUTBOX_NORMAL);
    unsigned char scratch[64];
    struct outbox_batch first;
    struct outbox_batch second;

    outbox_gather(&box, scratch, sizeof(scratch), &first);
    outbox_gather(&box, scratch, sizeof(scratch), &second);
    assert_memory_equal(&first, &second, sizeof(first));
    assert_drains(&box, "a b ");
}

static void gives_back_memory_that_a_quiet_session_does_not_need(void **state) {
    (void)state;
    uint64_t counters[OUTBOX_SHED_REASONS] = {0};
    struct outbox box;
    outbox_init(&box, counters);
    char out[1024];
    for (int i = 0; i < 100; i++) {
        add(&box, "x", OUTBOX_NORMAL);
    }
    add(&box, "d", OUTBOX_DROPPABLE);
    outbox_trim(&box);
    assert_non_null(box.rings[OUTBOX_NORMAL]);

    drain(&box, 1024, out, sizeof(out));
    outbox_trim(&box);
    assert_null(box.rings[OUTBOX_NORMAL]);
    assert_null(box.rings[OUTBOX_DROPPABLE]);
    add(&box, "again", OUTBOX_NORMAL);
    assert_drains(&box, "again ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(sends_higher_classes_first_and_keeps_their_order),
            cmocka_unit_test(keeps_a_reference_of_its_own),
            cmocka_unit_test(refuses_what_exceeds_its_limit),
            cmocka_unit_test(
                    refuses_when_the_limit_was_lowered_below_its_content),
            cmocka_unit_test(sheds_the_oldest_droppable_frames_first),
            cmocka_unit_test(sheds_nothing_for_a_frame_that_cannot_fit),
            cmocka_unit_test(replaces_a_droppable_frame_of_the_same_key),
            cmocka_unit_test(coalesces_no_other_class),
            cmocka_unit_test(sheds_all_that_is_droppable_when_told_to),
            cmocka_unit_test(keeps_a_fixed_number_of_droppable_frames),
            cmocka_unit_test(borrows_a_frame_that_is_alone),
            cmocka_unit_test(sends_a_frame_larger_than_a_write_alone),
            cmocka_unit_test(never_lets_a_lower_class_overtake),
            cmocka_unit_test(removes_nothing_by_looking),
            cmocka_unit_test(
                    gives_back_memory_that_a_quiet_session_does_not_need),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
