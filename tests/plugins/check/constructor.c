// constructor - crashes or hangs where CHECK_CONSTRUCTOR says, "create crash":
// while it is loaded, in create() or in configure().
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tests/plugins/check/check.h"

static void go_wrong(const char *where) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes it
    const char *what = getenv("CHECK_CONSTRUCTOR");
    size_t len = strlen(where);
    if (!what || strncmp(what, where, len) != 0) {
        return;
    }
    what += len;
    if (strcmp(what, " crash") == 0) {
        (void)raise(SIGABRT); // a sanitizer makes others an exit
    } else if (strcmp(what, " exit") == 0) {
        _exit(3);
    }
    while (strcmp(what, " hang") == 0) {
        (void)pause();
    }
}

__attribute__((constructor)) static void on_load(void) {
    go_wrong("load");
}

static int32_t check_event(void *user, const struct nx_event *ev) {
    return NX_DONE;
}

static nx_status configure(struct nx_plugin *base, const struct nx_config *cfg,
        struct nx_diag *diag, uint32_t mode) {
    go_wrong("configure");
    return NX_OK;
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    go_wrong("create");
    nx_status status = check_create(host, out);
    if (status == NX_OK) {
        (*out)->configure = configure;
    }
    return status;
}

CHECK_PLUGIN(0, create);
