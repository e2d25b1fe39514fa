/*
 * hostile - events and requests as the worst client would send them.
 *
 * Most are almost right, because those get furthest. The same seed makes the
 * same ones.
 *
 * Owner:   the stage
 * Thread:  one
 * Errors:  a text that is cut
 */
#ifndef KERNEL_CTL_CHECK_HOSTILE_H
#define KERNEL_CTL_CHECK_HOSTILE_H

#include <stdint.h>

#include <nexus/util/buf.h>

#include "kernel/ctl/check/vocabulary.h"

#define HOSTILE_TEXT_MAX 131072

struct hostile {
    const struct vocabulary *vocabulary;
    const char *const *prefixes; // NULL-ended
    uint64_t state;
    uint64_t refs; // given out
};

void hostile_init(struct hostile *hostile, const struct vocabulary *vocabulary,
        const char *const *prefixes);

// Below `below`, which is not 0.
uint64_t hostile_below(struct hostile *hostile, uint64_t below);
static inline bool hostile_chance(struct hostile *hostile, uint64_t percent) {
    return hostile_below(hostile, 100) < percent;
}

// Each replaces what out has, and ends in a zero byte. An event that may be no
// JSON at all; one that is an event, for which the plugin can be asked to
// answer; the body of a request; a path for a pattern of a route.
void hostile_message(struct hostile *hostile, struct nx_buf *out);
void hostile_event(struct hostile *hostile, struct nx_buf *out);
void hostile_body(struct hostile *hostile, struct nx_buf *out);
void hostile_target(
        struct hostile *hostile, const char *pattern, struct nx_buf *out);

// One of the names that events use for users, rooms and the like.
const char *hostile_name(struct hostile *hostile);

// A type that the plugin gets.
void hostile_type(struct hostile *hostile, char *out, size_t size);

#endif
