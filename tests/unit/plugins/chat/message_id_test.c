#include "plugins/chat/message_id.h"

#include <string.h>

#include "tests/support/cmocka.h"

static void carries_the_key_of_its_conversation(void **state) {
    (void)state;
    char id[MESSAGE_ID_LEN + 1];
    uint64_t key = 0;
    message_id_make(UINT64_C(0xfedcba9876543210), 7, id);
    assert_string_equal(id, "mfedcba98765432100000000000000007");
    struct nx_str text = {id, strlen(id)};
    assert_true(message_id_key(text, &key));
    assert_int_equal(key, UINT64_C(0xfedcba9876543210));
}

static void is_not_found_in_other_texts(void **state) {
    (void)state;
    const char *const bad[] = {"", "m", "m1",
            "xfedcba98765432100000000000000007",
            "mfedcba9876543210000000000000000g",
            "mfedcba9876543210000000000000000 ",
            "mfedcba987654321000000000000000077"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct nx_str text = {bad[i], strlen(bad[i])};
        uint64_t key;
        assert_false(message_id_key(text, &key));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(carries_the_key_of_its_conversation),
            cmocka_unit_test(is_not_found_in_other_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
