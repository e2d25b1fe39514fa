#include <math.h>
#include <string.h>

#include "fake_parts.h"
#include "tests/support/cmocka.h"

static struct fake_event *event;

static int setup(void **state) {
    static const char text[] =
            "{\"event_type\":\"a.b\",\"n\":7,\"f\":1.5,\"t\":true,\"z\":null,"
            "\"list\":[{\"id\":\"x\"},2],\"o\":{\"k\":{\"l\":\"deep\"}}}";
    event = fake_event_create(text, strlen(text));
    return 0;
}

static int teardown(void **state) {
    fake_event_destroy(event);
    return 0;
}

static void reads_fields_by_their_path(void **state) {
    assert_string_equal(fake_event_type(event), "a.b");
    assert_int_equal(fake_event_i64(event, "n"), 7);
    assert_true(fake_event_f64(event, "f") > 1.4);
    assert_true(fake_event_bool(event, "t"));
    assert_true(fake_event_has(event, "z"));
    assert_string_equal(fake_event_str(event, "list.0.id"), "x");
    assert_int_equal(fake_event_i64(event, "list.1"), 2);
    assert_true(fake_event_is(event, "o.k.l", "deep"));
    assert_int_equal(fake_event_count(event, "list"), 2);
    assert_int_equal(fake_event_count(event, "o"), 1);
    assert_int_equal(fake_event_count(event, ""), 7);
}

static void finds_nothing_where_nothing_is(void **state) {
    assert_false(fake_event_has(event, "nothing"));
    assert_null(fake_event_str(event, "n"));
    assert_int_equal(fake_event_i64(event, "f"), FAKE_EVENT_NONE);
    assert_true(isnan(fake_event_f64(event, "t")));
    assert_false(fake_event_bool(event, "n"));
    assert_false(fake_event_has(event, "list.2"));
    assert_false(fake_event_has(event, "list.first"));
    assert_false(fake_event_has(event, "list..id"));
    assert_false(fake_event_is(event, "o.k", "deep"));
}

static void accepts_the_event_that_did_not_come(void **state) {
    assert_string_equal(fake_event_text(NULL), "");
    assert_string_equal(fake_event_type(NULL), "");
    assert_null(fake_event_str(NULL, "a"));
    assert_int_equal(fake_event_count(NULL, NULL), 0);
}

#define TEST(function) \
    cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(reads_fields_by_their_path),
            TEST(finds_nothing_where_nothing_is),
            TEST(accepts_the_event_that_did_not_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
