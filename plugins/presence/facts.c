#include "plugins/presence/facts.h"

#include <stdlib.h>
#include <string.h>

#include "plugins/presence/attendance.h"
#include "plugins/presence/person.h"
#include "plugins/presence/presence.h"
#include "plugins/presence/update.h"

#define PREFIX      "u:"
#define LOADS_MAX   256
#define PUTS_MAX    256
#define UNSAVED_MAX 10000
#define SAVE_MS     2000
#define RETRY_MS    5000

struct fact_key {
    char text[sizeof(PREFIX) + PRESENCE_USER_MAX];
    struct nx_str str;
};

static void key_of(const struct person *person, struct fact_key *key) {
    memcpy(key->text, PREFIX, sizeof(PREFIX) - 1);
    memcpy(key->text + sizeof(PREFIX) - 1, person->name, person->name_len);
    key->str = nx_str_n(key->text, sizeof(PREFIX) - 1 + person->name_len);
}

// ---- reading ----

static struct choice *read_choice(
        const struct nx_json_v1 *json, const struct nx_json *fact) {
    enum status status = STATUS_ONLINE;
    (void)status_choose(json->str(json->get(fact, "status")), &status);
    struct nx_str message = json->str(json->get(fact, "status_message"));
    struct nx_str location = json->str(json->get(fact, "location"));
    if (status == STATUS_ONLINE && message.len == 0 && location.len == 0) {
        return NULL;
    }
    return choice_create(status, message, location);
}

static void read_fact(struct person *person, const struct nx_fact *fact) {
    const struct presence *presence = person->presence;
    const struct nx_json_v1 *json = presence->sdk.json;
    const struct nx_json *root = json->parse(
            presence->host, nx_str_n(fact->value.ptr, fact->value.len));
    int64_t last_seen = 0;
    (void)json->i64(json->get(root, "last_seen"), &last_seen);
    person->last_seen = last_seen;
    person_choose(person, read_choice(json, root));
}

static void call_waits(struct person *person, nx_status status) {
    struct nx_list *link;
    person_hold(person);
    while ((link = nx_list_take_first(&person->waits))) {
        struct wait *wait = nx_container_of(link, struct wait, link);
        wait->fn(wait, status);
    }
    person_drop(person);
}

static void pump_loads(struct presence *presence);

static void try_loads(void *user, nx_timer_id timer) {
    (void)timer;
    struct presence *presence = user;
    presence->load_timer = 0;
    pump_loads(presence);
}

// Who waits is told; who is present is tried again, since nobody may see it
// before it is known whether anybody should.
static void load_failed(struct person *person, nx_status status) {
    struct presence *presence = person->presence;
    if (person->present) {
        nx_list_append(&presence->unloaded, &person->load);
    }
    presence_timer(presence, RETRY_MS, try_loads, &presence->load_timer);
    call_waits(person, status);
}

static void load_done(void *user, const struct nx_fact_result *result) {
    struct person *person = user;
    struct presence *presence = person->presence;
    person->loading = false;
    presence->loads--;
    if (result->status == NX_OK || result->status == NX_ERR_NOT_FOUND) {
        if (result->count > 0) {
            read_fact(person, &result->facts[0]);
        }
        person->loaded = true;
        attendance_loaded(person);
        call_waits(person, NX_OK);
    } else {
        load_failed(person, result->status);
    }
    pump_loads(presence);
}

static nx_status get(struct person *person) {
    struct presence *presence = person->presence;
    struct fact_key key;
    key_of(person, &key);
    nx_status status = presence->sdk.engine->get(
            presence->host, key.str, load_done, person);
    if (status == NX_OK) {
        person->loading = true;
        presence->loads++;
    }
    return status;
}

// After a failure the others wait for the timer, too; while there are none
// (quiet) they wait for whoever comes next.
static void pump_loads(struct presence *presence) {
    while (presence->load_timer == 0 && presence->loads < LOADS_MAX
            && !nx_list_empty(&presence->unloaded)) {
        struct person *person = nx_container_of(
                nx_list_take_first(&presence->unloaded), struct person, load);
        nx_status status = get(person);
        if (status != NX_OK) {
            load_failed(person, status);
            return;
        }
    }
}

void facts_load(struct person *person) {
    struct presence *presence = person->presence;
    if (person->loaded || person->loading || nx_list_linked(&person->load)) {
        return;
    }
    nx_list_append(&presence->unloaded, &person->load);
    pump_loads(presence);
}

// Somebody waits: storage is asked now even if it failed a moment ago.
static void load_now(struct person *person) {
    nx_list_remove(&person->load);
    nx_status status = get(person);
    if (status != NX_OK) {
        load_failed(person, status);
    }
}

void facts_await(struct person *person, struct wait *wait) {
    nx_list_init(&wait->link);
    if (person->loaded) {
        wait->fn(wait, NX_OK);
        return;
    }
    nx_list_append(&person->waits, &wait->link);
    if (person->presence->load_timer == 0) {
        facts_load(person);
    } else if (!person->loading) {
        load_now(person);
    }
}

// ---- writing ----

static int64_t seen(const struct person *person) {
    return person->present && person_status(person) != STATUS_OFFLINE
            ? presence_wall(person->presence)
            : person->last_seen;
}

static struct nx_writer *write_fact(const struct presence *presence,
        const struct choice *choice, int64_t last_seen) {
    const struct nx_json_v1 *json = presence->sdk.json;
    struct nx_writer *fact = json->object(presence->host);
    if (!fact) {
        return NULL;
    }
    json->put_str(fact, "status", nx_str_c(status_word(choice_status(choice))));
    if (choice_message(choice).len > 0) {
        json->put_str(fact, "status_message", choice_message(choice));
    }
    if (choice_location(choice).len > 0) {
        json->put_str(fact, "location", choice_location(choice));
    }
    json->put_i64(fact, "last_seen", last_seen);
    return fact;
}

