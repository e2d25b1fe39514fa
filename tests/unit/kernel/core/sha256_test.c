#include "kernel/core/sha256.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka.h"

static void expect(const char *text, const char *digits) {
    char hex[SHA256_HEX_SIZE];
    sha256_hex(text, strlen(text), hex);
    assert_string_equal(hex, digits);
}

static void agrees_with_the_examples_of_the_standard(void **state) {
    expect("",
            "e3b0c44298fc1c149afbf4c8996fb924"
            "27ae41e4649b934ca495991b7852b855");
    expect("abc",
            "ba7816bf8f01cfea414140de5dae2223"
            "b00361a396177a9cb410ff61f20015ad");
    expect("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039"
            "a33ce45964ff2167f6ecedd419db06c1");
    expect("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
           "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            "cf5b16a778af8380036ce59e7b049237"
            "0b249b11e8f07a51afac45037afee9d1");
}

static void agrees_on_a_million_letters(void **state) {
    size_t len = 1000000;
    char *text = malloc(len);
    assert_non_null(text);
    memset(text, 'a', len);
    char hex[SHA256_HEX_SIZE];
    sha256_hex(text, len, hex);
    free(text);
    assert_string_equal(hex,
            "cdc76e5c9914fb9281a1c7e284d73e67"
            "f1809a48a497200e046d39ccc7112cd0");
}

// Every length around the ends of blocks, in pieces of every size.
static void does_not_care_how_the_text_is_cut(void **state) {
    unsigned char text[200];
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (unsigned char)(i * 7);
    }
    for (size_t len = 0; len <= sizeof(text); len++) {
        struct sha256 whole;
        struct sha256 cut;
        unsigned char expected[SHA256_SIZE];
        unsigned char got[SHA256_SIZE];
        sha256_init(&whole);
        sha256_update(&whole, text, len);
        sha256_final(&whole, expected);
        sha256_init(&cut);
        size_t piece = len % 13 + 1;
        for (size_t at = 0; at < len; at += piece) {
            sha256_update(&cut, text + at, len - at < piece ? len - at : piece);
        }
        sha256_final(&cut, got);
        assert_memory_equal(got, expected, SHA256_SIZE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(agrees_with_the_examples_of_the_standard),
            cmocka_unit_test(agrees_on_a_million_letters),
            cmocka_unit_test(does_not_care_how_the_text_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
