#include "kernel/net/framing.h"

#include <string.h>

#include "kernel/net/head.h"
#include "tests/support/cmocka.h"

// A head as head_read() makes it.
static struct head make(const char *method) {
    struct head head = {.method = method, .http11 = true, .host_count = 1};
    nx_buf_init(&head.text, 1024);
    return head;
}

static void set(struct head *head, enum head_field field, const char *value) {
    struct head_part *part = &head->fields[field];
    part->start = head->text.len;
    part->len = strlen(value);
    part->present = true;
    assert_true(nx_buf_append(&head->text, value, part->len + 1));
}

static void expect_length(
        const char *method, const char *value, size_t expected) {
    size_t length = 99;
    struct head head = make(method);
    if (value) {
        set(&head, HEAD_CONTENT_LENGTH, value);
    }
    assert_null(framing_read(&head, &length));
    assert_int_equal(length, expected);
    head_finish(&head);
}

static void expect_flaw(const char *method, const char *value) {
    size_t length = 99;
    struct head head = make(method);
    if (value) {
        set(&head, HEAD_CONTENT_LENGTH, value);
    }
    assert_non_null(framing_read(&head, &length));
    assert_int_equal(length, 0);
    head_finish(&head);
}

static void reads_the_length(void **state) {
    (void)state;
    expect_length("GET", NULL, 0);
    expect_length("GET", "0", 0);
    expect_length("POST", "0", 0);
    expect_length("POST", "1234567890", 1234567890);
    expect_length("DELETE", "7", 7);
}

static void refuses_lengths_that_leave_a_doubt(void **state) {
    (void)state;
    expect_flaw("POST", "-1");
    expect_flaw("POST", "+1");
    expect_flaw("POST", "1,1");
    expect_flaw("POST", "1 1");
    expect_flaw("POST", "0x10");
    expect_flaw("POST", "9999999999999999");
    expect_flaw("POST", "");
}

static void wants_a_length_where_a_body_is_usual(void **state) {
    (void)state;
    expect_flaw("POST", NULL);
    expect_flaw("PUT", NULL);
    expect_flaw("PATCH", NULL);
    expect_length("DELETE", NULL, 0);
    expect_length("OPTIONS", NULL, 0);
}

static void refuses_transfer_encodings(void **state) {
    (void)state;
    size_t length;
    struct head head = make("POST");
    set(&head, HEAD_TRANSFER_ENCODING, "chunked");
    set(&head, HEAD_CONTENT_LENGTH, "5");
    assert_non_null(framing_read(&head, &length));
    head_finish(&head);
}

static void wants_one_host(void **state) {
    (void)state;
    size_t length;
    struct head head = make("GET");
    head.host_count = 2;
    assert_non_null(framing_read(&head, &length));
    head.host_count = 0;
    assert_non_null(framing_read(&head, &length));
    head.http11 = false;
    assert_null(framing_read(&head, &length));
    head_finish(&head);
}

static void foresees_where_the_library_looks_for_a_body(void **state) {
    (void)state;
    struct head get = make("GET");
    assert_false(framing_expects_body(&get));
    set(&get, HEAD_CONTENT_LENGTH, "0");
    assert_false(framing_expects_body(&get));
    set(&get, HEAD_CONTENT_LENGTH, "-1");
    assert_true(framing_expects_body(&get));
    head_finish(&get);
    struct head post = make("POST");
    assert_true(framing_expects_body(&post));
    set(&post, HEAD_CONTENT_LENGTH, "0");
    assert_false(framing_expects_body(&post));
    head_finish(&post);
}

static void finds_words_in_lists(void **state) {
    (void)state;
    struct head head = make("GET");
    assert_false(head_field_has(&head, HEAD_CONNECTION, "close"));
    set(&head, HEAD_CONNECTION, "Keep-Alive,\tCLOSE , x");
    assert_true(head_field_has(&head, HEAD_CONNECTION, "close"));
    assert_true(head_field_has(&head, HEAD_CONNECTION, "keep-alive"));
    assert_true(head_field_has(&head, HEAD_CONNECTION, "x"));
    assert_false(head_field_has(&head, HEAD_CONNECTION, "keep"));
    head_finish(&head);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(reads_the_length),
            cmocka_unit_test(refuses_lengths_that_leave_a_doubt),
            cmocka_unit_test(wants_a_length_where_a_body_is_usual),
            cmocka_unit_test(refuses_transfer_encodings),
            cmocka_unit_test(wants_one_host),
            cmocka_unit_test(foresees_where_the_library_looks_for_a_body),
            cmocka_unit_test(finds_words_in_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
