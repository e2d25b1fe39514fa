/*
 * hall - the bare peer's rooms: who is in, and what was said this turn.
 *
 * A broadcast is framed once into its room's turn buffer; the loop sends that
 * buffer to every member at the end of the turn. A guest is in one room.
 *
 * Owner:   bare; rooms live while they have members
 * Thread:  main
 * Errors:  out of memory ends the program
 */
#ifndef BENCH_LIB_HALL_H
#define BENCH_LIB_HALL_H

#include <stddef.h>
#include <stdint.h>

#include "bench/lib/bytes.h"

enum {
    HALL_BUCKETS = 16384,
    HALL_NAME_MAX = 63
};

struct hall_room {
    char name[HALL_NAME_MAX + 1];
    struct hall_room *next; // in its bucket
    struct hall_room *next_spoken;
    struct hall_guest **guests;
    uint32_t count;
    uint32_t capacity;
    struct bytes turn;
};

/* Embedded in a client. */
struct hall_guest {
    struct hall_room *room; // NULL: in none
    uint32_t place;         // in room->guests
};

struct hall {
    struct hall_room *buckets[HALL_BUCKETS];
    struct hall_room *spoken; // rooms with a turn buffer that is not empty
};

/* Leaves the room before. A longer name is cut. */
void hall_join(struct hall *hall, struct hall_guest *guest, const char *name,
        size_t length);
void hall_leave(struct hall *hall, struct hall_guest *guest);

/* Adds one text, framed, to the turn of the guest's room. */
void hall_say(struct hall *hall, const struct hall_guest *guest,
        const char *text, size_t length);

#endif
