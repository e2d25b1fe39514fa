#include "plugins/presence/subscribe.h"

#include <stdio.h>

#include "plugins/presence/person.h"
#include "plugins/presence/presence.h"
#include "plugins/presence/query.h"
#include "plugins/presence/refuse.h"
#include "plugins/presence/userlist.h"
#include "plugins/presence/view.h"
#include "plugins/presence/watcher.h"

// Texts of all users in one answer together; those beyond are left out, so
// that an answer stays well below what may wait for a client.
#define ANSWER_TEXTS ((size_t)384 << 10)

static const struct nx_field list_fields[] = {
        {"user_ids", NX_JSON_ARRAY, NX_FIELD_REQUIRED, 1, INT64_MAX},
        {NULL, 0, 0, 0, 0},
};

// ---- answers ----

static void put_user(const struct person *person, bool own, bool with_texts,
        struct nx_writer *out) {
    const struct nx_json_v1 *json = person->presence->sdk.json;
    json->begin_object(out, NULL);
    json->put_str(out, "user_id", person_name(person));
    if (own) {
        view_put_own(person, out);
    } else if (with_texts) {
        view_put(person, out);
    } else {
        view_put_short(person, out);
    }
    json->end(out);
}

static void put_users(const struct query *query, struct nx_writer *out) {
    const struct presence *presence = query->presence;
    const struct nx_json_v1 *json = presence->sdk.json;
    size_t texts = 0;
    json->begin_array(out, "users");
    for (size_t i = 0; i < query->count; i++) {
        const struct person *person = query->persons[i];
        texts += choice_message(person->choice).len
                + choice_location(person->choice).len;
        put_user(person, person == query->asks, texts <= ANSWER_TEXTS, out);
    }
    json->end(out);
    if (texts > ANSWER_TEXTS) {
        json->put_bool(out, "texts_left_out", 1);
    }
}

static struct nx_writer *users_answer(const struct query *query) {
    const struct presence *presence = query->presence;
    struct nx_writer *out = presence->sdk.json->object(presence->host);
    if (out) {
        put_users(query, out);
    }
    return out;
}

static void answer(const struct query *query, struct nx_writer *out) {
    const struct presence *presence = query->presence;
    (void)presence->sdk.router->reply(
            presence->host, query->op, out, NX_REPLY_RESULT);
}

// ---- presence.get ----

static void get_done(struct query *query, nx_status status) {
    if (status != NX_OK) {
        refuse_status(query->presence, query->op, status);
    } else {
        answer(query, users_answer(query));
    }
}

int32_t get_handle(struct presence *presence, const struct nx_event *ev) {
    static const struct nx_field fields[] = {
            {"user_id", NX_JSON_STRING, 0, 0, 0},
            {"user_ids", NX_JSON_ARRAY, 0, 1, INT64_MAX},
            {NULL, 0, 0, 0, 0},
    };
    nx_status status = presence->sdk.json->expect(presence->host, ev, fields);
    if (status != NX_OK) {
        return status;
    }
    struct query *query = userlist_read(presence, ev, USERLIST_ONE, get_done);
    if (!query) {
        return NX_DONE;
    }
    query->asks = person_find(presence, ev->user);
    query_run(query);
    return NX_LATER;
}

// ---- presence.subscribe ----

static size_t count_new(
        const struct query *query, const struct watcher *watcher) {
    size_t count = 0;
    for (size_t i = 0; i < query->count; i++) {
        count += watcher_has(watcher, query->persons[i]) ? 0 : 1;
    }
    return count;
}

// False when a limit is met, which has been answered.
static bool is_allowed(
        const struct query *query, const struct watcher *watcher) {
    const struct presence *presence = query->presence;
    const struct presence_settings *settings = &presence->settings;
    size_t more = count_new(query, watcher);
    size_t has = watcher_count(watcher);
    if (more > 0 && has + more > settings->subscriptions) {
        const struct refuse_limit own = {
                .status = NX_ERR_LIMIT, .setting = "subscriptions"};
        char message[REFUSE_TEXT_SIZE];
        (void)snprintf(message, sizeof(message),
                "this session has %zu subscriptions and may have %u; %zu more "
                "were asked for and none was made",
                has, (unsigned)settings->subscriptions, more);
        refuse_limit(presence, query->op, &own, message);
        return false;
    }
    if (more > 0
            && presence->subscription_count + more
                    > settings->subscriptions_total) {
        const struct refuse_limit all = {
                .status = NX_ERR_LIMIT, .setting = "subscriptions_total"};
        refuse_limit(presence, query->op, &all,
                "the server has as many subscriptions as it may have");
        return false;
    }
    return true;
}

