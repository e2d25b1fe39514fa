#include "plugins/notify/inbox_codec.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/util/str.h>

#include "plugins/notify/inbox.h"
#include "tests/support/cmocka.h"
#include "tests/support/prng.h"

static void add(struct inbox *inbox, uint64_t seq, const char *id) {
    struct entry *entry = entry_create(nx_str_c(id), nx_str_c("{\"a\":1}"));
    assert_non_null(entry);
    entry->seq = seq;
    entry->created_ms = 1769860800000;
    entry->expires_ms = seq % 2 == 0 ? INT64_MAX : 0;
    entry->read_ms = seq % 3 == 0 ? -5 : 0;
    entry->priority = (enum priority)(seq % PRIORITY_COUNT);
    entry->received = seq % 5 == 0;
    assert_true(inbox_append(inbox, entry));
}

static void fill(struct inbox *inbox) {
    inbox_init(inbox);
    add(inbox, 1, "");
    add(inbox, 6, "six");
    add(inbox, UINT64_MAX - 1, "a long one, as ids go");
}

static void reads_what_it_writes(void **state) {
    (void)state;
    struct inbox from;
    struct inbox to;
    struct nx_buf bytes;
    fill(&from);
    inbox_init(&to);
    nx_buf_init(&bytes, INBOX_CODEC_MAX);
    assert_true(inbox_encode(&from, &bytes));
    assert_true(inbox_decode(&to, nx_bytes_n(bytes.data, bytes.len)));
    assert_int_equal(to.count, from.count);
    assert_int_equal(to.bytes, from.bytes);
    assert_true(to.last_seq == from.last_seq);
    for (size_t i = 0; i < from.count; i++) {
        assert_memory_equal(
                to.entries[i], from.entries[i], entry_size(from.entries[i]));
    }
    inbox_finish(&from);
    inbox_finish(&to);
    nx_buf_finish(&bytes);
}

static bool decodes(const char *bytes, size_t len) {
    struct inbox inbox;
    // Exactly as long, so that a sanitizer sees who reads behind it.
    char *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    inbox_init(&inbox);
    bool decoded = inbox_decode(&inbox, nx_bytes_n(copy, len));
    inbox_finish(&inbox);
    free(copy);
    return decoded;
}

static void refuses_what_is_cut_or_longer(void **state) {
    (void)state;
    struct inbox from;
    struct nx_buf bytes;
    fill(&from);
    nx_buf_init(&bytes, INBOX_CODEC_MAX);
    assert_true(inbox_encode(&from, &bytes));
    for (size_t len = 0; len < bytes.len; len++) {
        assert_false(decodes(bytes.data, len));
    }
    nx_buf_append_char(&bytes, '\0');
    assert_false(decodes(bytes.data, bytes.len));
    inbox_finish(&from);
    nx_buf_finish(&bytes);
}

static void survives_any_damage(void **state) {
    (void)state;
    struct inbox from;
    struct nx_buf bytes;
    uint64_t random = 3;
    fill(&from);
    nx_buf_init(&bytes, INBOX_CODEC_MAX);
    assert_true(inbox_encode(&from, &bytes));
    for (int i = 0; i < 20000; i++) {
        size_t at = prng_below(&random, bytes.len);
        char before = bytes.data[at];
        bytes.data[at] = (char)prng_below(&random, 256);
        (void)decodes(bytes.data, bytes.len);
        bytes.data[at] = before;
    }
    inbox_finish(&from);
    nx_buf_finish(&bytes);
}

static void refuses_another_version(void **state) {
    (void)state;
    assert_false(decodes("NI\2\0\0\0\0\0\0\0\0\0\0\0\0\0", 16));
    assert_true(decodes("NI\1\0\0\0\0\0\0\0\0\0\0\0\0\0", 16));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(reads_what_it_writes),
            cmocka_unit_test(refuses_what_is_cut_or_longer),
            cmocka_unit_test(survives_any_damage),
            cmocka_unit_test(refuses_another_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
