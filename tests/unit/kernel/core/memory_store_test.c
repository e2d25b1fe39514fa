#include "kernel/core/memory_store.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/error.h>

#include "tests/support/cmocka.h"
#include "tests/support/prng.h"
#include "tests/unit/kernel/core/memory_fixture.h"

static void delivers_before_it_completes(void **state) {
    (void)state;
    assert_int_equal(run_plain("room", "{\"a\":1}"), NX_OK);

    assert_int_equal(seen.deliver_step, 1);
    assert_int_equal(seen.published_step, 2);
    assert_true(seen.tag == 7 && seen.cookie == 1);
    assert_string_equal(seen.payload, "{\"a\":1}");
    assert_true(seen.record.offset == 1 && seen.record.epoch != 0);
    assert_true(seen.record.time_ms == 1000000);
    assert_true(seen.published.offset == 1);
    assert_true(seen.published.epoch == seen.record.epoch);
    assert_true(seen.published.time_ms == 1000000);
    assert_int_equal(seen.published.duplicate, 0);
}

static void appends_without_telling_when_live_only(void **state) {
    (void)state;
    struct nx_provider_publish quiet = request("quiet");
    quiet.flags = NX_PUBLISH_SILENT;

    assert_int_equal(run(&quiet), NX_OK);

    assert_int_equal(seen.delivered, 0);
    assert_true(seen.published.offset == 1);
    assert_string_equal(history("room", NX_HISTORY_AFTER, 0), "1:quiet");
}

static void tells_without_appending_when_there_is_no_log(void **state) {
    (void)state;
    struct nx_provider_publish live = request("live");
    live.flags = NX_PUBLISH_NO_LOG;
    assert_int_equal(run(&live), NX_OK);
    assert_string_equal(seen.payload, "live");
    live.flags = 0;
    live.keep_count = 0;
    assert_int_equal(run(&live), NX_OK);

    assert_int_equal(seen.delivered, 2);
    assert_true(seen.record.offset == 0 && seen.record.epoch == 0);
    assert_true(seen.published.offset == 0 && seen.published.epoch == 0);
    assert_int_equal(stats().logs, 0);
}

static void appends_only_at_the_expected_offset(void **state) {
    (void)state;
    assert_int_equal(run_expect("1", 1), NX_ERR_CONFLICT);
    assert_true(seen.published.offset == 0);
    assert_int_equal(stats().logs, 0);
    assert_int_equal(run_expect("1", 0), NX_OK);
    assert_int_equal(run_expect("2", 0), NX_ERR_CONFLICT);
    assert_true(seen.published.offset == 1);
    assert_true(seen.published.epoch == seen.record.epoch);
    assert_int_equal(run_expect("2", 1), NX_OK);
    assert_int_equal(run_expect("3", 3), NX_ERR_CONFLICT);
    assert_int_equal(seen.delivered, 2);
    assert_string_equal(history("room", NX_HISTORY_AFTER, 0), "1:1 2:2");
}

static void answers_a_repeated_key_with_the_first_result(void **state) {
    (void)state;
    assert_int_equal(run_dedupe("first", "memo 1"), NX_OK);
    struct nx_publish_result first = seen.published;
    assert_int_equal(first.duplicate, 0);
    assert_string_equal(seen.memo, "memo 1");
    assert_int_equal(run_plain("room", "other"), NX_OK);
    clock_advance(&test_clock, 9999);

    assert_int_equal(run_dedupe("second", "memo 2"), NX_OK);

    assert_int_equal(seen.published.duplicate, 1);
    assert_true(seen.published.epoch == first.epoch);
    assert_true(seen.published.offset == first.offset);
    assert_true(seen.published.time_ms == first.time_ms);
    assert_string_equal(seen.memo, "memo 1");
    assert_int_equal(seen.delivered, 2);
    assert_string_equal(
            history("room", NX_HISTORY_AFTER, 0), "1:first 2:other");
}

static void forgets_a_key_at_its_ttl(void **state) {
    (void)state;
    assert_int_equal(run_dedupe("first", "memo 1"), NX_OK);
    assert_int_equal(stats().dedupe_keys, 1);
    clock_advance(&test_clock, 10000);

    assert_int_equal(run_dedupe("second", "memo 2"), NX_OK);

    assert_int_equal(seen.published.duplicate, 0);
    assert_string_equal(seen.memo, "memo 2");
    assert_true(seen.published.offset == 2);
}

