#include "kernel/core/receipts.h"

#include <string.h>

#include "kernel/core/registry.h"
#include "kernel/core/rooms.h"
#include "kernel/core/session.h"
#include "tests/support/cmocka.h"
#include "tests/support/core_case.h"

#define PROOF_LEN 8

// What the owner of the rooms and of the tracked sends was told.
struct told {
    unsigned proofs;
    uint64_t after;
    uint64_t upto;
    unsigned proofs_before; // when a tracked event was received
    unsigned received;
    unsigned lost;
    uint64_t cookie;
};

static struct core_case c;
static struct link alice;
static struct told told;

static void on_received(void *user, const struct nx_received_event *ev) {
    (void)user;
    assert_int_equal(ev->session, alice.session);
    assert_true(ev->upto > ev->after);
    assert_int_equal(ev->after, told.upto); // no hole, nothing twice
    told.proofs++;
    told.after = ev->after;
    told.upto = ev->upto;
}

static void on_tracked(
        void *user, nx_session_id session, uint64_t cookie, uint32_t outcome) {
    (void)user;
    (void)session;
    told.received += outcome == NX_TRACKED_RECEIVED ? 1 : 0;
    told.lost += outcome == NX_TRACKED_LOST ? 1 : 0;
    told.cookie = cookie;
    told.proofs_before = told.proofs;
}

static struct session *session(void) {
    struct session *found = sessions_find(c.core->sessions, alice.session);
    assert_non_null(found);
    return found;
}

static int set_up(void **state) {
    (void)state;
    const struct nx_room_kind kind = {.struct_size = sizeof(kind),
            .prefix = "test:",
            .flags = NX_ROOM_TRACKED,
            .offset_field = "seq",
            .on_received = on_received};
    core_case_init(&c, NULL);
    memset(&told, 0, sizeof(told));
    assert_int_equal(registry_add_kind(c.core->registry, NULL, &kind), NX_OK);
    core_case_connect(&c, &alice, "alice");
    const struct rooms_join join = {
            .name = core_case_str("test:a"), .session = session()};
    assert_int_equal(rooms_join(c.core->rooms, &join), NX_OK);
    core_turn(c.core);
    nx_buf_clear(&alice.out);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    if (sessions_find(c.core->sessions, alice.session)) {
        core_case_leave(&c, &alice);
    }
    core_case_finish(&c);
    return 0;
}

static void deliver(uint64_t offset) {
    static const char text[] = "{\"event_type\":\"test.event\"}";
    const struct nx_record record = {.struct_size = sizeof(record),
            .epoch = 1,
            .offset = offset,
            .payload = {text, sizeof(text) - 1}};
    assert_int_equal(rooms_deliver(c.core->rooms, core_case_str("test:a"),
                             &record, NX_CLASS_NORMAL, 0),
            1);
}

// Takes the frames written so far: how many Pings, and the last one's payload.
// Frames are small, so each has a header of two bytes.
static unsigned take_pings(unsigned char proof[PROOF_LEN]) {
    unsigned pings = 0;
    core_turn(c.core);
    for (size_t at = 0; at < alice.out.len;) {
        const unsigned char *frame = (const unsigned char *)alice.out.data + at;
        assert_true(frame[1] < 126);
        if (frame[0] == 0x89) {
            assert_int_equal(frame[1], PROOF_LEN);
            memcpy(proof, frame + 2, PROOF_LEN);
            pings++;
            // Nothing that it proves may come behind it.
            assert_int_equal(at + 2u + frame[1], alice.out.len);
        }
        at += 2u + frame[1];
    }
    nx_buf_clear(&alice.out);
    return pings;
}

static void pong(const unsigned char proof[PROOF_LEN]) {
    session_io_pong(c.core, alice.session, proof, PROOF_LEN);
}

static void proves_with_one_ping_all_that_came_before(void **state) {
    (void)state;
    unsigned char proof[PROOF_LEN];
    told.upto = 4; // what is proved begins behind the first record seen
    deliver(5);
    deliver(6);
    assert_int_equal(take_pings(proof), 1);
    assert_int_equal(told.proofs, 0);

    pong(proof);
    assert_int_equal(told.proofs, 1);
    assert_int_equal(told.after, 4);
    assert_int_equal(told.upto, 6);
    pong(proof); // once more: proves nothing
    assert_int_equal(told.proofs, 1);
    assert_int_equal(take_pings(proof), 0);
}

static void proves_later_records_with_a_ping_of_their_own(void **state) {
    (void)state;
    unsigned char first[PROOF_LEN];
    unsigned char second[PROOF_LEN];
    deliver(1);
    assert_int_equal(take_pings(first), 1);
    deliver(2);
    deliver(3);
    assert_int_equal(take_pings(second), 0);

    pong(first);
    assert_int_equal(told.upto, 1);
    assert_int_equal(take_pings(second), 1);
    assert_memory_not_equal(first, second, PROOF_LEN);
    pong(first);
    assert_int_equal(told.upto, 1);
    pong(second);
    assert_int_equal(told.upto, 3);
}

