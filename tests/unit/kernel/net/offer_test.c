#include "kernel/net/offer.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/cmocka.h"

static void expect(
        const char *list, enum offer_result result, const char *token) {
    struct nx_str bearer;
    assert_int_equal(offer_read(list, &bearer), result);
    if (!token) {
        assert_null(bearer.ptr);
        return;
    }
    assert_int_equal(bearer.len, strlen(token));
    assert_memory_equal(bearer.ptr, token, bearer.len);
}

static void accepts_clients_that_offer_nothing(void **state) {
    (void)state;
    expect(NULL, OFFER_NONE, NULL);
    expect("", OFFER_NONE, NULL);
    expect(" , ", OFFER_NONE, NULL);
}

static void finds_its_own_name(void **state) {
    (void)state;
    expect("nexus.v1", OFFER_OURS, NULL);
    expect("chat, nexus.v1", OFFER_OURS, NULL);
    expect("chat,nexus.v1,soap", OFFER_OURS, NULL);
}

static void takes_the_token_of_a_bearer_name(void **state) {
    (void)state;
    expect("nexus.v1, bearer.a.b-c_d", OFFER_OURS, "a.b-c_d");
    expect("bearer.abc, nexus.v1", OFFER_OURS, "abc");
    expect("nexus.v1, bearer.one, bearer.two", OFFER_OURS, "one");
    expect("nexus.v1, bearer.", OFFER_OURS, NULL);
}

static void refuses_offers_without_its_name(void **state) {
    (void)state;
    expect("chat", OFFER_UNKNOWN, NULL);
    expect("nexus.v10", OFFER_UNKNOWN, NULL);
    expect("NEXUS.V1", OFFER_UNKNOWN, NULL);
    expect("bearer.abc", OFFER_UNKNOWN, "abc");
}

// libwebsockets 4.1.6 drops the connection over such names without a word.
static void wants_its_name_before_those_that_confuse_the_library(void **state) {
    (void)state;
    char token[65];
    char list[128];
    memset(token, 'a', sizeof(token) - 1);
    token[sizeof(token) - 1] = '\0';
    (void)snprintf(list, sizeof(list), "bearer.%s, nexus.v1", token);
    expect(list, OFFER_ORDER, token);
    (void)snprintf(list, sizeof(list), "nexus.v1, bearer.%s", token);
    expect(list, OFFER_OURS, token);
    expect("a~b, nexus.v1", OFFER_ORDER, NULL);
    expect("nexus.v1, a~b", OFFER_OURS, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(accepts_clients_that_offer_nothing),
            cmocka_unit_test(finds_its_own_name),
            cmocka_unit_test(takes_the_token_of_a_bearer_name),
            cmocka_unit_test(refuses_offers_without_its_name),
            cmocka_unit_test(
                    wants_its_name_before_those_that_confuse_the_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
