#include "kernel/core/packer.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/base/payload.h"
#include "kernel/core/session.h"
#include "kernel/core/stats.h"
#include "tests/support/core_case.h"

#define RSV1    0x40
#define MESSAGE 2000

struct fixture {
    struct core_case c;
    struct link plain;
    struct link packed;
};

static void connect_packed(
        struct core_case *c, struct link *link, const char *query) {
    const struct gate_request request = {
            .query = core_case_str(query),
            .address = core_case_str("127.0.0.1"),
            .deflate = true,
    };
    memset(link, 0, sizeof(*link));
    nx_buf_init(&link->out, CORE_CASE_MAX);
    link->session = gate_open(c->core, link, &request);
    assert_true(link->session != 0);
    core_turn(c->core);
}

static void begin(struct fixture *f, const char *const *sets) {
    core_case_init(&f->c, sets);
    core_case_connect(&f->c, &f->plain, "alice");
    connect_packed(&f->c, &f->packed, "user_id=bob");
    nx_buf_clear(&f->plain.out);
    nx_buf_clear(&f->packed.out);
}

static void finish(struct fixture *f) {
    core_case_leave(&f->c, &f->plain);
    core_case_leave(&f->c, &f->packed);
    assert_int_equal(f->c.core->stats->deflate_sessions, 0);
    assert_int_equal(f->c.core->stats->queued_bytes, 0);
    core_case_finish(&f->c);
}

static struct session *session_of(struct fixture *f, const struct link *link) {
    return sessions_find(f->c.core->sessions, link->session);
}

static struct payload *message(enum payload_opcode opcode, size_t len) {
    static const char text[] = "{\"event_type\":\"room.broadcast\"},";
    struct payload *payload = payload_alloc(opcode, len);
    assert_non_null(payload);
    char *body = payload_body_mut(payload);
    for (size_t i = 0; i < len; i++) {
        body[i] = text[i % (sizeof(text) - 1)];
    }
    return payload;
}

static bool is_packed(const struct payload *payload) {
    return (payload_frame(payload, NULL)[0] & RSV1) != 0;
}

// Whether a message of this kind gets a twin.
static bool gets_packed(
        struct fixture *f, enum payload_opcode opcode, size_t len) {
    struct payload *payload = message(opcode, len);
    struct payload *chosen = packer_choose(f->c.core->packer, payload);
    bool packed = is_packed(chosen);
    assert_true(packed == (chosen != payload));
    assert_ptr_equal(packer_choose(f->c.core->packer, payload), chosen);
    payload_unref(payload);
    return packed;
}

static void packs_a_frame_once_for_all(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, NULL);
    struct link third;
    connect_packed(&f.c, &third, "user_id=carol");
    const struct stats *stats = f.c.core->stats;
    const struct stats before = *stats; // the welcome was packed, too
    struct payload *payload = message(PAYLOAD_TEXT, MESSAGE);

    session_push(session_of(&f, &f.plain), payload, OUTBOX_NORMAL, 0);
    assert_null(payload_twin(payload));
    session_push(session_of(&f, &f.packed), payload, OUTBOX_NORMAL, 0);
    session_push(session_of(&f, &third), payload, OUTBOX_NORMAL, 0);

    assert_int_equal(stats->deflate_frames - before.deflate_frames, 1);
    assert_int_equal(
            stats->deflate_bytes_in - before.deflate_bytes_in, MESSAGE);
    const struct payload *twin = payload_twin(payload);
    size_t saved = payload_frame_len(payload) - payload_frame_len(twin);
    assert_int_equal(stats->deflate_saved - before.deflate_saved, 2 * saved);
    payload_unref(payload);
    core_case_leave(&f.c, &third);
    finish(&f);
}

static void counts_the_bytes_that_will_be_written(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, NULL);
    struct payload *payload = message(PAYLOAD_TEXT, MESSAGE);
    struct session *plain = session_of(&f, &f.plain);
    struct session *packed = session_of(&f, &f.packed);

    session_push(plain, payload, OUTBOX_NORMAL, 0);
    session_push(packed, payload, OUTBOX_NORMAL, 0);

    size_t len = payload_frame_len(payload_twin(payload));
    assert_true(len < MESSAGE / 2);
    assert_int_equal(plain->outbox.bytes, payload_frame_len(payload));
    assert_int_equal(packed->outbox.bytes, len);
    assert_int_equal(
            f.c.core->stats->queued_bytes, payload_frame_len(payload) + len);
    core_turn(f.c.core);
    assert_int_equal(f.plain.out.len, payload_frame_len(payload));
    assert_int_equal(f.packed.out.len, len);
    assert_int_equal(f.c.core->stats->queued_bytes, 0);
    payload_unref(payload);
    finish(&f);
}

