/*
 * fake_assert - checks for cmocka that say what was there instead.
 *
 * Nothing else of the fake host needs cmocka.
 *
 * Thread:  that of the test
 * Errors:  the test fails
 */
#ifndef FAKE_ASSERT_H
#define FAKE_ASSERT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

// Must stay behind the four above.
#include <cmocka.h>

#include "fake_host.h"

// A condition; when it does not hold, the host's last error is told.
#define FAKE_ASSERT(host, condition) \
    fake_assert_true(host, condition, #condition, __FILE__, __LINE__)

// The next event of the session has this type: declares `event`.
#define FAKE_EXPECT(event, host, session, type) \
    const struct fake_event *event = fake_host_expect(host, session, type); \
    FAKE_ASSERT(host, (event) != NULL)

// A string field of an event.
#define FAKE_ASSERT_STR(event, field, value) \
    fake_assert_str(event, field, value, __FILE__, __LINE__)

// An integer field of an event.
#define FAKE_ASSERT_I64(event, field, value) \
    fake_assert_i64(event, field, value, __FILE__, __LINE__)

// The session was sent nothing that it has not read.
#define FAKE_ASSERT_SILENT(host, session) \
    fake_assert_silent(host, session, __FILE__, __LINE__)

// A metric has this value.
#define FAKE_ASSERT_METRIC(host, name, value) \
    fake_assert_metric(host, name, value, __FILE__, __LINE__)

// What FAKE_ASSERT calls.
static inline void fake_assert_true(const struct fake_host *host,
        bool condition, const char *text, const char *file, int line) {
    if (!condition) {
        print_error("%s: %s\n", text, fake_host_error(host));
        _fail(file, line);
    }
}

// What FAKE_ASSERT_STR calls.
static inline void fake_assert_str(const struct fake_event *event,
        const char *field, const char *value, const char *file, int line) {
    if (!fake_event_is(event, field, value)) {
        print_error("%s is not \"%s\" in %s\n", field, value,
                fake_event_text(event));
        _fail(file, line);
    }
}

// What FAKE_ASSERT_I64 calls.
static inline void fake_assert_i64(const struct fake_event *event,
        const char *field, int64_t value, const char *file, int line) {
    if (fake_event_i64(event, field) != value) {
        print_error("%s is not %lld in %s\n", field, (long long)value,
                fake_event_text(event));
        _fail(file, line);
    }
}

// What FAKE_ASSERT_METRIC calls.
static inline void fake_assert_metric(struct fake_host *host, const char *name,
        double value, const char *file, int line) {
    double found = fake_host_metric(host, name);
    // Also when it is not a number.
    if (!(found >= value && found <= value)) {
        print_error("%s is %g, not %g\n", name, found, value);
        _fail(file, line);
    }
}

// What FAKE_ASSERT_SILENT calls.
static inline void fake_assert_silent(struct fake_host *host,
        nx_session_id session, const char *file, int line) {
    const struct fake_event *event = fake_host_next(host, session);
    if (event) {
        print_error("nothing was expected, there came %s\n",
                fake_event_text(event));
        _fail(file, line);
    }
}

#endif
