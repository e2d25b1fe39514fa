// book - the ballots in memory, made of facts.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "poll.h"

#define RETRY_MS 1000

struct ballot *book_find(const struct polls *polls, struct nx_str id) {
    return nx_strmap_get(polls->book, id.ptr, id.len);
}

uint64_t book_ttl_ms(const struct polls *polls, int64_t ends_ms) {
    int64_t left = ends_ms - polls->sdk.timers->wall_ms(polls->sdk.host);
    return (uint64_t)((left > 0 ? left : 0) + polls->keep_ms);
}

static char *copy(const char *prefix, struct nx_str text) {
    size_t prefix_len = strlen(prefix);
    char *made = malloc(prefix_len + text.len + 1);
    if (!made) {
        return NULL;
    }
    memcpy(made, prefix, prefix_len);
    memcpy(made + prefix_len, text.ptr, text.len);
    made[prefix_len + text.len] = '\0';
    return made;
}

static void destroy(struct ballot *ballot) {
    nx_list_remove(&ballot->changed);
    nx_strmap_destroy(ballot->votes, free);
    free(ballot->room);
    free(ballot->author);
    free(ballot->fact);
    free(ballot);
}

void book_forget(struct ballot *ballot) {
    struct polls *polls = ballot->polls;
    polls->sdk.timers->cancel(polls->sdk.host, ballot->timer);
    if (!ballot->closed) {
        polls->sdk.metrics->add(polls->sdk.host, polls->open, -1);
    }
    (void)nx_strmap_remove(polls->book, ballot->id, POLL_ID_LEN);
    destroy(ballot);
}

static void on_timer(void *user, nx_timer_id timer);

static bool set_timer(struct ballot *ballot, int64_t ms) {
    const struct nx_sdk *sdk = &ballot->polls->sdk;
    sdk->timers->cancel(sdk->host, ballot->timer);
    return sdk->timers->set(sdk->host, ms > 0 ? (uint64_t)ms : 0, 0, on_timer,
                   ballot, &ballot->timer)
            == NX_OK;
}

static void on_timer(void *user, nx_timer_id timer) {
    (void)timer;
    struct ballot *ballot = user;
    ballot->timer = 0;
    if (ballot->closed) {
        book_forget(ballot);
        return;
    }
    // Until its end is stored it stays open, and this is tried again.
    (void)set_timer(ballot, RETRY_MS);
    request_close(ballot);
}

// An open ballot waits for its end, a closed one for being forgotten.
static bool arm(struct ballot *ballot) {
    const struct nx_sdk *sdk = &ballot->polls->sdk;
    int64_t left = ballot->ends_ms - sdk->timers->wall_ms(sdk->host);
    if (ballot->closed) {
        left += ballot->polls->keep_ms;
    }
    return set_timer(ballot, left);
}

static struct ballot *create(struct polls *polls, struct nx_str id,
        const struct nx_json_v1 *json, const struct nx_json *doc) {
    struct ballot *ballot = calloc(1, sizeof(*ballot));
    if (!ballot) {
        return NULL;
    }
    ballot->polls = polls;
    nx_list_init(&ballot->changed);
    memcpy(ballot->id, id.ptr, POLL_ID_LEN);
    ballot->room = copy("room:", json->str(json->get(doc, "room_id")));
    ballot->author = copy("", json->str(json->get(doc, "author")));
    ballot->option_count = (uint32_t)json->count(json->get(doc, "options"));
    ballot->votes = nx_strmap_create((size_t)polls->max_votes);
    if (!ballot->room || !ballot->author || !ballot->votes
            || ballot->option_count > POLL_OPTIONS_MAX
            || !nx_strmap_put(polls->book, id.ptr, id.len, ballot)) {
        destroy(ballot);
        return NULL;
    }
    polls->sdk.metrics->add(polls->sdk.host, polls->open, 1);
    return ballot;
}

