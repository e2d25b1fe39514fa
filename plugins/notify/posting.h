/*
 * posting - one call over HTTP, from its acceptance to its answer.
 *
 * Everything was checked before it begins; from then on it is done for as
 * many users as storage allows, and the answer says for whom it was not.
 *
 * Owner:   struct notify, in its list of postings
 * Thread:  logic
 * Errors:  as an HTTP handler returns them
 */
#ifndef PLUGINS_NOTIFY_POSTING_H
#define PLUGINS_NOTIFY_POSTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>
#include <nexus/util/buf.h>
#include <nexus/util/list.h>

#include "plugins/notify/idempotency.h"
#include "plugins/notify/spread.h"

struct broadcast;
struct notice;
struct notify;

enum audience {
    AUDIENCE_LISTED, // users that the call names
    AUDIENCE_ONLINE, // who is connected
    AUDIENCE_KNOWN,  // who has ever been
};

struct posting {
    struct nx_list link; // struct notify::postings
    struct notify *notify;
    nx_op_id op;
    enum audience audience;
    struct notice *notice; // one reference is ours
    struct spread spread;  // its names are the recipients
    struct idempotency idempotency;
    struct nx_buf unknown;       // names of fields nobody knew
    struct broadcast *broadcast; // waits for it; NULL: does not
    nx_timer_id timer;           // then it is answered without
    struct nx_buf answer;        // what is to be said when it is kept
};

// NULL without memory. It is in no list yet: posting_destroy() frees it.
struct posting *posting_create(
        struct notify *notify, nx_op_id op, enum audience audience);
void posting_destroy(struct posting *posting); // accepts NULL

// Takes the posting over, also on error.
int32_t posting_begin(struct posting *posting);

// The plugin comes to rest: answers those that need not be waited for.
void postings_hurry(struct notify *notify);
void postings_finish(struct notify *notify);

#endif
