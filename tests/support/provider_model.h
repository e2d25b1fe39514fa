/*
 * provider_model - a provider beside a list of everything ever published.
 *
 * Random publishes, with keys and expectations, and histories; the provider
 * must say what the list says. See provider_case.h.
 *
 * Owner:   the test that includes it
 * Thread:  that of the test
 * Errors:  a failed assertion
 */
#ifndef TESTS_SUPPORT_PROVIDER_MODEL_H
#define TESTS_SUPPORT_PROVIDER_MODEL_H

#include <stdlib.h>

#include "tests/support/prng.h"
#include "tests/support/provider_case.h"

// --- the model: everything that was ever published ------------------------

#define ROOMS 3
#define KEYS  12
#define MOST  3000 // records of one room

struct first {
    int64_t ends_ms; // 0: unknown
    uint64_t offset;
    int64_t time_ms;
    unsigned serial; // is also the memo
};

struct room {
    uint64_t epoch; // 0: no log yet
    uint64_t last;
    uint64_t first;        // first kept, last + 1: none
    int64_t added[MOST];   // by offset - 1
    unsigned serial[MOST]; // what the payload says
    uint32_t keep_count;
    uint64_t keep_age_ms;
    struct first keys[KEYS];
};

static struct room rooms[ROOMS];
static unsigned serial;

static void trim(struct room *room) {
    int64_t now = now_ms();
    while (room->keep_age_ms > 0 && room->first <= room->last
            && (uint64_t)(now - room->added[room->first - 1])
                    > room->keep_age_ms) {
        room->first++;
    }
}

static void model_append(struct room *room) {
    room->serial[room->last] = serial;
    room->added[room->last] = now_ms();
    room->last++;
    if (room->last + 1 - room->first > room->keep_count) {
        room->first = room->last + 1 - room->keep_count;
    }
    trim(room);
}

static void check_published(struct room *room, uint64_t offset, int64_t time_ms,
        int32_t duplicate) {
    if (room->epoch == 0) {
        room->epoch = seen.published.epoch;
    }
    assert_int_equal(seen.published.status, NX_OK);
    assert_true(seen.published.offset == offset);
    assert_true(seen.published.epoch == (offset > 0 ? room->epoch : 0));
    assert_true(seen.published.time_ms == time_ms);
    assert_int_equal(seen.published.duplicate, duplicate);
}

static void check_first(struct room *room, const struct first *first) {
    char memo[16];
    (void)snprintf(memo, sizeof(memo), "%u", first->serial);
    check_published(room, first->offset, first->time_ms, 1);
    assert_string_equal(seen.memo, memo);
}

static void check_conflict(const struct room *room) {
    assert_int_equal(seen.published.status, NX_ERR_CONFLICT);
    assert_true(seen.published.offset == room->last);
    assert_true(room->epoch == 0 || seen.published.epoch == room->epoch);
}

static void check_new(struct room *room, uint32_t flags, struct first *key) {
    int64_t now = now_ms();
    bool logged = (flags & NX_PUBLISH_NO_LOG) == 0;
    if (logged) {
        model_append(room);
    }
    uint64_t offset = logged ? room->last : 0;
    if (logged) {
        check_published(room, offset, now, 0);
    } else {
        assert_true(seen.published.offset == 0 && seen.published.epoch == 0);
    }
    if (key) {
        *key = (struct first){now + 2000, offset, now, serial};
    }
}

static void publish_step(unsigned name, uint64_t *random) {
    struct room *room = &rooms[name];
    const uint32_t choices[] = {0, 0, NX_PUBLISH_EXPECT, NX_PUBLISH_EXPECT,
            NX_PUBLISH_SILENT, NX_PUBLISH_NO_LOG};
    char text[16];
    char room_name[] = {'r', (char)('0' + name), '\0'};
    char key_name[] = {(char)('a' + prng_below(random, KEYS)), '\0'};
    struct first *key = NULL;
    (void)snprintf(text, sizeof(text), "%u", ++serial);
    struct nx_provider_publish publish = request(text);
    publish.room = str(room_name);
    publish.keep_count = room->keep_count;
    publish.keep_age_ms = room->keep_age_ms;
    publish.flags = choices[prng_below(random, 6)];
    publish.expect_offset = room->last - (room->last > 0 ? serial % 2 : 0);
    if (prng_below(random, 2) == 0) {
        key = &room->keys[key_name[0] - 'a'];
        publish.dedupe_key = (struct nx_bytes){key_name, 1};
        publish.dedupe_ttl_s = 2;
        publish.memo = (struct nx_bytes){text, strlen(text)};
    }
    size_t delivered = seen.delivered;
    (void)run(&publish);

    bool told = false;
    if (key && key->ends_ms > now_ms()) {
        check_first(room, key);
    } else if ((publish.flags & NX_PUBLISH_EXPECT) != 0
            && publish.expect_offset != room->last) {
        check_conflict(room);
    } else {
        check_new(room, publish.flags, key);
        told = (publish.flags & NX_PUBLISH_SILENT) == 0;
    }
    assert_int_equal(seen.delivered - delivered, told ? 1 : 0);
    if (told) {
        assert_string_equal(seen.payload, text);
        assert_true(seen.record.offset == seen.published.offset);
    }
}

static void history_step(unsigned name, uint64_t *random) {
    struct room *room = &rooms[name];
    char room_name[] = {'r', (char)('0' + name), '\0'};
    bool back = prng_below(random, 2) == 0;
    uint64_t offset = prng_below(random, room->last + 2);
    char expected[256] = "";
    size_t used = 0;
    trim(room);
    const char *text = history(
            room_name, back ? NX_HISTORY_BEFORE : NX_HISTORY_AFTER, offset);

    uint64_t next = back ? room->last : room->first;
    if (back && offset > 0 && offset <= room->last) {
        next = offset - 1;
    } else if (!back && offset >= room->first) {
        next = offset + 1;
    }
    for (size_t i = 0; i < 16 && next >= room->first && next <= room->last;
            i++) {
        used += (size_t)snprintf(expected + used, sizeof(expected) - used,
                "%s%llu:%u", i > 0 ? " " : "", (unsigned long long)next,
                room->serial[next - 1]);
        next = back ? next - 1 : next + 1;
    }
    assert_string_equal(text, expected);
    assert_true(room->epoch == 0 || seen.history.epoch == room->epoch);
    assert_true(seen.history.last == room->last);
    assert_true(seen.history.first
            == (room->first <= room->last ? room->first : 0));
}

static void start_model(uint64_t *random) {
    serial = 0;
    for (unsigned i = 0; i < ROOMS; i++) {
        rooms[i] = (struct room){
                .first = 1,
                .keep_count = 1 + (uint32_t)prng_below(random, 40),
                .keep_age_ms = i * prng_below(random, 900),
        };
    }
}

static void random_step(uint64_t *random) {
    unsigned name = (unsigned)prng_below(random, ROOMS);
    if (prng_below(random, 3) == 0) {
        history_step(name, random);
    } else {
        publish_step(name, random);
    }
    if (prng_below(random, 4) == 0) {
        advance_ms((int64_t)prng_below(random, 300));
    }
}

#endif
