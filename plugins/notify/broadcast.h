/*
 * broadcast - one notification for every user who has ever been here.
 *
 * A job that outlives its caller and the server: it is stored before anything
 * happens, goes through the inboxes page by page, and remembers how far it
 * came. A page that is done twice changes nothing the second time.
 *
 * Owner:   struct notify, in its list of broadcasts
 * Thread:  logic
 * Errors:  storage that does not answer is asked again, later and later; the
 *          users of a page that fails TRIES_MAX times are left out, and logged
 */
#ifndef PLUGINS_NOTIFY_BROADCAST_H
#define PLUGINS_NOTIFY_BROADCAST_H

#include <stdbool.h>

#include <nexus/types.h>
#include <nexus/util/list.h>

#include "plugins/notify/key.h"
#include "plugins/notify/spread.h"

struct broadcast;
struct notice;
struct notify;

enum broadcast_news {
    BROADCAST_STORED,   // it will be done, whatever happens
    BROADCAST_REFUSED,  // not stored: see status; it is gone after the call
    BROADCAST_FINISHED, // for everybody; it is gone after the call
};

typedef void (*broadcast_fn)(
        void *ctx, struct broadcast *broadcast, enum broadcast_news news);

struct broadcast {
    struct nx_list link; // struct notify::broadcasts
    struct notify *notify;
    struct notice *notice; // one reference is ours
    struct key after;      // key of the last inbox done; len 0: none
    struct key next;       // the same for the page in hand
    bool last;             // no page comes behind it
    bool stored;
    bool busy; // something is under way that comes back
    unsigned tries;
    nx_status status;
    struct spread page;
    size_t users; // of the pages done
    size_t live;
    size_t queued;
    size_t dropped;
    broadcast_fn fn; // NULL: nobody waits
    void *ctx;
};

// fn comes later. *out is valid until REFUSED, FINISHED, or broadcast_leave().
nx_status broadcast_begin(struct notify *notify, struct notice *notice,
        broadcast_fn fn, void *ctx, struct broadcast **out);

// Nobody waits any more.
void broadcast_leave(struct broadcast *broadcast);

// Copies the counts so far.
void broadcast_count(const struct broadcast *broadcast, struct spread *out);

// Takes up what was under way when an instance ended: call in start().
nx_status broadcasts_start(struct notify *notify);

// The plugin runs again: goes on where it stopped.
void broadcasts_resume(struct notify *notify);

void broadcasts_finish(struct notify *notify);

#endif
