/*
 * request - one event of a client, on its way to the function that answers.
 *
 * A table (request_kinds.c) says for each event type its fields and what it
 * needs. This part checks the fields, finds the conversation (by its id, the
 * recipient or the message), waits until it is loaded, and checks that the
 * user is a member, before the kind's function runs. A request that has to
 * wait is copied; its JSON is parsed again when its turn comes.
 *
 * Owner:   the callback it is passed to
 * Thread:  logic
 * Errors:  as event handlers: NX_DONE, NX_LATER or a status
 */
#ifndef PLUGINS_CHAT_REQUEST_H
#define PLUGINS_CHAT_REQUEST_H

#include <stdint.h>

#include <nexus/rooms.h>
#include <nexus/router.h>
#include <nexus/types.h>

struct chat;
struct conversation;
struct member;
struct request;

// self is the user's membership; NULL, like conv, for REQUEST_USER.
// Answers through request->op: NX_DONE, or NX_LATER when it will.
typedef int32_t (*request_fn)(const struct request *request,
        struct conversation *conv, struct member *self);

#define REQUEST_FOUNDS  (1u << 0) // a new conversation id is a new conversation
#define REQUEST_JOINS   (1u << 1) // in open conversations, makes a member
#define REQUEST_LOG     (1u << 2) // needs all messages
#define REQUEST_MESSAGE (1u << 3) // is about the message in message_id
#define REQUEST_USER    (1u << 4) // is about the user, no conversation

struct request_kind {
    const char *type; // "chat.message"
    const struct nx_field *fields;
    uint32_t flags;
    request_fn run;
};

struct request {
    struct chat *chat;
    const struct request_kind *kind;
    nx_op_id op;
    nx_session_id session;
    struct nx_str user;
    const struct nx_json *json;
};

// The kind of an event type, or NULL.
const struct request_kind *request_kind_find(struct nx_str type);

// The handler of "chat.".
int32_t request_event(void *user, const struct nx_event *ev);

// A member of the event.
const struct nx_json *request_get(
        const struct request *request, const char *name);
struct nx_str request_str(const struct request *request, const char *name);

// The seq in "seq", or that of the message in "message_id". NX_ERR_NOT_FOUND:
// no such message, NX_ERR_MISSING_FIELD: neither.
nx_status request_seq(const struct request *request,
        const struct conversation *conv, uint64_t *out);

// The position in "since". MISSING_FIELD: there is none, INVALID_FIELD.
nx_status request_since(const struct request *request, struct nx_position *out);

// Answers; the writer may be NULL. request_reply answers with an event of
// the request's type when the client gave no ref, request_ack says nothing.
int32_t request_reply(const struct request *request, struct nx_writer *result);
int32_t request_ack(const struct request *request, struct nx_writer *result);

#endif
