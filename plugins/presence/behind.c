#include "plugins/presence/behind.h"

#include "plugins/presence/idset.h"
#include "plugins/presence/news.h"
#include "plugins/presence/person.h"
#include "plugins/presence/presence.h"
#include "plugins/presence/watcher.h"

#define LOOK_MS 250
// Events sent to one client before its queue is looked at again.
#define STEP 64

static bool is_slow(const struct presence *presence, nx_session_id session,
        uint64_t limit) {
    return presence->sdk.send->queued_bytes(presence->host, session) > limit;
}

static void count(struct presence *presence) {
    presence_gauge(presence, presence->metrics.behind, presence->behind_count);
}

bool behind_note(struct presence *presence, nx_session_id session,
        struct person *person) {
    struct watcher *watcher = presence->behind_count < BEHIND_MAX
            ? watcher_take(presence, session)
            : NULL;
    if (!watcher) {
        return false;
    }
    if (!watcher->behind) {
        watcher->behind = nx_strmap_create(BEHIND_MAX);
    }
    const struct person_key key = person_key(person);
    const char *bytes = (const char *)&key;
    if (watcher->behind && nx_strmap_get(watcher->behind, bytes, sizeof(key))) {
        return true;
    }
    if (!watcher->behind
            || !nx_strmap_put(watcher->behind, bytes, sizeof(key), person)) {
        watcher_release_if_idle(watcher);
        return false;
    }
    person_hold(person);
    presence->behind_count++;
    if (!nx_list_linked(&watcher->behind_link)) {
        nx_list_append(&presence->behind, &watcher->behind_link);
    }
    return true;
}

void behind_hold_back(struct person *person, struct idset *to) {
    struct presence *presence = person->presence;
    uint64_t limit = presence->settings.slow_bytes;
    size_t kept = 0;
    for (size_t i = 0; i < to->count; i++) {
        nx_session_id session = to->ids[i];
        if (!is_slow(presence, session, limit)
                || !behind_note(presence, session, person)) {
            to->ids[kept++] = session;
        }
    }
    if (kept < to->count) {
        to->count = kept;
        behind_resume(presence);
    }
}

static void tell(const struct watcher *watcher, const struct person *person) {
    const struct presence *presence = watcher->presence;
    const char *type = status_event(person_status(person));
    if (presence->sdk.send->to_session(presence->host, watcher->session,
                news_event(person, type), NULL)
            == NX_OK) {
        presence_count(presence, presence->metrics.events, 1);
    }
}

static void drop(struct watcher *watcher, struct person *person) {
    const struct person_key key = person_key(person);
    (void)nx_strmap_remove(watcher->behind, (const char *)&key, sizeof(key));
    watcher->presence->behind_count--;
    person_drop(person);
}

// Tells as much as the client takes; true when nothing is left.
static bool catch_up(struct watcher *watcher) {
    struct presence *presence = watcher->presence;
    uint64_t limit = presence->settings.slow_bytes / 2;
    size_t cursor = 0;
    struct person *person = NULL;
    while (!is_slow(presence, watcher->session, limit)) {
        for (int i = 0; i < STEP
                && (person = nx_strmap_next(
                            watcher->behind, &cursor, NULL, NULL));
                i++) {
            tell(watcher, person);
            drop(watcher, person);
        }
        if (!person) {
            return true;
        }
    }
    return false;
}

static void look(void *user, nx_timer_id timer) {
    (void)timer;
    struct presence *presence = user;
    presence->behind_timer = 0;
    nx_list_for_each_safe (link, following, &presence->behind) {
        struct watcher *watcher =
                nx_container_of(link, struct watcher, behind_link);
        if (catch_up(watcher)) {
            behind_forget(watcher);
            watcher_release_if_idle(watcher);
        }
    }
    behind_resume(presence);
}

void behind_forget(struct watcher *watcher) {
    size_t cursor = 0;
    struct person *person;
    nx_list_remove(&watcher->behind_link);
    while (watcher->behind
            && (person = nx_strmap_next(
                        watcher->behind, &cursor, NULL, NULL))) {
        drop(watcher, person);
    }
    nx_strmap_destroy(watcher->behind, NULL);
    watcher->behind = NULL;
    count(watcher->presence);
}

void behind_resume(struct presence *presence) {
    count(presence);
    if (!nx_list_empty(&presence->behind)) {
        presence_timer(presence, LOOK_MS, look, &presence->behind_timer);
    }
}
