#define ZLIB_CONST
#include "kernel/base/deflater.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "tests/support/cmocka.h"
#include "tests/support/prng.h"

#define LIMIT 65536

struct packed {
    unsigned char *data;
    size_t len;
};

static struct deflater *create(void) {
    struct deflater *deflater = deflater_create(6, 15);
    assert_non_null(deflater);
    return deflater;
}

// As another implementation would, with flush at the end of it all.
static struct packed pack_by_zlib(
        const void *data, size_t len, int bits, int flush) {
    z_stream stream = {0};
    assert_int_equal(
            deflateInit2(&stream, 9, Z_DEFLATED, -bits, 8, Z_DEFAULT_STRATEGY),
            Z_OK);
    size_t room = deflateBound(&stream, len) + 16;
    struct packed packed = {malloc(room), 0};
    assert_non_null(packed.data);
    stream.next_in = data;
    stream.avail_in = (uInt)len;
    stream.next_out = packed.data;
    stream.avail_out = (uInt)room;
    (void)deflate(&stream, flush);
    packed.len = room - stream.avail_out;
    (void)deflateEnd(&stream);
    return packed;
}

static void expect_round_trip(
        struct deflater *deflater, const void *data, size_t len) {
    struct nx_bytes packed;
    struct nx_bytes out;
    assert_int_equal(deflater_pack(deflater, data, len, &packed), DEFLATER_OK);
    assert_true(packed.len < len);
    assert_int_equal(
            deflater_unpack(deflater, packed.ptr, packed.len, LIMIT, &out),
            DEFLATER_OK);
    assert_int_equal(out.len, len);
    assert_memory_equal(out.ptr, data, len);
}

static char *repetitive(size_t len) {
    static const char text[] = "{\"event_type\":\"chat.message\",\"n\":1},";
    char *data = malloc(len + 1);
    assert_non_null(data);
    for (size_t i = 0; i < len; i++) {
        data[i] = text[i % (sizeof(text) - 1)];
    }
    data[len] = '\0';
    return data;
}

static void gives_back_what_it_was_given(void **state) {
    (void)state;
    struct deflater *deflater = create();
    const size_t sizes[] = {100, 1000, 16384, 16385, 40000, LIMIT};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char *data = repetitive(sizes[i]);
        expect_round_trip(deflater, data, sizes[i]);
        free(data);
    }
    deflater_destroy(deflater);
}

static void leaves_the_last_four_bytes_out(void **state) {
    (void)state;
    struct deflater *deflater = create();
    struct nx_bytes packed;
    char *data = repetitive(1000);
    assert_int_equal(deflater_pack(deflater, data, 1000, &packed), DEFLATER_OK);
    struct packed whole = pack_by_zlib(data, 1000, 15, Z_SYNC_FLUSH);
    const unsigned char *end = packed.ptr;
    assert_memory_not_equal(end + packed.len - 4, "\0\0\xff\xff", 4);
    assert_memory_equal(whole.data + whole.len - 4, "\0\0\xff\xff", 4);
    // An empty stored block begins, of which the four bytes are the rest.
    assert_int_equal(end[packed.len - 1] & 0xe0, 0);
    free(whole.data);
    free(data);
    deflater_destroy(deflater);
}

static void never_refers_to_an_earlier_message(void **state) {
    (void)state;
    struct deflater *deflater = create();
    struct deflater *other = create();
    struct nx_bytes packed;
    struct nx_bytes out;
    char *data = repetitive(1000);
    assert_int_equal(deflater_pack(deflater, data, 1000, &packed), DEFLATER_OK);
    size_t first = packed.len;
    assert_int_equal(deflater_pack(deflater, data, 1000, &packed), DEFLATER_OK);
    assert_int_equal(packed.len, first);
    // Somebody who has seen nothing before understands the second.
    assert_int_equal(
            deflater_unpack(other, packed.ptr, packed.len, LIMIT, &out),
            DEFLATER_OK);
    assert_int_equal(out.len, 1000);
    free(data);
    deflater_destroy(other);
    deflater_destroy(deflater);
}

// What repeats comes from further back than the window reaches; a receiver
// with that window, who gets it in small pieces, has no more to go back to.
static void keeps_to_its_window(void **state) {
    (void)state;
    struct deflater *deflater = deflater_create(9, 9);
    struct nx_bytes packed;
    unsigned char data[4000];
    unsigned char out[sizeof(data)];
    uint64_t seed = 7;
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = i < 1000 ? (unsigned char)('a' + prng_below(&seed, 16))
                           : data[i - 1000];
    }
    assert_int_equal(
            deflater_pack(deflater, data, sizeof(data), &packed), DEFLATER_OK);
    z_stream stream = {0};
    assert_int_equal(inflateInit2(&stream, -9), Z_OK);
    stream.next_in = packed.ptr;
    stream.avail_in = (uInt)packed.len;
    stream.next_out = out;
    while (stream.total_out < sizeof(out)) {
        stream.avail_out = 50;
        assert_int_equal(inflate(&stream, Z_SYNC_FLUSH), Z_OK);
    }
    assert_memory_equal(out, data, sizeof(data));
    (void)inflateEnd(&stream);
    deflater_destroy(deflater);
}

