#include "kernel/base/payload.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIN           0x80
#define RSV1          0x40
#define OPCODE_BITS   0x0f
#define CONTROL_BIT   0x08
#define LENGTH_16_BIT 126
#define LENGTH_64_BIT 127
#define HEADER_MAX    10

struct payload {
    atomic_size_t refs;
    size_t header_len;
    size_t body_len;
    struct payload *twin;  // ours unless it is this one; NULL: not decided
    unsigned char bytes[]; // headroom, header, body
};

static size_t header_len_for(size_t body_len) {
    if (body_len < LENGTH_16_BIT) {
        return 2;
    }
    return body_len <= UINT16_MAX ? 4 : HEADER_MAX;
}

static void write_big_endian(unsigned char *out, size_t count, size_t number) {
    while (count > 0) {
        out[--count] = (unsigned char)(number & 0xff);
        number >>= 8;
    }
}

static void write_header(
        unsigned char *out, enum payload_opcode opcode, size_t body_len) {
    size_t len = header_len_for(body_len);
    out[0] = (unsigned char)(FIN | opcode);
    if (len == 2) {
        out[1] = (unsigned char)body_len;
        return;
    }
    out[1] = len == 4 ? LENGTH_16_BIT : LENGTH_64_BIT;
    write_big_endian(out + 2, len - 2, body_len);
}

static unsigned char *frame_of(struct payload *payload) {
    return payload->bytes + PAYLOAD_HEADROOM;
}

struct payload *payload_alloc(enum payload_opcode opcode, size_t len) {
    size_t overhead = sizeof(struct payload) + PAYLOAD_HEADROOM + HEADER_MAX;
    if (len > SIZE_MAX - overhead) {
        return NULL;
    }
    if ((opcode & CONTROL_BIT) && len > PAYLOAD_CONTROL_MAX) {
        return NULL;
    }

    size_t header_len = header_len_for(len);
    struct payload *payload =
            calloc(1, sizeof(*payload) + PAYLOAD_HEADROOM + header_len + len);
    if (!payload) {
        return NULL;
    }
    atomic_init(&payload->refs, 1);
    payload->header_len = header_len;
    payload->body_len = len;
    write_header(frame_of(payload), opcode, len);
    return payload;
}

struct payload *payload_create(
        enum payload_opcode opcode, const void *body, size_t len) {
    struct payload *payload = payload_alloc(opcode, len);
    if (payload && len > 0) {
        memcpy(payload_body_mut(payload), body, len);
    }
    return payload;
}

struct payload *payload_create_packed(
        enum payload_opcode opcode, const void *body, size_t len) {
    assert((opcode & CONTROL_BIT) == 0);
    struct payload *payload = payload_create(opcode, body, len);
    if (payload) {
        frame_of(payload)[0] |= RSV1;
    }
    return payload;
}

void *payload_body_mut(struct payload *payload) {
    assert(atomic_load_explicit(&payload->refs, memory_order_relaxed) == 1);
    return frame_of(payload) + payload->header_len;
}

struct payload *payload_ref(struct payload *payload) {
    // Relaxed: whoever adds a reference has one, so nothing can be freed here.
    size_t before =
            atomic_fetch_add_explicit(&payload->refs, 1, memory_order_relaxed);
    assert(before > 0);
    return payload;
}

static bool gave_back_the_last(struct payload *payload) {
    // Release our use of the bytes; acquire everyone's before freeing them.
    size_t before =
            atomic_fetch_sub_explicit(&payload->refs, 1, memory_order_acq_rel);
    assert(before > 0);
    return before == 1;
}

void payload_unref(struct payload *payload) {
    while (payload && gave_back_the_last(payload)) {
        struct payload *twin = payload->twin == payload ? NULL : payload->twin;
        free(payload);
        payload = twin;
    }
}

struct payload *payload_twin(const struct payload *payload) {
    return payload->twin;
}

void payload_set_twin(struct payload *payload, struct payload *twin) {
    assert(!payload->twin && twin);
    payload->twin = twin;
}

enum payload_opcode payload_opcode(const struct payload *payload) {
    return payload->bytes[PAYLOAD_HEADROOM] & OPCODE_BITS;
}

const void *payload_body(const struct payload *payload, size_t *len) {
    if (len) {
        *len = payload->body_len;
    }
    return payload->bytes + PAYLOAD_HEADROOM + payload->header_len;
}

const unsigned char *payload_frame(const struct payload *payload, size_t *len) {
    if (len) {
        *len = payload_frame_len(payload);
    }
    return payload->bytes + PAYLOAD_HEADROOM;
}

size_t payload_frame_len(const struct payload *payload) {
    return payload->header_len + payload->body_len;
}
