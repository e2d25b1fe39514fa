/*
 * probe - what the probe plugin has counted, for tests in the same process.
 *
 * The plugin offers a pointer to its own struct as service PROBE_SERVICE.
 */
#ifndef TESTS_PLUGINS_PROBE_H
#define TESTS_PLUGINS_PROBE_H

#include <stdint.h>

#define PROBE_SERVICE "test.probe"

// X(member): one counter for each kind of callback.
#define PROBE_COUNTS(X) \
    X(creates) \
    X(checks) \
    X(applies) \
    X(starts) \
    X(events) \
    X(observed) \
    X(opened) \
    X(closed) \
    X(joined) \
    X(left) \
    X(records) \
    X(timers) \
    X(works) \
    X(work_done) \
    X(work_cancelled) \
    X(posts) \
    X(published) \
    X(quiesces)

struct probe_counts {
#define PROBE_MEMBER(name) uint64_t name;
    PROBE_COUNTS(PROBE_MEMBER)
#undef PROBE_MEMBER
};

#endif
