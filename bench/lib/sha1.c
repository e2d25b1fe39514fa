#include "bench/lib/sha1.h"

#include <assert.h>
#include <string.h>

enum {
    BLOCK = 64,
    ROUNDS = 80,
    WORDS = 5,
    LENGTH_AT = 8 // bytes before the end of the last block
};

static uint32_t rotate(uint32_t word, unsigned bits) {
    return word << bits | word >> (32 - bits);
}

static uint32_t mix(unsigned round, const uint32_t s[WORDS]) {
    static const uint32_t add[] = {
            0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    uint32_t bits = s[1] ^ s[2] ^ s[3];

    if (round < 20) {
        bits = (s[1] & s[2]) | (~s[1] & s[3]);
    } else if (round >= 40 && round < 60) {
        bits = (s[1] & s[2]) | (s[1] & s[3]) | (s[2] & s[3]);
    }
    return rotate(s[0], 5) + bits + s[4] + add[round / 20];
}

static void digest_block(uint32_t state[WORDS], const uint8_t *block) {
    uint32_t words[ROUNDS];
    uint32_t s[WORDS];

    for (size_t i = 0; i < 16; i++) {
        words[i] = (uint32_t)block[4 * i] << 24
                | (uint32_t)block[4 * i + 1] << 16
                | (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    }
    for (size_t i = 16; i < ROUNDS; i++) {
        words[i] = rotate(
                words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    }
    memcpy(s, state, sizeof(s));
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint32_t first = mix(i, s) + words[i];

        s[4] = s[3];
        s[3] = s[2];
        s[2] = rotate(s[1], 30);
        s[1] = s[0];
        s[0] = first;
    }
    for (size_t i = 0; i < WORDS; i++) {
        state[i] += s[i];
    }
}

void sha1_digest(uint8_t digest[SHA1_SIZE], const void *data, size_t length) {
    uint32_t state[WORDS] = {
            0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    uint8_t blocks[2 * BLOCK] = {0};
    size_t end = length + 1 + LENGTH_AT <= BLOCK ? BLOCK : sizeof(blocks);

    assert(length <= SHA1_INPUT_MAX);
    memcpy(blocks, data, length);
    blocks[length] = 0x80;
    blocks[end - 2] = (uint8_t)(length * 8 >> 8);
    blocks[end - 1] = (uint8_t)(length * 8);
    for (size_t at = 0; at < end; at += BLOCK) {
        digest_block(state, blocks + at);
    }
    for (size_t i = 0; i < SHA1_SIZE; i++) {
        digest[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
    }
}