static struct ballot *adopt_poll(
        struct polls *polls, struct nx_str id, struct nx_str value) {
    const struct nx_json_v1 *json = polls->sdk.json;
    const struct nx_json *doc = json->parse(polls->sdk.host, value);
    if (!doc || id.len != POLL_ID_LEN) {
        return NULL;
    }
    char *fact = copy("", value);
    struct ballot *ballot = fact ? book_find(polls, id) : NULL;
    if (fact && !ballot) {
        ballot = create(polls, id, json, doc);
    }
    if (!ballot) {
        free(fact);
        return NULL;
    }
    free(ballot->fact);
    ballot->fact = fact;
    int32_t closed = 0;
    (void)json->boolean(json->get(doc, "closed"), &closed);
    (void)json->i64(json->get(doc, "ends_ms"), &ballot->ends_ms);
    if (closed && !ballot->closed) {
        polls->sdk.metrics->add(polls->sdk.host, polls->open, -1);
    }
    ballot->closed = closed != 0;
    ballot->closing = ballot->closed;
    if (!arm(ballot)) {
        book_forget(ballot);
        return NULL;
    }
    return ballot;
}

static struct vote *add_vote(struct ballot *ballot, struct nx_str user) {
    struct vote *vote = calloc(1, sizeof(*vote) + user.len + 1);
    if (!vote) {
        return NULL;
    }
    memcpy(vote->user, user.ptr, user.len);
    if (!nx_strmap_put(ballot->votes, user.ptr, user.len, vote)) {
        free(vote);
        return NULL;
    }
    return vote;
}

// A choice is stored as a letter.
static struct ballot *adopt_vote(
        struct polls *polls, struct nx_str rest, struct nx_str value) {
    if (rest.len <= POLL_ID_LEN + 1 || value.len != 1) {
        return NULL;
    }
    struct ballot *ballot = book_find(polls, nx_str_n(rest.ptr, POLL_ID_LEN));
    uint32_t choice = (uint32_t)(value.ptr[0] - 'a');
    if (!ballot || choice >= ballot->option_count) {
        return NULL;
    }
    struct nx_str user =
            nx_str_n(rest.ptr + POLL_ID_LEN + 1, rest.len - POLL_ID_LEN - 1);
    struct vote *vote = nx_strmap_get(ballot->votes, user.ptr, user.len);
    if (vote) {
        ballot->counts[vote->choice]--;
    } else {
        vote = add_vote(ballot, user);
    }
    if (!vote) {
        return NULL;
    }
    vote->choice = choice;
    ballot->counts[choice]++;
    return ballot;
}

struct ballot *book_adopt(
        struct polls *polls, struct nx_str key, struct nx_str value) {
    if (key.len < 2 || key.ptr[1] != '/') {
        return NULL;
    }
    struct nx_str rest = nx_str_n(key.ptr + 2, key.len - 2);
    return key.ptr[0] == 'p' ? adopt_poll(polls, rest, value)
                             : adopt_vote(polls, rest, value);
}

nx_status book_each(const struct polls *polls,
        nx_status (*fn)(void *user, struct nx_str key, struct nx_str value),
        void *user) {
    char key[POLL_KEY_MAX];
    nx_status status = NX_OK;
    size_t cursor = 0;
    const struct ballot *ballot;
    while (status == NX_OK
            && (ballot = nx_strmap_next(polls->book, &cursor, NULL, NULL))) {
        (void)snprintf(key, sizeof(key), "p/%s", ballot->id);
        status = fn(user, nx_str_c(key), nx_str_c(ballot->fact));
        size_t next = 0;
        const struct vote *vote;
        while (status == NX_OK
                && (vote = nx_strmap_next(ballot->votes, &next, NULL, NULL))) {
            const char choice = (char)('a' + vote->choice);
            (void)snprintf(key, sizeof(key), "v/%s/%s", ballot->id, vote->user);
            status = fn(user, nx_str_c(key), nx_str_n(&choice, 1));
        }
    }
    return status;
}
