#include "plugins/presence/attendance.h"

#include "plugins/presence/crowd.h"
#include "plugins/presence/facts.h"
#include "plugins/presence/news.h"
#include "plugins/presence/person.h"
#include "plugins/presence/presence.h"
#include "plugins/presence/watcher.h"

// How stale the stored last_seen of somebody who stays may become.
#define SAVE_EVERY_MS UINT64_C(300000)
// How long is remembered who knows already.
#define FORGET_MS UINT64_C(10000)
#define NEVER     UINT64_MAX
// Persons looked at in one turn.
#define LOOKS_MAX 1000

static void look_around(void *user, nx_timer_id timer);

// ---- when to look next ----

// Sees to it that the timer fires for the first of the agenda.
static void arm(struct presence *presence) {
    const struct agenda_entry *first = agenda_first(&presence->agenda);
    if (!first || presence->quiet) {
        return;
    }
    if (presence->agenda_timer != 0 && presence->agenda_at > first->due_ms) {
        presence->sdk.timers->cancel(presence->host, presence->agenda_timer);
        presence->agenda_timer = 0;
    }
    uint64_t now = presence_now(presence);
    uint64_t delay = first->due_ms > now ? first->due_ms - now : 0;
    if (presence->agenda_timer == 0) {
        presence->agenda_at = now + delay;
        presence_timer(presence, delay, look_around, &presence->agenda_timer);
    }
}

