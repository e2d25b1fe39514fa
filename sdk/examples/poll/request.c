// request - what clients ask for, and what becomes true by it.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "poll.h"

// A fact on its way to the engine, and what follows when it is there.
struct change {
    struct polls *polls;
    void (*then)(struct ballot *ballot);
    nx_op_id op; // 0: nobody waits for an answer
    size_t value_len;
    char key[POLL_KEY_MAX];
    char value[];
};

// ---- what becomes true ----

static void answer(const struct change *change, nx_status status) {
    const struct nx_sdk *sdk = &change->polls->sdk;
    if (status != NX_OK) {
        const struct nx_failure failure = {
                .struct_size = sizeof(failure), .status = status};
        (void)sdk->router->fail(sdk->host, change->op, &failure);
        return;
    }
    struct nx_writer *result = sdk->json->object(sdk->host);
    if (result) {
        sdk->json->put_str(
                result, "poll_id", nx_str_n(change->key + 2, POLL_ID_LEN));
    }
    (void)sdk->router->reply(sdk->host, change->op, result, 0);
}

static void stored(void *user, const struct nx_fact_result *result) {
    struct change *change = user;
    struct polls *polls = change->polls;
    nx_status status = result->status;
    struct nx_str key = nx_str_c(change->key);
    struct ballot *ballot = NULL;
    polls->pending--;
    if (status == NX_OK) {
        ballot = book_adopt(
                polls, key, nx_str_n(change->value, change->value_len));
        status = ballot ? NX_OK : NX_ERR_LIMIT;
    } else if ((ballot = book_find(
                        polls, nx_str_n(change->key + 2, POLL_ID_LEN)))) {
        ballot->closing = ballot->closed;
    }
    if (change->op) {
        answer(change, status);
    }
    if (status == NX_OK) {
        change->then(ballot);
    }
    free(change);
}

// Stores a fact; the rest happens when it is as safe as the engine makes it.
static nx_status store(struct polls *polls, const struct change *plan,
        struct nx_str value, uint64_t ttl_ms, uint64_t expect) {
    const struct nx_sdk *sdk = &polls->sdk;
    struct change *change = malloc(sizeof(*change) + value.len);
    if (!change) {
        return NX_ERR_NO_MEMORY;
    }
    *change = *plan;
    change->polls = polls;
    change->value_len = value.len;
    memcpy(change->value, value.ptr, value.len);
    nx_status status = sdk->engine->put(sdk->host, nx_str_c(change->key),
            (struct nx_bytes){change->value, value.len}, ttl_ms, expect, stored,
            change);
    if (status == NX_OK) {
        polls->pending++;
    } else {
        free(change);
    }
    return status;
}

// ---- requests ----

static bool is_member(const struct polls *polls, const struct nx_event *ev,
        struct nx_str room_name) {
    const struct nx_sdk *sdk = &polls->sdk;
    nx_room_id room = sdk->rooms->find(sdk->host, room_name);
    return room && sdk->rooms->is_member(sdk->host, room, ev->session);
}

static bool make_id(char id[POLL_ID_LEN + 1]) {
    uint64_t number = 0;
    if (getrandom(&number, sizeof(number), 0) != sizeof(number)) {
        return false;
    }
    (void)snprintf(id, POLL_ID_LEN + 1, "%016llx", (unsigned long long)number);
    return true;
}

struct options {
    const struct nx_json_v1 *json;
    bool bad;
};

static int32_t check_option(
        void *user, struct nx_str key, const struct nx_json *value) {
    (void)key;
    struct options *options = user;
    size_t len = options->json->str(value).len;
    options->bad |= len < 1 || len > 200;
    return options->bad;
}

static bool options_are_good(
        const struct polls *polls, const struct nx_json *array) {
    struct options options = {.json = polls->sdk.json};
    polls->sdk.json->each(array, check_option, &options);
    return !options.bad;
}

