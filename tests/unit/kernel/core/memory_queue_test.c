#include "kernel/core/memory_queue.h"

#include <string.h>

#include <nexus/error.h>

#include "tests/support/cmocka.h"

static const struct nx_str no_payload = {NULL, 0};

static nx_status push(struct memory_queue *queue, uint64_t cookie) {
    struct memory_request request = {.kind = MEMORY_GET, .cookie = cookie};
    return memory_queue_push(queue, &request, no_payload);
}

static void gives_requests_back_in_order(void **state) {
    (void)state;
    struct memory_queue queue;
    memory_queue_init(&queue, 10, 10000);
    assert_null(memory_queue_take(&queue));
    for (uint64_t i = 1; i <= 3; i++) {
        assert_int_equal(push(&queue, i), NX_OK);
    }
    for (uint64_t i = 1; i <= 3; i++) {
        struct memory_request *request = memory_queue_take(&queue);
        assert_true(request->cookie == i);
        memory_request_destroy(request);
    }
    assert_int_equal(queue.bytes, 0);
    memory_queue_finish(&queue);
}

static void owns_copies_of_everything(void **state) {
    (void)state;
    struct memory_queue queue;
    memory_queue_init(&queue, 10, 10000);
    char texts[] = "roomkeymemopayload";
    struct memory_request request = {
            .kind = MEMORY_PUBLISH,
            .text = {{texts, 4}, {texts + 4, 3}, {texts + 7, 4}},
    };
    struct nx_str payload = {texts + 11, 7};
    assert_int_equal(memory_queue_push(&queue, &request, payload), NX_OK);
    memset(texts, 'x', sizeof(texts));

    struct memory_request *copy = memory_queue_take(&queue);
    assert_memory_equal(copy->text[MEMORY_TEXT_ROOM].ptr, "room", 4);
    assert_memory_equal(copy->text[MEMORY_TEXT_DEDUPE].ptr, "key", 3);
    assert_memory_equal(copy->text[MEMORY_TEXT_MEMO].ptr, "memo", 4);
    assert_string_equal(copy->record->payload, "payload");
    assert_int_equal(copy->record->len, 7);
    memory_request_destroy(copy);
    memory_queue_finish(&queue);
}

static void refuses_more_than_its_number(void **state) {
    (void)state;
    struct memory_queue queue;
    memory_queue_init(&queue, 2, 10000);
    assert_int_equal(push(&queue, 1), NX_OK);
    assert_int_equal(push(&queue, 2), NX_OK);
    assert_int_equal(push(&queue, 3), NX_ERR_ENGINE_BUSY);
    memory_request_destroy(memory_queue_take(&queue));
    assert_int_equal(push(&queue, 3), NX_OK);
    memory_queue_finish(&queue);
}

static void refuses_more_than_its_bytes(void **state) {
    (void)state;
    struct memory_queue queue;
    size_t one = sizeof(struct memory_request);
    memory_queue_init(&queue, 100, 2 * one + one / 2);
    assert_int_equal(push(&queue, 1), NX_OK);
    assert_int_equal(push(&queue, 2), NX_OK);
    assert_int_equal(push(&queue, 3), NX_ERR_ENGINE_BUSY);
    memory_request_destroy(memory_queue_take(&queue));
    assert_int_equal(push(&queue, 3), NX_OK);
    memory_queue_finish(&queue);
}

static void counts_the_payload(void **state) {
    (void)state;
    struct memory_queue queue;
    struct memory_request request = {.kind = MEMORY_PUBLISH};
    static const char bytes[4000];
    memory_queue_init(&queue, 100, 4000);

    assert_int_equal(memory_queue_push(&queue, &request,
                             (struct nx_str){bytes, sizeof(bytes)}),
            NX_ERR_TOO_LARGE);
    assert_int_equal(
            memory_queue_push(&queue, &request, (struct nx_str){bytes, 3000}),
            NX_OK);
    assert_true(queue.bytes >= 3000);
    assert_int_equal(
            memory_queue_push(&queue, &request, (struct nx_str){bytes, 3000}),
            NX_ERR_ENGINE_BUSY);
    memory_queue_finish(&queue);
    assert_int_equal(queue.bytes, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(gives_requests_back_in_order),
            cmocka_unit_test(owns_copies_of_everything),
            cmocka_unit_test(refuses_more_than_its_number),
            cmocka_unit_test(refuses_more_than_its_bytes),
            cmocka_unit_test(counts_the_payload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
