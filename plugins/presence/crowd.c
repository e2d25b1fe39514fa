#include "plugins/presence/crowd.h"

#include "plugins/presence/person.h"
#include "plugins/presence/presence.h"

// Members counted in one turn, about; one room is always counted whole.
#define TURN_MEMBERS 20000
#define NEXT_TURN_MS 10

struct counting {
    const struct presence *presence;
    size_t by_status[STATUS_COUNT];
};

static int32_t count_user(
        void *user, struct nx_str user_name, uint32_t sessions) {
    (void)sessions;
    struct counting *counting = user;
    const struct person *person = person_find(counting->presence, user_name);
    counting->by_status[person ? person_status(person) : STATUS_OFFLINE]++;
    return 0;
}

static struct nx_writer *write_event(
        const struct counting *counting, struct nx_str room_name) {
    const struct presence *presence = counting->presence;
    const struct nx_json_v1 *json = presence->sdk.json;
    struct nx_writer *event =
            json->event(presence->host, "presence.counts", nx_str_none());
    if (event) {
        json->put_str(event, "room", room_name);
        for (int i = STATUS_ONLINE; i <= STATUS_BUSY; i++) {
            json->put_u64(
                    event, status_word((enum status)i), counting->by_status[i]);
        }
    }
    return event;
}

// Returns how many members were looked at.
static size_t tell(struct presence *presence, nx_room_id room) {
    const struct nx_rooms_v1 *rooms = presence->sdk.rooms;
    size_t members = rooms->count(presence->host, room);
    if (members <= presence->settings.room_limit) {
        return 0;
    }
    struct counting counting = {.presence = presence};
    rooms->each_user(presence->host, room, count_user, &counting);
    struct nx_str name = rooms->name(presence->host, room);
    struct nx_send_opts opts = {
            .struct_size = sizeof(opts),
            .cls = NX_CLASS_DROPPABLE,
            .coalesce_key = name,
    };
    uint32_t count = 0;
    (void)presence->sdk.send->to_room(
            presence->host, room, write_event(&counting, name), &opts, &count);
    presence_count(presence, presence->metrics.counts, count);
    return members;
}

static void tell_some(void *user, nx_timer_id timer) {
    (void)timer;
    struct presence *presence = user;
    presence->crowd_timer = 0;
    size_t members = 0;
    size_t cursor = 0;
    const char *key;
    size_t len;
    while (members < TURN_MEMBERS
            && nx_strmap_next(presence->crowds, &cursor, &key, &len)) {
        nx_room_id room;
        memcpy(&room, key, sizeof(room));
        (void)nx_strmap_remove(
                presence->crowds, (const char *)&room, sizeof(room));
        members += tell(presence, room);
    }
    if (nx_strmap_count(presence->crowds) > 0) {
        presence_timer(
                presence, NEXT_TURN_MS, tell_some, &presence->crowd_timer);
    }
}

void crowd_note(struct presence *presence, nx_room_id room) {
    // The value says nothing: it is there.
    (void)nx_strmap_put(presence->crowds, (const char *)&room, sizeof(room),
            presence->crowds);
    crowd_resume(presence);
}

void crowd_resume(struct presence *presence) {
    if (nx_strmap_count(presence->crowds) > 0) {
        presence_timer(presence, presence->settings.counts_ms, tell_some,
                &presence->crowd_timer);
    }
}
