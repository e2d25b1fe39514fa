#include "kernel/core/receipts.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/base/payload.h"
#include "kernel/core/core.h"
#include "kernel/core/plugin.h"
#include "kernel/core/resume.h"
#include "kernel/core/room_position.h"
#include "kernel/core/rooms.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"

#define PROOF_BYTES 8u
// Rooms that are not tracked are proved for the sake of those who come back:
// how old the proof may be is how much they may get twice.
#define CATCH_UP_MS 2000

struct tracked_send {
    struct nx_list link; // struct receipts::sends
    uint64_t counter;    // of the first Ping behind it
    struct plugin *owner;
    uint64_t cookie;
    nx_tracked_fn fn; // NULL: its plugin has gone
    void *user;
};

void receipts_init(struct receipts *receipts) {
    memset(receipts, 0, sizeof(*receipts));
    nx_list_init(&receipts->members_waiting);
    nx_list_init(&receipts->members_covered);
    nx_list_init(&receipts->sends);
}

void receipts_note_record(
        struct member *member, const struct nx_position *position) {
    struct receipts *receipts = &member->session->receipts;
    // The first record, or the first of a log made anew: what a Ping in
    // flight would prove has nothing to do with its offsets.
    if (member->epoch != position->epoch) {
        nx_list_remove(&member->proof_link);
        member->epoch = position->epoch;
        member->proved = position->offset - 1;
        member->pinged = member->proved;
    }
    member->queued = position->offset;
    if (!nx_list_linked(&member->proof_link)) {
        nx_list_append(&receipts->members_waiting, &member->proof_link);
    }
}

enum nx_err receipts_note_send(struct session *session, struct plugin *owner,
        uint64_t cookie, nx_tracked_fn fn, void *user) {
    struct receipts *receipts = &session->receipts;
    if (receipts->send_count >= RECEIPTS_MAX) {
        return NX_ERR_LIMIT;
    }
    struct tracked_send *send = calloc(1, sizeof(*send));
    if (!send) {
        return NX_ERR_NO_MEMORY;
    }
    send->counter = receipts->counter + 1;
    send->owner = owner;
    send->cookie = cookie;
    send->fn = fn;
    send->user = user;
    nx_list_append(&receipts->sends, &send->link);
    receipts->send_count++;
    return NX_OK;
}

static void cover_members(struct receipts *receipts) {
    nx_list_for_each (link, &receipts->members_waiting) {
        struct member *member =
                nx_container_of(link, struct member, proof_link);
        member->pinged = member->queued;
    }
    nx_list_splice(&receipts->members_covered, &receipts->members_waiting);
}

// Seven bits to a byte, so that a proof is text as well: WebSocket stacks that
// check their messages have been seen to take a Pong for a part of one.
static struct payload *proof_frame(uint64_t counter) {
    unsigned char proof[PROOF_BYTES];
    for (unsigned i = 0; i < PROOF_BYTES; i++) {
        proof[i] = counter >> (7 * (PROOF_BYTES - 1 - i)) & 0x7f;
    }
    return payload_create(PAYLOAD_PING, proof, sizeof(proof));
}

// The last one waits if any does.
static bool a_send_waits(const struct receipts *receipts) {
    struct nx_list *last = receipts->sends.prev;
    return !nx_list_empty(&receipts->sends)
            && nx_container_of(last, struct tracked_send, link)->counter
            > receipts->counter;
}

static bool anything_waits(const struct receipts *receipts) {
    return !nx_list_empty(&receipts->members_waiting) || a_send_waits(receipts);
}

// Once in a while: costs a walk of the session's rooms.
static void catch_up(struct session *session, bool force) {
    struct receipts *receipts = &session->receipts;
    const struct core *core = session->core;
    int64_t now_ms = clock_now_ms(&core->clock);
    bool due = force || now_ms - receipts->caught_up_ms >= CATCH_UP_MS;
    if (receipts->in_flight || !due || session->member_count == 0
            || core->settings->resume_window == 0) {
        return;
    }
    receipts->caught_up_ms = now_ms;
    nx_list_for_each (link, &session->members) {
        room_position_catch_up(
                nx_container_of(link, struct member, session_link));
    }
}

