#include "bench/lib/stamp.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/lib/die.h"
#include "bench/lib/frame.h"
#include "bench/lib/moment.h"

enum {
    N_DIGITS = 13,
    T_DIGITS = 16,
    FIELDS_MAX = 512
};

/* Times start here so that all have 16 digits, and stay below 2^53. */
#define FIRST_TIME ((uint64_t)1000000000000000)

static const uint8_t key[FRAME_KEY] = {0x37, 0xfa, 0x21, 0x3d};

static size_t position_after(const char *text, const char *wanted) {
    const char *found = strstr(text, wanted);

    return found == NULL ? 0 : (size_t)(found - text) + strlen(wanted);
}

/* Text that compresses about as well as what people write. */
static void write_words(uint8_t *out, size_t size) {
    static const char letters[] = "etaoinshrdlucmfwypvbgk";
    uint32_t seed = 1;
    size_t word = 0;

    for (size_t i = 0; i < size; i++) {
        seed = seed * 1664525 + 1013904223;
        if (word == 0) {
            out[i] = ' ';
            word = 2 + (seed >> 24) % 8;
        } else {
            /* The product of two is more often small, as in any language. */
            uint32_t first = (seed >> 8) % (sizeof(letters) - 1);

            out[i] = (uint8_t)letters[first * ((seed >> 20) % 256) / 256];
            word--;
        }
    }
}

void stamp_init(struct stamp *stamp, const char *fields, size_t size) {
    char text[FIELDS_MAX];
    int printed = snprintf(text, sizeof(text),
            "{%s,\"n\":%" PRIu64 ",\"t\":%" PRIu64 ",\"pad\":\"", fields,
            STAMP_FIRST, FIRST_TIME);
    size_t start = (size_t)printed;
    uint8_t *payload = NULL;

    *stamp = (struct stamp){.epoch = moment_ns()};
    if (printed < 0 || start >= sizeof(text) || size < start + 2) {
        die("--size must be at least %d for this scenario", printed + 2);
    }
    stamp->n_at = position_after(text, ",\"n\":");
    stamp->t_at = position_after(text, ",\"t\":");
    payload = bytes_reserve(&stamp->frame, FRAME_HEAD_MAX + size);
    stamp->head = frame_write_head(payload, FRAME_TEXT, size, key);
    payload += stamp->head;
    memcpy(payload, text, start);
    write_words(payload + start, size - start - 2);
    payload[size - 2] = '"';
    payload[size - 1] = '}';
    frame_mask(payload, size, key, 0);
    stamp->frame.length = stamp->head + size;
}

void stamp_finish(struct stamp *stamp) {
    bytes_finish(&stamp->frame);
}

static void print_digits(
        uint8_t *payload, size_t at, size_t digits, uint64_t number) {
    for (size_t i = at + digits; i > at; i--) {
        payload[i - 1] =
                (uint8_t)('0' + number % 10) ^ key[(i - 1) % FRAME_KEY];
        number /= 10;
    }
}

void stamp_print(
        struct stamp *stamp, uint64_t n, uint64_t ns, struct bytes *out) {
    size_t start = out->length;
    uint8_t *payload = NULL;

    bytes_append(out, stamp->frame.data, stamp->frame.length);
    payload = out->data + start + stamp->head;
    print_digits(payload, stamp->n_at, N_DIGITS, n);
    print_digits(
            payload, stamp->t_at, T_DIGITS, FIRST_TIME + ns - stamp->epoch);
}
