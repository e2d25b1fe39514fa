/*
 * event - looks at one JSON event without building anything.
 *
 * Walks the keys of the outermost object, whatever their order, steps over
 * nested values, and keeps the few that a measurement needs. It stops early
 * when it has both the type and the counter.
 *
 * Owner:   nobody; the pointers go into the text that was given
 * Thread:  any
 * Errors:  false when the text is not a JSON object; event is undefined then
 */
#ifndef BENCH_LIB_EVENT_H
#define BENCH_LIB_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_word {
    const char *text; // NULL: not there; never terminated, never unescaped
    size_t length;
};

struct event {
    struct event_word type; // event_type
    struct event_word room; // room_id
    struct event_word ref;
    uint64_t n; // the counter; 0: not there
    bool has_members;
};

bool event_scan(struct event *event, const char *text, size_t length);

bool event_word_is(struct event_word word, const char *expected);

#endif
