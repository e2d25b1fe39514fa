/*
 * fields - checks the members of an incoming object against a list.
 *
 * The list says which members there may be, of which kinds and sizes, and
 * which must be there; see struct nx_field. event_type and ref are always
 * allowed. A user_id that is not listed must be the session's own. Members
 * that nobody listed are counted, the first few by name.
 *
 * Owner:   the caller; the report holds copies only
 * Thread:  any, as far as the value may be read
 * Errors:  the first of IDENTITY, MISSING_FIELD, INVALID_FIELD and, when
 *          strict, UNKNOWN_FIELD; BAD_REQUEST when root is no object
 */
#ifndef KERNEL_CORE_FIELDS_H
#define KERNEL_CORE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include <nexus/error.h>
#include <nexus/json.h>
#include <nexus/types.h>

#define FIELDS_NAME_SIZE    65 // longer names are cut, between characters
#define FIELDS_REASON_SIZE  256
#define FIELDS_UNKNOWN_KEPT 8

// Members that are in no list.
struct fields_unknown {
    size_t count; // all of them
    size_t kept;  // names below
    char name[FIELDS_UNKNOWN_KEPT][FIELDS_NAME_SIZE];
};

struct fields_report {
    char field[FIELDS_NAME_SIZE];    // the one that failed, "" if none
    char reason[FIELDS_REASON_SIZE]; // "content must be a string of at ..."
    struct fields_unknown unknown;   // complete unless a check failed
};

// list ends with a NULL name; NULL is an empty list. An absent session_user
// contradicts no user_id: for events that a plugin raised itself.
enum nx_err fields_check(const struct nx_json *root,
        const struct nx_field *list, struct nx_str session_user, bool strict,
        struct fields_report *out);

// False for control characters (C0, DEL, C1): what NX_FIELD_NAME demands.
bool fields_is_name(struct nx_str text);

#endif
