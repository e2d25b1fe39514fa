/*
 * tails - those who watch events go by: nexusctl tail.
 *
 * Each tail gets a line for every event that comes from a client or is queued
 * for one and fits its filter. A line that does not fit the reader's buffer
 * is dropped and counted, and the next one that fits says how many are
 * missing before it. While nobody watches it costs one look at a counter.
 *
 * Owner:   core; a tail is embedded by struct admin_peer
 * Thread:  logic
 * Errors:  tails_create: NULL without memory
 */
#ifndef KERNEL_CORE_TAILS_H
#define KERNEL_CORE_TAILS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>
#include <nexus/util/list.h>

#include "kernel/core/users.h"

#define TAIL_TYPE_MAX 64

struct admin_out;
struct core;
struct payload;
struct session;

struct tails {
    struct core *core;
    size_t count;
    struct nx_list list; // struct tail::link
};

struct tail {
    struct tails *tails; // NULL: not started
    struct nx_list link; // struct tails::list
    struct admin_out *out;
    uint64_t dropped; // since the last line
    size_t type_len;
    size_t user_len;
    char type[TAIL_TYPE_MAX];
    char user[USER_NAME_MAX];
};

struct tails *tails_create(struct core *core);

// Accepts NULL. No tail may be left.
void tails_destroy(struct tails *tails);

static inline bool tails_any(const struct tails *tails) {
    return tails->count > 0;
}

// An event of a client, parsed, before it is judged.
void tails_saw_in(struct tails *tails, const struct session *session,
        struct nx_str type, struct nx_str json);

// An event that was queued for a client.
void tails_saw_out(struct tails *tails, const struct session *session,
        const struct payload *payload);

// Watches events whose types begin with type, of sessions of user; an empty
// one means all. Longer ones than the arrays above hold are no filters.
void tail_start(struct tail *tail, struct tails *tails, struct admin_out *out,
        struct nx_str type, struct nx_str user);

// Does nothing when it is not started.
void tail_stop(struct tail *tail);

static inline bool tail_started(const struct tail *tail) {
    return tail->tails != NULL;
}

// The reader has got all there was: says what was dropped since.
void tail_drained(struct tail *tail);

#endif
