#include "plugins/presence/watcher.h"

#include <stdlib.h>

#include "plugins/presence/behind.h"
#include "plugins/presence/blob.h"
#include "plugins/presence/idset.h"
#include "plugins/presence/person.h"
#include "plugins/presence/presence.h"
#include "plugins/presence/subscribe.h"

// More than the setting allows; sessions keep what they have when it falls.
#define SUBSCRIPTIONS_MAX 100000

struct watcher *watcher_find(
        const struct presence *presence, nx_session_id session) {
    return nx_strmap_get(
            presence->watchers, (const char *)&session, sizeof(session));
}

static struct subscription *find(
        const struct watcher *watcher, const struct person *person) {
    const struct person_key key = person_key(person);
    return nx_strmap_get(
            watcher->subscriptions, (const char *)&key, sizeof(key));
}

static void show_count(const struct presence *presence) {
    presence_gauge(presence, presence->metrics.subscriptions,
            presence->subscription_count);
}

// ---- one subscription ----

static nx_status add(
        struct watcher *watcher, struct person *person, bool fresh) {
    if (find(watcher, person)) {
        return NX_OK;
    }
    struct subscription *subscription = calloc(1, sizeof(*subscription));
    if (!subscription) {
        return NX_ERR_NO_MEMORY;
    }
    subscription->person = person;
    subscription->watcher = watcher;
    subscription->fresh = fresh;
    const struct person_key key = person_key(person);
    if (!nx_strmap_put(watcher->subscriptions, (const char *)&key, sizeof(key),
                subscription)) {
        free(subscription);
        return NX_ERR_NO_MEMORY;
    }
    nx_list_append(&person->subscribers, &subscription->person_link);
    watcher->presence->subscription_count++;
    return NX_OK;
}

static void remove_subscription(struct subscription *subscription) {
    struct watcher *watcher = subscription->watcher;
    struct person *person = subscription->person;
    const struct person_key key = person_key(person);
    (void)nx_strmap_remove(
            watcher->subscriptions, (const char *)&key, sizeof(key));
    nx_list_remove(&subscription->person_link);
    watcher->presence->subscription_count--;
    free(subscription);
    person_release_if_idle(person);
}

static struct subscription *next(
        const struct watcher *watcher, size_t *cursor) {
    return nx_strmap_next(watcher->subscriptions, cursor, NULL, NULL);
}

static void remove_all(struct watcher *watcher) {
    size_t cursor = 0;
    struct subscription *subscription;
    while ((subscription = next(watcher, &cursor))) {
        remove_subscription(subscription);
    }
}

// ---- life ----

static void destroy(struct watcher *watcher) {
    struct presence *presence = watcher->presence;
    (void)nx_strmap_remove(presence->watchers, (const char *)&watcher->session,
            sizeof(watcher->session));
    behind_forget(watcher);
    remove_all(watcher);
    nx_strmap_destroy(watcher->subscriptions, NULL);
    free(watcher);
    show_count(presence);
}

static bool add_name(void *user, struct nx_str name) {
    struct watcher *watcher = user;
    struct person *person = person_take(watcher->presence, name);
    if (person && add(watcher, person, false) != NX_OK) {
        person_release_if_idle(person);
    }
    return person != NULL;
}

static void read_blob(struct watcher *watcher) {
    blob_read(watcher->presence, watcher->session, add_name, watcher);
    show_count(watcher->presence);
}

static struct watcher *create(
        struct presence *presence, nx_session_id session) {
    struct watcher *watcher = calloc(1, sizeof(*watcher));
    if (!watcher) {
        return NULL;
    }
    watcher->presence = presence;
    watcher->session = session;
    nx_list_init(&watcher->behind_link);
    watcher->subscriptions = nx_strmap_create(SUBSCRIPTIONS_MAX);
    if (!watcher->subscriptions
            || !nx_strmap_put(presence->watchers, (const char *)&session,
                    sizeof(session), watcher)) {
        nx_strmap_destroy(watcher->subscriptions, NULL);
        free(watcher);
        return NULL;
    }
    show_count(presence);
    return watcher;
}