void receipts_ping(struct session *session, bool force) {
    struct receipts *receipts = &session->receipts;
    catch_up(session, force);
    if (!force && (receipts->in_flight || !anything_waits(receipts))) {
        return;
    }
    // A forced Ping while one is in flight repeats its counter: it proves no
    // less, and what came meanwhile still waits for a Ping of its own.
    uint64_t counter = receipts->counter + (receipts->in_flight ? 0 : 1);
    struct payload *ping = proof_frame(counter);
    if (ping && session_push(session, ping, OUTBOX_NORMAL, 0)
            && !receipts->in_flight) {
        receipts->counter = counter;
        receipts->in_flight = true;
        cover_members(receipts);
    }
    payload_unref(ping);
}

static void finish_send(
        struct session *session, struct tracked_send *send, uint32_t outcome) {
    session->receipts.send_count--;
    if (send->fn) {
        plugin_enter(send->owner, "tracked");
        send->fn(send->user, session->id, send->cookie, outcome);
        plugin_leave(send->owner);
    }
    free(send);
}

static bool first_is_before(const struct nx_list *sends, uint64_t counter) {
    struct nx_list *first = sends->next;
    return !nx_list_empty(sends)
            && nx_container_of(first, struct tracked_send, link)->counter
            <= counter;
}

// Of the sends before that Ping, from the first: callbacks may send more.
static void finish_sends(
        struct session *session, uint64_t counter, uint32_t outcome) {
    struct nx_list *sends = &session->receipts.sends;
    struct nx_list *link;
    while (first_is_before(sends, counter)
            && (link = nx_list_take_first(sends)) != NULL) {
        finish_send(session, nx_container_of(link, struct tracked_send, link),
                outcome);
    }
}

static void prove_members(struct session *session, struct nx_list *covered) {
    struct nx_list *link;
    while ((link = nx_list_take_first(covered)) != NULL) {
        struct member *member =
                nx_container_of(link, struct member, proof_link);
        uint64_t after = member->proved;
        if (member->pinged > after) { // else a system.ack was faster
            member->proved = member->pinged;
        }
        if (member->queued > member->pinged) {
            nx_list_append(
                    &session->receipts.members_waiting, &member->proof_link);
        }
        rooms_received(session->core->rooms, member, after, member->proved);
    }
}

static bool is_proof(
        const struct receipts *receipts, const void *data, size_t len) {
    if (!receipts->in_flight || len != PROOF_BYTES) {
        return false;
    }
    const unsigned char *proof = data;
    uint64_t counter = 0;
    for (unsigned i = 0; i < PROOF_BYTES; i++) {
        counter = counter << 7 | proof[i];
    }
    return counter == receipts->counter;
}

void receipts_pong(struct session *session, const void *data, size_t len) {
    struct receipts *receipts = &session->receipts;
    if (!is_proof(receipts, data, len)) {
        return;
    }
    receipts->in_flight = false;
    resume_received(session);
    // Callbacks may leave rooms or send more, so both lists are worked off
    // from their heads. Sends first: a plugin that caught a session up before
    // it let it join hears so before it hears of records.
    finish_sends(session, receipts->counter, NX_TRACKED_RECEIVED);
    prove_members(session, &receipts->members_covered);
    if (session->state == SESSION_OPEN && anything_waits(receipts)) {
        session_mark_dirty(session);
    }
}

void receipts_forget(struct member *member) {
    nx_list_remove(&member->proof_link);
}

void receipts_finish(struct session *session) {
    finish_sends(session, UINT64_MAX, NX_TRACKED_LOST);
}

void receipts_drop_owner(struct session *session, const struct plugin *owner) {
    nx_list_for_each (link, &session->receipts.sends) {
        struct tracked_send *send =
                nx_container_of(link, struct tracked_send, link);
        if (send->owner == owner) {
            send->fn = NULL;
            send->owner = NULL;
        }
    }
}
