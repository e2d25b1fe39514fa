/*
 * stamp - points in time as text: RFC 3339, milliseconds.
 *
 * Thread:  any
 * Errors:  false for text that names no point in time
 */
#ifndef PLUGINS_NOTIFY_STAMP_H
#define PLUGINS_NOTIFY_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#include <nexus/types.h>

#define STAMP_SIZE 25 // "2026-01-31T12:00:00.123Z" and a NUL

// UTC. Times outside the years 0 to 9999 become the nearest end.
void stamp_format(int64_t wall_ms, char out[STAMP_SIZE]);

// Reads "2026-01-31T12:00:00Z", with a fraction of any length, and with an
// offset such as "+01:00" instead of the Z. The fraction is cut to
// milliseconds.
bool stamp_parse(struct nx_str text, int64_t *wall_ms);

#endif
