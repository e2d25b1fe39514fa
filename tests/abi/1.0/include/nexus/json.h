/*
 * json - read the event that came in, write the one that goes out.
 *
 * The server parses each message once; a plugin reads it through opaque
 * views. Every reading call accepts NULL (an absent value) and a value of
 * another kind, so look-ups chain without checks. A writer appends straight
 * to an outgoing buffer; its first failure sticks and is reported by the
 * call that consumes it.
 *
 * Interface: "nexus.json" version 1
 * Owner:     views and their strings live until the callback returns in
 *            which they were got; a writer lives until a call consumes it
 *            or discard(), at the latest until that callback returns
 * Thread:    [logic] S R Q
 */
#ifndef NEXUS_JSON_H
#define NEXUS_JSON_H

#include <nexus/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_IFACE_JSON "nexus.json"

// Kinds of a value; bits, so that a field may allow several.
#define NX_JSON_NONE   0u // absent
#define NX_JSON_NULL   (1u << 0)
#define NX_JSON_BOOL   (1u << 1)
#define NX_JSON_INT    (1u << 2) // fits int64_t
#define NX_JSON_FLOAT  (1u << 3) // any other number
#define NX_JSON_STRING (1u << 4)
#define NX_JSON_ARRAY  (1u << 5)
#define NX_JSON_OBJECT (1u << 6)
#define NX_JSON_ANY    0x7fu

// Flags of a field. A NAME is a name or an id: no control characters.
#define NX_FIELD_REQUIRED (1u << 0)
#define NX_FIELD_NAME     (1u << 1)

// What expect() checks about one member of an event.
struct nx_field {
    const char *name; // NULL ends the list
    uint32_t kinds;   // NX_JSON_ bits that are accepted
    uint32_t flags;   // NX_FIELD_ bits
    // Limits of an integer, of the bytes of a string, of the items of an
    // array, of the members of an object. 0, 0: none.
    int64_t min;
    int64_t max;
};

struct nx_event; // <nexus/router.h>

// Visits one member or item; key is absent for items. Non-zero stops.
// [logic] S R Q. Since 1.0.
typedef int32_t (*nx_json_each_fn)(
        void *user, struct nx_str key, const struct nx_json *value);

struct nx_json_v1 {
    NX_INTERFACE_HEAD;

    // ---- reading ----

    // One NX_JSON_ bit. [logic] S R Q. Since 1.0.
    uint32_t (*kind)(const struct nx_json *value);
    // The member of an object, NULL when there is none. [logic] S R Q.
    // Since 1.0.
    const struct nx_json *(*get)(const struct nx_json *value, const char *key);
    // The item of an array, NULL past the end. [logic] S R Q. Since 1.0.
    const struct nx_json *(*at)(const struct nx_json *value, size_t index);
    // Members or items; 0 for anything else. [logic] S R Q. Since 1.0.
    size_t (*count)(const struct nx_json *value);
    // The text of a string, absent for anything else. [logic] S R Q.
    // Since 1.0.
    struct nx_str (*str)(const struct nx_json *value);
    // NX_ERR_INVALID and *out untouched when the kind differs. f64 takes
    // integers too. [logic] S R Q. Since 1.0.
    nx_status (*i64)(const struct nx_json *value, int64_t *out);
    nx_status (*f64)(const struct nx_json *value, double *out);
    nx_status (*boolean)(const struct nx_json *value, int32_t *out);
    // Calls fn for each member or item, in no particular order for members.
    // [logic] S R Q. Since 1.0.
    void (*each)(const struct nx_json *value, nx_json_each_fn fn, void *user);
    // The value as JSON text. [logic] S R Q. Since 1.0.
    struct nx_str (*raw)(
            const struct nx_host *host, const struct nx_json *value);
    // Parses text of the plugin's own, e.g. a stored record. NULL when it is
    // not valid JSON. [logic] S R Q. Since 1.0.
    const struct nx_json *(*parse)(
            const struct nx_host *host, struct nx_str text);

    // Checks the members of an incoming event against a list: required ones
    // present, kinds and sizes right. Members not listed become `warnings` of
    // the answer (errors under protocol.strict); a foreign user_id that is
    // not listed is NX_ERR_IDENTITY. On error the host remembers field and
    // reason, so a handler just returns the status. [logic] R. Since 1.0.
    nx_status (*expect)(const struct nx_host *host, const struct nx_event *ev,
            const struct nx_field *fields);

    // ---- writing ----

    // A new object without members. NULL when out of memory or when more
    // than 64 writers are open. [logic] S R Q. Since 1.0.
    struct nx_writer *(*object)(const struct nx_host *host);
    // A new event: event_type, event_id, timestamp, and user_id unless user
    // is absent, are written already. [logic] S R Q. Since 1.0.
    struct nx_writer *(*event)(
            const struct nx_host *host, const char *type, struct nx_str user);
    // Each appends one member, or one item when key is NULL and an array is
    // open. Strings are escaped; invalid UTF-8 and non-finite numbers are
    // NX_ERR_INVALID at the end. [logic] S R Q. Since 1.0.
    void (*put_str)(
            struct nx_writer *writer, const char *key, struct nx_str value);
    void (*put_i64)(struct nx_writer *writer, const char *key, int64_t value);
    void (*put_u64)(struct nx_writer *writer, const char *key, uint64_t value);
    void (*put_f64)(struct nx_writer *writer, const char *key, double value);
    void (*put_bool)(struct nx_writer *writer, const char *key, int32_t value);
    void (*put_null)(struct nx_writer *writer, const char *key);
    // Copies a value that was read, without parsing it again. An absent
    // value appends nothing. [logic] S R Q. Since 1.0.
    void (*put_json)(struct nx_writer *writer, const char *key,
            const struct nx_json *value);
    // Text that is one valid JSON value already; not checked.
    // [logic] S R Q. Since 1.0.
    void (*put_raw)(
            struct nx_writer *writer, const char *key, struct nx_str json);
    // All members of an object but those in the NULL-ended list.
    // [logic] S R Q. Since 1.0.
    void (*put_members)(struct nx_writer *writer, const struct nx_json *object,
            const char *const *except);
    // Opens an object or an array as a member, or as an item when key is NULL
    // and an array is open. [logic] S R Q. Since 1.0.
    void (*begin_object)(struct nx_writer *writer, const char *key);
    void (*begin_array)(struct nx_writer *writer, const char *key);
    // Closes the innermost open object or array. [logic] S R Q. Since 1.0.
    void (*end)(struct nx_writer *writer);
    // The text so far with everything open closed; the writer stays usable.
    // Absent after a failure. [logic] S R Q. Since 1.0.
    struct nx_str (*text)(struct nx_writer *writer);
    // Throws the writer away; accepts NULL. [logic] S R Q. Since 1.0.
    void (*discard)(struct nx_writer *writer);
};

#ifdef __cplusplus
}
#endif

#endif
