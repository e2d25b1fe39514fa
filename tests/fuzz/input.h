/*
 * input - the bytes of one fuzzing input, taken piece by piece.
 *
 * What is asked for behind the end is zero.
 *
 * Owner:   the stack of the target; borrows libFuzzer's bytes
 * Thread:  any
 * Errors:  none
 */
#ifndef TESTS_FUZZ_INPUT_H
#define TESTS_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>

// libFuzzer calls it so.
// NOLINTNEXTLINE(readability-identifier-naming)
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *data;
    size_t left;
};

static inline uint8_t input_byte(struct input *in) {
    if (in->left == 0) {
        return 0;
    }
    in->left--;
    return *in->data++;
}

// A number below `below`, which is from 1 to 256.
static inline unsigned input_below(struct input *in, unsigned below) {
    return input_byte(in) % below;
}

static inline void input_bytes(struct input *in, void *out, size_t len) {
    uint8_t *bytes = out;
    for (size_t i = 0; i < len; i++) {
        bytes[i] = input_byte(in);
    }
}

// At most len bytes, borrowed.
static inline struct nx_str input_text(struct input *in, size_t len) {
    len = len < in->left ? len : in->left;
    struct nx_str text = {(const char *)in->data, len};
    in->data += len;
    in->left -= len;
    return text;
}

// The bytes up to the next `end`, which is taken too, or all of them.
static inline struct nx_str input_until(struct input *in, char end) {
    size_t len = 0;
    while (len < in->left && in->data[len] != (uint8_t)end) {
        len++;
    }
    struct nx_str text = input_text(in, len);
    (void)input_byte(in);
    return text;
}

#endif
