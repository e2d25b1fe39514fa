#include "kernel/core/resume_record.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/util/buf.h>
#include <nexus/util/list.h>

#include "kernel/core/pack.h"
#include "kernel/core/restore.h"
#include "kernel/core/room_position.h"
#include "kernel/core/rooms.h"
#include "kernel/core/session.h"

// More than limits.rooms_per_session can ask for.
#define ROOMS_READ_MAX 1000000u

void resume_record_init(struct resume_record *record) {
    record->rooms = NULL;
    record->room_count = 0;
    blobs_init(&record->blobs);
}

void resume_room_finish(struct resume_room *room) {
    // The string is ours; everybody else only reads it.
    union {
        const char *in;
        char *out;
    } name = {.in = room->name.ptr};
    free(name.out);
}

void resume_record_finish(struct resume_record *record) {
    for (size_t i = 0; i < record->room_count; i++) {
        resume_room_finish(&record->rooms[i]);
    }
    free(record->rooms);
    blobs_finish(&record->blobs);
    resume_record_init(record);
}

// There is room up to the next power of two, or more after some were struck.
static bool grow(struct resume_record *record) {
    size_t count = record->room_count;
    if ((count & (count - 1)) != 0) {
        return true;
    }
    size_t cap = count > 0 ? count * 2 : 1;
    struct resume_room *rooms =
            realloc(record->rooms, cap * sizeof(*record->rooms));
    if (rooms) {
        record->rooms = rooms;
    }
    return rooms != NULL;
}

bool resume_record_add(struct resume_record *record, struct nx_str room,
        const struct nx_position *at) {
    char *name = grow(record) ? strndup(room.ptr, room.len) : NULL;
    if (!name) {
        return false;
    }
    struct resume_room *added = &record->rooms[record->room_count++];
    memset(added, 0, sizeof(*added));
    added->name.ptr = name;
    added->name.len = room.len;
    added->has_position = at != NULL;
    if (at) {
        added->at = *at;
    }
    return true;
}

bool resume_record_strike(struct resume_record *record, struct nx_str room) {
    for (size_t i = 0; i < record->room_count; i++) {
        struct resume_room *found = &record->rooms[i];
        if (found->name.len != room.len
                || memcmp(found->name.ptr, room.ptr, room.len) != 0) {
            continue;
        }
        resume_room_finish(found);
        *found = record->rooms[record->room_count - 1];
        record->room_count--;
        return true;
    }
    return false;
}

static bool add_member(
        struct resume_record *record, const struct member *member) {
    struct nx_position at;
    bool known = room_position_of(member, &at);
    return resume_record_add(
            record, room_name(member->room), known ? &at : NULL);
}

bool resume_record_take(
        struct resume_record *record, const struct session *session) {
    if (session->restore && !restore_copy_rest(session->restore, record)) {
        return false;
    }
    nx_list_for_each (link, &session->members) {
        const struct member *member =
                nx_container_of(link, struct member, session_link);
        // One that is held is among what is still to be restored.
        if (!member->held && !room_position_is_awaited(member)
                && !add_member(record, member)) {
            return false;
        }
    }
    return blobs_copy(&record->blobs, &session->blobs);
}

size_t resume_record_size(const struct resume_record *record) {
    size_t size = blobs_size(&record->blobs);
    for (size_t i = 0; i < record->room_count; i++) {
        size += sizeof(record->rooms[i]) + record->rooms[i].name.len + 1;
    }
    return size;
}

void resume_record_write(
        const struct resume_record *record, struct nx_buf *buf) {
    pack_u32(buf, (uint32_t)record->room_count);
    for (size_t i = 0; i < record->room_count; i++) {
        const struct resume_room *room = &record->rooms[i];
        pack_str(buf, room->name);
        pack_u8(buf, room->has_position ? 1 : 0);
        pack_u64(buf, room->at.epoch);
        pack_u64(buf, room->at.offset);
    }
    blobs_write(&record->blobs, buf);
}

static bool read_room(struct resume_record *record, struct nx_bytes *bytes) {
    struct nx_str name;
    uint8_t has_position;
    struct nx_position at;
    return unpack_str(bytes, &name) && name.len > 0 && name.len <= ROOM_NAME_MAX
            && unpack_u8(bytes, &has_position) && unpack_u64(bytes, &at.epoch)
            && unpack_u64(bytes, &at.offset)
            && resume_record_add(record, name, has_position ? &at : NULL);
}

bool resume_record_read(struct resume_record *record, struct nx_bytes *bytes) {
    uint32_t count;
    if (!unpack_u32(bytes, &count) || count > ROOMS_READ_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!read_room(record, bytes)) {
            return false;
        }
    }
    return blobs_read(&record->blobs, bytes);
}
