#include "bench/lib/frame.h"

#include <string.h>

enum {
    FIN = 0x80,
    RSV1 = 0x40,
    RESERVED = 0x30,
    OP = 0x0f,
    MASKED = 0x80,
    LENGTH = 0x7f,
    LENGTH_16 = 126,
    LENGTH_64 = 127
};

static uint64_t read_number(const uint8_t *data, size_t size) {
    uint64_t number = 0;

    for (size_t i = 0; i < size; i++) {
        number = number << 8 | data[i];
    }
    return number;
}

static size_t extra_length(unsigned length) {
    if (length == LENGTH_16) {
        return 2;
    }
    return length == LENGTH_64 ? 8 : 0;
}

enum frame_status frame_read(
        struct frame *frame, const uint8_t *data, size_t length) {
    size_t extra = 0;
    uint64_t payload = 0;

    if (length < 2) {
        return FRAME_INCOMPLETE;
    }
    frame->fin = (data[0] & FIN) != 0;
    frame->packed = (data[0] & RSV1) != 0;
    frame->op = data[0] & OP;
    frame->masked = (data[1] & MASKED) != 0;
    payload = data[1] & LENGTH;
    extra = extra_length((unsigned)payload);
    frame->head = 2 + extra + (frame->masked ? FRAME_KEY : 0);
    if ((data[0] & RESERVED) != 0) {
        return FRAME_BAD;
    }
    if (length < frame->head) {
        return FRAME_INCOMPLETE;
    }
    if (extra > 0) {
        payload = read_number(data + 2, extra);
    }
    if (payload > SIZE_MAX / 2) {
        return FRAME_BAD;
    }
    if (frame->masked) {
        memcpy(frame->key, data + 2 + extra, FRAME_KEY);
    }
    frame->length = (size_t)payload;
    return length - frame->head < frame->length ? FRAME_INCOMPLETE
                                                : FRAME_WHOLE;
}

size_t frame_write_head(uint8_t head[FRAME_HEAD_MAX], enum frame_op op,
        size_t length, const uint8_t *key) {
    unsigned first = LENGTH_64;
    size_t size = 2;

    if (length < LENGTH_16) {
        first = (unsigned)length;
    } else if (length <= UINT16_MAX) {
        first = LENGTH_16;
    }
    head[0] = (uint8_t)(FIN | (unsigned)op);
    head[1] = (uint8_t)(first | (key != NULL ? MASKED : 0));
    for (size_t i = extra_length(first); i > 0; i--) {
        head[size++] = (uint8_t)((uint64_t)length >> (8 * (i - 1)));
    }
    if (key != NULL) {
        memcpy(head + size, key, FRAME_KEY);
        size += FRAME_KEY;
    }
    return size;
}

void frame_mask(uint8_t *data, size_t length, const uint8_t key[FRAME_KEY],
        size_t start) {
    uint8_t turned[sizeof(uint64_t)];
    uint64_t mask = 0;
    size_t i = 0;

    for (size_t k = 0; k < sizeof(turned); k++) {
        turned[k] = key[(start + k) % FRAME_KEY];
    }
    memcpy(&mask, turned, sizeof(mask));
    for (; i + sizeof(mask) <= length; i += sizeof(mask)) {
        uint64_t word = 0;

        memcpy(&word, data + i, sizeof(word));
        word ^= mask;
        memcpy(data + i, &word, sizeof(word));
    }
    for (; i < length; i++) {
        data[i] ^= turned[i % sizeof(turned)];
    }
}