static int32_t create(struct polls *polls, const struct nx_event *ev) {
    const struct nx_field fields[] = {
            {"room_id", NX_JSON_STRING, NX_FIELD_REQUIRED | NX_FIELD_NAME, 1,
                    128},
            {"question", NX_JSON_STRING, NX_FIELD_REQUIRED, 1, 500},
            {"options", NX_JSON_ARRAY, NX_FIELD_REQUIRED, 2, POLL_OPTIONS_MAX},
            {"minutes", NX_JSON_INT, 0, 1, polls->max_minutes},
            {NULL, 0, 0, 0, 0},
    };
    const struct nx_json_v1 *json = polls->sdk.json;
    const struct nx_host *host = polls->sdk.host;
    nx_status status = json->expect(host, ev, fields);
    if (status != NX_OK) {
        return status; // the host has remembered which field it was
    }
    struct nx_str room_id = json->str(json->get(ev->json, "room_id"));
    char room[sizeof("room:") + 128];
    (void)snprintf(room, sizeof(room), "room:%s", room_id.ptr);
    if (!is_member(polls, ev, nx_str_c(room))) {
        return NX_ERR_NOT_MEMBER;
    }
    if (!options_are_good(polls, json->get(ev->json, "options"))) {
        return nx_refuse(&polls->sdk, ev->op, NX_ERR_INVALID_FIELD,
                "options: each is a text of 1 to 200 bytes");
    }
    if (nx_strmap_count(polls->book) + polls->pending
            >= (size_t)polls->max_polls) {
        return nx_refuse(&polls->sdk, ev->op, NX_ERR_LIMIT,
                "there are too many polls (plugins.poll.polls)");
    }
    int64_t minutes = 60 < polls->max_minutes ? 60 : polls->max_minutes;
    (void)json->i64(json->get(ev->json, "minutes"), &minutes);
    int64_t ends_ms = polls->sdk.timers->wall_ms(host) + minutes * 60000;

    struct change plan = {.op = ev->op, .then = tell_created};
    char id[POLL_ID_LEN + 1];
    struct nx_writer *fact = json->object(host);
    if (!fact || !make_id(id)) {
        return NX_ERR_NO_MEMORY;
    }
    (void)snprintf(plan.key, sizeof(plan.key), "p/%s", id);
    json->put_str(fact, "author", ev->user);
    json->put_str(fact, "room_id", room_id);
    json->put_json(fact, "question", json->get(ev->json, "question"));
    json->put_json(fact, "options", json->get(ev->json, "options"));
    json->put_i64(fact, "ends_ms", ends_ms);
    status = store(polls, &plan, json->text(fact), book_ttl_ms(polls, ends_ms),
            NX_PUT_NEW);
    json->discard(fact);
    return status == NX_OK ? NX_LATER : status;
}

static nx_status close(struct ballot *ballot, nx_op_id op) {
    static const char *const changed[] = {"closed", "ends_ms", NULL};
    const struct nx_sdk *sdk = &ballot->polls->sdk;
    const struct nx_json_v1 *json = sdk->json;
    int64_t now = sdk->timers->wall_ms(sdk->host);
    struct change plan = {.op = op, .then = tell_closed};
    (void)snprintf(plan.key, sizeof(plan.key), "p/%s", ballot->id);
    struct nx_writer *fact = json->object(sdk->host);
    if (!fact) {
        return NX_ERR_NO_MEMORY;
    }
    json->put_members(
            fact, json->parse(sdk->host, nx_str_c(ballot->fact)), changed);
    json->put_bool(fact, "closed", 1);
    json->put_i64(fact, "ends_ms", now);
    nx_status status = store(ballot->polls, &plan, json->text(fact),
            book_ttl_ms(ballot->polls, now), NX_PUT_ANY);
    json->discard(fact);
    ballot->closing = status == NX_OK;
    return status;
}

void request_close(struct ballot *ballot) {
    if (!ballot->closing) {
        (void)close(ballot, 0); // the next timer tries again
    }
}

