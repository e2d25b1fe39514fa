#define ZLIB_CONST // its input is const
#include "kernel/base/deflater.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define WINDOW_MAX   15    // of what others have packed
#define MEMORY_LEVEL 8     // zlib's default: 128 KB for a window of 32 KB
#define OUTPUT_MIN   16384 // of the buffers, which double from there
#define BLOCK_ENDED  128   // in z_stream::data_type

static const unsigned char tail[] = {0x00, 0x00, 0xff, 0xff};

struct buffer {
    unsigned char *data;
    size_t cap;
};

struct deflater {
    int level;
    int window_bits;
    bool packs;   // packer is set up
    bool unpacks; // unpacker is
    z_stream packer;
    z_stream unpacker;
    struct buffer packed;
    struct buffer unpacked;
};

struct deflater *deflater_create(int level, int window_bits) {
    struct deflater *deflater = calloc(1, sizeof(*deflater));
    if (deflater) {
        deflater->level = level;
        deflater->window_bits = window_bits;
    }
    return deflater;
}

void deflater_destroy(struct deflater *deflater) {
    if (!deflater) {
        return;
    }
    if (deflater->packs) {
        (void)deflateEnd(&deflater->packer);
    }
    if (deflater->unpacks) {
        (void)inflateEnd(&deflater->unpacker);
    }
    free(deflater->packed.data);
    free(deflater->unpacked.data);
    free(deflater);
}

// Keeps what is in it.
static bool grow(struct buffer *buffer, size_t wanted, size_t max) {
    size_t cap = buffer->cap ? buffer->cap : OUTPUT_MIN;
    while (cap < wanted) {
        cap *= 2;
    }
    cap = cap < max ? cap : max;
    if (cap <= buffer->cap) {
        return true;
    }
    unsigned char *data = realloc(buffer->data, cap);
    if (!data) {
        return false;
    }
    buffer->data = data;
    buffer->cap = cap;
    return true;
}

// --- pack -----------------------------------------------------------------

static bool begin_packing(struct deflater *deflater) {
    if (deflater->packs) {
        return deflateReset(&deflater->packer) == Z_OK;
    }
    deflater->packs =
            deflateInit2(&deflater->packer, deflater->level, Z_DEFLATED,
                    -deflater->window_bits, MEMORY_LEVEL, Z_DEFAULT_STRATEGY)
            == Z_OK;
    return deflater->packs;
}

enum deflater_result deflater_pack(struct deflater *deflater, const void *data,
        size_t len, struct nx_bytes *out) {
    size_t room = len + sizeof(tail);
    *out = (struct nx_bytes){NULL, 0};
    if (len > INT_MAX) {
        return DEFLATER_FUTILE;
    }
    if (!grow(&deflater->packed, room, SIZE_MAX) || !begin_packing(deflater)) {
        return DEFLATER_NO_MEMORY;
    }
    z_stream *stream = &deflater->packer;
    stream->next_in = data;
    stream->avail_in = (uInt)len;
    stream->next_out = deflater->packed.data;
    stream->avail_out = (uInt)room;
    // When it fills all the room it may not have come to its end.
    if (deflate(stream, Z_SYNC_FLUSH) != Z_OK || stream->avail_out == 0) {
        return DEFLATER_FUTILE;
    }
    *out = (struct nx_bytes){
            deflater->packed.data, room - stream->avail_out - sizeof(tail)};
    return DEFLATER_OK;
}

// --- unpack ---------------------------------------------------------------

static bool begin_unpacking(struct deflater *deflater) {
    z_stream *stream = &deflater->unpacker;
    if (!deflater->unpacks) {
        deflater->unpacks = inflateInit2(stream, -WINDOW_MAX) == Z_OK;
    } else if (inflateReset(stream) != Z_OK) {
        return false;
    }
    return deflater->unpacks;
}

// One more byte than may come out, to see whether it would.
static bool make_room(struct deflater *deflater, size_t used, size_t limit) {
    z_stream *stream = &deflater->unpacker;
    struct buffer *buffer = &deflater->unpacked;
    size_t max = limit + 1;
    if (!grow(buffer, used + 1, max)) {
        return false;
    }
    size_t end = buffer->cap < max ? buffer->cap : max;
    stream->next_out = buffer->data + used;
    stream->avail_out = (uInt)(end - used);
    return true;
}

// A sender may say that a block is the last one and go on after it, with a
// window that is empty again (RFC 7692, 7.2.3.5).
static enum deflater_result judge(z_stream *stream, int result) {
    switch (result) {
    case Z_OK:
    case Z_BUF_ERROR: // nothing left to read, or no room to write
        return DEFLATER_OK;
    case Z_STREAM_END:
        return inflateReset(stream) == Z_OK ? DEFLATER_OK : DEFLATER_BROKEN;
    case Z_MEM_ERROR:
        return DEFLATER_NO_MEMORY;
    default:
        return DEFLATER_BROKEN;
    }
}

// Unpacks these bytes behind the *used ones that came out before. *ended: the
// last of them was the last of a last block.
static enum deflater_result feed(struct deflater *deflater, const void *data,
        size_t len, size_t limit, size_t *used, bool *ended) {
    z_stream *stream = &deflater->unpacker;
    enum deflater_result result = DEFLATER_OK;
    stream->next_in = data;
    stream->avail_in = (uInt)len;
    do {
        if (!make_room(deflater, *used, limit)) {
            return DEFLATER_NO_MEMORY;
        }
        int said = inflate(stream, Z_SYNC_FLUSH);
        *ended = said == Z_STREAM_END;
        result = judge(stream, said);
        *used = (size_t)(stream->next_out - deflater->unpacked.data);
        if (*used > limit) {
            return DEFLATER_TOO_LONG;
        }
    } while (result == DEFLATER_OK
            && (stream->avail_in > 0 || stream->avail_out == 0));
    return result;
}

enum deflater_result deflater_unpack(struct deflater *deflater,
        const void *data, size_t len, size_t limit, struct nx_bytes *out) {
    *out = (struct nx_bytes){NULL, 0};
    if (len == 0) {
        *out = (struct nx_bytes){"", 0};
        return DEFLATER_OK;
    }
    if (len > INT_MAX || limit >= INT_MAX) {
        return DEFLATER_TOO_LONG;
    }
    if (!begin_unpacking(deflater)) {
        return DEFLATER_NO_MEMORY;
    }
    size_t used = 0;
    bool ended = false;
    enum deflater_result result =
            feed(deflater, data, len, limit, &used, &ended);
    if (result == DEFLATER_OK && !ended) {
        result = feed(deflater, tail, sizeof(tail), limit, &used, &ended);
        // In the middle of a block, the 4 bytes were taken for part of it.
        if (result == DEFLATER_OK
                && (deflater->unpacker.data_type & BLOCK_ENDED) == 0) {
            result = DEFLATER_BROKEN;
        }
    }
    if (result == DEFLATER_OK) {
        *out = (struct nx_bytes){deflater->unpacked.data, used};
    }
    return result;
}
