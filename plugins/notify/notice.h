/*
 * notice - one notification that somebody wants sent, checked and written.
 *
 * The same for all its recipients: they share one object and one id.
 *
 * Owner:   counted: notice_ref() and notice_unref()
 * Thread:  logic
 * Errors:  NULL, with the reason in struct notice_problem
 */
#ifndef PLUGINS_NOTIFY_NOTICE_H
#define PLUGINS_NOTIFY_NOTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>

#include "plugins/notify/inbox.h"
#include "plugins/notify/notify.h"

#define NOTICE_ID_SIZE 30 // 'n', 12 and 16 digits, and a NUL

struct notice {
    unsigned refs;
    enum priority priority;
    int64_t created_ms;
    int64_t expires_ms; // 0: never
    size_t body_len;
    char id[NOTIFY_ID_MAX + 1];
    char body[]; // a JSON object
};

struct notice_problem {
    nx_status status;
    const char *field; // NULL: no single one
    char text[200];
};

// Who sends it and when, and its id where that is known already.
struct notice_origin {
    struct nx_str sender; // absent: a back end
    struct nx_str id;     // absent: a new one
    int64_t created_ms;
};

// From an object with title, message, notification_type, priority, data,
// expires_at; other members do not matter.
struct notice *notice_read(const struct notify *notify,
        const struct nx_json *json, const struct notice_origin *origin,
        struct notice_problem *problem);

// From what was stored.
struct notice *notice_create(struct nx_str id, struct nx_str body);

struct notice *notice_ref(struct notice *notice);
void notice_unref(struct notice *notice); // accepts NULL

struct nx_str notice_id(const struct notice *notice);
struct nx_str notice_body(const struct notice *notice);

// Fill the problem, the second one but for its text; both return false, for
// the caller to return.
bool notice_complain(struct notice_problem *problem, nx_status status,
        const char *field, const char *text);
bool notice_fail(
        struct notice_problem *problem, nx_status status, const char *field);

// A text of one line: without control characters, within its limits.
bool notice_is_name(struct nx_str text, size_t max);

#endif
