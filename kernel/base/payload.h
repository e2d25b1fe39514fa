/*
 * payload - one complete server-to-client WebSocket frame, shared by count.
 *
 * Header (RFC 6455, FIN, unmasked) and body lie in one allocation, built once
 * and handed to every receiver. Immutable from the moment it is shared. Beside
 * it may be a twin, the same message compressed (RFC 7692), for receivers who
 * have agreed on that. PAYLOAD_HEADROOM bytes in front of the frame are free for a transport that
 * wants to put something there; their content means nothing.
 *
 * Owner:   every holder of a reference; the last unref frees it
 * Thread:  any; writing the body or the headroom only while unshared; twins
 *          logic
 * Errors:  NULL without memory, or a control frame over 125 bytes
 */
#ifndef KERNEL_BASE_PAYLOAD_H
#define KERNEL_BASE_PAYLOAD_H

#include <stddef.h>

#define PAYLOAD_HEADROOM    32
#define PAYLOAD_CONTROL_MAX 125

enum payload_opcode {
    PAYLOAD_TEXT = 1,
    PAYLOAD_BINARY = 2,
    PAYLOAD_CLOSE = 8,
    PAYLOAD_PING = 9,
    PAYLOAD_PONG = 10,
};

struct payload;

// Copies len bytes of body (NULL when len is 0). Returns one reference.
struct payload *payload_create(
        enum payload_opcode opcode, const void *body, size_t len);

// The same with a body of zeroes, to be written through payload_body_mut.
struct payload *payload_alloc(enum payload_opcode opcode, size_t len);

// A frame whose body is compressed: with RSV1 set.
struct payload *payload_create_packed(
        enum payload_opcode opcode, const void *body, size_t len);

// Only while the caller holds the single reference.
void *payload_body_mut(struct payload *payload);

// Returns payload, with one more reference that the caller owns.
struct payload *payload_ref(struct payload *payload);

// Gives one reference back. Accepts NULL.
void payload_unref(struct payload *payload);

// Both return bytes borrowed as long as the reference; len may be NULL.
const void *payload_body(const struct payload *payload, size_t *len);
const unsigned char *payload_frame(const struct payload *payload, size_t *len);

enum payload_opcode payload_opcode(const struct payload *payload);

// What to send in place of payload to who can decompress: its twin, payload
// itself when that was found best, or NULL when nobody has tried. Borrowed.
struct payload *payload_twin(const struct payload *payload);

// Decides that, once. Takes the caller's reference to twin, unless that is
// payload itself.
void payload_set_twin(struct payload *payload, struct payload *twin);

// Header and body, in bytes: what one receiver costs on the wire.
size_t payload_frame_len(const struct payload *payload);

#endif
