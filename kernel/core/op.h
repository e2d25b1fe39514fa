/*
 * op - one request that has not had its one answer yet.
 *
 * Every event with an answer, every authentication question put off and
 * every HTTP request is an op with an id never reused. The id is all a
 * plugin holds, so answering twice, or a client that has left, is an
 * ordinary failed look-up. An op left alone for OP_TIMEOUT_MS is answered
 * `timeout`.
 *
 * Owner:   struct ops, of the core
 * Thread:  logic
 * Errors:  NULL at limits.pending_requests or without memory
 */
#ifndef KERNEL_CORE_OP_H
#define KERNEL_CORE_OP_H

#include <stdbool.h>
#include <stdint.h>

#include <nexus/error.h>
#include <nexus/types.h>
#include <nexus/util/list.h>

#include "kernel/base/timers.h"

struct auth_question;
struct core;
struct nx_auth_decision;
struct ops;
struct plugin;

#define OP_TIMEOUT_MS 60000
#define OP_TYPE_MAX   64
#define OP_REF_MAX    64

enum op_kind {
    OP_EVENT, // answered with ack, result or error events
    OP_AUTH,  // answered with a decision
    OP_HTTP,  // answered with a response
};

struct op {
    struct core *core;
    nx_op_id id;
    enum op_kind kind;
    struct plugin *owner;   // who was asked last, NULL: the kernel; op_own()
    nx_session_id session;  // EVENT, AUTH while connecting or joining
    struct http_link *link; // HTTP
    char type[OP_TYPE_MAX + 1]; // EVENT: event_type
    char ref[OP_REF_MAX + 1];   // EVENT: "" when the client sent none
    bool has_ref;
    // What fields_check() found, for `warnings` or the details of an error;
    // NULL mostly, freed with the op.
    struct fields_report *report;
    // AUTH: what to do with the verdict. Called once.
    void (*decided)(struct core *core, struct op *op,
            const struct nx_auth_decision *decision);
    void *context;                  // AUTH: decided()'s own, freed with the op
    struct auth_question *question; // AUTH: to ask it again, freed with the op
    bool held;                      // AUTH: nobody has it, see auth_hold()
    struct timer timer;
    struct nx_list link_free; // struct ops::free
};

struct ops *ops_create(struct core *core);

// Forgets all ops without answering. Accepts NULL.
void ops_destroy(struct ops *ops);

// A new op, zeroed but for id and kind, with its time-out running.
struct op *ops_add(struct ops *ops, enum op_kind kind);

// The op, or NULL when it was answered or its client has left.
struct op *ops_find(struct ops *ops, nx_op_id id);

// Whether a plugin may have one more; counted when not. The kernel (NULL) may.
bool ops_may_own(const struct ops *ops, struct plugin *owner);

// Whose it is from now on.
void op_own(struct op *op, struct plugin *owner);

// Ends the op: its id names nothing from here on.
void ops_remove(struct ops *ops, struct op *op);

size_t ops_count(const struct ops *ops);

// Walks the ops by id, safe against changes: start with *cursor = 0.
struct op *ops_next(const struct ops *ops, uint64_t *cursor);

// Answers an EVENT op and removes it: ack when there was a ref, else a result
// event when `result` says so. writer is consumed, may be NULL.
enum nx_err op_reply(struct core *core, struct op *op, struct nx_writer *writer,
        uint32_t flags);

// Answers any op with an error, by its kind, and removes it.
struct nx_failure;
enum nx_err op_fail(
        struct core *core, struct op *op, const struct nx_failure *failure);

// The same with nothing but a status.
enum nx_err op_fail_status(struct core *core, struct op *op, nx_status status);

#endif
