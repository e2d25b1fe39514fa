#include "plugins/presence/update.h"

#include <stdio.h>
#include <stdlib.h>

#include "plugins/presence/choice.h"
#include "plugins/presence/facts.h"
#include "plugins/presence/news.h"
#include "plugins/presence/person.h"
#include "plugins/presence/presence.h"
#include "plugins/presence/query.h"
#include "plugins/presence/refuse.h"
#include "plugins/presence/view.h"

#define MINUTE_MS   UINT64_C(60000)
#define STATUS_MAX  32
#define UPDATES_MAX 16 // of one user, that wait for storage

// ---- what was asked for ----

static nx_status check(
        const struct presence *presence, const struct nx_event *ev) {
    const struct presence_settings *settings = &presence->settings;
    const uint32_t text = NX_JSON_STRING | NX_JSON_NULL;
    const struct nx_field fields[] = {
            {"status", NX_JSON_STRING, NX_FIELD_REQUIRED, 1, STATUS_MAX},
            {"status_message", text, NX_FIELD_NAME, 0,
                    (int64_t)settings->message_bytes},
            {"location", text, NX_FIELD_NAME, 0,
                    (int64_t)settings->location_bytes},
            {NULL, 0, 0, 0, 0},
    };
    return presence->sdk.json->expect(presence->host, ev, fields);
}

static struct nx_str text_of(const struct presence *presence,
        const struct nx_event *ev, const char *field) {
    const struct nx_json_v1 *json = presence->sdk.json;
    return json->str(json->get(ev->json, field));
}

// 0, or how long to wait until the next minute.
static uint64_t take_quota(struct person *person) {
    const struct presence *presence = person->presence;
    uint32_t limit = presence->settings.updates_per_minute;
    uint64_t now = presence_now(presence);
    if (now - person->minute_ms >= MINUTE_MS) {
        person->minute_ms = now;
        person->minute_count = 0;
    }
    if (limit > 0 && person->minute_count >= limit) {
        return person->minute_ms + MINUTE_MS - now;
    }
    person->minute_count++;
    return 0;
}

// ---- its effect ----

void update_destroy(struct update *update) {
    free(update->choice);
    free(update);
}

static struct nx_writer *own_view(
        const struct person *person, struct nx_writer *out) {
    if (out) {
        view_put_own(person, out);
    }
    return out;
}

static void tell_own_devices(
        const struct person *person, nx_session_id except) {
    const struct presence *presence = person->presence;
    const struct nx_send_opts opts = {
            .struct_size = sizeof(opts), .except = except};
    struct nx_writer *event = presence->sdk.json->event(
            presence->host, "presence.update", person_name(person));
    (void)presence->sdk.send->to_user(presence->host, person_name(person),
            own_view(person, event), &opts, NULL);
}

static void acknowledge(const struct person *person, nx_op_id op) {
    const struct presence *presence = person->presence;
    struct nx_writer *out = presence->sdk.json->object(presence->host);
    (void)presence->sdk.router->reply(
            presence->host, op, own_view(person, out), 0);
}

void update_done(struct person *person, struct update *update, nx_status status,
        int64_t last_seen) {
    struct presence *presence = person->presence;
    if (status != NX_OK) {
        refuse_status(presence, update->op, status);
        update_destroy(update);
        return;
    }
    bool changed = !choice_same(person->choice, update->choice);
    person_choose(person, update->choice);
    update->choice = NULL;
    person->last_seen = last_seen;
    person_hide_if_due(person);
    presence_count(presence, presence->metrics.updates, 1);
    acknowledge(person, update->op);
    if (changed) {
        tell_own_devices(person, update->session);
        news_changed(person);
    }
    update_destroy(update);
}

// The user's fact is known: now the choice can be stored.
static void is_loaded(struct query *query, nx_status status) {
    struct presence *presence = query->presence;
    struct person *person = query->persons[0];
    if (status == NX_OK && person->update_count >= UPDATES_MAX) {
        status = NX_ERR_ENGINE_BUSY;
    }
    if (status == NX_OK && person->update_count == 0
            && choice_same(person->choice, query->choice)) {
        acknowledge(person, query->op);
        return;
    }
    struct update *update = status == NX_OK ? calloc(1, sizeof(*update)) : NULL;
    if (!update) {
        refuse_status(presence, query->op,
                status == NX_OK ? NX_ERR_NO_MEMORY : status);
        return;
    }
    nx_list_init(&update->link);
    update->op = query->op;
    update->session = query->session;
    update->choice = query->choice;
    query->choice = NULL;
    facts_update(person, update);
}

static int32_t refuse_rate(
        const struct presence *presence, nx_op_id op, uint64_t wait_ms) {
    const struct refuse_limit limit = {
            .status = NX_ERR_RATE_LIMITED,
            .setting = "updates_per_minute",
            .retry_after_ms = wait_ms,
    };
    char message[REFUSE_TEXT_SIZE];
    (void)snprintf(message, sizeof(message), "at most %u updates a minute",
            (unsigned)presence->settings.updates_per_minute);
    return refuse_limit(presence, op, &limit, message);
}

static int32_t run(struct presence *presence, const struct nx_event *ev,
        struct query *query) {
    if (query_add(query, ev->user) != NX_OK) {
        query_destroy(query);
        return refuse_users(presence, ev->op);
    }
    uint64_t wait_ms = take_quota(query->persons[0]);
    if (wait_ms > 0) {
        query_destroy(query);
        return refuse_rate(presence, ev->op, wait_ms);
    }
    query->op = ev->op;
    query->session = ev->session;
    query_run(query);
    return NX_LATER;
}

int32_t update_handle(struct presence *presence, const struct nx_event *ev) {
    enum status chosen;
    nx_status status = check(presence, ev);
    if (status != NX_OK) {
        return status;
    }
    if (!status_choose(text_of(presence, ev, "status"), &chosen)) {
        return refuse_field(presence, ev->op, "status",
                "status must be one of online, away, busy, invisible");
    }
    struct query *query = query_create(presence, 1, is_loaded);
    struct choice *choice =
            choice_create(chosen, text_of(presence, ev, "status_message"),
                    text_of(presence, ev, "location"));
    if (!query || !choice) {
        query_destroy(query);
        free(choice);
        return NX_ERR_NO_MEMORY;
    }
    query->choice = choice;
    return run(presence, ev, query);
}
