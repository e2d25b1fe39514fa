/*
 * transport - what core asks of whatever carries the bytes.
 *
 * Core never sees a socket: it hands framed bytes and close codes to these
 * calls, by a link the transport gave it. The transport in turn reports what
 * arrives through gate.h, session_io.h and http.h. Every call could become a
 * message to another thread: none returns data from the connection.
 *
 * Owner:   a link belongs to the transport, which tells core before it dies
 * Thread:  logic, but wake
 * Errors:  enum transport_result
 */
#ifndef KERNEL_CORE_TRANSPORT_H
#define KERNEL_CORE_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>

struct link;      // one WebSocket connection
struct http_link; // one HTTP request that waits for its response

enum transport_result {
    TRANSPORT_TAKEN, // the bytes are on their way
    TRANSPORT_BUSY,  // none were taken; session_io_writable() will follow
    TRANSPORT_GONE,  // the connection is dead; session_io_closed() will follow
};

struct http_response {
    uint32_t status;
    const char *content_type; // NULL without a body
    struct nx_bytes body;
    uint32_t retry_after_s; // Retry-After header, 0: none
    const char *allow;      // Allow header, NULL: none
};

struct transport_ops {
    // Writes complete frames with one system call. Bytes are borrowed.
    enum transport_result (*write)(void *ctx, struct link *link,
            const unsigned char *frames, size_t len);

    // Sends a Close frame after what was written, and reads no more events.
    // The link lives until session_io_closed().
    void (*close)(
            void *ctx, struct link *link, uint16_t code, struct nx_str reason);

    // Stops or resumes handing over messages, those already read among them:
    // back-pressure.
    void (*pause)(void *ctx, struct link *link, bool paused);

    // Answers an HTTP request; the link is the transport's again afterwards.
    void (*respond)(void *ctx, struct http_link *link,
            const struct http_response *response);

    // Makes the loop take a turn soon. [any]
    void (*wake)(void *ctx);
};

struct transport {
    const struct transport_ops *ops;
    void *ctx;
};

#endif
