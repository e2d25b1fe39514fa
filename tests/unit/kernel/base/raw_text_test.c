#include "kernel/base/raw_text.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/cmocka.h"

static struct raw_text text;

static void begin(void) {
    memset(&text, 0xaa, sizeof(text));
    raw_text_clear(&text);
}

static void is(const char *wanted) {
    assert_int_equal(text.len, strlen(wanted));
    assert_memory_equal(text.data, wanted, text.len);
}

static void writes_numbers(void **state) {
    begin();
    raw_text_put_u64(&text, 0);
    raw_text_put(&text, " ");
    raw_text_put_u64(&text, UINT64_MAX);
    raw_text_put(&text, " ");
    raw_text_put_i64(&text, INT64_MIN);
    raw_text_put(&text, " ");
    raw_text_put_hex(&text, 0xdeadbeef);
    raw_text_put(&text, " ");
    raw_text_put_seconds(&text, INT64_C(61002999999));
    raw_text_put(&text, " ");
    raw_text_put_seconds(&text, -1);
    is("0 18446744073709551615 -9223372036854775808 deadbeef 61.002 0.000");
}

static void keeps_foreign_bytes_in_their_line(void **state) {
    static const char bytes[] = {
            'a', '\n', 0x1b, '\x7f', (char)0xc3, (char)0xa9, '\0', 'b'};
    begin();
    raw_text_put_clean(&text, bytes, sizeof(bytes));
    is("a???\xc3\xa9");
}

static void leaves_out_what_does_not_fit(void **state) {
    begin();
    for (size_t i = 0; i < 2 * RAW_TEXT_MAX; i++) {
        raw_text_put(&text, "x");
    }
    assert_int_equal(text.len, RAW_TEXT_MAX);
    assert_memory_equal(text.data + RAW_TEXT_MAX - 5, "x...\n", 5);
}

static void sends_what_was_added_since(void **state) {
    char got[16] = "";
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    begin();
    raw_text_put(&text, "one ");
    raw_text_send(&text, ends[1]);
    raw_text_put(&text, "two");
    raw_text_send(&text, ends[1]);
    assert_int_equal(read(ends[0], got, sizeof(got)), 7);
    assert_memory_equal(got, "one two", 7);
    close(ends[0]);
    close(ends[1]);
}

// A handler that waits for a reader for ever would be worse than silence.
static void gives_up_on_who_does_not_read(void **state) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int size = fcntl(ends[1], F_SETPIPE_SZ, 4096);
    assert_true(size > 0);
    begin();
    for (size_t i = 0; i < RAW_TEXT_MAX; i++) {
        raw_text_put(&text, "x");
    }
    raw_text_send(&text, ends[1]);
    assert_true(text.sent > 0);
    assert_true(text.sent < text.len);
    close(ends[0]);
    close(ends[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(writes_numbers),
            cmocka_unit_test(keeps_foreign_bytes_in_their_line),
            cmocka_unit_test(leaves_out_what_does_not_fit),
            cmocka_unit_test(sends_what_was_added_since),
            cmocka_unit_test(gives_up_on_who_does_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
