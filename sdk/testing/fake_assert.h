/*
 * fake_assert - checks for cmocka that say what was there instead.
 *
 * Include <cmocka.h> before. Nothing else of the fake host needs cmocka.
 *
 * Thread:  that of the test
 * Errors:  the test fails
 */
#ifndef FAKE_ASSERT_H
#define FAKE_ASSERT_H

#include "fake_host.h"

// A condition; when it does not hold, the host's last error is told.
#define FAKE_ASSERT(host, condition) \
    do { \
        if (!(condition)) { \
            fail_msg("%s: %s", #condition, fake_host_error(host)); \
        } \
    } while (0)

// The next event of the session has this type: declares `event`.
#define FAKE_EXPECT(event, host, session, type) \
    const struct fake_event *event = fake_host_expect(host, session, type); \
    FAKE_ASSERT(host, (event) != NULL)

// A string field of an event.
#define FAKE_ASSERT_STR(event, field, value) \
    do { \
        if (!fake_event_is(event, field, value)) { \
            fail_msg("%s is not \"%s\" in %s", field, value, \
                    fake_event_text(event)); \
        } \
    } while (0)

// An integer field of an event.
#define FAKE_ASSERT_I64(event, field, value) \
    do { \
        if (fake_event_i64(event, field) != (value)) { \
            fail_msg("%s is not %lld in %s", field, (long long)(value), \
                    fake_event_text(event)); \
        } \
    } while (0)

// The session was sent nothing that it has not read.
#define FAKE_ASSERT_SILENT(host, session) \
    do { \
        const struct fake_event *rest_ = fake_host_next(host, session); \
        if (rest_) { \
            fail_msg("nothing was expected, there came %s", \
                    fake_event_text(rest_)); \
        } \
    } while (0)

#endif
