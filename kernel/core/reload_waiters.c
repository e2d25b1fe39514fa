#include "kernel/core/reload_waiters.h"

#include <stdlib.h>

struct reload_waiter {
    struct nx_list link; // struct reload_waiters::list
    reload_done_fn done;
    void *ctx;
};

static struct reload_waiter *waiter_at(struct nx_list *link) {
    return nx_container_of(link, struct reload_waiter, link);
}

void reload_waiters_init(struct reload_waiters *waiters) {
    nx_list_init(&waiters->list);
}

void reload_waiters_finish(struct reload_waiters *waiters) {
    struct nx_list *link;
    while ((link = nx_list_take_first(&waiters->list)) != NULL) {
        free(waiter_at(link));
    }
}

bool reload_waiters_add(
        struct reload_waiters *waiters, reload_done_fn done, void *ctx) {
    struct reload_waiter *waiter = calloc(1, sizeof(*waiter));
    if (!waiter) {
        return false;
    }
    waiter->done = done;
    waiter->ctx = ctx;
    nx_list_init(&waiter->link);
    nx_list_append(&waiters->list, &waiter->link);
    return true;
}

void reload_waiters_forget(struct reload_waiters *waiters, const void *ctx) {
    nx_list_for_each_safe (link, next, &waiters->list) {
        if (waiter_at(link)->ctx == ctx) {
            nx_list_remove(link);
            free(waiter_at(link));
        }
    }
}

void reload_waiters_take(
        struct reload_waiters *waiters, struct reload_waiters *from) {
    nx_list_splice(&waiters->list, &from->list);
}

void reload_waiters_tell(
        struct reload_waiters *waiters, const struct reload_result *result) {
    struct nx_list *link;
    while ((link = nx_list_take_first(&waiters->list)) != NULL) {
        struct reload_waiter *waiter = waiter_at(link);
        waiter->done(waiter->ctx, result);
        free(waiter);
    }
}
