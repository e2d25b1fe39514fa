#include "plugins/notify/spread.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/error.h>

#include "plugins/notify/add.h"
#include "plugins/notify/change.h"
#include "plugins/notify/names.h"
#include "plugins/notify/notice.h"
#include "plugins/notify/notify.h"
#include "plugins/notify/recipient.h"

#define WINDOW      64
#define NAMES_BYTES ((size_t)64 << 20)

void spread_init(struct spread *spread, struct notify *notify) {
    memset(spread, 0, sizeof(*spread));
    spread->notify = notify;
    nx_buf_init(&spread->names, NAMES_BYTES);
    nx_buf_init(&spread->failed, NAMES_BYTES);
    nx_buf_init(&spread->strangers, NAMES_BYTES);
}

void spread_finish(struct spread *spread) {
    nx_buf_finish(&spread->names);
    nx_buf_finish(&spread->failed);
    nx_buf_finish(&spread->strangers);
    notice_unref(spread->notice);
    spread->notice = NULL;
}

static void go_on(struct spread *spread);

static void fail(struct spread *spread, struct nx_str user, nx_status status) {
    if (spread->status == NX_OK) {
        spread->status = status;
    }
    (void)names_add(&spread->failed, user);
    (void)names_add(&spread->failed, nx_str_c(nx_err_word(status)));
}

// ---- adding ----

static void count(struct spread *spread, const struct add_result *result) {
    spread->dropped += result->what == INBOX_DROPPED ? 1 : 0;
    if (result->what == INBOX_ADDED || result->what == INBOX_DUPLICATE) {
        spread->live += result->live ? 1 : 0;
        spread->queued += result->live ? 0 : 1;
    }
}

static void added(void *ctx, const struct add_result *result) {
    struct spread *spread = ctx;
    spread->in_flight--;
    if (result->status == NX_OK) {
        count(spread, result);
    } else {
        fail(spread, result->user, result->status);
    }
    go_on(spread);
}

// ---- looking ----

struct look {
    struct change change;
    struct spread *spread;
};

static void looked(struct change *change, const struct change_result *result) {
    struct look *look = nx_container_of(change, struct look, change);
    struct spread *spread = look->spread;
    struct nx_str user = recipient_name(change->recipient);
    spread->in_flight--;
    if (result->status != NX_OK) {
        fail(spread, user, result->status);
    } else if (change->recipient->revision == 0) {
        (void)names_add(&spread->strangers, user);
    }
    free(look);
    go_on(spread);
}

static void drop(struct change *change) {
    free(nx_container_of(change, struct look, change));
}

static nx_status look_at(struct spread *spread, struct nx_str user) {
    struct look *look = calloc(1, sizeof(*look));
    if (!look) {
        return NX_ERR_NO_MEMORY;
    }
    look->change.done = looked;
    look->change.drop = drop;
    look->spread = spread;
    nx_status status = change_submit(spread->notify, user, &look->change);
    if (status != NX_OK) {
        free(look);
    }
    return status;
}

// ---- all of them ----

static void submit(struct spread *spread, struct nx_str user) {
    spread->in_flight++;
    nx_status status = spread->looking
            ? look_at(spread, user)
            : add_submit(spread->notify, user, spread->notice, added, spread);
    if (status != NX_OK) {
        spread->in_flight--;
        fail(spread, user, status);
    }
}

// Completions may come inside: only the outermost call goes on.
static void go_on(struct spread *spread) {
    struct nx_str user;
    if (spread->running) {
        return;
    }
    spread->running = true;
    while (spread->in_flight < WINDOW
            && (user = names_next(&spread->names, &spread->at)).ptr) {
        submit(spread, user);
    }
    spread->running = false;
    if (spread->in_flight == 0 && spread->at >= spread->names.len) {
        spread->done(spread);
    }
}

static void begin(struct spread *spread, bool looking, spread_fn done) {
    spread->looking = looking;
    spread->done = done;
    spread->at = 0;
    spread->users = names_count(&spread->names);
    spread->status = NX_OK;
    nx_buf_clear(&spread->failed);
    go_on(spread);
}

void spread_add(struct spread *spread, struct notice *notice, spread_fn done) {
    notice_unref(spread->notice);
    spread->notice = notice_ref(notice);
    begin(spread, false, done);
}

void spread_look(struct spread *spread, spread_fn done) {
    begin(spread, true, done);
}
