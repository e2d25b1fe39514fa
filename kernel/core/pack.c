#include "kernel/core/pack.h"

#include <string.h>

#include <nexus/util/buf.h>

void pack_raw(struct nx_buf *buf, const void *ptr, size_t len) {
    (void)nx_buf_append(buf, ptr, len);
}

static void pack_number(struct nx_buf *buf, uint64_t number, size_t size) {
    unsigned char bytes[sizeof(number)];
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (unsigned char)(number >> (8 * i) & 0xff);
    }
    pack_raw(buf, bytes, size);
}

void pack_u8(struct nx_buf *buf, uint8_t number) {
    pack_number(buf, number, 1);
}

void pack_u32(struct nx_buf *buf, uint32_t number) {
    pack_number(buf, number, 4);
}

void pack_u64(struct nx_buf *buf, uint64_t number) {
    pack_number(buf, number, 8);
}

void pack_bytes(struct nx_buf *buf, struct nx_bytes value) {
    if (value.len > UINT32_MAX) {
        buf->failed = true;
        return;
    }
    pack_u32(buf, (uint32_t)value.len);
    pack_raw(buf, value.ptr, value.len);
}

void pack_str(struct nx_buf *buf, struct nx_str text) {
    const struct nx_bytes value = {text.ptr, text.len};
    pack_bytes(buf, value);
}

static bool take(
        struct nx_bytes *bytes, size_t len, const unsigned char **out) {
    if (len > bytes->len) {
        return false;
    }
    *out = bytes->ptr;
    bytes->ptr = *out + len;
    bytes->len -= len;
    return true;
}

bool unpack_raw(struct nx_bytes *bytes, void *out, size_t len) {
    const unsigned char *from;
    if (!take(bytes, len, &from)) {
        return false;
    }
    memcpy(out, from, len);
    return true;
}

static bool unpack_number(struct nx_bytes *bytes, uint64_t *out, size_t size) {
    const unsigned char *from;
    if (!take(bytes, size, &from)) {
        return false;
    }
    *out = 0;
    for (size_t i = size; i > 0; i--) {
        *out = *out << 8 | from[i - 1];
    }
    return true;
}

bool unpack_u8(struct nx_bytes *bytes, uint8_t *out) {
    uint64_t number;
    bool good = unpack_number(bytes, &number, 1);
    *out = good ? (uint8_t)number : 0;
    return good;
}

bool unpack_u32(struct nx_bytes *bytes, uint32_t *out) {
    uint64_t number;
    bool good = unpack_number(bytes, &number, 4);
    *out = good ? (uint32_t)number : 0;
    return good;
}

bool unpack_u64(struct nx_bytes *bytes, uint64_t *out) {
    return unpack_number(bytes, out, 8);
}

bool unpack_bytes(struct nx_bytes *bytes, struct nx_bytes *out) {
    uint32_t len;
    const unsigned char *from;
    if (!unpack_u32(bytes, &len) || !take(bytes, len, &from)) {
        return false;
    }
    out->ptr = from;
    out->len = len;
    return true;
}

bool unpack_str(struct nx_bytes *bytes, struct nx_str *out) {
    struct nx_bytes value;
    if (!unpack_bytes(bytes, &value)
            || memchr(value.ptr, '\0', value.len) != NULL) {
        return false;
    }
    out->ptr = value.ptr;
    out->len = value.len;
    return true;
}