static int32_t vote(
        struct polls *polls, const struct nx_event *ev, struct ballot *ballot) {
    const struct nx_json_v1 *json = polls->sdk.json;
    int64_t choice = -1;
    (void)json->i64(json->get(ev->json, "choice"), &choice);
    if (ballot->closing) {
        return nx_refuse(
                &polls->sdk, ev->op, NX_ERR_STATE, "the poll is closed");
    }
    if (choice < 0 || choice >= ballot->option_count) {
        return nx_refuse(&polls->sdk, ev->op, NX_ERR_INVALID_FIELD,
                "choice: the number of an option, from 0");
    }
    if (nx_strmap_count(ballot->votes) >= (size_t)polls->max_votes
            && !nx_strmap_get(ballot->votes, ev->user.ptr, ev->user.len)) {
        return nx_refuse(&polls->sdk, ev->op, NX_ERR_LIMIT,
                "there are too many votes (plugins.poll.votes)");
    }
    const char letter = (char)('a' + choice);
    struct change plan = {.op = ev->op, .then = tell_voted};
    (void)snprintf(
            plan.key, sizeof(plan.key), "v/%s/%s", ballot->id, ev->user.ptr);
    nx_status status = store(polls, &plan, nx_str_n(&letter, 1),
            book_ttl_ms(polls, ballot->ends_ms), NX_PUT_ANY);
    return status == NX_OK ? NX_LATER : status;
}

static int32_t end(
        struct polls *polls, const struct nx_event *ev, struct ballot *ballot) {
    if (!nx_str_is(ev->user, ballot->author)) {
        return NX_ERR_FORBIDDEN;
    }
    if (ballot->closing) {
        return nx_refuse(
                &polls->sdk, ev->op, NX_ERR_STATE, "the poll is closed");
    }
    nx_status status = close(ballot, ev->op);
    return status == NX_OK ? NX_LATER : status;
}

static int32_t result(
        struct polls *polls, const struct nx_event *ev, struct ballot *ballot) {
    struct nx_writer *answer = polls->sdk.json->object(polls->sdk.host);
    if (!answer) {
        return NX_ERR_NO_MEMORY;
    }
    tell_put_whole(ballot, answer);
    (void)polls->sdk.router->reply(
            polls->sdk.host, ev->op, answer, NX_REPLY_RESULT);
    return NX_DONE;
}

// What is about one poll of a room that its sender is in.
static int32_t about(struct polls *polls, const struct nx_event *ev,
        const struct nx_field *fields,
        int32_t (*fn)(struct polls *polls, const struct nx_event *ev,
                struct ballot *ballot)) {
    const struct nx_json_v1 *json = polls->sdk.json;
    nx_status status = json->expect(polls->sdk.host, ev, fields);
    if (status != NX_OK) {
        return status;
    }
    struct ballot *ballot =
            book_find(polls, json->str(json->get(ev->json, "poll_id")));
    if (!ballot || !is_member(polls, ev, nx_str_c(ballot->room))) {
        return nx_refuse(&polls->sdk, ev->op, NX_ERR_NOT_FOUND,
                "there is no such poll in your rooms");
    }
    return fn(polls, ev, ballot);
}

int32_t request_handle(void *user, const struct nx_event *ev) {
    static const struct nx_field poll[] = {
            {"poll_id", NX_JSON_STRING, NX_FIELD_REQUIRED | NX_FIELD_NAME, 1,
                    64},
            {NULL, 0, 0, 0, 0},
    };
    static const struct nx_field choice[] = {
            {"poll_id", NX_JSON_STRING, NX_FIELD_REQUIRED | NX_FIELD_NAME, 1,
                    64},
            {"choice", NX_JSON_INT, NX_FIELD_REQUIRED, 0, 0},
            {NULL, 0, 0, 0, 0},
    };
    struct polls *polls = user;
    if (!polls->loaded) {
        return NX_ERR_AGAIN;
    }
    if (nx_str_is(ev->type, "poll.create")) {
        return create(polls, ev);
    }
    if (nx_str_is(ev->type, "poll.vote")) {
        return about(polls, ev, choice, vote);
    }
    if (nx_str_is(ev->type, "poll.close")) {
        return about(polls, ev, poll, end);
    }
    if (nx_str_is(ev->type, "poll.result")) {
        return about(polls, ev, poll, result);
    }
    return NX_PASS;
}
