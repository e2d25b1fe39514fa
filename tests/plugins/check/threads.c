// threads - leaves a thread behind with each instance.
#include <pthread.h>
#include <unistd.h>

#include "tests/plugins/check/check.h"

static int32_t check_event(void *user, const struct nx_event *ev) {
    return NX_PASS;
}

static void *wait_for_ever(void *arg) {
    for (;;) {
        (void)pause();
    }
    return NULL;
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    pthread_t thread;
    return pthread_create(&thread, NULL, wait_for_ever, NULL) != 0
                    || pthread_detach(thread) != 0
            ? NX_ERR_NO_MEMORY
            : check_create(host, out);
}

CHECK_PLUGIN(0, create);