static void says_when_it_is_not_worth_it(void **state) {
    (void)state;
    struct deflater *deflater = create();
    struct nx_bytes packed;
    unsigned char noise[5000];
    uint64_t seed = 1;
    for (size_t i = 0; i < sizeof(noise); i++) {
        noise[i] = (unsigned char)prng_next(&seed);
    }
    for (size_t len = 0; len <= sizeof(noise); len += 1000) {
        assert_int_equal(
                deflater_pack(deflater, noise, len, &packed), DEFLATER_FUTILE);
        assert_null(packed.ptr);
    }
    char *data = repetitive(1000);
    expect_round_trip(deflater, data, 1000);
    free(data);
    deflater_destroy(deflater);
}

static void stops_at_the_limit(void **state) {
    (void)state;
    struct deflater *deflater = create();
    struct nx_bytes out;
    char *data = calloc(1, 64 << 20);
    assert_non_null(data);
    const struct {
        size_t len;
        enum deflater_result result;
    } rows[] = {
            {LIMIT - 1, DEFLATER_OK},
            {LIMIT, DEFLATER_OK},
            {LIMIT + 1, DEFLATER_TOO_LONG},
            {64 << 20, DEFLATER_TOO_LONG},
            {1, DEFLATER_OK},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct packed packed =
                pack_by_zlib(data, rows[i].len, 15, Z_SYNC_FLUSH);
        assert_int_equal(deflater_unpack(deflater, packed.data, packed.len - 4,
                                 LIMIT, &out),
                rows[i].result);
        assert_int_equal(
                out.len, rows[i].result == DEFLATER_OK ? rows[i].len : 0);
        free(packed.data);
    }
    free(data);
    deflater_destroy(deflater);
}

static void obeys_a_limit_below_what_it_had_before(void **state) {
    (void)state;
    struct deflater *deflater = create();
    struct nx_bytes out;
    char *data = repetitive(50000);
    struct packed packed = pack_by_zlib(data, 50000, 15, Z_SYNC_FLUSH);
    assert_int_equal(
            deflater_unpack(deflater, packed.data, packed.len - 4, 50000, &out),
            DEFLATER_OK);
    assert_int_equal(
            deflater_unpack(deflater, packed.data, packed.len - 4, 49999, &out),
            DEFLATER_TOO_LONG);
    free(packed.data);
    free(data);
    deflater_destroy(deflater);
}

static void refuses_what_is_broken_and_goes_on(void **state) {
    (void)state;
    struct deflater *deflater = create();
    struct nx_bytes out;
    const char *bad[] = {"\xff\xff\xff\xff", "\x06", "\x4b\x04\x22",
            "hello, not compressed", "\x01"};
    char *data = repetitive(1000);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(
                deflater_unpack(deflater, bad[i], strlen(bad[i]), LIMIT, &out),
                DEFLATER_BROKEN);
        assert_null(out.ptr);
        expect_round_trip(deflater, data, 1000);
    }
    free(data);
    deflater_destroy(deflater);
}

// Every beginning of a message is none.
static void refuses_what_is_cut_off(void **state) {
    (void)state;
    struct deflater *deflater = create();
    struct nx_bytes out;
    char data[500];
    uint64_t seed = 3;
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (char)('a' + prng_next(&seed) % 16);
    }
    struct packed packed = pack_by_zlib(data, sizeof(data), 15, Z_SYNC_FLUSH);
    for (size_t len = 1; len < packed.len - 5; len++) {
        assert_int_equal(
                deflater_unpack(deflater, packed.data, len, LIMIT, &out),
                DEFLATER_BROKEN);
    }
    free(packed.data);
    deflater_destroy(deflater);
}

static void understands_empty_messages(void **state) {
    (void)state;
    struct deflater *deflater = create();
    struct nx_bytes out;
    assert_int_equal(
            deflater_unpack(deflater, "\0", 1, LIMIT, &out), DEFLATER_OK);
    assert_int_equal(out.len, 0);
    assert_int_equal(
            deflater_unpack(deflater, NULL, 0, LIMIT, &out), DEFLATER_OK);
    assert_int_equal(out.len, 0);
    deflater_destroy(deflater);
}

static void understands_a_last_block(void **state) {
    (void)state;
    struct deflater *deflater = create();
    struct nx_bytes out;
    char *data = repetitive(1000);
    struct packed packed = pack_by_zlib(data, 1000, 15, Z_FINISH);
    // With the empty block behind it that RFC 7692 asks for, and without.
    unsigned char *longer = calloc(1, packed.len + 1);
    assert_non_null(longer);
    memcpy(longer, packed.data, packed.len);
    for (size_t more = 0; more < 2; more++) {
        assert_int_equal(deflater_unpack(deflater, longer, packed.len + more,
                                 LIMIT, &out),
                DEFLATER_OK);
        assert_int_equal(out.len, 1000);
        assert_memory_equal(out.ptr, data, 1000);
    }
    free(longer);
    free(packed.data);
    free(data);
    deflater_destroy(deflater);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(gives_back_what_it_was_given),
            cmocka_unit_test(leaves_the_last_four_bytes_out),
            cmocka_unit_test(never_refers_to_an_earlier_message),
            cmocka_unit_test(keeps_to_its_window),
            cmocka_unit_test(says_when_it_is_not_worth_it),
            cmocka_unit_test(stops_at_the_limit),
            cmocka_unit_test(obeys_a_limit_below_what_it_had_before),
            cmocka_unit_test(refuses_what_is_broken_and_goes_on),
            cmocka_unit_test(refuses_what_is_cut_off),
            cmocka_unit_test(understands_empty_messages),
            cmocka_unit_test(understands_a_last_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