static void prefers_the_first_result_to_a_conflict(void **state) {
    (void)state;
    struct nx_provider_publish publish = request("edit");
    publish.flags = NX_PUBLISH_EXPECT;
    publish.dedupe_key = (struct nx_bytes){"key", 3};
    publish.dedupe_ttl_s = 10;
    assert_int_equal(run(&publish), NX_OK);
    assert_int_equal(run(&publish), NX_OK);
    assert_int_equal(seen.published.duplicate, 1);
}

static void remembers_no_key_of_a_conflict(void **state) {
    (void)state;
    struct nx_provider_publish publish = request("edit");
    publish.flags = NX_PUBLISH_EXPECT;
    publish.expect_offset = 5;
    publish.dedupe_key = (struct nx_bytes){"key", 3};
    publish.dedupe_ttl_s = 10;
    assert_int_equal(run(&publish), NX_ERR_CONFLICT);
    publish.expect_offset = 0;
    assert_int_equal(run(&publish), NX_OK);
    assert_int_equal(seen.published.duplicate, 0);
}

static void reads_a_log_both_ways(void **state) {
    (void)state;
    const char *payloads[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(run_plain("room", payloads[i]), NX_OK);
    }
    assert_string_equal(history("room", NX_HISTORY_AFTER, 2), "3:c 4:d");
    assert_string_equal(
            history("room", NX_HISTORY_BEFORE, 0), "4:d 3:c 2:b 1:a");
    assert_string_equal(history("room", NX_HISTORY_BEFORE, 2), "1:a");
    assert_true(seen.history.first == 1 && seen.history.last == 4);
    assert_true(seen.history.epoch == seen.record.epoch);

    assert_int_equal(
            provider->history(provider->self, 9, str("room"), 0, 0, 0), NX_OK);
    assert_false(memory_run(memory));
    assert_int_equal(seen.history.count, 0);
    assert_true(seen.history.last == 4 && seen.cookie == 9);
}

static void knows_the_epoch_a_log_will_have(void **state) {
    (void)state;
    assert_string_equal(history("nowhere", NX_HISTORY_AFTER, 0), "");
    assert_true(seen.history.epoch != 0 && seen.history.last == 0);
    assert_true(seen.history.first == 0);
    assert_int_equal(stats().logs, 0);
    uint64_t promised = seen.history.epoch;

    assert_int_equal(run_plain("nowhere", "{}"), NX_OK);
    assert_true(seen.published.epoch == promised);
}

static void shows_the_end_of_a_log_whose_records_are_too_old(void **state) {
    (void)state;
    struct nx_provider_publish aged = request("old");
    aged.keep_age_ms = 1000;
    assert_int_equal(run(&aged), NX_OK);
    clock_advance(&test_clock, 1001);

    assert_string_equal(history("room", NX_HISTORY_AFTER, 0), "");
    assert_true(seen.history.first == 0 && seen.history.last == 1);
    assert_true(seen.history.epoch == seen.published.epoch);
}

static void keeps_facts(void **state) {
    (void)state;
    void *self = provider->self;
    assert_int_equal(put_if("k", "1", NX_PUT_NEW), NX_OK);
    uint64_t revision = seen.fact.revision;
    assert_int_equal(put_if("k", "2", NX_PUT_NEW), NX_ERR_CONFLICT);
    assert_true(seen.fact.revision == revision && seen.fact.count == 0);
    assert_int_equal(put_if("k", "2", revision), NX_OK);
    assert_int_equal(put_if("l", "3", NX_PUT_ANY), NX_OK);

    assert_int_equal(provider->get(self, 4, str("s"), str("k")), NX_OK);
    assert_false(memory_run(memory));
    assert_string_equal(seen.facts_text, "k=2");
    assert_true(seen.fact.revision == seen.fact.facts[0].revision);
    assert_int_equal(
            provider->scan(self, 5, str("s"), str(NULL), str(NULL), 9), NX_OK);
    assert_false(memory_run(memory));
    assert_string_equal(seen.facts_text, "k=2 l=3");
    assert_int_equal(provider->remove(self, 6, str("s"), str("k")), NX_OK);
    assert_int_equal(provider->get(self, 7, str("s"), str("k")), NX_OK);
    assert_false(memory_run(memory));
    assert_int_equal(seen.fact.status, NX_ERR_NOT_FOUND);
    assert_int_equal(stats().facts, 1);
}

static void frees_facts_past_their_ttl_as_it_runs(void **state) {
    (void)state;
    struct nx_bytes value = {"v", 1};
    assert_int_equal(provider->put(provider->self, 3, str("s"), str("k"), value,
                             100, NX_PUT_ANY),
            NX_OK);
    assert_int_equal(run_dedupe("x", ""), NX_OK);
    clock_advance(&test_clock, 10000);

    assert_false(memory_run(memory));

    assert_int_equal(stats().facts, 0);
    assert_int_equal(stats().dedupe_keys, 0);
}

