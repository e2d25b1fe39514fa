/*
 * admin_out - lines that wait for one client of the control socket.
 *
 * A line is written whole or not at all. What the transport has sent makes
 * room again; the ceiling counts only what still waits.
 *
 * Owner:   struct admin_peer, which embeds it
 * Thread:  logic
 * Errors:  NULL or false; the lines are then as before
 */
#ifndef KERNEL_CORE_ADMIN_OUT_H
#define KERNEL_CORE_ADMIN_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include <nexus/types.h>
#include <nexus/util/buf.h>

struct admin_out {
    struct nx_buf buf;
    size_t sent;              // bytes of buf that are gone
    size_t line;              // where the line being written begins
    void (*ready)(void *ctx); // something waits
    void *ctx;
};

// Allocates nothing.
void admin_out_init(struct admin_out *out, size_t max_bytes,
        void (*ready)(void *ctx), void *ctx);
void admin_out_finish(struct admin_out *out);

// The most that one line can have while nothing waits.
size_t admin_out_max(const struct admin_out *out);

// Begins a line of up to `room` bytes, its end not counted: where to append
// it, or NULL when it does not fit now.
struct nx_buf *admin_out_begin(struct admin_out *out, size_t room);

// Ends the line and says that it is ready. False without memory: the line is
// gone.
bool admin_out_end(struct admin_out *out);

// What waits, borrowed until the next call.
struct nx_str admin_out_waiting(const struct admin_out *out);

// The first bytes of it were sent.
void admin_out_sent(struct admin_out *out, size_t len);

#endif
