/*
 * engine - what outlives a session or crosses a node.
 *
 * Logs of rooms (publish, history) and small facts (put, get, remove, scan).
 * One provider is behind it: memory, a database, a cluster; a plugin is
 * written once and is right on all. Every completion comes exactly once, on
 * the logic thread, never before the call returns, and says how safe the
 * result is: a durable provider completes after its commit.
 *
 * Interface: "nexus.engine" version 1
 * Errors:    a call that returns an error calls no completion
 * Thread:    [logic] R Q
 */
#ifndef NEXUS_ENGINE_H
#define NEXUS_ENGINE_H

#include <nexus/rooms.h>
#include <nexus/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_IFACE_ENGINE   "nexus.engine"

#define NX_PUBLISH_EXPECT (1u << 0) // append only at expect_offset
#define NX_PUBLISH_SILENT (1u << 1) // append, but tell no member
#define NX_PUBLISH_NO_LOG (1u << 2) // tell members, but do not append

// How to publish. All zero is what nobody needs to say.
struct nx_publish_opts {
    uint32_t struct_size;
    uint32_t flags;         // NX_PUBLISH_
    uint32_t cls;           // NX_CLASS_ for the members' queues, with NO_LOG;
                            // records of a log are NORMAL, to keep their order
    uint32_t dedupe_ttl_s;  // how long dedupe_key is remembered
    uint64_t expect_offset; // with EXPECT: the log must end here, else CONFLICT
    nx_session_id except;   // a session that is not sent the record
    // A repeated key in the same room appends nothing and completes with the
    // first result, duplicate set. Up to 256 bytes; absent: none.
    struct nx_bytes dedupe_key;
    // Up to 256 bytes kept with the key and given back to a duplicate.
    struct nx_bytes memo;
};

// What became of an append.
struct nx_publish_result {
    uint32_t struct_size;
    nx_status status; // CONFLICT, ENGINE_BUSY, ENGINE_UNAVAILABLE, ...
    uint64_t epoch;
    uint64_t offset;      // of the record; on CONFLICT the log's end; 0: no log
    int64_t time_ms;      // UTC, of the append
    int32_t duplicate;    // the first result of this dedupe_key
    uint32_t delivered;   // sessions on this node that were sent it
    struct nx_bytes memo; // of the first publish; borrowed until fn returns
};

// What became of a publish. [logic] R Q. Since 1.0.
typedef void (*nx_published_fn)(
        void *user, const struct nx_publish_result *result);

// Which part of a log: after an offset, oldest first; or before one, newest
// first (0: from the end).
#define NX_HISTORY_AFTER  0u
#define NX_HISTORY_BEFORE 1u

// A part of a log, and where the log is.
struct nx_history_result {
    uint32_t struct_size;
    nx_status status;
    uint64_t epoch; // also of a log without records yet; 0: not known
    uint64_t first; // oldest offset still kept, 0: none
    uint64_t last;  // newest offset, 0: none
    size_t count;   // of records
    const struct nx_record *records; // borrowed until fn returns
};

// A part of a log. [logic] R Q. Since 1.0.
typedef void (*nx_history_fn)(
        void *user, const struct nx_history_result *result);

// One small fact.
struct nx_fact {
    uint32_t struct_size;
    uint32_t reserved0;
    struct nx_str key;     // without the plugin's own space
    struct nx_bytes value; // as it was put
    uint64_t revision;     // grows with every change of this key
};

// What a call about facts has found or changed.
struct nx_fact_result {
    uint32_t struct_size;
    nx_status status;  // NOT_FOUND, CONFLICT, ...
    uint64_t revision; // after a put; on CONFLICT the current one, 0: no key
    size_t count;      // of facts: 0 or 1 for get, up to limit for scan
    const struct nx_fact *facts; // borrowed until fn returns
};

// What became of a put or remove, what a get or scan found. [logic] R Q.
// Since 1.0.
typedef void (*nx_fact_fn)(void *user, const struct nx_fact_result *result);

#define NX_PUT_ANY UINT64_MAX // expect_revision: whatever is there
#define NX_PUT_NEW 0u         // expect_revision: the key must not exist

struct nx_engine_v1 {
    NX_INTERFACE_HEAD;

    // Appends an event to the room's log, by the rules of its kind, and sends
    // it to all members on every node, the sender included. Consumes the
    // event writer, also on error. opts and done may be NULL; opts and
    // room_name are borrowed. INVALID: no kind has that prefix; ENGINE_BUSY:
    // try again; TOO_LARGE. [logic] R Q. Since 1.0.
    nx_status (*publish)(const struct nx_host *host, struct nx_str room_name,
            struct nx_writer *event, const struct nx_publish_opts *opts,
            nx_published_fn done, void *user);

    // Reads up to limit (at most 1,000) records of a log. limit 0 asks for the
    // position only. [logic] R Q. Since 1.0.
    nx_status (*history)(const struct nx_host *host, struct nx_str room_name,
            uint32_t direction, uint64_t offset, uint32_t limit,
            nx_history_fn done, void *user);

    // Stores a fact of this plugin: key up to 512 bytes, value up to 1 MiB.
    // ttl_ms 0 keeps it. CONFLICT in the result when the revision differs
    // from expect_revision. done may be NULL. [logic] R Q. Since 1.0.
    nx_status (*put)(const struct nx_host *host, struct nx_str key,
            struct nx_bytes value, uint64_t ttl_ms, uint64_t expect_revision,
            nx_fact_fn done, void *user);

    // Looks a fact up; NOT_FOUND in the result when there is none.
    // [logic] R Q. Since 1.0.
    nx_status (*get)(const struct nx_host *host, struct nx_str key,
            nx_fact_fn done, void *user);

    // Removes a fact; one that is not there is NOT_FOUND in the result. done
    // may be NULL. [logic] R Q. Since 1.0.
    nx_status (*remove)(const struct nx_host *host, struct nx_str key,
            nx_fact_fn done, void *user);

    // Facts whose key begins with prefix, in order of their bytes, after
    // `after` (absent: from the first), at most limit (up to 1,000).
    // [logic] R Q. Since 1.0.
    nx_status (*scan)(const struct nx_host *host, struct nx_str prefix,
            struct nx_str after, uint32_t limit, nx_fact_fn done, void *user);

    // 1 when an acknowledged record survives a crash. [logic] R Q. Since 1.0.
    int32_t (*durable)(const struct nx_host *host);
};

#ifdef __cplusplus
}
#endif

#endif
