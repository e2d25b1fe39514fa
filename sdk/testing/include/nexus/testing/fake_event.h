/*
 * fake_event - one JSON text that a test looks into.
 *
 * A field is named by its path: "content", "details.field", "messages.0.seq";
 * "" is the whole text. All functions accept NULL, the event that did not
 * come, and a field that is not there.
 *
 * Owner:   the fake host it came from, until that is destroyed
 * Thread:  that of the test
 * Errors:  absent values as said
 */
#ifndef FAKE_EVENT_H
#define FAKE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct fake_event; // one JSON text

// What fake_event_i64 returns for everything but an integer.
#define FAKE_EVENT_NONE INT64_MIN

// The text as it was sent; "" for NULL.
const char *fake_event_text(const struct fake_event *event);

// Its event_type; "" without one.
const char *fake_event_type(const struct fake_event *event);

// Whether the field is there, be it null.
bool fake_event_has(const struct fake_event *event, const char *field);

// The text of a string, NULL for anything else.
const char *fake_event_str(const struct fake_event *event, const char *field);

// The value of an integer.
int64_t fake_event_i64(const struct fake_event *event, const char *field);

// A number of either kind, NaN for anything else.
double fake_event_f64(const struct fake_event *event, const char *field);

// False for anything but true.
bool fake_event_bool(const struct fake_event *event, const char *field);

// Items of an array, members of an object, 0 for anything else.
size_t fake_event_count(const struct fake_event *event, const char *field);

// Whether the field is this string.
bool fake_event_is(
        const struct fake_event *event, const char *field, const char *value);

#ifdef __cplusplus
}
#endif

#endif
