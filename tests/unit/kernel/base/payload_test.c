#include "kernel/base/payload.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka.h"

static void expect_header(enum payload_opcode opcode, size_t body_len,
        const unsigned char *header, size_t header_len) {
    struct payload *payload = payload_alloc(opcode, body_len);
    assert_non_null(payload);

    size_t len = 0;
    const unsigned char *frame = payload_frame(payload, &len);

    assert_int_equal(len, header_len + body_len);
    assert_int_equal(payload_frame_len(payload), len);
    assert_memory_equal(frame, header, header_len);
    assert_ptr_equal(payload_body(payload, NULL), frame + header_len);
    payload_unref(payload);
}

static void writes_the_length_in_7_bits(void **state) {
    (void)state;
    expect_header(PAYLOAD_TEXT, 0, (const unsigned char[]){0x81, 0}, 2);
    expect_header(PAYLOAD_TEXT, 125, (const unsigned char[]){0x81, 125}, 2);
}

static void writes_the_length_in_16_bits(void **state) {
    (void)state;
    expect_header(PAYLOAD_BINARY, 126,
            (const unsigned char[]){0x82, 126, 0x00, 0x7e}, 4);
    expect_header(PAYLOAD_TEXT, 0xfffe,
            (const unsigned char[]){0x81, 126, 0xff, 0xfe}, 4);
    expect_header(PAYLOAD_TEXT, 0xffff,
            (const unsigned char[]){0x81, 126, 0xff, 0xff}, 4);
}

static void writes_the_length_in_64_bits(void **state) {
    (void)state;
    expect_header(PAYLOAD_TEXT, 0x10000,
            (const unsigned char[]){0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0}, 10);
    expect_header(PAYLOAD_BINARY, 0x123456,
            (const unsigned char[]){0x82, 127, 0, 0, 0, 0, 0, 0x12, 0x34, 0x56},
            10);
}

static void writes_control_frames(void **state) {
    (void)state;
    expect_header(PAYLOAD_CLOSE, 2, (const unsigned char[]){0x88, 2}, 2);
    expect_header(PAYLOAD_PING, 0, (const unsigned char[]){0x89, 0}, 2);
    expect_header(PAYLOAD_PONG, 125, (const unsigned char[]){0x8a, 125}, 2);
}

static void refuses_control_frames_that_are_too_long(void **state) {
    (void)state;
    assert_null(payload_alloc(PAYLOAD_CLOSE, PAYLOAD_CONTROL_MAX + 1));
    assert_null(payload_alloc(PAYLOAD_PING, PAYLOAD_CONTROL_MAX + 1));
    assert_null(payload_alloc(PAYLOAD_PONG, PAYLOAD_CONTROL_MAX + 1));
}

static void refuses_a_length_that_would_wrap(void **state) {
    (void)state;
    assert_null(payload_alloc(PAYLOAD_TEXT, SIZE_MAX));
    assert_null(payload_alloc(PAYLOAD_TEXT, SIZE_MAX - 40));
}

static void copies_the_body(void **state) {
    (void)state;
    char body[] = "{\"a\":1}";

    struct payload *payload = payload_create(PAYLOAD_TEXT, body, 7);
    body[0] = 'x';

    size_t len = 0;
    assert_memory_equal(payload_body(payload, &len), "{\"a\":1}", 7);
    assert_int_equal(len, 7);
    assert_memory_equal(payload_frame(payload, NULL), "\x81\x07{\"a\":1}", 9);
    payload_unref(payload);
}

static void accepts_an_empty_body(void **state) {
    (void)state;
    struct payload *payload = payload_create(PAYLOAD_TEXT, NULL, 0);

    size_t len = 99;
    payload_body(payload, &len);

    assert_int_equal(len, 0);
    payload_unref(payload);
}

static void lets_its_maker_write_the_body(void **state) {
    (void)state;
    struct payload *payload = payload_alloc(PAYLOAD_BINARY, 200);

    memset(payload_body_mut(payload), 'z', 200);

    const char *body = payload_body(payload, NULL);
    assert_int_equal(body[0], 'z');
    assert_int_equal(body[199], 'z');
    assert_memory_equal(payload_frame(payload, NULL), "\x82\x7e\x00\xc8z", 5);
    payload_unref(payload);
}

