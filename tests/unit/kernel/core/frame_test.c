#include "kernel/core/frame.h"

#include <stdio.h>
#include <string.h>

#include <nexus/error.h>

#include "kernel/base/clock.h"
#include "kernel/base/payload.h"
#include "kernel/core/writer.h"
#include "tests/support/cmocka.h"

static struct clock fake;
static struct writers *writers;

static int set_up(void **state) {
    (void)state;
    clock_init_fake(&fake, 0);
    writers = writers_create(&fake, 4096);
    return writers ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    writers_destroy(writers);
    return 0;
}

static void assert_body(struct payload *payload, const char *wanted) {
    size_t len;
    assert_non_null(payload);
    const void *body = payload_body(payload, &len);
    assert_int_equal(len, strlen(wanted));
    assert_memory_equal(body, wanted, len);
    assert_int_equal(payload_frame(payload, NULL)[0], 0x81);
    payload_unref(payload);
}

static void assert_frames(const char *text, uint64_t offset, const char *field,
        const char *wanted) {
    const struct nx_record record = {
            .struct_size = sizeof(record),
            .epoch = 1,
            .offset = offset,
            .payload = {text, strlen(text)},
    };
    assert_body(frame_of_record(&record, field), wanted);
}

static void adds_the_offset_as_the_last_member(void **state) {
    (void)state;
    assert_frames("{\"a\":1}", 7, "seq", "{\"a\":1,\"seq\":7}");
    assert_frames("{}", 7, "seq", "{\"seq\":7}");
    assert_frames(
            "{\"a\":{\"b\":[{}]}}", 1, "v", "{\"a\":{\"b\":[{}]},\"v\":1}");
}

static void writes_the_largest_offset_under_the_longest_name(void **state) {
    (void)state;
    char field[65];
    char wanted[200];
    memset(field, 'f', 64);
    field[64] = '\0';
    (void)snprintf(wanted, sizeof(wanted),
            "{\"a\":1,\"%s\":18446744073709551615}", field);
    assert_frames("{\"a\":1}", UINT64_MAX, field, wanted);
}

static void leaves_a_record_alone_that_has_no_offset(void **state) {
    (void)state;
    assert_frames("{\"a\":1}", 0, "seq", "{\"a\":1}");
    assert_frames("{\"a\":1}", 7, NULL, "{\"a\":1}");
}

static void reads_no_byte_behind_the_record(void **state) {
    (void)state;
    const char text[] = {'{', '"', 'a', '"', ':', '1', '}'};
    const struct nx_record record = {
            .offset = 3, .payload = {text, sizeof(text)}};
    assert_body(frame_of_record(&record, "seq"), "{\"a\":1,\"seq\":3}");
}

static void frames_an_event_and_takes_its_writer(void **state) {
    (void)state;
    struct payload *payload = NULL;
    struct nx_writer *event = writer_object(writers);
    writer_put_i64(event, "a", 1);

    assert_int_equal(frame_of_event(event, &payload), NX_OK);
    assert_body(payload, "{\"a\":1}");
    assert_int_equal(writers_open_count(writers), 0);
}

static void passes_on_what_had_failed_in_the_writer(void **state) {
    (void)state;
    struct payload *payload = NULL;
    struct nx_writer *event = writer_object(writers);
    writer_put_str(event, "a", (struct nx_str){"\xff", 1});

    assert_int_equal(frame_of_event(event, &payload), NX_ERR_INVALID);
    assert_null(payload);
    assert_int_equal(writers_open_count(writers), 0);
    assert_int_not_equal(frame_of_event(NULL, &payload), NX_OK);
    assert_null(payload);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(adds_the_offset_as_the_last_member),
            cmocka_unit_test(writes_the_largest_offset_under_the_longest_name),
            cmocka_unit_test(leaves_a_record_alone_that_has_no_offset),
            cmocka_unit_test(reads_no_byte_behind_the_record),
            cmocka_unit_test(frames_an_event_and_takes_its_writer),
            cmocka_unit_test(passes_on_what_had_failed_in_the_writer),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
