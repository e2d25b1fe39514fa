/*
 * frame - WebSocket frame headers, both ways (RFC 6455, section 5).
 *
 * Nothing here reads or writes a socket. Payloads are masked in place.
 *
 * Owner:   nobody
 * Thread:  any
 * Errors:  frame_read says BAD where the header cannot be right
 */
#ifndef BENCH_LIB_FRAME_H
#define BENCH_LIB_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FRAME_HEAD_MAX = 14, // longest header: 64-bit length and a mask
    FRAME_KEY = 4
};

enum frame_op {
    FRAME_CONTINUATION = 0,
    FRAME_TEXT = 1,
    FRAME_BINARY = 2,
    FRAME_CLOSE = 8,
    FRAME_PING = 9,
    FRAME_PONG = 10
};

enum frame_status {
    FRAME_INCOMPLETE, // more bytes needed, header or payload
    FRAME_WHOLE,
    FRAME_BAD
};

struct frame {
    unsigned op; // enum frame_op, or a number that the peer made up
    bool fin;
    bool packed; // RSV1: compressed, RFC 7692
    bool masked;
    uint8_t key[FRAME_KEY];
    size_t head; // bytes of header; the payload follows
    size_t length;
};

/* Reads the header at data; WHOLE only when the payload is there too. */
enum frame_status frame_read(
        struct frame *frame, const uint8_t *data, size_t length);

/* Writes a header, masked when key is not NULL; returns its size. */
size_t frame_write_head(uint8_t head[FRAME_HEAD_MAX], enum frame_op op,
        size_t length, const uint8_t *key);

/* Masks or unmasks; start is the position of data inside the payload. */
void frame_mask(uint8_t *data, size_t length, const uint8_t key[FRAME_KEY],
        size_t start);

#endif
