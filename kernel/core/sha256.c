#include "kernel/core/sha256.h"

#include <string.h>

static const uint32_t round_keys[64] = {
        0x428a2f98,
        0x71374491,
        0xb5c0fbcf,
        0xe9b5dba5,
        0x3956c25b,
        0x59f111f1,
        0x923f82a4,
        0xab1c5ed5,
        0xd807aa98,
        0x12835b01,
        0x243185be,
        0x550c7dc3,
        0x72be5d74,
        0x80deb1fe,
        0x9bdc06a7,
        0xc19bf174,
        0xe49b69c1,
        0xefbe4786,
        0x0fc19dc6,
        0x240ca1cc,
        0x2de92c6f,
        0x4a7484aa,
        0x5cb0a9dc,
        0x76f988da,
        0x983e5152,
        0xa831c66d,
        0xb00327c8,
        0xbf597fc7,
        0xc6e00bf3,
        0xd5a79147,
        0x06ca6351,
        0x14292967,
        0x27b70a85,
        0x2e1b2138,
        0x4d2c6dfc,
        0x53380d13,
        0x650a7354,
        0x766a0abb,
        0x81c2c92e,
        0x92722c85,
        0xa2bfe8a1,
        0xa81a664b,
        0xc24b8b70,
        0xc76c51a3,
        0xd192e819,
        0xd6990624,
        0xf40e3585,
        0x106aa070,
        0x19a4c116,
        0x1e376c08,
        0x2748774c,
        0x34b0bcb5,
        0x391c0cb3,
        0x4ed8aa4a,
        0x5b9cca4f,
        0x682e6ff3,
        0x748f82ee,
        0x78a5636f,
        0x84c87814,
        0x8cc70208,
        0x90befffa,
        0xa4506ceb,
        0xbef9a3f7,
        0xc67178f2,
};

static uint32_t rotate(uint32_t value, unsigned bits) {
    return (value >> bits) | (value << (32 - bits));
}

static void schedule(const unsigned char *block, uint32_t words[64]) {
    for (size_t i = 0; i < 16; i++) {
        const unsigned char *bytes = block + i * 4;
        words[i] = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16
                | (uint32_t)bytes[2] << 8 | (uint32_t)bytes[3];
    }
    for (size_t i = 16; i < 64; i++) {
        uint32_t near = words[i - 2];
        uint32_t far = words[i - 15];
        words[i] = words[i - 16] + words[i - 7]
                + (rotate(far, 7) ^ rotate(far, 18) ^ (far >> 3))
                + (rotate(near, 17) ^ rotate(near, 19) ^ (near >> 10));
    }
}

// The letters are those of FIPS 180-4: a is v[0], h is v[7].
static void compress(struct sha256 *sha, const unsigned char *block) {
    uint32_t words[64];
    uint32_t v[8];
    schedule(block, words);
    memcpy(v, sha->state, sizeof(v));
    for (size_t i = 0; i < 64; i++) {
        uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
        uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        uint32_t first = v[7] + choice + round_keys[i] + words[i]
                + (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25));
        uint32_t second = majority
                + (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22));
        memmove(v + 1, v, 7 * sizeof(v[0]));
        v[4] += first;
        v[0] = first + second;
    }
    for (size_t i = 0; i < 8; i++) {
        sha->state[i] += v[i];
    }
}

void sha256_init(struct sha256 *sha) {
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372,
            0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(sha->state, start, sizeof(start));
    sha->total = 0;
}

void sha256_update(struct sha256 *sha, const void *data, size_t len) {
    const unsigned char *bytes = data;
    while (len > 0) {
        size_t used = (size_t)(sha->total % SHA256_BLOCK);
        size_t part = SHA256_BLOCK - used < len ? SHA256_BLOCK - used : len;
        memcpy(sha->block + used, bytes, part);
        sha->total += part;
        bytes += part;
        len -= part;
        if (used + part == SHA256_BLOCK) {
            compress(sha, sha->block);
        }
    }
}

void sha256_final(struct sha256 *sha, unsigned char out[SHA256_SIZE]) {
    static const unsigned char padding[SHA256_BLOCK] = {0x80};
    uint64_t bits = sha->total * 8;
    size_t used = (size_t)(sha->total % SHA256_BLOCK);
    unsigned char length[8];
    for (size_t i = 0; i < 8; i++) {
        length[i] = (unsigned char)(bits >> (56 - 8 * i));
    }
    sha256_update(sha, padding, (used < 56 ? 56 : 120) - used);
    sha256_update(sha, length, sizeof(length));
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        out[i] = (unsigned char)(sha->state[i / 4] >> (24 - 8 * (i % 4)));
    }
}

void sha256_hex(const void *data, size_t len, char out[SHA256_HEX_SIZE]) {
    static const char digits[] = "0123456789abcdef";
    struct sha256 sha;
    unsigned char sum[SHA256_SIZE];
    sha256_init(&sha);
    sha256_update(&sha, data, len);
    sha256_final(&sha, sum);
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        out[2 * i] = digits[sum[i] >> 4];
        out[2 * i + 1] = digits[sum[i] & 15];
    }
    out[SHA256_HEX_SIZE - 1] = '\0';
}
