/*
 * expect - checks the fields of an event and remembers what was wrong.
 *
 * Thread:  logic
 * Errors:  those of fields.h; the op then knows field and reason, so whoever
 *          answers it needs only the status
 */
#ifndef KERNEL_CORE_EXPECT_H
#define KERNEL_CORE_EXPECT_H

#include <nexus/json.h>
#include <nexus/types.h>

struct core;
struct nx_event;

// As expect() of nexus.json.
nx_status expect_fields(struct core *core, const struct nx_event *ev,
        const struct nx_field *fields);

// The same for an event that carries whatever its sender likes: members that
// are not listed are welcome.
nx_status expect_among(struct core *core, const struct nx_event *ev,
        const struct nx_field *fields);

#endif
