/*
 * poll - what the files of the plugin share: the instance and its ballots.
 *
 * Whatever becomes true is a fact first: a poll under "p/<id>", a vote under
 * "v/<id>/<user>". A ballot in memory is built of nothing but such facts, by
 * book_adopt(), and does not care whether one was stored a moment ago, read
 * at the start, or handed over by the instance before.
 *
 * Owner:   poll.c creates and destroys the instance, book.c the ballots
 * Thread:  logic
 */
#ifndef POLL_H
#define POLL_H

#include <stdbool.h>

#include <nexus/sdk.h>
#include <nexus/util/list.h>
#include <nexus/util/strmap.h>

#define POLL_ID_LEN      16
#define POLL_OPTIONS_MAX 20
#define POLL_KEY_MAX     512 // bytes of a key in the engine

struct polls {
    struct nx_plugin plugin;
    struct nx_sdk sdk;
    int64_t max_polls;
    int64_t max_votes; // of one poll
    int64_t max_minutes;
    int64_t keep_ms;   // how long a result can be asked for
    int64_t counts_ms; // between two poll.counts of one room
    nx_metric_id votes;
    nx_metric_id open;
    struct nx_strmap *book; // id -> struct ballot
    struct nx_list changed; // struct ballot::changed
    bool counts_due;        // a timer will send the counts of those
    bool loaded;            // the book is complete
    size_t pending;         // requests to the engine without a result
};

struct ballot {
    struct polls *polls;
    struct nx_list changed; // struct polls::changed, votes not announced yet
    char id[POLL_ID_LEN + 1];
    char *fact; // the poll as stored, a JSON object
    char *room; // "room:<room_id>"
    char *author;
    int64_t ends_ms; // UTC
    bool closing;    // no votes any more
    bool closed;
    nx_timer_id timer;       // closes it, then forgets it
    struct nx_strmap *votes; // user -> struct vote
    uint32_t option_count;
    uint32_t counts[POLL_OPTIONS_MAX];
};

struct vote {
    uint32_t choice;
    char user[];
};

// ---- book.c ----

struct ballot *book_find(const struct polls *polls, struct nx_str id);

// Makes a fact true: a new ballot, the end of one, or a vote. NULL when it
// means nothing here, or without memory.
struct ballot *book_adopt(
        struct polls *polls, struct nx_str key, struct nx_str value);

// Calls fn for each fact, polls before their votes, until it fails.
nx_status book_each(const struct polls *polls,
        nx_status (*fn)(void *user, struct nx_str key, struct nx_str value),
        void *user);

void book_forget(struct ballot *ballot);

// How long what belongs to the ballot has to be stored.
uint64_t book_ttl_ms(const struct polls *polls, int64_t ends_ms);

// ---- request.c ----

int32_t request_handle(void *user, const struct nx_event *ev);

// Ends a poll whose time is over, unless that is under way.
void request_close(struct ballot *ballot);

// ---- tell.c ----

// poll.created, poll.result, and soon a poll.counts, to the room.
void tell_created(struct ballot *ballot);
void tell_closed(struct ballot *ballot);
void tell_voted(struct ballot *ballot);

// The poll.counts that are due, now.
void tell_counts(struct polls *polls);

// Everything about a poll, as members of an object.
void tell_put_whole(const struct ballot *ballot, struct nx_writer *writer);

#endif
