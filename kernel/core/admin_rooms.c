#include <nexus/util/str.h>

#include "kernel/core/admin_command.h"
#include "kernel/core/core.h"
#include "kernel/core/rooms.h"
#include "kernel/core/writer.h"

const struct nx_field admin_rooms_fields[] = {
        ADMIN_FIELDS,
        {.name = "prefix",
                .kinds = NX_JSON_STRING,
                .min = 1,
                .max = ROOM_NAME_MAX},
        {.name = "after", .kinds = NX_JSON_INT, .min = 0, .max = INT64_MAX},
        {.name = "limit", .kinds = NX_JSON_INT, .min = 1, .max = ADMIN_PAGE},
        {.name = NULL},
};

static void put_room(struct nx_writer *result, const struct room *room) {
    writer_begin_object(result, NULL);
    writer_put_str(result, "room", room_name(room));
    writer_put_u64(result, "members", room->member_count);
    writer_put_u64(result, "users", room->user_count);
    writer_put_u64(result, "offset", room->offset);
    writer_end(result);
}

void admin_rooms(struct admin_call *call) {
    const struct rooms *rooms = call->core->rooms;
    struct nx_str prefix = admin_text(call, "prefix");
    const struct room *room = NULL;
    uint64_t after = 0;
    uint64_t limit = ADMIN_PAGE;
    uint64_t count = 0;
    (void)admin_number(call, "after", &after);
    (void)admin_number(call, "limit", &limit);
    writer_begin_array(call->result, "rooms");
    // A page may be short, or empty, and still have a next one.
    for (int i = 0; i < ADMIN_SLICE; i++) {
        room = count == limit || admin_is_full(call)
                ? NULL
                : rooms_next(rooms, &after);
        if (!room) {
            break;
        }
        if (nx_str_starts(room_name(room), prefix)) {
            put_room(call->result, room);
            count++;
        }
    }
    uint64_t behind = after;
    bool more = rooms_next(rooms, &behind) != NULL;
    writer_end(call->result);
    writer_put_u64(call->result, "total", rooms_count(rooms));
    if (more) {
        writer_put_u64(call->result, "next", after);
    }
}
