/*
 * router_fuzz - clients of a server without plugins: pings, rooms, recovery.
 *
 * The first byte chooses options, the rest is a talk. Beside what talk.h
 * checks: the records of a room reach each client in their order, and a join
 * that says "recovered" is followed by every record that was missed.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "fake_parts.h"
#include "kernel/core/core.h"
#include "kernel/core/session.h"
#include "tests/fuzz/talk.h"

static const char *const rooms[] = {"\"a\"", "\"b\"", "\"private-c\"", NULL};
static const char *const names[] = {"\"Al\"", "\"\\u00e4\\u20ac\"", NULL};
static const char *const own_users[] = {"\"alice\"", "\"bob\"", NULL};
static const char *const numbers[] = {"1", "2", "7", NULL};
static const char *const flags[] = {"true", "false", NULL};
static const char *const sinces[] = {"@since", NULL};
static const char *const tracked[] = {"\"room:a\"", "\"room:b\"", NULL};
static const char *const anything[] = {
        "\"x\"", "{\"a\":[1,null,\"\\ud83d\\ude00\"]}", "0.1", "[]", NULL};

static const struct talk_field ping_fields[] = {
        {"n", anything}, {"user_id", own_users}, {NULL, NULL}};
static const struct talk_field join_fields[] = {{"room_id", rooms},
        {"username", names}, {"since", sinces}, {NULL, NULL}};
static const struct talk_field leave_fields[] = {
        {"room_id", rooms}, {NULL, NULL}};
static const struct talk_field broadcast_fields[] = {{"room_id", rooms},
        {"echo", flags}, {"text", anything}, {"offset", numbers},
        {"user_id", own_users}, {"event_id", anything}, {NULL, NULL}};
static const struct talk_field ack_fields[] = {
        {"room", tracked}, {"offset", numbers}, {NULL, NULL}};
static const struct talk_field connect_fields[] = {
        {"user_id", own_users}, {"token", anything}, {NULL, NULL}};

static const struct talk_kind kinds[] = {
        {"room.join", join_fields},
        {"room.broadcast", broadcast_fields},
        {"room.join", join_fields},
        {"room.broadcast", broadcast_fields},
        {"room.leave", leave_fields},
        {"ping", ping_fields},
        {"pong", ping_fields},
        {"system.ack", ack_fields},
        {"connect", connect_fields},
        {"disconnect", connect_fields},
        {"nobody.knows", ping_fields},
};

static void joined(struct talk_topic *topic, const struct fake_event *event,
        const struct talk_ask *ask) {
    topic->last = 0;
    topic->until = 0;
    if (fake_event_bool(event, "recovered") && ask && ask->since >= 0) {
        topic->last = ask->since;
        topic->until = fake_event_i64(event, "offset");
        assert(topic->until >= topic->last);
    }
}

static void record(struct talk_topic *topic, int64_t offset) {
    assert(offset > topic->last);
    if (topic->last < topic->until) {
        assert(offset == topic->last + 1);
    }
    topic->last = offset;
}

static void seen(struct talk *talk, struct talk_client *client,
        const struct fake_event *event, const struct talk_ask *ask) {
    (void)talk;
    const char *room = fake_event_str(event, "room_id");
    int64_t offset = fake_event_i64(event, "offset");
    struct talk_topic *topic = room ? talk_topic(client, room) : NULL;
    if (!topic) {
        return;
    }
    if (fake_event_has(event, "epoch")) {
        joined(topic, event, ask);
    } else if (strcmp(fake_event_type(event), "room.broadcast") == 0) {
        record(topic, offset);
    }
}

static void expect_recovered(const struct talk *talk) {
    for (size_t i = 0; i < TALK_CLIENTS; i++) {
        const struct talk_client *client = &talk->clients[i];
        for (size_t t = 0; client->session != 0 && t < TALK_TOPICS; t++) {
            assert(client->topics[t].last >= client->topics[t].until);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    struct talk talk = {.host = fake_host_create(),
            .in = &in,
            .kinds = kinds,
            .kind_count = sizeof(kinds) / sizeof(kinds[0]),
            .seen = seen};
    unsigned options = input_byte(&in);
    if ((options & 1) != 0) {
        fake_host_set(talk.host, "protocol.strict=true");
    }
    fake_host_set(talk.host,
            (options & 2) != 0 ? "limits.burst=3"
                               : "limits.messages_per_second=0");
    if ((options & 4) != 0) {
        fake_host_set(talk.host, "history.max_records=4");
    }
    if ((options & 8) != 0) {
        fake_host_set(talk.host, "limits.outbox_bytes=4096");
    }
    if ((options & 16) != 0) {
        fake_host_set(talk.host, "limits.rooms_per_session=1");
        fake_host_set(talk.host, "limits.pending_requests=2");
        fake_host_set(talk.host, "rooms.announce_limit=1");
    }
    assert(fake_host_start(talk.host));
    talk_run(&talk);
    talk_finish(&talk);
    expect_recovered(&talk);
    fake_host_destroy(talk.host);
    return 0;
}
