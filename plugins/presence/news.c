#include "plugins/presence/news.h"

#include "plugins/presence/behind.h"
#include "plugins/presence/crowd.h"
#include "plugins/presence/person.h"
#include "plugins/presence/presence.h"
#include "plugins/presence/view.h"
#include "plugins/presence/watcher.h"

// Sessions that are told in one step, about; a person costs something, too.
// The server takes a few steps in each turn of its loop.
#define STEP_BUDGET 1000
#define PERSON_COST 4
#define HEARD_MAX   1024

// The receivers of one person's news, while they are collected.
struct collecting {
    struct presence *presence;
    const struct person *person;
};

static int32_t add_member(
        void *user, nx_session_id session, struct nx_str user_name) {
    const struct collecting *collecting = user;
    if (!nx_str_eq(user_name, person_name(collecting->person))) {
        (void)idset_add(&collecting->presence->receivers, session);
    }
    return 0;
}

static void add_room(const struct collecting *collecting, nx_room_id room) {
    struct presence *presence = collecting->presence;
    const struct nx_rooms_v1 *rooms = presence->sdk.rooms;
    if (rooms->count(presence->host, room) > presence->settings.room_limit) {
        crowd_note(presence, room);
    } else {
        struct collecting copy = *collecting;
        rooms->each_session(presence->host, room, add_member, &copy);
    }
}

static int32_t add_room_of_session(
        void *user, nx_room_id room, struct nx_str room_name) {
    (void)room_name;
    add_room(user, room);
    return 0;
}

static int32_t add_rooms_of_session(
        void *user, nx_session_id session, struct nx_str user_name) {
    (void)user_name;
    const struct collecting *collecting = user;
    const struct presence *presence = collecting->presence;
    presence->sdk.rooms->each_room_of(
            presence->host, session, add_room_of_session, user);
    return 0;
}

static void add_rooms_in(
        const struct collecting *collecting, const struct idset *rooms) {
    for (size_t i = 0; i < rooms->count; i++) {
        add_room(collecting, rooms->ids[i]);
    }
}

// All that are concerned by a change, or those in rooms just entered.
static void collect(struct person *person, bool changed) {
    struct presence *presence = person->presence;
    struct collecting collecting = {.presence = presence, .person = person};
    presence->receivers.count = 0;
    if (changed) {
        watcher_collect(person, &presence->receivers);
    }
    if (!presence->settings.rooms) {
        return;
    }
    if (!changed) {
        add_rooms_in(&collecting, &person->entered);
    } else if (person->present) {
        presence->sdk.users->each_session(presence->host, person_name(person),
                add_rooms_of_session, &collecting);
    } else {
        add_rooms_in(&collecting, &person->left);
    }
}

struct nx_writer *news_event(const struct person *person, const char *type) {
    const struct presence *presence = person->presence;
    struct nx_writer *event = presence->sdk.json->event(
            presence->host, type, person_name(person));
    if (event) {
        view_put(person, event);
    }
    return event;
}

static void send(struct person *person, const char *type) {
    struct presence *presence = person->presence;
    struct idset *to = &presence->receivers;
    uint32_t count = 0;
    behind_hold_back(person, to);
    if (to->count == 0) {
        return;
    }
    (void)presence->sdk.send->to_sessions(presence->host, to->ids, to->count,
            news_event(person, type), NULL, &count);
    presence_count(presence, presence->metrics.events, count);
}

void news_remember(struct person *person) {
    uint64_t now = presence_now(person->presence);
    person->heard_ms = now > 0 ? now : 1;
}

static void add_heard(struct person *person, const struct idset *to) {
    if (!person->present || person->heard.count + to->count > HEARD_MAX) {
        return;
    }
    for (size_t i = 0; i < to->count; i++) {
        (void)idset_add(&person->heard, to->ids[i]);
    }
    idset_sort(&person->heard);
    news_remember(person);
}

static void count_status(const struct person *person, enum status status) {
    struct presence *presence = person->presence;
    presence->told_count[person->told]--;
    presence->told_count[status]++;
    for (size_t i = STATUS_ONLINE; i <= STATUS_BUSY; i++) {
        presence_gauge(presence, presence->metrics.by_status[i],
                presence->told_count[i]);
    }
}

static const char *event_type(const struct person *person, bool changed) {
    enum status status = person_status(person);
    return changed && status == person->told ? "presence.update"
                                             : status_event(status);
}

// Returns what it cost.
static size_t tell(struct person *person) {
    struct presence *presence = person->presence;
    if (!person_has_news(person)) {
        return 1;
    }
    struct idset *to = &presence->receivers;
    enum status status = person_status(person);
    bool changed = person_is_changed(person);
    const char *type = event_type(person, changed);
    collect(person, changed);
    idset_sort(to);
    if (changed) {
        person->heard.count = 0;
        presence_count(presence, presence->metrics.changes, 1);
        count_status(person, status);
    } else {
        idset_subtract(to, &person->heard);
    }
    person->told = status;
    person->texts_changed = false;
    idset_finish(&person->entered);
    add_heard(person, to);
    size_t cost = PERSON_COST + to->count;
    send(person, type);
    if (!person->present) {
        idset_finish(&person->heard);
    }
    return cost;
}

static void tell_some(struct presence *presence) {
    size_t cost = 0;
    struct nx_list *link;
    while (cost < STEP_BUDGET && (link = nx_list_take_first(&presence->news))) {
        struct person *person = nx_container_of(link, struct person, news);
        cost += tell(person);
        person_release_if_idle(person);
    }
}

static void step(void *user, void *arg, nx_status status) {
    (void)arg;
    (void)status;
    struct presence *presence = user;
    presence->news_posted = false;
    tell_some(presence);
    news_resume(presence);
}

// A post comes at the end of this turn, where a timer would take some
// milliseconds.
void news_resume(struct presence *presence) {
    if (!nx_list_empty(&presence->news) && !presence->news_posted
            && !presence->quiet) {
        presence->news_posted =
                presence->sdk.jobs->post(presence->host, step, presence, NULL)
                == NX_OK;
    }
}

void news_flush(struct presence *presence) {
    while (!nx_list_empty(&presence->news)) {
        tell_some(presence);
    }
}

void news_changed(struct person *person) {
    struct presence *presence = person->presence;
    if (person_has_news(person) && !nx_list_linked(&person->news)) {
        nx_list_append(&presence->news, &person->news);
        news_resume(presence);
    }
}