static void ignores_pongs_that_it_did_not_ask_for(void **state) {
    (void)state;
    unsigned char proof[PROOF_LEN] = {0};
    pong(proof);
    deliver(1);
    assert_int_equal(take_pings(proof), 1);
    session_io_pong(c.core, alice.session, proof, PROOF_LEN - 1);
    session_io_pong(c.core, alice.session, NULL, 0);
    proof[0] ^= 1;
    pong(proof);
    assert_int_equal(told.proofs, 0);
    proof[0] ^= 1;
    pong(proof);
    assert_int_equal(told.proofs, 1);
}

static void repeats_the_proof_in_a_heartbeat(void **state) {
    (void)state;
    unsigned char first[PROOF_LEN];
    unsigned char beat[PROOF_LEN];
    deliver(1);
    assert_int_equal(take_pings(first), 1);
    deliver(2);
    receipts_ping(session(), true);
    assert_int_equal(take_pings(beat), 1);
    assert_memory_equal(first, beat, PROOF_LEN);

    pong(beat); // proves no more than it did the first time
    assert_int_equal(told.upto, 1);
    assert_int_equal(take_pings(beat), 1);
    pong(beat);
    assert_int_equal(told.upto, 2);
}

static void tells_the_sender_of_a_tracked_event_once(void **state) {
    (void)state;
    unsigned char proof[PROOF_LEN];
    assert_int_equal(
            receipts_note_send(session(), NULL, 77, on_tracked, NULL), NX_OK);
    session_mark_dirty(session());
    assert_int_equal(take_pings(proof), 1);
    assert_int_equal(told.received, 0);
    pong(proof);
    pong(proof);
    assert_int_equal(told.received, 1);
    assert_int_equal(told.cookie, 77);
    core_case_leave(&c, &alice);
    assert_int_equal(told.lost, 0);
}

// Who catches a session up before it joins relies on it.
static void tells_of_tracked_events_before_records(void **state) {
    (void)state;
    unsigned char proof[PROOF_LEN];
    assert_int_equal(
            receipts_note_send(session(), NULL, 77, on_tracked, NULL), NX_OK);
    deliver(1);
    assert_int_equal(take_pings(proof), 1);
    pong(proof);
    assert_int_equal(told.received, 1);
    assert_int_equal(told.proofs, 1);
    assert_int_equal(told.proofs_before, 0);
}

static void tells_what_was_lost_when_the_session_ends(void **state) {
    (void)state;
    unsigned char proof[PROOF_LEN];
    receipts_note_send(session(), NULL, 1, on_tracked, NULL);
    session_mark_dirty(session());
    assert_int_equal(take_pings(proof), 1);
    receipts_note_send(session(), NULL, 2, on_tracked, NULL);
    deliver(1);
    assert_int_equal(take_pings(proof), 0); // one is on its way

    core_case_leave(&c, &alice);
    assert_int_equal(told.lost, 2);
    assert_int_equal(told.received, 0);
    assert_int_equal(told.proofs, 0);
}

static void holds_a_fixed_number_of_tracked_events(void **state) {
    (void)state;
    unsigned char proof[PROOF_LEN];
    for (unsigned i = 0; i < RECEIPTS_MAX; i++) {
        assert_int_equal(
                receipts_note_send(session(), NULL, i, on_tracked, NULL),
                NX_OK);
    }
    assert_int_equal(receipts_note_send(session(), NULL, 0, on_tracked, NULL),
            NX_ERR_LIMIT);
    session_mark_dirty(session());
    assert_int_equal(take_pings(proof), 1);
    pong(proof);
    assert_int_equal(told.received, RECEIPTS_MAX);
    assert_int_equal(
            receipts_note_send(session(), NULL, 0, on_tracked, NULL), NX_OK);
}

static void forgets_a_room_that_was_left(void **state) {
    (void)state;
    unsigned char proof[PROOF_LEN];
    deliver(1);
    assert_int_equal(take_pings(proof), 1);
    assert_int_equal(
            rooms_leave(c.core->rooms, core_case_str("test:a"), session()),
            NX_OK);
    pong(proof);
    assert_int_equal(told.proofs, 0);
}

static void calls_nobody_whose_plugin_has_gone(void **state) {
    (void)state;
    unsigned char proof[PROOF_LEN];
    receipts_note_send(session(), NULL, 1, on_tracked, NULL);
    session_mark_dirty(session());
    assert_int_equal(take_pings(proof), 1);
    receipts_drop_owner(session(), NULL);
    pong(proof);
    assert_int_equal(told.received + told.lost, 0);
}

int main(void) {
    struct CMUnitTest tests[] = {
            cmocka_unit_test(proves_with_one_ping_all_that_came_before),
            cmocka_unit_test(proves_later_records_with_a_ping_of_their_own),
            cmocka_unit_test(ignores_pongs_that_it_did_not_ask_for),
            cmocka_unit_test(repeats_the_proof_in_a_heartbeat),
            cmocka_unit_test(tells_the_sender_of_a_tracked_event_once),
            cmocka_unit_test(tells_of_tracked_events_before_records),
            cmocka_unit_test(tells_what_was_lost_when_the_session_ends),
            cmocka_unit_test(holds_a_fixed_number_of_tracked_events),
            cmocka_unit_test(forgets_a_room_that_was_left),
            cmocka_unit_test(calls_nobody_whose_plugin_has_gone),
    };
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        tests[i].setup_func = set_up;
        tests[i].teardown_func = tear_down;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
