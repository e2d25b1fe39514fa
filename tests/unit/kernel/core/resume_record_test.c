#include "kernel/core/resume_record.h"

#include <string.h>

#include <nexus/util/buf.h>

#include "tests/support/cmocka.h"

static struct nx_str str(const char *text) {
    return (struct nx_str){text, strlen(text)};
}

static void fill(struct resume_record *record) {
    const struct nx_position at = {0xfedcba9876543210u, 41};
    const struct nx_bytes data = {"a\0b", 3};
    resume_record_init(record);
    assert_true(resume_record_add(record, str("room:general"), &at));
    assert_true(resume_record_add(record, str("bare:x"), NULL));
    assert_int_equal(blobs_set(&record->blobs, "chat", "k", data), NX_OK);
    assert_int_equal(blobs_set(&record->blobs, "presence", "of", data), NX_OK);
}

static void write_to(struct nx_buf *buf) {
    struct resume_record record;
    fill(&record);
    nx_buf_init(buf, 4096);
    resume_record_write(&record, buf);
    assert_false(buf->failed);
    resume_record_finish(&record);
}

static void comes_back_from_bytes_as_it_was(void **state) {
    (void)state;
    struct nx_buf buf;
    write_to(&buf);
    struct nx_bytes bytes = {buf.data, buf.len};
    struct resume_record record;
    resume_record_init(&record);
    assert_true(resume_record_read(&record, &bytes));
    assert_int_equal(bytes.len, 0);
    assert_int_equal(record.room_count, 2);
    assert_string_equal(record.rooms[0].name.ptr, "room:general");
    assert_true(record.rooms[0].has_position);
    assert_true(record.rooms[0].at.epoch == 0xfedcba9876543210u);
    assert_int_equal(record.rooms[0].at.offset, 41);
    assert_string_equal(record.rooms[1].name.ptr, "bare:x");
    assert_false(record.rooms[1].has_position);
    struct nx_bytes data = blobs_get(&record.blobs, "presence", "of");
    assert_int_equal(data.len, 3);
    assert_memory_equal(data.ptr, "a\0b", 3);
    assert_int_equal(blobs_get(&record.blobs, "chat", "k").len, 3);
    resume_record_finish(&record);
    nx_buf_finish(&buf);
}

static void is_not_read_from_a_part_of_its_bytes(void **state) {
    (void)state;
    struct nx_buf buf;
    write_to(&buf);
    for (size_t len = 0; len < buf.len; len++) {
        // A copy of that size, so that a byte too many would be noticed.
        struct nx_buf part;
        nx_buf_init(&part, 4096);
        assert_true(nx_buf_append(&part, buf.data, len));
        struct nx_bytes bytes = {part.data ? part.data : "", len};
        struct resume_record record;
        resume_record_init(&record);
        assert_false(resume_record_read(&record, &bytes));
        resume_record_finish(&record);
        nx_buf_finish(&part);
    }
    nx_buf_finish(&buf);
}

static void survives_any_byte_that_is_wrong(void **state) {
    (void)state;
    struct nx_buf buf;
    write_to(&buf);
    for (size_t i = 0; i < buf.len; i++) {
        for (unsigned flip = 1; flip < 256; flip <<= 1) {
            buf.data[i] = (char)(buf.data[i] ^ (char)flip);
            struct nx_bytes bytes = {buf.data, buf.len};
            struct resume_record record;
            resume_record_init(&record);
            (void)resume_record_read(&record, &bytes);
            resume_record_finish(&record);
            buf.data[i] = (char)(buf.data[i] ^ (char)flip);
        }
    }
    nx_buf_finish(&buf);
}

static void strikes_one_room_and_keeps_the_others(void **state) {
    (void)state;
    struct resume_record record;
    fill(&record);
    for (char name[] = "log:0"; name[4] <= '9'; name[4]++) {
        assert_true(resume_record_add(&record, str(name), NULL));
    }
    assert_true(resume_record_strike(&record, str("room:general")));
    assert_false(resume_record_strike(&record, str("room:general")));
    assert_false(resume_record_strike(&record, str("log:")));
    assert_int_equal(record.room_count, 11);
    for (char name[] = "log:0"; name[4] <= '9'; name[4]++) {
        assert_true(resume_record_strike(&record, str(name)));
    }
    assert_true(resume_record_strike(&record, str("bare:x")));
    assert_int_equal(record.room_count, 0);
    assert_true(resume_record_add(&record, str("log:0"), NULL));
    resume_record_finish(&record);
}

static void knows_its_size(void **state) {
    (void)state;
    struct resume_record record;
    resume_record_init(&record);
    assert_int_equal(resume_record_size(&record), 0);
    resume_record_finish(&record);
    fill(&record);
    assert_in_range(resume_record_size(&record), 40, 400);
    resume_record_finish(&record);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(comes_back_from_bytes_as_it_was),
            cmocka_unit_test(is_not_read_from_a_part_of_its_bytes),
            cmocka_unit_test(survives_any_byte_that_is_wrong),
            cmocka_unit_test(strikes_one_room_and_keeps_the_others),
            cmocka_unit_test(knows_its_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
