/*
 * offline_model - what each device of a few users should have and hear.
 *
 * The rules of offline delivery written down a second time, as simply as they
 * can be: whole logs in memory, every choice made by looking at all of them.
 * A test does the same with a server and passes on what its clients hear;
 * whatever the model did not expect fails the test.
 *
 * Owner:   the test embeds it
 * Thread:  that of the test
 * Errors:  cmocka's assertions
 */
#ifndef TESTS_SUPPORT_OFFLINE_MODEL_H
#define TESTS_SUPPORT_OFFLINE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USERS              3
#define DEVICES            3
#define CONVERSATIONS      3
#define MODEL_RECORDS      1000
#define MODEL_HISTORY      20 // plugins.chat.history
#define MODEL_HISTORY_TEXT "20"
#define MODEL_BUDGET       8 // offline.max_per_user
#define MODEL_BUDGET_TEXT  "8"

struct model_record {
    uint64_t target; // the message it changes, 0: it is a message
    uint64_t time;
    unsigned author;
    int64_t version; // of the message now, or of the change
    bool deleted;    // the message is now, or the change does
    char id[40];     // of a message, once it is known
};

struct model_log {
    struct model_record records[MODEL_RECORDS + 1]; // by seq
    uint64_t last;
};

struct model_member {
    bool is;
    uint64_t joined;    // the end of the log then
    uint64_t watermark; // what any device has
};

// One device in one conversation.
struct model_place {
    bool entry; // it has a cursor
    bool knew;  // it was known when its user joined
    uint64_t cursor;
    uint64_t replayed; // sent when it came, not proved yet
    uint64_t live;     // sent since, not proved yet
};

// An event, as a client hears it.
struct heard {
    int conversation;
    uint64_t seq;  // or the end of a gap
    uint64_t from; // of a gap, else 0
    int64_t version;
    bool change;
    bool deleted;
};

struct expected {
    struct heard list[MODEL_RECORDS];
    size_t count;
    size_t next;
};

struct model_device {
    bool known;
    bool here;
    bool answers; // Pings
    struct model_place places[CONVERSATIONS];
    struct expected expected[CONVERSATIONS];
};

struct model {
    struct model_log logs[CONVERSATIONS];
    struct model_member members[USERS][CONVERSATIONS];
    struct model_device devices[USERS][DEVICES];
    uint64_t time;
    uint64_t seed; // for messages
};

void model_init(struct model *model, uint64_t seed);

// The oldest record that the log keeps.
uint64_t model_first(const struct model *model, unsigned conversation);

// A message, or a change of message target, was added to a log.
void model_record(struct model *model, unsigned author, unsigned conversation,
        uint64_t target, bool delete);

void model_joins(struct model *model, unsigned user, unsigned conversation);
void model_comes(
        struct model *model, unsigned user, unsigned index, bool answers);

// How many records at most a device would be sent if it came now. MAX: it
// begins where others of its user are, which they may change.
uint64_t model_waiting(
        const struct model *model, unsigned user, unsigned index);

void model_goes(struct model *model, unsigned user, unsigned index);
void model_answers(
        struct model *model, unsigned user, unsigned device, bool answers);
void model_has(struct model *model, unsigned user, unsigned device,
        unsigned conversation, uint64_t seq);

// The plugin begins anew: what it waited for is not proved to it any more.
void model_reloads(struct model *model);

// A client hears an event: the next one that was expected.
void model_hears(struct model *model, unsigned user, unsigned device,
        const struct heard *heard);

// Everybody has heard all there was.
void model_settled(const struct model *model);

#endif
