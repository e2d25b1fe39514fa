#include "kernel/net/fair.h"

#include <ev.h>
#include <stdlib.h>

#include "kernel/core/core.h"
#include "kernel/net/loop.h"

struct fair {
    struct ev_loop *ev;
    const struct core *core;
    void (*serve)(struct fair_use *use);
    struct nx_list waiting; // struct fair_use::waiting
    ev_prepare before_turn;
    ev_idle awake;        // while somebody waits: the loop must not sleep
    uint64_t turn;        // the one that is counted
    uint32_t links;       // had messages in it
    uint32_t messages;    // of all of them
    uint32_t budget;      // for one connection in it
    nx_session_id latest; // whose message was the last
    int64_t mixed_ms;     // until when several count as sending
};

// Being there is enough.
static void on_idle(struct ev_loop *ev, ev_idle *watcher, int events) {
}

static void on_before_turn(
        struct ev_loop *ev, ev_prepare *watcher, int events) {
    struct fair *fair = watcher->data;
    struct nx_list *last = fair->waiting.prev;
    bool more = !nx_list_empty(&fair->waiting);
    while (more) {
        struct nx_list *link = nx_list_take_first(&fair->waiting);
        more = link != last;
        // Behind the others; if it has nothing left, it leaves.
        nx_list_append(&fair->waiting, link);
        fair->serve(nx_container_of(link, struct fair_use, waiting));
    }
    if (nx_list_empty(&fair->waiting)) {
        ev_idle_stop(fair->ev, &fair->awake);
    }
}

struct fair *fair_create(struct loop *loop, const struct core *core,
        void (*serve)(struct fair_use *use)) {
    struct fair *fair = calloc(1, sizeof(*fair));
    if (!fair) {
        return NULL;
    }
    fair->ev = loop_native(loop);
    fair->core = core;
    fair->serve = serve;
    fair->budget = FAIR_MIN;
    nx_list_init(&fair->waiting);
    ev_idle_init(&fair->awake, on_idle);
    ev_prepare_init(&fair->before_turn, on_before_turn);
    fair->before_turn.data = fair;
    // What is handled here still belongs to this turn of core.
    ev_set_priority(&fair->before_turn, EV_MAXPRI);
    ev_prepare_start(fair->ev, &fair->before_turn);
    return fair;
}

void fair_destroy(struct fair *fair) {
    if (!fair) {
        return;
    }
    ev_prepare_stop(fair->ev, &fair->before_turn);
    ev_idle_stop(fair->ev, &fair->awake);
    free(fair);
}

static void begin_turn(struct fair *fair) {
    uint32_t average = fair->links > 1 ? fair->messages / fair->links : 0;
    fair->budget = average > FAIR_MIN ? average : FAIR_MIN;
    fair->turn = fair->core->turns;
    fair->links = 0;
    fair->messages = 0;
}

// Whether others have sent something of late.
static bool is_contended(struct fair *fair, nx_session_id who) {
    int64_t now_ms = clock_now_ms(&fair->core->clock);
    if (fair->latest != who) {
        // The very first has nobody beside it.
        fair->mixed_ms = fair->latest != 0 ? now_ms + FAIR_ALONE_MS : 0;
        fair->latest = who;
    }
    return now_ms < fair->mixed_ms;
}

bool fair_take(struct fair *fair, struct fair_use *use, nx_session_id who) {
    if (fair->turn != fair->core->turns) {
        begin_turn(fair);
    }
    if (use->turn != fair->turn) {
        use->turn = fair->turn;
        use->messages = 0;
    }
    bool contended = is_contended(fair, who);
    if (contended && use->messages >= fair->budget) {
        return false;
    }
    fair->links += use->messages == 0 ? 1 : 0;
    fair->messages++;
    use->messages++;
    return true;
}

void fair_wait(struct fair *fair, struct fair_use *use) {
    if (!nx_list_linked(&use->waiting)) {
        nx_list_append(&fair->waiting, &use->waiting);
        ev_idle_start(fair->ev, &fair->awake);
    }
}

void fair_leave(struct fair_use *use) {
    nx_list_remove(&use->waiting);
}