static void stays_below_its_ceiling_of_bytes(void **state) {
    (void)state;
    static char payload[3001];
    memset(payload, 'x', sizeof(payload) - 1);
    create(100000, 1000, 100);
    for (unsigned i = 0; i < 2000; i++) {
        char room[16];
        (void)snprintf(room, sizeof(room), "r%u", i % 7 == 0 ? i : i % 5);
        assert_int_equal(run_plain(room, payload), NX_OK);
        assert_true(stats().bytes <= 100000);
    }
    assert_true(stats().records >= 15);
    assert_true(stats().records_evicted > 1000);
}

static void evicts_records_to_make_room_for_facts(void **state) {
    (void)state;
    static char value[30001];
    memset(value, 'x', sizeof(value) - 1);
    create(100000, 1000, 100);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(run_plain("room", value), NX_OK);
    }
    assert_int_equal(stats().records, 3);

    assert_int_equal(put_if("k", value, NX_PUT_ANY), NX_OK);
    assert_int_equal(stats().records, 2);
    assert_int_equal(put_if("l", value, NX_PUT_ANY), NX_ERR_LIMIT);
    assert_int_equal(stats().facts, 1);
    assert_true(stats().bytes <= 100000);
}

static void accepts_a_record_that_no_ceiling_keeps(void **state) {
    (void)state;
    char *payload = malloc(200001);
    memset(payload, 'x', 200000);
    payload[200000] = '\0';
    create(MEMORY_BYTES_SMALLEST, 10, 10);

    assert_int_equal(run_plain("room", payload), NX_OK);

    assert_true(seen.published.offset == 1);
    assert_int_equal(seen.record.payload.len, 200000);
    assert_int_equal(stats().records, 0);
    free(payload);
}

static void changes_the_epoch_of_a_log_it_has_dropped(void **state) {
    (void)state;
    create(1 << 20, 2, 10);
    assert_int_equal(run_plain("a", "1"), NX_OK);
    uint64_t epoch = seen.published.epoch;
    assert_int_equal(run_plain("b", "1"), NX_OK);
    assert_int_equal(run_plain("c", "1"), NX_OK);
    assert_int_equal(stats().logs, 2);
    assert_true(stats().logs_dropped == 1);

    assert_int_equal(run_plain("a", "1"), NX_OK);

    assert_true(seen.published.epoch != epoch);
    assert_true(seen.published.offset == 1);
}

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
    int64_t now = clock_now_ms(&test_clock);
    while (room->keep_age_ms > 0 && room->first <= room->last
            && (uint64_t)(now - room->added[room->first - 1])
                    > room->keep_age_ms) {
        room->first++;
    }
}

static void model_append(struct room *room) {
    room->serial[room->last] = serial;
    room->added[room->last] = clock_now_ms(&test_clock);
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
    int64_t now = clock_wall_ms(&test_clock);
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
    if (key && key->ends_ms > clock_now_ms(&test_clock)) {
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
    create(64 << 20, ROOMS, 10);
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
        clock_advance(&test_clock, (int64_t)prng_below(random, 300));
    }
}

static void behaves_like_a_list_of_everything(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        uint64_t random = seed;
        start_model(&random);
        for (size_t step = 0; step < MOST; step++) {
            random_step(&random);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(delivers_before_it_completes),
            TEST(appends_without_telling_when_live_only),
            TEST(tells_without_appending_when_there_is_no_log),
            TEST(appends_only_at_the_expected_offset),
            TEST(answers_a_repeated_key_with_the_first_result),
            TEST(forgets_a_key_at_its_ttl),
            TEST(prefers_the_first_result_to_a_conflict),
            TEST(remembers_no_key_of_a_conflict),
            TEST(reads_a_log_both_ways),
            TEST(knows_the_epoch_a_log_will_have),
            TEST(shows_the_end_of_a_log_whose_records_are_too_old),
            TEST(keeps_facts),
            TEST(frees_facts_past_their_ttl_as_it_runs),
            TEST(stays_below_its_ceiling_of_bytes),
            TEST(evicts_records_to_make_room_for_facts),
            TEST(accepts_a_record_that_no_ceiling_keeps),
            TEST(changes_the_epoch_of_a_log_it_has_dropped),
            TEST(behaves_like_a_list_of_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
