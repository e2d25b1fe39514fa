// state - does not read the state that it has written.
#include "tests/plugins/check/check.h"

static int32_t check_event(void *user, const struct nx_event *ev) {
    return NX_PASS;
}

static nx_status save_state(
        const struct nx_plugin *base, const struct nx_state_writer *writer) {
    return writer->write(writer, "old", 3);
}

static nx_status start(
        struct nx_plugin *base, const struct nx_state_reader *prev) {
    return prev ? NX_ERR_VERSION : check_start(base, prev);
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    nx_status status = check_create(host, out);
    if (status == NX_OK) {
        (*out)->start = start;
        (*out)->save_state = save_state;
    }
    return status;
}

CHECK_PLUGIN(1, create);
