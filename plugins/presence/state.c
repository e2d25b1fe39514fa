#include "plugins/presence/state.h"

#include <stdlib.h>
#include <string.h>

#include "plugins/presence/behind.h"
#include "plugins/presence/crowd.h"
#include "plugins/presence/person.h"
#include "plugins/presence/presence.h"
#include "plugins/presence/watcher.h"

#define KIND_PERSON    1u
#define KIND_BEHIND    2u // after the person it is about
#define KIND_CROWD     3u

#define FLAG_LINGERING 1u
#define FLAG_LOADED    2u
#define FLAG_CHOICE    4u
#define FLAG_PRESENT   8u
#define FLAG_IDLE      16u

#define TEXT_MAX       65536u
#define ROOMS_MAX      1000000u

// A person; name, message, location and the rooms it left follow.
struct saved_person {
    uint32_t kind;
    uint32_t flags;
    uint32_t told;
    uint32_t status;
    uint32_t name_len;
    uint32_t message_len;
    uint32_t location_len;
    uint32_t room_count;
    int64_t last_seen;
    uint64_t left_ms;
    uint64_t saved_ms;
    uint64_t heard_ms;
};

// A session that is behind, with the name of the user, or a crowded room.
struct saved_id {
    uint32_t kind;
    uint32_t name_len;
    uint64_t id;
};

// ---- writing ----

static nx_status write(const struct nx_state_writer *writer, nx_status before,
        const void *data, size_t len) {
    return before == NX_OK && len > 0 ? writer->write(writer, data, len)
                                      : before;
}

static uint32_t flags_of(const struct person *person) {
    return (person->lingering ? FLAG_LINGERING : 0U)
            | (person->loaded ? FLAG_LOADED : 0U)
            | (person->choice ? FLAG_CHOICE : 0U)
            | (person->present ? FLAG_PRESENT : 0U)
            | (person->idle ? FLAG_IDLE : 0U);
}

static nx_status write_person(
        const struct nx_state_writer *writer, const struct person *person) {
    struct nx_str message = choice_message(person->choice);
    struct nx_str location = choice_location(person->choice);
    const struct saved_person saved = {
            .kind = KIND_PERSON,
            .flags = flags_of(person),
            .told = person->told,
            .status = choice_status(person->choice),
            .name_len = (uint32_t)person->name_len,
            .message_len = (uint32_t)message.len,
            .location_len = (uint32_t)location.len,
            .room_count = (uint32_t)person->left.count,
            .last_seen = person->last_seen,
            .left_ms = person->left_ms,
            .saved_ms = person->saved_ms,
            .heard_ms = person->heard_ms,
    };
    nx_status status = write(writer, NX_OK, &saved, sizeof(saved));
    status = write(writer, status, person->name, person->name_len);
    status = write(writer, status, message.ptr, message.len);
    status = write(writer, status, location.ptr, location.len);
    return write(writer, status, person->left.ids,
            person->left.count * sizeof(*person->left.ids));
}

static nx_status write_behind(
        const struct nx_state_writer *writer, const struct watcher *watcher) {
    nx_status status = NX_OK;
    size_t cursor = 0;
    const struct person *person;
    while (status == NX_OK
            && (person = nx_strmap_next(
                        watcher->behind, &cursor, NULL, NULL))) {
        const struct saved_id saved = {
                .kind = KIND_BEHIND,
                .name_len = (uint32_t)person->name_len,
                .id = watcher->session,
        };
        status = write(writer, status, &saved, sizeof(saved));
        status = write(writer, status, person->name, person->name_len);
    }
    return status;
}

static nx_status write_crowds(
        const struct nx_state_writer *writer, const struct presence *presence) {
    nx_status status = NX_OK;
    size_t cursor = 0;
    const char *key;
    size_t len;
    while (status == NX_OK
            && nx_strmap_next(presence->crowds, &cursor, &key, &len)) {
        struct saved_id saved = {.kind = KIND_CROWD};
        memcpy(&saved.id, key, sizeof(saved.id));
        status = write(writer, status, &saved, sizeof(saved));
    }
    return status;
}

// Whoever is offline and was told to be is known from storage.
static bool is_worth_it(const struct person *person) {
    return person->present || person->lingering
            || person->told != STATUS_OFFLINE || person->holds > 0;
}