static void put_done(void *user, const struct nx_fact_result *result);

static nx_status put(struct person *person, const struct choice *choice) {
    struct presence *presence = person->presence;
    const struct nx_json_v1 *json = presence->sdk.json;
    person->put_seen = seen(person);
    struct nx_writer *fact = write_fact(presence, choice, person->put_seen);
    struct nx_str text = fact ? json->text(fact) : nx_str_none();
    struct fact_key key;
    key_of(person, &key);
    nx_status status = NX_ERR_NO_MEMORY;
    if (text.ptr) {
        status = presence->sdk.engine->put(presence->host, key.str,
                nx_bytes_n(text.ptr, text.len), presence->settings.keep_ms,
                NX_PUT_ANY, put_done, person);
    }
    json->discard(fact);
    if (status == NX_OK) {
        person->putting = true;
        presence->puts++;
    }
    return status;
}

// Whether it can help to try once more.
static bool is_passing(nx_status status) {
    return status == NX_ERR_ENGINE_BUSY || status == NX_ERR_ENGINE_UNAVAILABLE
            || status == NX_ERR_NO_MEMORY || status == NX_ERR_AGAIN;
}

static void save_failed(struct person *person, nx_status status) {
    struct presence *presence = person->presence;
    presence->saving = false; // not at once again
    presence_count(presence, presence->metrics.failed_writes, 1);
    if (is_passing(status) && !presence->quiet) {
        facts_touch(person);
    }
}

// Writes the first update; those that cannot even begin fail.
static void put_update(struct person *person) {
    while (!person->putting && !nx_list_empty(&person->updates)) {
        struct update *update =
                nx_container_of(person->updates.next, struct update, link);
        nx_status status = put(person, update->choice);
        if (status == NX_OK) {
            person->put_is_update = true;
            return;
        }
        nx_list_remove(&update->link);
        person->update_count--;
        update_done(person, update, status, 0);
    }
}

static bool save_some(struct presence *presence);

static void put_done(void *user, const struct nx_fact_result *result) {
    struct person *person = user;
    struct presence *presence = person->presence;
    person->putting = false;
    presence->puts--;
    if (person->put_is_update) {
        person->put_is_update = false;
        struct update *update = nx_container_of(
                nx_list_take_first(&person->updates), struct update, link);
        person->update_count--;
        person_hold(person);
        update_done(person, update, result->status, person->put_seen);
        person->holds--;
    } else if (result->status != NX_OK) {
        save_failed(person, result->status);
    }
    put_update(person);
    if (person->save_again) {
        person->save_again = false;
        facts_touch(person);
    }
    if (presence->saving || presence->quiet) {
        (void)save_some(presence);
    }
    person_release_if_idle(person);
}

void facts_update(struct person *person, struct update *update) {
    nx_list_append(&person->updates, &update->link);
    person->update_count++;
    put_update(person);
}

void updates_drop(struct person *person) {
    struct nx_list *link;
    while ((link = nx_list_take_first(&person->updates))) {
        update_destroy(nx_container_of(link, struct update, link));
    }
}

// ---- writing behind ----

static struct person *take_unsaved(struct presence *presence) {
    presence->unsaved_count--;
    return nx_container_of(
            nx_list_take_first(&presence->unsaved), struct person, save);
}

// Hands over as many as may be under way; false when storage takes no more.
static bool save_some(struct presence *presence) {
    while (presence->puts < PUTS_MAX && !nx_list_empty(&presence->unsaved)) {
        struct person *person = take_unsaved(presence);
        nx_status status = NX_OK;
        if (person->putting) {
            person->save_again = true;
        } else {
            status = put(person, person->choice);
        }
        if (status != NX_OK) {
            save_failed(person, status);
            person_release_if_idle(person);
            return false;
        }
    }
    presence->saving = !nx_list_empty(&presence->unsaved);
    return true;
}

static void save_timer(void *user, nx_timer_id timer) {
    (void)timer;
    struct presence *presence = user;
    presence->save_timer = 0;
    (void)save_some(presence);
    facts_resume(presence);
}

void facts_touch(struct person *person) {
    struct presence *presence = person->presence;
    person->saved_ms = presence_now(presence);
    if (!person->loaded || nx_list_linked(&person->save)) {
        return; // a fact that was not read must not be overwritten
    }
    if (presence->unsaved_count >= UNSAVED_MAX) {
        facts_give_up_oldest(presence);
    }
    nx_list_append(&presence->unsaved, &person->save);
    presence->unsaved_count++;
    facts_resume(presence);
}

void facts_give_up_oldest(struct presence *presence) {
    if (nx_list_empty(&presence->unsaved)) {
        return;
    }
    presence_count(presence, presence->metrics.failed_writes, 1);
    person_release_if_idle(take_unsaved(presence));
}

bool facts_flush(struct presence *presence) {
    (void)save_some(presence);
    return nx_list_empty(&presence->unsaved) && presence->puts == 0
            && presence->loads == 0;
}

void facts_resume(struct presence *presence) {
    if (!nx_list_empty(&presence->unsaved)) {
        presence_timer(presence, SAVE_MS, save_timer, &presence->save_timer);
    }
    if (!nx_list_empty(&presence->unloaded)) {
        presence_timer(presence, RETRY_MS, try_loads, &presence->load_timer);
    }
}