static uint64_t earlier(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static void plan(struct person *person, uint64_t away_ms) {
    struct presence *presence = person->presence;
    uint64_t due = NEVER;
    if (person->lingering) {
        due = person->left_ms + presence->settings.grace_ms;
    } else if (person->present) {
        due = earlier(away_ms, person->saved_ms + SAVE_EVERY_MS);
        if (person->heard_ms > 0) {
            due = earlier(due, person->heard_ms + FORGET_MS);
        }
    }
    if (due == NEVER) {
        agenda_remove(&presence->agenda, &person->agenda);
    } else if (agenda_set(&presence->agenda, &person->agenda, due)) {
        arm(presence);
    }
}

// ---- looking ----

struct looking {
    const struct presence *presence;
    uint64_t idle_ms;
};

static int32_t look_at_session(
        void *user, nx_session_id session, struct nx_str user_name) {
    (void)user_name;
    struct looking *looking = user;
    const struct presence *presence = looking->presence;
    struct nx_session_info info = {.struct_size = sizeof(info)};
    if (presence->sdk.users->session_info(presence->host, session, &info)
            == NX_OK) {
        looking->idle_ms = earlier(looking->idle_ms, info.idle_ms);
    }
    return 0;
}

uint64_t attendance_idle_ms(const struct person *person) {
    const struct presence *presence = person->presence;
    struct looking looking = {.presence = presence, .idle_ms = NEVER};
    presence->sdk.users->each_session(
            presence->host, person_name(person), look_at_session, &looking);
    return looking.idle_ms == NEVER ? 0 : looking.idle_ms;
}

static int32_t notice(
        void *user, nx_session_id session, struct nx_str user_name) {
    (void)user_name;
    const struct presence *presence = user;
    (void)presence->sdk.users->notice(presence->host, session);
    return 0;
}

static void forget(struct person *person) {
    uint64_t now = presence_now(person->presence);
    if (person->heard_ms > 0 && now >= person->heard_ms + FORGET_MS) {
        idset_finish(&person->left);
        idset_finish(&person->heard);
        person->heard_ms = 0;
    }
}

void attendance_look(struct person *person) {
    struct presence *presence = person->presence;
    uint64_t limit = presence->settings.auto_away_ms;
    uint64_t now = presence_now(presence);
    if (!person->present) {
        agenda_remove(&presence->agenda, &person->agenda);
        return;
    }
    uint64_t idle_ms = attendance_idle_ms(person);
    person->idle = limit > 0 && idle_ms >= limit;
    if (person->idle) {
        presence->sdk.users->each_session(
                presence->host, person_name(person), notice, presence);
    }
    forget(person);
    if (now >= person->saved_ms + SAVE_EVERY_MS) {
        facts_touch(person);
    }
    bool waits = limit > 0 && !person->idle;
    plan(person, waits ? now + limit - idle_ms : NEVER);
    news_changed(person);
}

// ---- coming and going ----

static void come(struct person *person) {
    person->present = true;
    person->idle = false;
    person->lingering = false;
    person_hide_if_due(person);
    facts_load(person);
    attendance_look(person);
}

static void go(struct person *person) {
    struct presence *presence = person->presence;
    bool visible = person_status(person) != STATUS_OFFLINE;
    person->present = false;
    person->hidden = false;
    person->lingering = visible || !person->loaded;
    person->left_ms = presence_now(presence);
    if (visible) {
        person->last_seen = presence_wall(presence);
    } else {
        idset_finish(&person->left);
    }
    plan(person, NEVER);
    news_changed(person);
    person_release_if_idle(person);
}

static void expire(struct person *person) {
    person->lingering = false;
    agenda_remove(&person->presence->agenda, &person->agenda);
    if (person->loaded && choice_status(person->choice) != STATUS_INVISIBLE) {
        facts_touch(person);
    }
    news_changed(person);
    person_release_if_idle(person);
}

static void look_around(void *user, nx_timer_id timer) {
    (void)timer;
    struct presence *presence = user;
    presence->agenda_timer = 0;
    uint64_t now = presence_now(presence);
    struct agenda_entry *entry;
    for (int looks = 0;
            looks < LOOKS_MAX && (entry = agenda_first(&presence->agenda))
            && entry->due_ms <= now;
            looks++) {
        struct person *person = nx_container_of(entry, struct person, agenda);
        if (person->lingering) {
            expire(person);
        } else {
            attendance_look(person);
        }
    }
    arm(presence);
}

void attendance_resume(struct presence *presence) {
    arm(presence);
}

void attendance_loaded(struct person *person) {
    const struct presence *presence = person->presence;
    person_hide_if_due(person);
    if (person_status(person) == STATUS_OFFLINE) {
        if (person->lingering) { // invisible, and was gone before we knew
            expire(person);
        }
        return;
    }
    int64_t wall = presence_wall(presence);
    if (person->lingering
            || wall - person->last_seen >= (int64_t)SAVE_EVERY_MS) {
        person->last_seen = wall;
        facts_touch(person);
    }
    news_changed(person);
}

static void note_full(struct presence *presence) {
    presence_count(presence, presence->metrics.untracked, 1);
    if (!presence->said_full) {
        presence->said_full = true;
        nx_logf(&presence->sdk, NX_LOG_WARN,
                "more users than plugins.presence.users: the others look "
                "offline");
    }
}

static void opened(
        struct presence *presence, const struct nx_session_event *ev) {
    struct person *person = person_take(presence, ev->user);
    if (!person) {
        note_full(presence);
        return;
    }
    if (person->lingering) {
        news_remember(person); // those in `left` know
    }
    come(person);
    watcher_resume(presence, ev->session);
}

static void closed(
        struct presence *presence, const struct nx_session_event *ev) {
    watcher_close(presence, ev->session);
    struct person *person = person_find(presence, ev->user);
    if (!person) {
        return;
    }
    if (ev->user_sessions == 0) {
        go(person);
    } else {
        attendance_look(person);
    }
}

void attendance_session(void *user, const struct nx_session_event *ev) {
    struct presence *presence = user;
    struct person *person;
    switch (ev->what) {
    case NX_SESSION_OPENED:
        opened(presence, ev);
        break;
    case NX_SESSION_CLOSED:
        closed(presence, ev);
        break;
    case NX_SESSION_ACTIVE:
        person = person_find(presence, ev->user);
        if (person) {
            attendance_look(person);
        }
        break;
    default:
        break;
    }
}

// ---- rooms ----

// Those of the room know of a user who comes back within the grace period. A
// session that is resumed enters its rooms before it is said to have opened.
static void entered(struct person *person, nx_room_id room) {
    bool back = person->lingering || person->heard_ms > 0;
    bool known = back && idset_holds(&person->left, room);
    if (!known && person_status(person) != STATUS_OFFLINE
            && idset_add(&person->entered, room)) {
        news_changed(person);
    }
}

// Leaving with the last session is not leaving: they are told who went.
static void left(struct person *person, nx_room_id room) {
    const struct presence *presence = person->presence;
    uint32_t sessions = presence->sdk.users->session_count(
            presence->host, person_name(person));
    if (sessions == 0 && !idset_holds(&person->left, room)) {
        (void)idset_add(&person->left, room);
    }
}

void attendance_member(void *user, const struct nx_member_event *ev) {
    struct presence *presence = user;
    struct person *person = person_find(presence, ev->user);
    bool joined = ev->what == NX_MEMBER_JOINED;
    if (!person || !presence->settings.rooms
            || ev->user_sessions != (joined ? 1U : 0U)) {
        return;
    }
    if (ev->members > presence->settings.room_limit) {
        crowd_note(presence, ev->room);
    }
    if (joined) {
        entered(person, ev->room);
    } else {
        left(person, ev->room);
    }
}

// ---- all at once ----

static int32_t adopt_session(
        void *user, nx_session_id session, struct nx_str user_name) {
    (void)user_name;
    struct presence *presence = user;
    if (presence->restored || watcher_find(presence, session)) {
        watcher_adopt(presence, session);
    } else {
        watcher_resume(presence, session);
    }
    return 0;
}

static int32_t adopt_user(
        void *user, struct nx_str user_name, uint32_t sessions) {
    (void)sessions;
    struct presence *presence = user;
    struct person *person = person_take(presence, user_name);
    if (!person) {
        note_full(presence);
        return 0;
    }
    person->hidden = presence->sdk.users->is_hidden(presence->host, user_name);
    come(person);
    presence->sdk.users->each_session(
            presence->host, user_name, adopt_session, presence);
    return 0;
}

static bool has_gone(const struct person *person) {
    const struct presence *presence = person->presence;
    return !person->lingering
            && (person->present || person->told != STATUS_OFFLINE)
            && presence->sdk.users->session_count(
                       presence->host, person_name(person))
            == 0;
}

static void plan_after_adoption(struct person *person) {
    if (person->lingering) {
        plan(person, NEVER);
    }
    person_release_if_idle(person);
}

void attendance_adopt(struct presence *presence) {
    presence->sdk.users->each_user(presence->host, adopt_user, presence);
    watcher_drop_gone(presence);
    size_t cursor = 0;
    struct person *person;
    while ((person = nx_strmap_next(presence->persons, &cursor, NULL, NULL))) {
        if (has_gone(person)) {
            person->present = true; // it was, so that it goes as others do
            go(person);
        } else {
            plan_after_adoption(person);
        }
    }
}

static void save_if_visible(struct person *person) {
    if (person_status(person) == STATUS_OFFLINE) {
        return;
    }
    if (person->present) {
        person->last_seen = presence_wall(person->presence);
    }
    facts_touch(person);
}

void attendance_save_all(struct presence *presence) {
    size_t cursor = 0;
    struct person *person;
    while ((person = nx_strmap_next(presence->persons, &cursor, NULL, NULL))) {
        save_if_visible(person);
    }
}

void attendance_show_all(struct presence *presence) {
    size_t cursor = 0;
    struct person *person;
    while ((person = nx_strmap_next(presence->persons, &cursor, NULL, NULL))) {
        if (person->present && person->hidden) {
            (void)presence->sdk.users->hide(
                    presence->host, person_name(person), 0);
        }
    }
}
