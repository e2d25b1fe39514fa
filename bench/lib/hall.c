#include "bench/lib/hall.h"

#include <stdlib.h>
#include <string.h>

#include "bench/lib/die.h"
#include "bench/lib/frame.h"

enum {
    FEWEST_GUESTS = 2
};

/* FNV-1a */
static struct hall_room **bucket_of(struct hall *hall, const char *name) {
    uint32_t hash = 2166136261U;

    for (const char *c = name; *c != '\0'; c++) {
        hash = (hash ^ (uint8_t)*c) * 16777619U;
    }
    return &hall->buckets[hash % HALL_BUCKETS];
}

static struct hall_room *get_room(struct hall *hall, const char *name) {
    struct hall_room **bucket = bucket_of(hall, name);
    struct hall_room *room = *bucket;

    while (room != NULL && strcmp(room->name, name) != 0) {
        room = room->next;
    }
    if (room == NULL) {
        room = calloc(1, sizeof(*room));
        if (room == NULL) {
            die("out of memory for a room");
        }
        memcpy(room->name, name, strlen(name));
        room->next = *bucket;
        *bucket = room;
    }
    return room;
}

static void remove_room(struct hall *hall, struct hall_room *room) {
    struct hall_room **link = bucket_of(hall, room->name);

    while (*link != room) {
        link = &(*link)->next;
    }
    *link = room->next;
    for (link = &hall->spoken; *link != NULL; link = &(*link)->next_spoken) {
        if (*link == room) {
            *link = room->next_spoken;
            break;
        }
    }
    bytes_finish(&room->turn);
    free(room->guests);
    free(room);
}

void hall_join(struct hall *hall, struct hall_guest *guest, const char *name,
        size_t length) {
    char key[HALL_NAME_MAX + 1] = "";
    struct hall_room *room = NULL;

    hall_leave(hall, guest);
    memcpy(key, name, length < HALL_NAME_MAX ? length : HALL_NAME_MAX);
    room = get_room(hall, key);
    if (room->count == room->capacity) {
        uint32_t capacity =
                room->capacity > 0 ? room->capacity * 2 : FEWEST_GUESTS;
        struct hall_guest **guests =
                // NOLINTNEXTLINE(bugprone-sizeof-expression): pointers
                realloc(room->guests, capacity * sizeof(*guests));

        if (guests == NULL) {
            die("out of memory for %u guests", capacity);
        }
        room->guests = guests;
        room->capacity = capacity;
    }
    guest->room = room;
    guest->place = room->count;
    room->guests[room->count++] = guest;
}

void hall_leave(struct hall *hall, struct hall_guest *guest) {
    struct hall_room *room = guest->room;

    if (room == NULL) {
        return;
    }
    guest->room = NULL;
    room->guests[guest->place] = room->guests[--room->count];
    room->guests[guest->place]->place = guest->place;
    if (room->count == 0) {
        remove_room(hall, room);
    }
}

void hall_say(struct hall *hall, const struct hall_guest *guest,
        const char *text, size_t length) {
    struct hall_room *room = guest->room;
    uint8_t head[FRAME_HEAD_MAX];

    if (room == NULL) {
        return;
    }
    if (room->turn.length == 0) {
        room->next_spoken = hall->spoken;
        hall->spoken = room;
    }
    bytes_append(&room->turn, head,
            frame_write_head(head, FRAME_TEXT, length, NULL));
    bytes_append(&room->turn, text, length);
}
