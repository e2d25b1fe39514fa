#define ZLIB_CONST // its input is const
#include "bench/lib/unpack.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "bench/lib/die.h"

enum {
    WINDOW_BITS = 15,
    ROOM = 4096 // more than that is made while it is needed
};

/* RFC 7692 has the sender leave them out. */
static const uint8_t tail[] = {0x00, 0x00, 0xff, 0xff};

void unpack_init(struct unpack *unpack) {
    *unpack = (struct unpack){
            .slots = calloc(UNPACK_SLOTS, sizeof(struct unpack_slot)),
    };
    if (unpack->slots == NULL) {
        die("out of memory");
    }
}

void unpack_finish(struct unpack *unpack) {
    for (size_t i = 0; i < UNPACK_SLOTS; i++) {
        bytes_finish(&unpack->slots[i].packed);
        bytes_finish(&unpack->slots[i].text);
    }
    if (unpack->stream != NULL) {
        (void)inflateEnd(unpack->stream);
    }
    free(unpack->stream);
    free(unpack->slots);
}

static z_stream *fresh_stream(struct unpack *unpack) {
    bool good = false;

    if (unpack->stream == NULL) {
        unpack->stream = calloc(1, sizeof(z_stream));
        good = unpack->stream != NULL
                && inflateInit2(unpack->stream, -WINDOW_BITS) == Z_OK;
    } else {
        good = inflateReset(unpack->stream) == Z_OK;
    }
    if (!good) {
        die("cannot set up zlib");
    }
    return unpack->stream;
}

static void feed(z_stream *stream, const uint8_t *data, size_t length,
        struct bytes *text) {
    int result = Z_OK;

    stream->next_in = data;
    stream->avail_in = (uInt)length;
    do {
        stream->next_out = bytes_reserve(text, ROOM);
        stream->avail_out = ROOM;
        result = inflate(stream, Z_SYNC_FLUSH);
        text->length += ROOM - stream->avail_out;
        if (result != Z_OK && result != Z_BUF_ERROR) {
            die("a compressed message is broken");
        }
    } while (stream->avail_in > 0 || stream->avail_out == 0);
}

/* Messages differ in a counter at least, which is in some of these bytes. */
static size_t slot_of(const uint8_t *packed, size_t length) {
    uint32_t hash = (uint32_t)length;

    for (size_t i = 0; i < length; i += 1 + i / 16) {
        hash = (hash ^ packed[i]) * 16777619U;
    }
    return (hash >> 8) % UNPACK_SLOTS;
}

const char *unpack_text(struct unpack *unpack, const uint8_t *packed,
        size_t length, size_t *text_length) {
    struct unpack_slot *slot = &unpack->slots[slot_of(packed, length)];

    if (slot->packed.length != length || length == 0
            || memcmp(slot->packed.data, packed, length) != 0) {
        z_stream *stream = fresh_stream(unpack);

        slot->packed.length = 0;
        slot->text.length = 0;
        bytes_append(&slot->packed, packed, length);
        feed(stream, packed, length, &slot->text);
        feed(stream, tail, sizeof(tail), &slot->text);
    }
    *text_length = slot->text.length;
    return (const char *)slot->text.data;
}