static void subscribe(struct query *query, struct watcher *watcher) {
    struct presence *presence = query->presence;
    if (!is_allowed(query, watcher)) {
        return;
    }
    nx_status status = watcher_subscribe(watcher, query->persons, query->count);
    if (status != NX_OK) {
        refuse_status(presence, query->op, status);
        return;
    }
    struct nx_writer *out = users_answer(query);
    if (out) {
        presence->sdk.json->put_u64(out, "count", watcher_count(watcher));
    }
    answer(query, out);
}

static bool is_there(const struct presence *presence, nx_session_id session) {
    struct nx_session_info info = {.struct_size = sizeof(info)};
    return presence->sdk.users->session_info(presence->host, session, &info)
            == NX_OK;
}

static void subscribe_done(struct query *query, nx_status status) {
    struct presence *presence = query->presence;
    if (status == NX_OK && !is_there(presence, query->session)) {
        status = NX_ERR_GONE;
    }
    struct watcher *watcher =
            status == NX_OK ? watcher_take(presence, query->session) : NULL;
    if (!watcher) {
        refuse_status(presence, query->op,
                status == NX_OK ? NX_ERR_NO_MEMORY : status);
        return;
    }
    subscribe(query, watcher);
    watcher_release_if_idle(watcher);
}

int32_t subscribe_handle(struct presence *presence, const struct nx_event *ev) {
    nx_status status =
            presence->sdk.json->expect(presence->host, ev, list_fields);
    if (status != NX_OK || ev->session == 0) {
        return status != NX_OK ? status : NX_ERR_INVALID;
    }
    struct query *query =
            userlist_read(presence, ev, USERLIST_OTHER, subscribe_done);
    if (!query) {
        return NX_DONE;
    }
    query_run(query);
    return NX_LATER;
}

// ---- presence.unsubscribe ----

// Nothing stored is needed, so the query does not have to run.
static int32_t unsubscribe(struct query *query) {
    struct presence *presence = query->presence;
    struct watcher *watcher = watcher_take(presence, query->session);
    if (!watcher) {
        return NX_ERR_NO_MEMORY;
    }
    nx_status status =
            watcher_unsubscribe(watcher, query->persons, query->count);
    size_t count = watcher_count(watcher);
    watcher_release_if_idle(watcher);
    struct nx_writer *out =
            status == NX_OK ? presence->sdk.json->object(presence->host) : NULL;
    if (!out) {
        return status != NX_OK ? status : NX_ERR_NO_MEMORY;
    }
    presence->sdk.json->put_u64(out, "count", count);
    (void)presence->sdk.router->reply(presence->host, query->op, out, 0);
    return NX_DONE;
}

int32_t unsubscribe_handle(
        struct presence *presence, const struct nx_event *ev) {
    nx_status status =
            presence->sdk.json->expect(presence->host, ev, list_fields);
    if (status != NX_OK || ev->session == 0) {
        return status != NX_OK ? status : NX_ERR_INVALID;
    }
    struct query *query = userlist_read(presence, ev, USERLIST_OTHER, NULL);
    if (!query) {
        return NX_DONE;
    }
    int32_t result = unsubscribe(query);
    query_destroy(query);
    return result;
}

// ---- after a resumed session ----

static void tell_all(struct query *query, nx_status status) {
    (void)status; // what could not be read is told when it is
    const struct presence *presence = query->presence;
    struct nx_writer *event = presence->sdk.json->event(
            presence->host, "presence.subscribe", nx_str_none());
    if (event) {
        put_users(query, event);
        presence->sdk.json->put_u64(event, "count", query->count);
    }
    (void)presence->sdk.send->to_session(
            presence->host, query->session, event, NULL);
}

void subscribe_tell_all(struct watcher *watcher) {
    struct query *query =
            query_create(watcher->presence, watcher_count(watcher), tell_all);
    if (!query) {
        return;
    }
    query->session = watcher->session;
    size_t cursor = 0;
    const struct person *person;
    while ((person = watcher_next(watcher, &cursor))) {
        (void)query_add(query, person_name(person));
    }
    query_run(query);
}