// A server that is starting shows no bytes yet: watcher_adopt reads them.
struct watcher *watcher_take(struct presence *presence, nx_session_id session) {
    struct watcher *watcher = watcher_find(presence, session);
    if (watcher) {
        return watcher;
    }
    watcher = create(presence, session);
    if (watcher && !presence->starting) {
        read_blob(watcher);
    }
    return watcher;
}

void watcher_release_if_idle(struct watcher *watcher) {
    if (watcher_count(watcher) == 0 && !nx_list_linked(&watcher->behind_link)) {
        destroy(watcher);
    }
}

void watcher_close(struct presence *presence, nx_session_id session) {
    struct watcher *watcher = watcher_find(presence, session);
    if (watcher) {
        destroy(watcher);
    }
}

void watcher_adopt(struct presence *presence, nx_session_id session) {
    if (blob_exists(presence, session)) {
        struct watcher *watcher = watcher_take(presence, session);
        if (watcher) {
            read_blob(watcher);
            watcher_release_if_idle(watcher);
        }
    }
}

void watcher_resume(struct presence *presence, nx_session_id session) {
    watcher_adopt(presence, session);
    struct watcher *watcher = watcher_find(presence, session);
    if (watcher && watcher_count(watcher) > 0) {
        subscribe_tell_all(watcher);
    }
}

void watcher_drop_gone(struct presence *presence) {
    size_t cursor = 0;
    struct watcher *watcher;
    struct nx_session_info info = {.struct_size = sizeof(info)};
    while ((watcher =
                    nx_strmap_next(presence->watchers, &cursor, NULL, NULL))) {
        if (presence->sdk.users->session_info(
                    presence->host, watcher->session, &info)
                != NX_OK) {
            destroy(watcher);
        }
    }
}

void watcher_destroy_all(struct presence *presence) {
    size_t cursor = 0;
    struct watcher *watcher;
    while ((watcher =
                    nx_strmap_next(presence->watchers, &cursor, NULL, NULL))) {
        behind_forget(watcher);
        size_t at = 0;
        struct subscription *subscription;
        while ((subscription = next(watcher, &at))) {
            free(subscription);
        }
        nx_strmap_destroy(watcher->subscriptions, NULL);
        free(watcher);
    }
}

// ---- many subscriptions ----

size_t watcher_count(const struct watcher *watcher) {
    return nx_strmap_count(watcher->subscriptions);
}

bool watcher_has(const struct watcher *watcher, const struct person *person) {
    return find(watcher, person) != NULL;
}

struct person *watcher_next(const struct watcher *watcher, size_t *cursor) {
    const struct subscription *subscription = next(watcher, cursor);
    return subscription ? subscription->person : NULL;
}

// Keeps what was added, or takes it back.
static void settle(struct watcher *watcher, bool keep) {
    size_t cursor = 0;
    struct subscription *subscription;
    while ((subscription = next(watcher, &cursor))) {
        if (subscription->fresh && !keep) {
            remove_subscription(subscription);
        } else {
            subscription->fresh = false;
        }
    }
}

nx_status watcher_subscribe(
        struct watcher *watcher, struct person *const *persons, size_t count) {
    nx_status status = NX_OK;
    for (size_t i = 0; i < count && status == NX_OK; i++) {
        status = add(watcher, persons[i], true);
    }
    if (status == NX_OK) {
        status = blob_write(watcher);
    }
    settle(watcher, status == NX_OK);
    show_count(watcher->presence);
    return status;
}

nx_status watcher_unsubscribe(
        struct watcher *watcher, struct person *const *persons, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct subscription *subscription = find(watcher, persons[i]);
        if (subscription) {
            remove_subscription(subscription);
        }
    }
    show_count(watcher->presence);
    return blob_write(watcher);
}

void watcher_collect(const struct person *person, struct idset *to) {
    nx_list_for_each (link, &person->subscribers) {
        const struct subscription *subscription =
                nx_container_of(link, struct subscription, person_link);
        (void)idset_add(to, subscription->watcher->session);
    }
}
