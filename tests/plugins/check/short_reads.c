// short_reads - takes it that one read() gives the whole state.
#include "tests/plugins/check/check.h"

static int32_t check_event(void *user, const struct nx_event *ev) {
    return NX_PASS;
}

static nx_status save_state(
        const struct nx_plugin *base, const struct nx_state_writer *writer) {
    (void)writer->write(writer, "12", 2); // nor does it look at the status
    return NX_OK;
}

static nx_status start(
        struct nx_plugin *base, const struct nx_state_reader *prev) {
    char bytes[2];
    return prev && prev->read(prev, bytes, sizeof(bytes)) != sizeof(bytes)
            ? NX_ERR_INVALID
            : check_start(base, prev);
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
