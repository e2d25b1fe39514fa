/*
 * request - one call of the server, on its way to the writer and back.
 *
 * Owns copies of its strings, and the answer once it has one. On the logic
 * thread it is made and given its answer to the server; in between the
 * writer has it.
 *
 * Owner:   the list it is in
 * Thread:  one at a time
 * Errors:  NULL without memory
 */
#ifndef PLUGINS_STORE_REQUEST_H
#define PLUGINS_STORE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/provider.h>
#include <nexus/util/list.h>

#include "plugins/store/rows.h"

enum request_kind {
    REQUEST_PUBLISH,
    REQUEST_HISTORY,
    REQUEST_PUT,
    REQUEST_GET,
    REQUEST_REMOVE,
    REQUEST_SCAN,
    REQUEST_SWEEP, // the store's own, without an answer
};

// Texts, as the kinds use them.
enum request_text {
    REQUEST_ROOM = 0, // publish, history
    REQUEST_PAYLOAD,  // publish
    REQUEST_DEDUPE,
    REQUEST_MEMO,
    REQUEST_SPACE = 0, // all about facts
    REQUEST_KEY,       // scan: the prefix
    REQUEST_VALUE,     // put; scan: after
    REQUEST_TEXTS = 4,
};

struct request {
    struct nx_list link; // struct queue::waiting or done, struct batch
    enum request_kind kind;
    uint32_t flags;     // publish: NX_PUBLISH_
    uint32_t direction; // history
    uint32_t limit;     // history, scan
    uint32_t keep_count;
    uint32_t dedupe_ttl_s;
    uint64_t cookie;
    uint64_t tag;
    uint64_t offset; // history; publish: what is expected
    uint64_t keep_age_ms;
    uint64_t ttl_ms; // put
    uint64_t expect_revision;
    int64_t now_ms; // UTC, when it was asked
    size_t bytes;   // what it counts in the queue
    struct nx_str text[REQUEST_TEXTS];

    // The answer. Pointers in it lead into rows.
    bool deliver; // publish: members are to see the record
    struct nx_publish_result published;
    struct nx_history_result history;
    struct nx_fact_result fact;
    struct rows rows;
    char tail[];
};

// Copies the template with its texts.
struct request *request_create(const struct request *template);

// Accepts NULL.
void request_destroy(struct request *request);

// What the copy takes, in bytes.
size_t request_size(const struct request *template);

// Whether it changes the database, so that a commit must come before its
// answer.
bool request_writes(const struct request *request);

// Replaces the answer, whatever it is, by a status alone.
void request_fail(struct request *request, nx_status status);

// Gives the answer to the server, and before that the record to its members.
void request_answer(
        const struct request *request, const struct nx_provider_sink *sink);

#endif