// The address sanitizer checks what is said here.
static void leaves_headroom_in_front_of_the_frame(void **state) {
    (void)state;
    struct payload *payload = payload_create(PAYLOAD_TEXT, "xy", 2);
    unsigned char *body = payload_body_mut(payload);

    memset(body - 2 - PAYLOAD_HEADROOM, 0xee, PAYLOAD_HEADROOM);

    size_t len = 0;
    assert_memory_equal(payload_frame(payload, &len), "\x81\x02xy", 4);
    assert_int_equal(len, 4);
    payload_unref(payload);
}

static void lives_until_the_last_reference_goes(void **state) {
    (void)state;
    struct payload *payload = payload_create(PAYLOAD_TEXT, "ab", 2);

    assert_ptr_equal(payload_ref(payload), payload);
    payload_unref(payload);

    assert_memory_equal(payload_body(payload, NULL), "ab", 2);
    payload_unref(payload);
    payload_unref(NULL);
}

static void marks_a_packed_frame(void **state) {
    (void)state;
    struct payload *payload = payload_create_packed(PAYLOAD_TEXT, "zz", 2);
    assert_non_null(payload);
    const unsigned char *frame = payload_frame(payload, NULL);
    assert_memory_equal(frame, ((const unsigned char[]){0xc1, 2, 'z', 'z'}), 4);
    assert_int_equal(payload_opcode(payload), PAYLOAD_TEXT);
    payload_unref(payload);
}

static void keeps_its_twin_as_long_as_it_lives(void **state) {
    (void)state;
    struct payload *payload = payload_create(PAYLOAD_TEXT, "plain", 5);
    struct payload *twin = payload_create_packed(PAYLOAD_TEXT, "zz", 2);
    assert_null(payload_twin(payload));

    payload_set_twin(payload, twin);

    assert_ptr_equal(payload_twin(payload), twin);
    assert_null(payload_twin(twin));
    // A receiver's reference to the twin outlives the plain frame.
    payload_ref(twin);
    payload_unref(payload);
    assert_memory_equal(payload_body(twin, NULL), "zz", 2);
    payload_unref(twin);
}

static void may_be_its_own_twin(void **state) {
    (void)state;
    struct payload *payload = payload_create(PAYLOAD_TEXT, "plain", 5);
    payload_set_twin(payload, payload);
    assert_ptr_equal(payload_twin(payload), payload);
    payload_unref(payload);
}

// Returns NULL if the bytes were right all the time.
static void *share(void *arg) {
    struct payload *payload = arg;
    void *wrong = NULL;
    for (int i = 0; i < 100000; i++) {
        payload_ref(payload);
        if (memcmp(payload_body(payload, NULL), "shared", 6) != 0) {
            wrong = arg;
        }
        payload_unref(payload);
    }
    payload_unref(payload);
    return wrong;
}

// The thread sanitizer looks for races, the leak sanitizer for lost counts.
static void is_counted_correctly_by_two_threads(void **state) {
    (void)state;
    struct payload *payload = payload_create(PAYLOAD_TEXT, "shared", 6);
    pthread_t thread;
    payload_ref(payload);

    assert_int_equal(pthread_create(&thread, NULL, share, payload), 0);
    void *wrong_here = share(payload_ref(payload));
    void *wrong_there = NULL;
    pthread_join(thread, &wrong_there);

    assert_null(wrong_here);
    assert_null(wrong_there);
    // Ours is the single reference again, or this would not return.
    assert_non_null(payload_body_mut(payload));
    payload_unref(payload);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(writes_the_length_in_7_bits),
            cmocka_unit_test(writes_the_length_in_16_bits),
            cmocka_unit_test(writes_the_length_in_64_bits),
            cmocka_unit_test(writes_control_frames),
            cmocka_unit_test(refuses_control_frames_that_are_too_long),
            cmocka_unit_test(refuses_a_length_that_would_wrap),
            cmocka_unit_test(copies_the_body),
            cmocka_unit_test(accepts_an_empty_body),
            cmocka_unit_test(lets_its_maker_write_the_body),
            cmocka_unit_test(leaves_headroom_in_front_of_the_frame),
            cmocka_unit_test(lives_until_the_last_reference_goes),
            cmocka_unit_test(marks_a_packed_frame),
            cmocka_unit_test(keeps_its_twin_as_long_as_it_lives),
            cmocka_unit_test(may_be_its_own_twin),
            cmocka_unit_test(is_counted_correctly_by_two_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
