/*
 * provider_facts - what every provider of the engine does with facts.
 *
 * As provider_contract.h; list the tests with PROVIDER_FACTS(TEST).
 *
 * Owner:   the test that includes it
 * Thread:  that of the test
 * Errors:  a failed assertion
 */
#ifndef TESTS_SUPPORT_PROVIDER_FACTS_H
#define TESTS_SUPPORT_PROVIDER_FACTS_H

#include "tests/support/provider_case.h"

static void keeps_facts(void **state) {
    (void)state;
    assert_int_equal(put_if("k", "1", NX_PUT_NEW), NX_OK);
    uint64_t revision = seen.fact.revision;
    assert_int_equal(put_if("k", "2", NX_PUT_NEW), NX_ERR_CONFLICT);
    assert_true(seen.fact.revision == revision && seen.fact.count == 0);
    assert_int_equal(put_if("k", "2", revision), NX_OK);
    assert_true(seen.fact.revision > revision);
    assert_int_equal(put_if("l", "3", NX_PUT_ANY), NX_OK);

    assert_int_equal(get("k"), NX_OK);
    assert_string_equal(seen.facts_text, "k=2");
    assert_true(seen.fact.revision == seen.fact_revision);
    assert_string_equal(scan(NULL, NULL, 9), "k=2 l=3");
    assert_int_equal(remove_key("k"), NX_OK);
    assert_int_equal(remove_key("k"), NX_ERR_NOT_FOUND);
    assert_int_equal(get("k"), NX_ERR_NOT_FOUND);
}

static void scans_facts_in_the_order_of_their_bytes(void **state) {
    (void)state;
    const char *keys[] = {"b", "a", "ab", "a\xff", "\xff\xff", "abc"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        assert_int_equal(put_if(keys[i], "v", NX_PUT_NEW), NX_OK);
    }
    assert_string_equal(
            scan(NULL, NULL, 9), "a=v ab=v abc=v a\xff=v b=v \xff\xff=v");
    assert_string_equal(scan("a", NULL, 9), "a=v ab=v abc=v a\xff=v");
    assert_string_equal(scan("a", "ab", 9), "abc=v a\xff=v");
    assert_string_equal(scan("a", "ab", 1), "abc=v");
    assert_string_equal(scan("ab", "a", 9), "ab=v abc=v");
    assert_string_equal(scan("ab", "b", 9), "");
    assert_string_equal(scan("\xff", NULL, 9), "\xff\xff=v");
    assert_string_equal(scan("\xff", "\xff\xff", 9), "");
    assert_string_equal(scan(NULL, "b", 9), "\xff\xff=v");
}

static void shows_no_fact_past_its_ttl(void **state) {
    (void)state;
    assert_int_equal(put_for("k", "1", 100), NX_OK);
    assert_int_equal(put_if("l", "2", NX_PUT_ANY), NX_OK);
    uint64_t revision = seen.fact.revision;
    advance_ms(99);
    assert_int_equal(get("k"), NX_OK);
    advance_ms(1);

    assert_int_equal(get("k"), NX_ERR_NOT_FOUND);
    assert_string_equal(scan(NULL, NULL, 9), "l=2");
    assert_int_equal(put_if("k", "3", NX_PUT_NEW), NX_OK);
    assert_true(seen.fact.revision > revision);
    assert_int_equal(put_for("k", "4", 100), NX_OK);
    assert_int_equal(put_for("k", "5", 0), NX_OK);
    advance_ms(1000);
    assert_int_equal(get("k"), NX_OK);
    assert_string_equal(seen.facts_text, "k=5");
    assert_int_equal(put_for("k", "6", 100), NX_OK);
    advance_ms(100);
    assert_int_equal(remove_key("k"), NX_ERR_NOT_FOUND);
}

static void keeps_values_of_any_bytes(void **state) {
    (void)state;
    const char bytes[] = {'\0', '\xff', '\n', '\0'};
    assert_int_equal(
            accepted(provider->put(provider->self, 3, str("s"), str("k"),
                    (struct nx_bytes){bytes, 4}, 0, NX_PUT_ANY)),
            NX_OK);
    assert_int_equal(put_if("empty", "", NX_PUT_ANY), NX_OK);
    assert_int_equal(get("k"), NX_OK);
    assert_string_equal(seen.facts_text, "k=");
    assert_int_equal(get("empty"), NX_OK);
    assert_string_equal(seen.facts_text, "empty=");
}

static void keeps_spaces_and_rooms_apart(void **state) {
    (void)state;
    assert_int_equal(put_if("k", "mine", NX_PUT_NEW), NX_OK);
    assert_int_equal(
            accepted(provider->get(provider->self, 4, str("s2"), str("k"))),
            NX_OK);
    settle();
    assert_int_equal(seen.fact.status, NX_ERR_NOT_FOUND);
    assert_int_equal(run_dedupe("a", ""), NX_OK);
    struct nx_provider_publish other = request("b");
    other.room = str("other");
    other.dedupe_key = (struct nx_bytes){"key", 3};
    other.dedupe_ttl_s = 10;
    assert_int_equal(run(&other), NX_OK);
    assert_int_equal(seen.published.duplicate, 0);
    assert_string_equal(history("other", NX_HISTORY_AFTER, 0), "1:b");
}

#define PROVIDER_FACTS(TEST) \
    TEST(keeps_facts), TEST(scans_facts_in_the_order_of_their_bytes), \
            TEST(shows_no_fact_past_its_ttl), TEST(keeps_values_of_any_bytes), \
            TEST(keeps_spaces_and_rooms_apart)

#endif
