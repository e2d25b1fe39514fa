// thread - calls the host from a thread of its own.
#include <pthread.h>

#include "tests/plugins/check/check.h"

struct errand {
    struct bad *bad;
    nx_op_id op;
};

static void *answer(void *arg) {
    struct errand *errand = arg;
    const struct nx_sdk *nx = &errand->bad->nx;
    (void)nx->router->reply(nx->host, errand->op, NULL, 0);
    return NULL;
}

static int32_t check_event(void *user, const struct nx_event *ev) {
    struct errand errand = {user, ev->op};
    pthread_t thread;
    if (!check_is_do(ev) || pthread_create(&thread, NULL, answer, &errand)) {
        return NX_PASS;
    }
    (void)pthread_join(thread, NULL);
    return NX_DONE;
}

CHECK_PLUGIN(0, check_create);
