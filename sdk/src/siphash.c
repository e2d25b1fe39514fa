#include "siphash.h"

// Jean-Philippe Aumasson and Daniel J. Bernstein, "SipHash: a fast short-input
// PRF", 2012. The constants spell "somepseudorandomlygeneratedbytes".

struct state {
    uint64_t v[4];
};

static uint64_t rotate(uint64_t word, unsigned bits) {
    return (word << bits) | (word >> (64 - bits));
}

static void sip_round(struct state *s) {
    s->v[0] += s->v[1];
    s->v[1] = rotate(s->v[1], 13) ^ s->v[0];
    s->v[0] = rotate(s->v[0], 32);
    s->v[2] += s->v[3];
    s->v[3] = rotate(s->v[3], 16) ^ s->v[2];
    s->v[0] += s->v[3];
    s->v[3] = rotate(s->v[3], 21) ^ s->v[0];
    s->v[2] += s->v[1];
    s->v[1] = rotate(s->v[1], 17) ^ s->v[2];
    s->v[2] = rotate(s->v[2], 32);
}

static void absorb(struct state *s, uint64_t word) {
    s->v[3] ^= word;
    sip_round(s);
    s->v[0] ^= word;
}

static uint64_t load_little_endian(const unsigned char *bytes, size_t count) {
    uint64_t word = 0;
    for (size_t i = 0; i < count; i++) {
        word |= (uint64_t)bytes[i] << (8 * i);
    }
    return word;
}

uint64_t nx_siphash(
        const struct nx_siphash_key *key, const void *data, size_t len) {
    struct state s = {{
            key->half[0] ^ UINT64_C(0x736f6d6570736575),
            key->half[1] ^ UINT64_C(0x646f72616e646f6d),
            key->half[0] ^ UINT64_C(0x6c7967656e657261),
            key->half[1] ^ UINT64_C(0x7465646279746573),
    }};

    const unsigned char *bytes = data;
    size_t left = len;
    for (; left >= 8; left -= 8, bytes += 8) {
        absorb(&s, load_little_endian(bytes, 8));
    }
    absorb(&s, load_little_endian(bytes, left) | (uint64_t)len << 56);

    s.v[2] ^= 0xff;
    sip_round(&s);
    sip_round(&s);
    sip_round(&s);
    return s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];
}
