#include "plugins/presence/person.h"

#include <stdlib.h>
#include <string.h>

#include "plugins/presence/facts.h"
#include "plugins/presence/presence.h"

struct person *person_find(
        const struct presence *presence, struct nx_str name) {
    return nx_strmap_get(presence->persons, name.ptr, name.len);
}

static void count(const struct presence *presence) {
    presence_gauge(presence, presence->metrics.users,
            nx_strmap_count(presence->persons));
}

static struct person *create(struct presence *presence, struct nx_str name) {
    struct person *person = calloc(1, sizeof(*person) + name.len + 1);
    if (!person) {
        return NULL;
    }
    person->presence = presence;
    person->told = STATUS_OFFLINE;
    nx_list_init(&person->subscribers);
    nx_list_init(&person->news);
    nx_list_init(&person->load);
    nx_list_init(&person->save);
    nx_list_init(&person->waits);
    nx_list_init(&person->updates);
    memcpy(person->name, name.ptr, name.len);
    person->name_len = name.len;
    if (!nx_strmap_put(presence->persons, name.ptr, name.len, person)) {
        free(person);
        return NULL;
    }
    count(presence);
    return person;
}

static bool is_full(const struct presence *presence) {
    return nx_strmap_count(presence->persons) >= presence->settings.users;
}

struct person *person_take(struct presence *presence, struct nx_str name) {
    struct person *person = person_find(presence, name);
    if (person || name.len == 0 || name.len > PRESENCE_USER_MAX) {
        return person;
    }
    if (is_full(presence)) {
        facts_give_up_oldest(presence);
    }
    return is_full(presence) ? NULL : create(presence, name);
}

void person_destroy(struct person *person) {
    struct presence *presence = person->presence;
    agenda_remove(&presence->agenda, &person->agenda);
    nx_strmap_remove(presence->persons, person->name, person->name_len);
    nx_list_remove(&person->news);
    nx_list_remove(&person->load);
    nx_list_remove(&person->save);
    updates_drop(person);
    idset_finish(&person->left);
    idset_finish(&person->entered);
    idset_finish(&person->heard);
    free(person->choice);
    free(person);
}

static bool is_needed(const struct person *person) {
    return person->present || person->lingering || person->holds > 0
            || person->loading || person->putting
            || !nx_list_empty(&person->subscribers)
            || !nx_list_empty(&person->waits)
            || !nx_list_empty(&person->updates) || nx_list_linked(&person->news)
            || nx_list_linked(&person->save);
}

void person_release_if_idle(struct person *person) {
    struct presence *presence = person->presence;
    if (!presence->finishing && !is_needed(person)) {
        person_destroy(person);
        count(presence);
    }
}

void person_hold(struct person *person) {
    person->holds++;
}

void person_drop(struct person *person) {
    person->holds--;
    person_release_if_idle(person);
}

enum status person_status(const struct person *person) {
    if (!person->loaded || (!person->present && !person->lingering)) {
        return STATUS_OFFLINE;
    }
    enum status chosen = choice_status(person->choice);
    if (chosen == STATUS_INVISIBLE) {
        return STATUS_OFFLINE;
    }
    if (chosen != STATUS_ONLINE) {
        return chosen;
    }
    return person->idle ? STATUS_AWAY : STATUS_ONLINE;
}

void person_choose(struct person *person, struct choice *choice) {
    if (!choice_same_texts(person->choice, choice)) {
        person->texts_changed = true;
    }
    free(person->choice);
    person->choice = choice;
}

bool person_is_changed(const struct person *person) {
    enum status status = person_status(person);
    return status != person->told
            || (status != STATUS_OFFLINE && person->texts_changed);
}

bool person_has_news(const struct person *person) {
    bool enters = person->entered.count > 0
            && person_status(person) != STATUS_OFFLINE;
    return person_is_changed(person) || enters;
}

void person_hide_if_due(struct person *person) {
    const struct presence *presence = person->presence;
    bool due = person->present
            && (!person->loaded
                    || choice_status(person->choice) == STATUS_INVISIBLE);
    if (due != person->hidden && person->present) {
        (void)presence->sdk.users->hide(
                presence->host, person_name(person), due);
    }
    person->hidden = due;
}
