/*
 * selection - the newest of many events, as they are offered one by one.
 *
 * Holds at most a given number; one more drops the oldest. An event is named
 * by its place (which conversation) and its seq there. At equal times the
 * earlier place counts as newer.
 *
 * Owner:   whoever embeds it
 * Thread:  any
 * Errors:  false without memory; unchanged
 */
#ifndef PLUGINS_CHAT_SELECTION_H
#define PLUGINS_CHAT_SELECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chosen {
    int64_t time_ms;
    size_t place;
    uint64_t seq;
};

struct selection {
    struct chosen *heap; // the oldest first
    size_t count;
    size_t cap;
    size_t max;
};

void selection_init(struct selection *selection, size_t max);
void selection_finish(struct selection *selection);

// Whether an event would be among the newest.
bool selection_wants(
        const struct selection *selection, const struct chosen *event);

// Takes in an event that is wanted. *dropped is the one that had to go, when
// there was one: its seq is 0 otherwise.
bool selection_add(struct selection *selection, const struct chosen *event,
        struct chosen *dropped);

#endif
