// State on its way from one instance to the next, as the orders want it.
#include <stdlib.h>
#include <string.h>

#include <nexus/util/buf.h>

#include "kernel/ctl/check/stand_in_parts.h"

#define STATE_MAX ((size_t)64 << 20)

// --- saving ---------------------------------------------------------------

static nx_status write_buf(
        const struct nx_state_writer *writer, const void *data, size_t len) {
    return nx_buf_append(writer->ctx, data, len) ? NX_OK : NX_ERR_LIMIT;
}

static nx_status write_nothing(
        const struct nx_state_writer *writer, const void *data, size_t len) {
    return NX_ERR_LIMIT;
}

static nx_status save_with(const struct stand_in_part *part,
        nx_status (*write)(const struct nx_state_writer *writer,
                const void *data, size_t len),
        struct nx_buf *out) {
    const struct nx_state_writer writer = {
            .struct_size = sizeof(writer), .ctx = out, .write = write};
    return part->real->save_state(part->real, &writer);
}

nx_status stand_in_save(const struct stand_in_part *part,
        const struct nx_state_writer *writer) {
    struct stand_in *stand_in = part->stand_in;
    struct nx_buf first;
    struct nx_buf second;
    nx_buf_init(&first, STATE_MAX);
    nx_buf_init(&second, STATE_MAX);
    nx_status status = save_with(part, write_buf, &first);
    if (status == NX_OK && save_with(part, write_buf, &second) == NX_OK) {
        stand_in->saves_differ |= first.len != second.len
                || (first.len > 0
                        && memcmp(first.data, second.data, first.len) != 0);
    }
    if (first.len > 0 && save_with(part, write_nothing, NULL) == NX_OK) {
        stand_in->save_ignores = true;
    }
    stand_in->state_bytes = first.len;
    if (status == NX_OK && first.len > 0) {
        status = writer->write(writer, first.data, first.len);
    }
    nx_buf_finish(&first);
    nx_buf_finish(&second);
    return status;
}

// --- reading --------------------------------------------------------------

// What a spoilt state is read from.
struct spoilt {
    const struct nx_state_reader *from;
    struct stand_in *stand_in;
    uint64_t left;
};

static size_t read_noise(struct spoilt *spoilt, void *buf, size_t len) {
    unsigned char *bytes = buf;
    for (size_t i = 0; i < len; i++) {
        uint64_t x = spoilt->stand_in->noise;
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        spoilt->stand_in->noise = x;
        bytes[i] = (unsigned char)x;
    }
    return len;
}

static size_t read_spoilt(
        const struct nx_state_reader *reader, void *buf, size_t len) {
    struct spoilt *spoilt = reader->ctx;
    size_t most = spoilt->left < len ? (size_t)spoilt->left : len;
    if (spoilt->stand_in->state != STATE_RANDOM && most > 1) {
        most = 1;
    }
    if (most == 0) {
        return 0;
    }
    size_t got = spoilt->stand_in->state == STATE_RANDOM
            ? read_noise(spoilt, buf, most)
            : spoilt->from->read(spoilt->from, buf, most);
    spoilt->left -= got;
    return got;
}

nx_status stand_in_start(
        struct stand_in_part *part, const struct nx_state_reader *prev) {
    struct stand_in *stand_in = part->stand_in;
    if (!prev || stand_in->state == STATE_AS_IS) {
        return part->real->start(part->real, prev);
    }
    struct spoilt spoilt = {.from = prev, .stand_in = stand_in};
    spoilt.left =
            stand_in->state == STATE_BYTES ? prev->total : stand_in->amount;
    const struct nx_state_reader reader = {
            .struct_size = sizeof(reader),
            .state_version = prev->state_version,
            .ctx = &spoilt,
            .total = spoilt.left,
            .read = read_spoilt,
    };
    return part->real->start(part->real, &reader);
}
