/*
 * talk - clients who say whatever the input tells them, on the fake host.
 *
 * Each step of the input is a call: a client connects, sends, breaks off,
 * stops reading, storage fails, time passes. Messages are put together from
 * a table of events and likely values, so that most get past the checks; one
 * client sends raw bytes. Checked after each step: everything the server says
 * is a proper event, each request with a ref gets exactly one answer, nobody
 * is told of an internal error, no writer is left open.
 *
 * Owner:   the target; talk_finish() at the end
 * Thread:  that of the target
 * Errors:  a failed assertion
 */
#ifndef TESTS_FUZZ_TALK_H
#define TESTS_FUZZ_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>

#include "fake_event.h"
#include "fake_host.h"
#include "tests/fuzz/input.h"

#define TALK_CLIENTS 5 // two of alice, bob, carol, and one who sends raw bytes
#define TALK_ASKS    256
#define TALK_IDS     8
#define TALK_ID_SIZE 72
#define TALK_TOPICS  4 // rooms or conversations that order is checked in

// Values are JSON texts and end with NULL; "@id" stands for the message_id of
// an ack, "@since" for a position. The list of fields ends with a NULL name.
struct talk_field {
    const char *name;
    const char *const *values;
};

struct talk_kind {
    const char *type;
    const struct talk_field *fields;
};

// What a client was told of one room or conversation.
struct talk_topic {
    char name[TALK_ID_SIZE]; // "" for a free one
    int64_t last;            // offset or seq of the last record
    int64_t until;           // recovered records follow up to here
};

struct talk_client {
    nx_session_id session; // 0: not connected
    bool stopped;          // does not read
    bool hindered;         // storage did not work while it was connected
    struct talk_topic topics[TALK_TOPICS];
};

// A request with the ref "r<index>".
struct talk_ask {
    const struct talk_client *client; // NULL: left before the answer
    const struct talk_kind *kind;
    int64_t since; // the offset asked for, or -1
    bool answered;
};

struct talk {
    struct fake_host *host;
    struct input *in;
    const struct talk_kind *kinds;
    size_t kind_count;
    bool reloads; // there is a plugin to reload
    // Sees every event; ask is the request it answers, or NULL.
    void (*seen)(struct talk *talk, struct talk_client *client,
            const struct fake_event *event, const struct talk_ask *ask);
    void *user;
    struct talk_client clients[TALK_CLIENTS];
    struct talk_ask asks[TALK_ASKS];
    size_t ask_count;
    char ids[TALK_IDS][TALK_ID_SIZE];
    size_t id_count; // learned so far, the newest TALK_IDS are kept
    char epoch[TALK_ID_SIZE];
    bool failed; // storage was made to fail or wait
};

// The host is started and the other members up to user are set.
void talk_run(struct talk *talk);

// Lets everything come to rest and checks that all is answered. The host can
// still be used.
void talk_finish(struct talk *talk);

// Reads and checks what all clients were sent.
void talk_read(struct talk *talk);

// The client's record of a topic; NULL when there are too many.
struct talk_topic *talk_topic(struct talk_client *client, const char *name);

#endif
