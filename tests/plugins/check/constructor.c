// constructor - crashes or hangs while it is loaded, as a file says.
#include <signal.h>
#include <unistd.h>

#include "tests/plugins/check/check.h"

static int32_t check_event(void *user, const struct nx_event *ev) {
    return NX_PASS;
}

__attribute__((constructor)) static void on_load(void) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes it
    const char *what = getenv("NEXUS_CONSTRUCTOR");
    if (what && strcmp(what, "crash") == 0) {
        (void)raise(SIGSEGV);
    }
    while (what && strcmp(what, "hang") == 0) {
        (void)pause();
    }
}

CHECK_PLUGIN(0, check_create);
