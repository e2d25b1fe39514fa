/*
 * check - what plugins have in common that nexusctl plugin check must catch.
 *
 * Each file includes this behind CHECK_PREFIX, does one thing wrong in
 * check_event() or in a step of its own, and ends with CHECK_PLUGIN().
 */
#ifndef TESTS_PLUGINS_CHECK_CHECK_H
#define TESTS_PLUGINS_CHECK_CHECK_H

#include "tests/plugins/bad.h"

static int32_t check_event(void *user, const struct nx_event *ev);

static nx_status check_start(
        struct nx_plugin *base, const struct nx_state_reader *prev) {
    struct bad *bad = bad_of(base);
    return bad->nx.router->handle(bad->nx.host, "check.", check_event, bad);
}

static inline nx_status check_create(
        const struct nx_host *host, struct nx_plugin **out) {
    nx_status status = bad_create(host, out);
    if (status == NX_OK) {
        (*out)->start = check_start;
    }
    return status;
}

// The type check.do, which the checker finds in the file.
static inline int check_is_do(const struct nx_event *ev) {
    return nx_str_is(ev->type, "check.do");
}

#define CHECK_PLUGIN(state_version, create) \
    NX_PLUGIN("check", "1.0.0", "MIT", "does one thing wrong", state_version, \
            state_version, ("check."), ("nexus.router/1", "nexus.json/1"), \
            NULL, create)

#endif
