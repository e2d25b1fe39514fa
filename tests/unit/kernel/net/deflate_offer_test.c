#include "kernel/net/deflate_offer.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/cmocka.h"

#define NAME DEFLATE_OFFER_NAME
#define BOTH "; server_no_context_takeover; client_no_context_takeover"

// answer: what comes behind the name, or NULL when it is declined.
static void expect(const char *list, int window_bits, const char *answer) {
    struct deflate_offer offer;
    char text[128];
    deflate_offer_read(&offer, list, window_bits);
    assert_int_equal(offer.agreed, answer != NULL);
    if (answer) {
        assert_true(
                deflate_offer_answer(&offer, window_bits, text, sizeof(text)));
        assert_string_equal(text, answer);
    }
}

static void takes_a_plain_offer(void **state) {
    (void)state;
    expect(NAME, 15, BOTH);
    expect(" " NAME " ", 15, BOTH);
    expect(NAME "; client_max_window_bits", 15, BOTH);
    expect(NAME "; client_no_context_takeover; server_no_context_takeover", 15,
            BOTH);
}

static void declines_without_its_name(void **state) {
    (void)state;
    expect("", 15, NULL);
    expect(" , ,", 15, NULL);
    expect("permessage-deflate2", 15, NULL);
    expect("Permessage-Deflate", 15, NULL);
    expect("x-other; permessage-deflate", 15, NULL);
}

static void tells_a_window_that_is_not_the_usual_one(void **state) {
    (void)state;
    expect(NAME, 12, BOTH "; server_max_window_bits=12");
    expect(NAME "; server_max_window_bits=15", 15,
            BOTH "; server_max_window_bits=15");
    expect(NAME "; server_max_window_bits=13", 12,
            BOTH "; server_max_window_bits=12");
}

static void declines_a_window_smaller_than_its_own(void **state) {
    (void)state;
    expect(NAME "; server_max_window_bits=14", 15, NULL);
    expect(NAME "; server_max_window_bits=8", 9, NULL);
    expect(NAME "; server_max_window_bits=9", 9,
            BOTH "; server_max_window_bits=9");
}

static void understands_any_form(void **state) {
    (void)state;
    expect(NAME ";client_max_window_bits=10", 15, BOTH);
    expect(NAME " ;\tclient_max_window_bits = 10 ", 15, BOTH);
    expect(NAME "; client_max_window_bits=\"10\"", 15, BOTH);
}

static void declines_parameters_that_are_wrong(void **state) {
    (void)state;
    static const char *const wrong[] = {"client_max_window_bits=7",
            "client_max_window_bits=16", "client_max_window_bits=08",
            "client_max_window_bits=+10", "client_max_window_bits=\"\"",
            "client_max_window_bits=", "client_max_window_bits=\"10",
            "client_max_window_bits=1000", "server_max_window_bits",
            "server_no_context_takeover=1", "client_no_context_takeover=true",
            "unknown", "unknown=1", "",
            "client_max_window_bits; client_max_window_bits=10",
            "server_no_context_takeover; server_no_context_takeover"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char list[128];
        (void)snprintf(list, sizeof(list), NAME "; %s", wrong[i]);
        expect(list, 15, NULL);
    }
}

static void takes_the_first_version_that_suits(void **state) {
    (void)state;
    expect(NAME "; unknown, " NAME, 15, BOTH);
    expect(NAME "; server_max_window_bits=10, " NAME, 15, BOTH);
    expect(NAME "; server_max_window_bits=15, " NAME, 15,
            BOTH "; server_max_window_bits=15");
    expect("x-other; a=1; b=\"two\", " NAME ", x-last", 15, BOTH);
}

static void declines_everything_in_a_malformed_header(void **state) {
    (void)state;
    expect(NAME ", =", 15, NULL);
    expect(NAME ", x-other; a b", 15, NULL);
    expect(NAME " x", 15, NULL);
    expect(NAME "; client_max_window_bits=10 10", 15, NULL);
    expect("(" NAME ")", 15, NULL);
}

static void counts_how_often_its_name_is_there(void **state) {
    (void)state;
    struct deflate_offer offer;
    deflate_offer_read(&offer, NAME "; unknown, x," NAME "," NAME, 15);
    assert_true(offer.agreed);
    assert_int_equal(offer.names, 3);
}

static void does_not_write_beyond_its_room(void **state) {
    (void)state;
    struct deflate_offer offer;
    char text[sizeof(BOTH) - 1];
    deflate_offer_read(&offer, NAME, 15);
    assert_false(deflate_offer_answer(&offer, 15, text, sizeof(text)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(takes_a_plain_offer),
            cmocka_unit_test(declines_without_its_name),
            cmocka_unit_test(tells_a_window_that_is_not_the_usual_one),
            cmocka_unit_test(declines_a_window_smaller_than_its_own),
            cmocka_unit_test(understands_any_form),
            cmocka_unit_test(declines_parameters_that_are_wrong),
            cmocka_unit_test(takes_the_first_version_that_suits),
            cmocka_unit_test(declines_everything_in_a_malformed_header),
            cmocka_unit_test(counts_how_often_its_name_is_there),
            cmocka_unit_test(does_not_write_beyond_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