nx_status state_save(
        const struct presence *presence, const struct nx_state_writer *writer) {
    nx_status status = NX_OK;
    size_t cursor = 0;
    const struct person *person;
    while (status == NX_OK
            && (person = nx_strmap_next(
                        presence->persons, &cursor, NULL, NULL))) {
        status = is_worth_it(person) ? write_person(writer, person) : NX_OK;
    }
    nx_list_for_each (link, &presence->behind) {
        const struct watcher *watcher =
                nx_container_of(link, struct watcher, behind_link);
        status = status == NX_OK ? write_behind(writer, watcher) : status;
    }
    return status == NX_OK ? write_crowds(writer, presence) : status;
}

// ---- reading ----

// Fills buf; false when the bytes end before.
static bool read(const struct nx_state_reader *reader, void *buf, size_t len) {
    size_t done = 0;
    while (done < len) {
        size_t got = reader->read(reader, (char *)buf + done, len - done);
        if (got == 0) {
            return false;
        }
        done += got;
    }
    return true;
}

static bool is_sane(const struct saved_person *saved) {
    return saved->told <= STATUS_BUSY && saved->status < STATUS_COUNT
            && saved->name_len > 0 && saved->name_len <= PRESENCE_USER_MAX
            && saved->message_len <= TEXT_MAX && saved->location_len <= TEXT_MAX
            && saved->room_count <= ROOMS_MAX;
}

static bool read_texts(const struct nx_state_reader *reader,
        const struct saved_person *saved, struct person *person) {
    size_t len = (size_t)saved->message_len + saved->location_len;
    char *text = malloc(len + 1);
    bool done = text && read(reader, text, len);
    if (done && (saved->flags & FLAG_CHOICE)) {
        person->choice = choice_create((enum status)saved->status,
                nx_str_n(text, saved->message_len),
                nx_str_n(text + saved->message_len, saved->location_len));
        done = person->choice != NULL;
    }
    free(text);
    return done;
}

static bool read_rooms(const struct nx_state_reader *reader,
        const struct saved_person *saved, struct person *person) {
    for (uint32_t i = 0; i < saved->room_count; i++) {
        uint64_t room;
        if (!read(reader, &room, sizeof(room))
                || !idset_add(&person->left, room)) {
            return false;
        }
    }
    return true;
}

static nx_status read_person(
        struct presence *presence, const struct nx_state_reader *reader) {
    struct saved_person saved = {.kind = KIND_PERSON};
    char name[PRESENCE_USER_MAX];
    if (!read(reader, &saved.flags, sizeof(saved) - sizeof(saved.kind))
            || !is_sane(&saved) || !read(reader, name, saved.name_len)) {
        return NX_ERR_INVALID;
    }
    struct person *person =
            person_take(presence, nx_str_n(name, saved.name_len));
    if (!person) {
        return NX_ERR_LIMIT;
    }
    person->told = (enum status)saved.told;
    presence->told_count[person->told]++;
    person->loaded = (saved.flags & FLAG_LOADED) != 0;
    person->lingering = (saved.flags & FLAG_LINGERING) != 0;
    person->present = (saved.flags & FLAG_PRESENT) != 0;
    person->idle = (saved.flags & FLAG_IDLE) != 0;
    person->last_seen = saved.last_seen;
    person->left_ms = saved.left_ms;
    person->saved_ms = saved.saved_ms;
    person->heard_ms = saved.heard_ms;
    return read_texts(reader, &saved, person)
                    && read_rooms(reader, &saved, person)
            ? NX_OK
            : NX_ERR_INVALID;
}

static nx_status read_id(struct presence *presence,
        const struct nx_state_reader *reader, uint32_t kind) {
    struct saved_id saved = {.kind = kind};
    char name[PRESENCE_USER_MAX];
    if (!read(reader, &saved.name_len, sizeof(saved) - sizeof(saved.kind))
            || saved.name_len > sizeof(name)
            || !read(reader, name, saved.name_len)) {
        return NX_ERR_INVALID;
    }
    if (kind == KIND_CROWD) {
        crowd_note(presence, saved.id);
        return NX_OK;
    }
    struct person *person =
            person_find(presence, nx_str_n(name, saved.name_len));
    if (!person) {
        return NX_ERR_INVALID;
    }
    (void)behind_note(presence, saved.id, person);
    return NX_OK;
}

nx_status state_restore(
        struct presence *presence, const struct nx_state_reader *reader) {
    nx_status status = NX_OK;
    uint32_t kind;
    while (status == NX_OK && read(reader, &kind, sizeof(kind))) {
        if (kind == KIND_PERSON) {
            status = read_person(presence, reader);
        } else if (kind == KIND_BEHIND || kind == KIND_CROWD) {
            status = read_id(presence, reader, kind);
        } else {
            status = NX_ERR_INVALID;
        }
    }
    behind_resume(presence);
    return status;
}
