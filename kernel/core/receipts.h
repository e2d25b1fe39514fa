/*
 * receipts - proof that frames have reached a session's WebSocket stack.
 *
 * Standard clients read frames in order and answer a Ping with its payload.
 * So one Ping with a counter is queued behind what needs proof; its Pong
 * proves everything queued before. At most one such Ping is on its way; what
 * comes meanwhile waits for the next. Two users: records of tracked rooms,
 * remembered as one offset for each membership, and single tracked sends.
 *
 * Owner:   the session that embeds it
 * Thread:  logic
 * Errors:  LIMIT at RECEIPTS_MAX sends, NO_MEMORY
 */
#ifndef KERNEL_CORE_RECEIPTS_H
#define KERNEL_CORE_RECEIPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/error.h>
#include <nexus/rooms.h>
#include <nexus/send.h>
#include <nexus/util/list.h>

struct member;
struct plugin;
struct session;

#define RECEIPTS_MAX 1024u // tracked sends that wait in one session

struct receipts {
    uint64_t counter;     // payload of the last Ping
    int64_t caught_up_ms; // when rooms that are not tracked were looked at
    uint32_t send_count;
    bool in_flight;                 // the Pong of the last Ping has not come
    struct nx_list members_waiting; // struct member::proof_link, no Ping yet
    struct nx_list members_covered; // behind the Ping in flight
    struct nx_list sends;           // struct tracked_send::link
};

void receipts_init(struct receipts *receipts);

// A record was queued for this membership.
void receipts_note_record(
        struct member *member, const struct nx_position *position);

// A tracked event was queued; fn is called once.
enum nx_err receipts_note_send(struct session *session, struct plugin *owner,
        uint64_t cookie, nx_tracked_fn fn, void *user);

// Queues a Ping when something waits for proof and none is on its way; with
// force also when nothing waits: the heartbeat.
void receipts_ping(struct session *session, bool force);

// A Pong came; unknown payloads are ignored.
void receipts_pong(struct session *session, const void *data, size_t len);

// The membership ends: forget it.
void receipts_forget(struct member *member);

// The session ends: what is not proved is lost, callbacks say so.
void receipts_finish(struct session *session);

// Forgets the callbacks of a plugin that goes away.
void receipts_drop_owner(struct session *session, const struct plugin *owner);

#endif
