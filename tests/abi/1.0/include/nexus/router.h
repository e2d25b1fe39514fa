/*
 * router - events in, and their one answer.
 *
 * A plugin owns prefixes of event_type ("chat.") or exact types
 * ("notification"); the longest match gets the event, two owners of one
 * prefix fail the load. A request with a `ref` gets exactly one `ack` or
 * `error`; one without gets an answer only when it has a result or fails.
 *
 * Interface: "nexus.router" version 1
 * Thread:    [logic]
 */
#ifndef NEXUS_ROUTER_H
#define NEXUS_ROUTER_H

#include <nexus/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_IFACE_ROUTER "nexus.router"

#define NX_EVENT_JSON   1u // json and raw are set
#define NX_EVENT_BINARY 2u // only raw is set

// One incoming event. Everything in it is borrowed until the handler
// returns; keep ids, copy strings.
struct nx_event {
    uint32_t struct_size;
    uint32_t kind;              // NX_EVENT_JSON or NX_EVENT_BINARY
    uint64_t seq;               // counts all events of the process
    uint64_t received_ns;       // CLOCK_MONOTONIC
    nx_session_id session;      // 0: raised by a plugin through emit()
    nx_op_id op;                // answer with reply() or fail(); 0: no answer
    struct nx_str type;         // "chat.message"
    struct nx_str user;         // the authenticated user
    struct nx_str ref;          // the client's, absent when it sent none
    struct nx_str raw;          // the whole message
    const struct nx_json *json; // the message as an object
};

// What an event handler returns besides an error, which becomes the client's
// `error` event.
#define NX_DONE  0 // handled; answered already or nothing to say
#define NX_LATER 1 // ev->op will be answered from another callback
#define NX_PASS  2 // not mine: the client gets unknown_event

// Handles or observes an event; returns NX_DONE, NX_LATER, NX_PASS or a
// negative status. [logic] R. Since 1.0.
typedef int32_t (*nx_event_fn)(void *user, const struct nx_event *ev);

// What to hear of sessions; bits.
#define NX_SESSION_OPENED (1u << 0)
#define NX_SESSION_CLOSED (1u << 1)
#define NX_SESSION_ACTIVE (1u << 2) // asked for with nexus.users notice()

// A session that was just opened (after its welcome) or is about to be gone
// (it has left its rooms; nothing can be sent to it any more). Opened and
// closed come strictly in pairs, also of one that is resumed: it closes when
// the connection is lost and opens, with another id, when the client is back.
// ACTIVE comes before the event it is about.
struct nx_session_event {
    uint32_t struct_size;
    uint32_t what; // one NX_SESSION_ bit
    nx_session_id session;
    struct nx_str user;
    uint32_t user_sessions; // how many the user has now, this one included
                            // when it opened, excluded when it closed
    uint32_t close_code;    // of NX_SESSION_CLOSED
    uint32_t resumed;       // opened: a client came back. The session is in its
                            // rooms already, has what it missed there, and the
                            // plugin's bytes of before (nexus.users data_get)
    uint32_t reserved0;
};

// Hears of a session. [logic] R. Since 1.0.
typedef void (*nx_session_fn)(void *user, const struct nx_session_event *ev);

// Without `ref`, answer with an event of the request's own type.
#define NX_REPLY_RESULT (1u << 0)

// Why a request failed. All zero but status is enough.
struct nx_failure {
    uint32_t struct_size;
    nx_status status;
    const char *code;          // the plugin's own word, NULL: status' word
    struct nx_str message;     // absent: status' text
    struct nx_writer *details; // an object, consumed; may be NULL
    uint64_t retry_after_ms;   // 0: not stated
};

struct nx_router_v1 {
    NX_INTERFACE_HEAD;

    // Owns an event prefix or exact type; must be covered by info.prefixes.
    // EXISTS when another plugin owns it. The string is copied. [logic] S.
    // Since 1.0.
    nx_status (*handle)(const struct nx_host *host, const char *prefix,
            nx_event_fn fn, void *user);

    // Sees every event below a prefix ("" for all) before its owner does, and
    // cannot answer it: op is 0 and the result is ignored. [logic] S.
    // Since 1.0.
    nx_status (*observe)(const struct nx_host *host, const char *prefix,
            nx_event_fn fn, void *user);

    // Hears of sessions that open and close; what is a set of NX_SESSION_
    // bits. [logic] S. Since 1.0.
    nx_status (*on_session)(const struct nx_host *host, uint32_t what,
            nx_session_fn fn, void *user);

    // Answers a request with the members of the writer's object, which is
    // consumed; NULL for an empty answer. GONE when the client has left or
    // the request was answered before. [logic] R Q. Since 1.0.
    nx_status (*reply)(const struct nx_host *host, nx_op_id op,
            struct nx_writer *result, uint32_t flags);

    // Answers a request with an error. Errors as reply(). [logic] R Q.
    // Since 1.0.
    nx_status (*fail)(const struct nx_host *host, nx_op_id op,
            const struct nx_failure *failure);

    // Raises an event as if a client had sent it, with session and op 0, for
    // whichever plugin owns its type. Consumes the event writer. Delivered
    // after the current callback; NOT_FOUND when nobody owns the type, LIMIT
    // when more than 1,024 wait. user is borrowed. [logic] R. Since 1.0.
    nx_status (*emit)(const struct nx_host *host, struct nx_str type,
            struct nx_str user, struct nx_writer *event);
};

#ifdef __cplusplus
}
#endif

#endif