// What counts against limits.outbox_bytes is what is sent.
static void lets_a_slow_client_have_more_of_what_is_packed(void **state) {
    (void)state;
    static const char *const sets[] = {"limits.outbox_bytes=4096", NULL};
    struct fixture f;
    begin(&f, sets);
    f.plain.busy = f.packed.busy = true;
    for (int i = 0; i < 3; i++) {
        struct payload *payload = message(PAYLOAD_TEXT, MESSAGE);
        session_push(session_of(&f, &f.plain), payload, OUTBOX_NORMAL, 0);
        session_push(session_of(&f, &f.packed), payload, OUTBOX_NORMAL, 0);
        payload_unref(payload);
        core_turn(f.c.core);
    }
    assert_int_equal(session_of(&f, &f.plain)->close_code, 4507);
    assert_int_equal(session_of(&f, &f.packed)->close_code, 0);
    finish(&f);
}

static void leaves_small_and_huge_frames_alone(void **state) {
    (void)state;
    static const char *const sets[] = {
            "deflate.min_bytes=100", "deflate.max_bytes=1000", NULL};
    struct fixture f;
    begin(&f, sets);
    assert_false(gets_packed(&f, PAYLOAD_TEXT, 0));
    assert_false(gets_packed(&f, PAYLOAD_TEXT, 99));
    assert_true(gets_packed(&f, PAYLOAD_TEXT, 100));
    assert_true(gets_packed(&f, PAYLOAD_TEXT, 1000));
    assert_false(gets_packed(&f, PAYLOAD_TEXT, 1001));
    finish(&f);
}

static void leaves_control_frames_alone(void **state) {
    (void)state;
    static const char *const sets[] = {"deflate.min_bytes=1", NULL};
    struct fixture f;
    begin(&f, sets);
    assert_false(gets_packed(&f, PAYLOAD_PING, 120));
    assert_false(gets_packed(&f, PAYLOAD_CLOSE, 120));
    assert_true(gets_packed(&f, PAYLOAD_BINARY, 120));
    finish(&f);
}

static void sends_what_does_not_shrink_as_it_is(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, NULL);
    unsigned char noise[1000];
    uint32_t seed = 1;
    for (size_t i = 0; i < sizeof(noise); i++) {
        seed = seed * 1664525 + 1013904223;
        noise[i] = (unsigned char)(seed >> 24);
    }
    struct payload *payload =
            payload_create(PAYLOAD_BINARY, noise, sizeof(noise));
    assert_ptr_equal(packer_choose(f.c.core->packer, payload), payload);
    assert_ptr_equal(packer_choose(f.c.core->packer, payload), payload);
    assert_int_equal(f.c.core->stats->deflate_futile, 1);
    payload_unref(payload);
    finish(&f);
}

// 16 MB take longer than the millisecond.
static void stops_when_a_turn_has_had_its_time(void **state) {
    (void)state;
    static const char *const sets[] = {
            "deflate.max_bytes=16777216", "deflate.turn_ms=1", NULL};
    struct fixture f;
    begin(&f, sets);
    assert_true(gets_packed(&f, PAYLOAD_TEXT, (size_t)16 << 20));
    assert_false(gets_packed(&f, PAYLOAD_TEXT, MESSAGE));
    assert_int_equal(f.c.core->stats->deflate_skipped, 1);
    core_turn(f.c.core);
    assert_true(gets_packed(&f, PAYLOAD_TEXT, MESSAGE));
    finish(&f);
}

static void unpacks_what_it_packs(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, NULL);
    struct payload *payload = message(PAYLOAD_TEXT, MESSAGE);
    const struct payload *twin = packer_choose(f.c.core->packer, payload);
    struct nx_bytes body;
    struct nx_bytes out;
    body.ptr = payload_body(twin, &body.len);
    assert_int_equal(
            packer_unpack(f.c.core->packer, body, MESSAGE, &out), DEFLATER_OK);
    assert_int_equal(out.len, MESSAGE);
    assert_memory_equal(out.ptr, payload_body(payload, NULL), MESSAGE);
    assert_int_equal(packer_unpack(f.c.core->packer, body, MESSAGE - 1, &out),
            DEFLATER_TOO_LONG);
    assert_int_equal(f.c.core->stats->inflate_messages, 2);
    assert_int_equal(f.c.core->stats->inflate_bytes_out, MESSAGE);
    payload_unref(payload);
    finish(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(packs_a_frame_once_for_all),
            cmocka_unit_test(counts_the_bytes_that_will_be_written),
            cmocka_unit_test(lets_a_slow_client_have_more_of_what_is_packed),
            cmocka_unit_test(leaves_small_and_huge_frames_alone),
            cmocka_unit_test(leaves_control_frames_alone),
            cmocka_unit_test(sends_what_does_not_shrink_as_it_is),
            cmocka_unit_test(stops_when_a_turn_has_had_its_time),
            cmocka_unit_test(unpacks_what_it_packs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
