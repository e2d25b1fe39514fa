/*
 * auth - who may connect, join, send, and call HTTP.
 *
 * Hooks form a chain in the order of the plugin list. The first verdict that
 * is not DEFER decides; when all defer, the server's own rule does: auth.mode
 * "dev" trusts the user_id of the request, any other mode denies.
 *
 * During a reload, questions for a plugin that was asked to rest wait for its
 * successor, and so do those that it has put off and not decided: they are
 * asked once more. Only rooms.join() of another plugin cannot wait.
 *
 * Interface: "nexus.auth" version 1
 * Thread:    [logic]
 */
#ifndef NEXUS_AUTH_H
#define NEXUS_AUTH_H

#include <nexus/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_IFACE_AUTH "nexus.auth"

// What is asked; bits, so that one hook may serve several.
#define NX_AUTH_CONNECT (1u << 0) // open a session: token, user, address
#define NX_AUTH_JOIN    (1u << 1) // become a member: room
#define NX_AUTH_SEND    (1u << 2) // send an event: type
#define NX_AUTH_HTTP    (1u << 3) // call a REST route: method, path, token

// Verdicts.
#define NX_AUTH_DEFER 0 // the next hook decides
#define NX_AUTH_ALLOW 1
#define NX_AUTH_DENY  2
#define NX_AUTH_LATER 3 // CONNECT, JOIN and HTTP only: decide() follows

// One question. Absent strings do not apply. Borrowed until the hook returns.
struct nx_auth_request {
    uint32_t struct_size;
    uint32_t action;       // one NX_AUTH_ bit
    nx_op_id op;           // for decide()
    nx_session_id session; // 0 for HTTP and while connecting
    struct nx_str user;    // CONNECT: the claimed one, else the session's
    struct nx_str token;   // of the request, not checked by anybody yet
    struct nx_str address; // of the client
    struct nx_str room;    // JOIN
    struct nx_str type;    // SEND: event_type
    struct nx_str method;  // HTTP
    struct nx_str path;    // HTTP
};

// A verdict with its particulars; copied.
struct nx_auth_decision {
    uint32_t struct_size;
    int32_t verdict;      // NX_AUTH_ALLOW or NX_AUTH_DENY
    struct nx_str user;   // CONNECT: the authenticated user, absent: claimed
    struct nx_str reason; // DENY: sentence for the client
    int64_t expires_ms;   // CONNECT: UTC when the token ends, 0: never
};

// Answers ALLOW, DENY or DEFER at once and may fill *decision, or LATER.
// *decision is zero but for struct_size, which says how much of it this server
// reads. [logic] R. Since 1.0.
typedef int32_t (*nx_auth_fn)(void *user, const struct nx_auth_request *request,
        struct nx_auth_decision *decision);

struct nx_auth_v1 {
    NX_INTERFACE_HEAD;

    // Adds a hook for a set of NX_AUTH_ bits. [logic] S. Since 1.0.
    nx_status (*hook)(const struct nx_host *host, uint32_t actions,
            nx_auth_fn fn, void *user);

    // Gives the verdict a hook put off. No decision within auth.timeout is
    // DENY. GONE: the client has left. [logic] R Q. Since 1.0.
    nx_status (*decide)(const struct nx_host *host, nx_op_id op,
            const struct nx_auth_decision *decision);
};

#ifdef __cplusplus
}
#endif

#endif
