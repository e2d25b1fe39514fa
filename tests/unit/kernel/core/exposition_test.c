#include "kernel/core/exposition.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kernel/core/histogram.h"
#include "tests/support/cmocka.h"

static struct exposition text;

static int set_up(void **state) {
    (void)state;
    return exposition_init(&text, (size_t)1 << 20) ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    exposition_finish(&text);
    return 0;
}

static void check(const char *wanted) {
    assert_false(text.out.failed);
    assert_string_equal(text.out.data ? text.out.data : "", wanted);
}

static void writes_a_family_and_its_samples(void **state) {
    (void)state;
    const struct exposition_label labels[] = {
            {"code", "4409"}, {"by", "us"}, {NULL, NULL}};
    assert_true(exposition_counter(&text, "a_total", "What a is."));
    exposition_u64(&text, labels, 12);
    assert_true(exposition_gauge(&text, "b", "What b is."));
    exposition_f64(&text, NULL, 0.5);
    check("# HELP a_total What a is.\n# TYPE a_total counter\n"
          "a_total{code=\"4409\",by=\"us\"} 12\n"
          "# HELP b What b is.\n# TYPE b gauge\nb 0.5\n");
}

static void escapes_what_would_end_a_label_or_a_line(void **state) {
    (void)state;
    const struct exposition_label labels[] = {
            {"l", "a\"b\\c\nd \xc3\xa9"}, {NULL, NULL}};
    const struct exposition_label bad[] = {{"l", "x\xff"}, {NULL, NULL}};
    assert_true(exposition_gauge(&text, "g", "a \"b\" \\ c\nd"));
    exposition_u64(&text, labels, 1);
    exposition_u64(&text, bad, 2);
    check("# HELP g a \"b\" \\\\ c\\nd\n# TYPE g gauge\n"
          "g{l=\"a\\\"b\\\\c\\nd \xc3\xa9\"} 1\ng{l=\"x?\"} 2\n");
}

static void writes_numbers_that_read_back_the_same(void **state) {
    (void)state;
    static const struct {
        double value;
        const char *text;
    } all[] = {{0, "0"}, {1e-06, "1e-06"}, {0.1, "0.1"}, {1e15, "1e+15"},
            {1769860800.125, "1769860800.125"},
            {0.1 + 0.2, "0.30000000000000004"}, {INFINITY, "+Inf"},
            {-INFINITY, "-Inf"}, {NAN, "NaN"}};
    assert_true(exposition_gauge(&text, "g", "h"));
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        char wanted[64];
        nx_buf_clear(&text.out);
        exposition_f64(&text, NULL, all[i].value);
        (void)snprintf(wanted, sizeof(wanted), "g %s\n", all[i].text);
        check(wanted);
    }
}

static void refuses_names_that_are_none(void **state) {
    (void)state;
    char longest[EXPOSITION_NAME_MAX + 2];
    memset(longest, 'a', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    assert_false(exposition_gauge(&text, "", "h"));
    assert_false(exposition_gauge(&text, "9a", "h"));
    assert_false(exposition_gauge(&text, "a-b", "h"));
    assert_false(exposition_gauge(&text, "a b", "h"));
    assert_false(exposition_gauge(&text, longest, "h"));
    longest[EXPOSITION_NAME_MAX] = '\0';
    assert_true(exposition_histogram(&text, longest, "h"));
}

static void refuses_a_name_that_is_taken(void **state) {
    (void)state;
    assert_true(exposition_counter(&text, "a_total", "h"));
    size_t before = text.out.len;
    assert_false(exposition_counter(&text, "a_total", "h"));
    assert_false(exposition_gauge(&text, "a_total", "h"));
    assert_false(exposition_histogram(&text, "a_total", "h"));
    assert_int_equal(text.out.len, before);
    assert_true(exposition_gauge(&text, "a", "h"));
}

// Guards against two families whose samples would have one name.
static void refuses_a_name_that_samples_of_another_have(void **state) {
    (void)state;
    assert_true(exposition_histogram(&text, "a", "h"));
    assert_false(exposition_counter(&text, "a_count", "h"));
    assert_false(exposition_counter(&text, "a_sum", "h"));
    assert_false(exposition_counter(&text, "a_bucket", "h"));
    assert_true(exposition_counter(&text, "b_sum", "h"));
    assert_false(exposition_histogram(&text, "b", "h"));
    assert_true(exposition_counter(&text, "b_count", "h"));
}

static void accumulates_the_buckets_of_a_histogram(void **state) {
    (void)state;
    static struct histogram ns;
    static const char *const wanted[] = {"h_bucket{p=\"x\",le=\"1e-06\"} 1\n",
            "h_bucket{p=\"x\",le=\"2e-06\"} 1\n",
            "h_bucket{p=\"x\",le=\"0.001\"} 2\n",
            "h_bucket{p=\"x\",le=\"10\"} 2\n",
            "h_bucket{p=\"x\",le=\"+Inf\"} 3\n", "h_sum{p=\"x\"} 20.001001\n",
            "h_count{p=\"x\"} 3\n"};
    const struct exposition_label labels[] = {{"p", "x"}, {NULL, NULL}};
    histogram_add(&ns, 1000);
    histogram_add(&ns, 1000000);
    histogram_add(&ns, UINT64_C(20000000000));
    assert_true(exposition_histogram(&text, "h", "help"));
    exposition_seconds(&text, labels, &ns);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        assert_non_null(strstr(text.out.data, wanted[i]));
    }
}

static void counts_sizes_in_whole_numbers(void **state) {
    (void)state;
    static struct histogram sizes;
    histogram_add(&sizes, 0);
    histogram_add(&sizes, 10000000);
    histogram_add(&sizes, 10000001);
    assert_true(exposition_histogram(&text, "h", "help"));
    exposition_sizes(&text, NULL, &sizes);
    assert_non_null(strstr(text.out.data, "h_bucket{le=\"1\"} 1\n"));
    assert_non_null(strstr(text.out.data, "h_bucket{le=\"5000000\"} 1\n"));
    assert_non_null(strstr(text.out.data, "h_bucket{le=\"10000000\"} 2\n"));
    assert_non_null(strstr(text.out.data, "h_bucket{le=\"+Inf\"} 3\n"));
    assert_non_null(strstr(text.out.data, "h_sum 20000001\n"));
}

static void fails_as_a_whole_at_its_ceiling(void **state) {
    (void)state;
    struct exposition small;
    assert_true(exposition_init(&small, 64));
    for (int i = 0; i < 10; i++) {
        exposition_u64(&small, NULL, 1234567890);
    }
    exposition_gauge(&small, "a_name_that_has_no_room_any_more", "help");
    assert_true(small.out.failed);
    exposition_finish(&small);
}

int main(void) {
    struct CMUnitTest tests[] = {
            cmocka_unit_test(writes_a_family_and_its_samples),
            cmocka_unit_test(escapes_what_would_end_a_label_or_a_line),
            cmocka_unit_test(writes_numbers_that_read_back_the_same),
            cmocka_unit_test(refuses_names_that_are_none),
            cmocka_unit_test(refuses_a_name_that_is_taken),
            cmocka_unit_test(refuses_a_name_that_samples_of_another_have),
            cmocka_unit_test(accumulates_the_buckets_of_a_histogram),
            cmocka_unit_test(counts_sizes_in_whole_numbers),
            cmocka_unit_test(fails_as_a_whole_at_its_ceiling),
    };
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        tests[i].setup_func = set_up;
        tests[i].teardown_func = tear_down;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
