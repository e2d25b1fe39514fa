#include "plugins/chat/projection.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka.h"

static struct nx_str str(const char *text) {
    struct nx_str result = {text, strlen(text)};
    return result;
}

static struct projected *add(struct projection *view, uint64_t seq,
        const char *id, const char *text) {
    struct projection_entry entry = {
            .seq = seq,
            .time_ms = (int64_t)seq * 1000,
            .version = 1,
            .id = str(id),
            .sender = str("alice"),
            .text = str(text),
    };
    return projection_add(view, &entry);
}

static void keeps_messages_in_order_and_finds_them(void **state) {
    (void)state;
    struct projection view;
    projection_init(&view, true);
    add(&view, 1, "m1", "{one}");
    projection_skip(&view, 2);
    add(&view, 3, "m3", "{three}");

    assert_int_equal(view.count, 2);
    assert_int_equal(view.last, 3);
    assert_int_equal(projection_at(&view, 1)->seq, 3);
    const struct projected *found = projection_find(&view, str("m1"));
    assert_non_null(found);
    assert_memory_equal(found->text, "{one}", 5);
    assert_memory_equal(found->sender.ptr, "alice", 5);
    assert_null(projection_find(&view, str("m2")));
    assert_null(projection_find(&view, str("")));
    projection_finish(&view);
}

static void ranks_positions_that_have_no_message(void **state) {
    (void)state;
    struct projection view;
    projection_init(&view, false);
    assert_int_equal(projection_rank(&view, 7), 0);
    add(&view, 2, "a", "");
    add(&view, 5, "b", "");
    add(&view, 6, "c", "");

    assert_int_equal(projection_rank(&view, 0), 0);
    assert_int_equal(projection_rank(&view, 2), 0);
    assert_int_equal(projection_rank(&view, 3), 1);
    assert_int_equal(projection_rank(&view, 5), 1);
    assert_int_equal(projection_rank(&view, 6), 2);
    assert_int_equal(projection_rank(&view, UINT64_MAX), 3);
    projection_finish(&view);
}

static void replaces_the_text_of_an_edited_message(void **state) {
    (void)state;
    struct projection view;
    projection_init(&view, true);
    struct projected *message = add(&view, 1, "m", "{short}");
    size_t before = view.bytes;

    assert_true(projection_edit(&view, message, 2, str("{rather longer}")));

    assert_int_equal(message->version, 2);
    assert_int_equal(message->claimed, 2);
    assert_int_equal(message->text_len, 15);
    assert_int_equal(view.bytes, before + 8);
    assert_true(projection_delete(&view, message, str("{}")));
    assert_true(message->deleted);
    assert_int_equal(message->text_len, 2);
    projection_finish(&view);
}

static void keeps_no_text_as_an_index(void **state) {
    (void)state;
    struct projection view;
    projection_init(&view, false);
    struct projected *message = add(&view, 1, "m", "{text}");
    assert_null(message->text);
    assert_true(projection_edit(&view, message, 2, str("{more}")));
    assert_null(message->text);
    assert_int_equal(message->version, 2);
    projection_finish(&view);
}

static void forgets_what_is_too_old(void **state) {
    (void)state;
    struct projection view;
    projection_init(&view, true);
    for (uint64_t seq = 1; seq <= 10; seq++) {
        add(&view, seq, "m", "{}");
    }
    projection_trim(&view, 3, INT64_MIN);
    assert_int_equal(view.from, 3);
    assert_int_equal(projection_at(&view, 0)->seq, 4);
    projection_trim(&view, 0, 6000);
    assert_int_equal(projection_at(&view, 0)->seq, 6);
    projection_trim(&view, 100, INT64_MIN);
    assert_int_equal(view.count, 0);
    assert_int_equal(view.from, 10);
    assert_int_equal(view.bytes, 0);
    projection_finish(&view);
}

static void stays_within_number_and_bytes(void **state) {
    (void)state;
    struct projection view;
    projection_init(&view, true);
    for (uint64_t seq = 1; seq <= 100; seq++) {
        add(&view, seq, "m", "{0123456789}");
        projection_limit(&view, 20, SIZE_MAX);
        assert_true(view.count <= 20);
    }
    assert_int_equal(view.from, 80);
    projection_limit(&view, SIZE_MAX, view.bytes / 2);
    assert_int_equal(view.count, 10);
    assert_int_equal(projection_at(&view, 9)->seq, 100);
    projection_finish(&view);
}

static void begins_anew_at_a_position(void **state) {
    (void)state;
    struct projection view;
    projection_init(&view, true);
    add(&view, 1, "m1", "{}");
    projection_clear(&view, 41);
    assert_int_equal(view.count, 0);
    assert_int_equal(view.from, 41);
    add(&view, 42, "m42", "{}");
    assert_int_equal(projection_at(&view, 0)->seq, 42);
    projection_finish(&view);
}

#define ROUNDS 4000

// What a projection should hold, the simple way.
struct model {
    size_t head;
    size_t count;
    uint64_t seqs[ROUNDS];
};

static void model_trim(struct model *model, uint64_t from) {
    while (model->head < model->count && model->seqs[model->head] <= from) {
        model->head++;
    }
}

static void agrees_with_a_plain_array(void **state) {
    (void)state;
    struct projection view;
    struct model model = {.head = 0};
    projection_init(&view, true);
    uint64_t seq = 0;
    uint32_t random = 12345;
    for (int i = 0; i < ROUNDS; i++) {
        random = random * 1664525U + 1013904223U;
        seq += 1 + (random >> 16) % 3;
        add(&view, seq, "m", "{}");
        model.seqs[model.count++] = seq;
        if ((random >> 24) % 4 == 0) {
            uint64_t from = model.seqs[model.head] + (random >> 20) % 5;
            projection_trim(&view, from, INT64_MIN);
            model_trim(&model, from);
        }
        assert_int_equal(view.count, model.count - model.head);
        if (view.count > 0) {
            assert_int_equal(
                    projection_at(&view, 0)->seq, model.seqs[model.head]);
        }
    }
    projection_finish(&view);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(keeps_messages_in_order_and_finds_them),
            cmocka_unit_test(ranks_positions_that_have_no_message),
            cmocka_unit_test(replaces_the_text_of_an_edited_message),
            cmocka_unit_test(keeps_no_text_as_an_index),
            cmocka_unit_test(forgets_what_is_too_old),
            cmocka_unit_test(stays_within_number_and_bytes),
            cmocka_unit_test(begins_anew_at_a_position),
            cmocka_unit_test(agrees_with_a_plain_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
