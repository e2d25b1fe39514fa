#include "kernel/core/blobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka.h"

static struct nx_bytes bytes(const char *text) {
    struct nx_bytes value = {text, strlen(text)};
    return value;
}

static void expect(const struct blobs *blobs, const char *id, const char *key,
        const char *text) {
    struct nx_bytes value = blobs_get(blobs, id, key);
    assert_non_null(value.ptr);
    assert_int_equal(value.len, strlen(text));
    assert_memory_equal(value.ptr, text, value.len);
}

static void keeps_a_copy_for_each_plugin_and_key(void **state) {
    struct blobs blobs;
    blobs_init(&blobs);
    char text[] = "one";
    assert_int_equal(blobs_set(&blobs, "a", "k", bytes(text)), NX_OK);
    assert_int_equal(blobs_set(&blobs, "a", "kk", bytes("two")), NX_OK);
    assert_int_equal(blobs_set(&blobs, "ak", "", bytes("three")), NX_OK);
    text[0] = 'X';
    expect(&blobs, "a", "k", "one");
    expect(&blobs, "a", "kk", "two");
    expect(&blobs, "ak", "", "three");
    assert_null(blobs_get(&blobs, "b", "k").ptr);
    blobs_finish(&blobs);
}

static void replaces_and_removes(void **state) {
    struct blobs blobs;
    blobs_init(&blobs);
    assert_int_equal(blobs_set(&blobs, "a", "1", bytes("x")), NX_OK);
    assert_int_equal(blobs_set(&blobs, "a", "2", bytes("y")), NX_OK);
    assert_int_equal(blobs_set(&blobs, "a", "3", bytes("z")), NX_OK);
    assert_int_equal(blobs_set(&blobs, "a", "2", bytes("longer")), NX_OK);
    expect(&blobs, "a", "2", "longer");
    assert_int_equal(blobs_set(&blobs, "a", "2", bytes("")), NX_OK);
    assert_null(blobs_get(&blobs, "a", "2").ptr);
    assert_int_equal(blobs_set(&blobs, "a", "2", bytes("")), NX_OK);
    expect(&blobs, "a", "1", "x");
    expect(&blobs, "a", "3", "z");
    blobs_finish(&blobs);
    assert_null(blobs.first);
}

static void may_be_set_to_what_it_returned(void **state) {
    struct blobs blobs;
    blobs_init(&blobs);
    assert_int_equal(blobs_set(&blobs, "a", "k", bytes("abcdef")), NX_OK);
    struct nx_bytes part = blobs_get(&blobs, "a", "k");
    part.len = 3;
    assert_int_equal(blobs_set(&blobs, "a", "k", part), NX_OK);
    expect(&blobs, "a", "k", "abc");
    blobs_finish(&blobs);
}

static void refuses_to_exceed_its_limits(void **state) {
    struct blobs blobs;
    blobs_init(&blobs);
    char *large = calloc(1, BLOB_BYTES_MAX + 1);
    assert_non_null(large);
    struct nx_bytes value = {large, BLOB_BYTES_MAX + 1};
    assert_int_equal(blobs_set(&blobs, "a", "k", value), NX_ERR_TOO_LARGE);
    assert_null(blobs_get(&blobs, "a", "k").ptr);
    value.len = BLOB_BYTES_MAX;
    assert_int_equal(blobs_set(&blobs, "a", "k", value), NX_OK);
    memset(large, 'k', 300);
    large[300] = '\0';
    assert_int_equal(
            blobs_set(&blobs, "a", large, bytes("x")), NX_ERR_TOO_LARGE);
    free(large);

    char key[16];
    for (unsigned i = 1; i < BLOB_COUNT_MAX; i++) {
        (void)snprintf(key, sizeof(key), "%u", i);
        assert_int_equal(blobs_set(&blobs, "a", key, bytes("x")), NX_OK);
    }
    assert_int_equal(blobs_set(&blobs, "a", "more", bytes("x")), NX_ERR_LIMIT);
    assert_int_equal(blobs_set(&blobs, "a", "k", bytes("y")), NX_OK);
    expect(&blobs, "a", "k", "y");
    blobs_finish(&blobs);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(keeps_a_copy_for_each_plugin_and_key),
            cmocka_unit_test(replaces_and_removes),
            cmocka_unit_test(may_be_set_to_what_it_returned),
            cmocka_unit_test(refuses_to_exceed_its_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
