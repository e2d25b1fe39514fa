/*
 * settings_case - settings made from texts, for one test.
 *
 * The file is always called nexus.conf, in a directory of the test program's
 * own, so that places in errors are known: "nexus.conf:2: ...".
 *
 * Owner:   the test's stack; finish it at the end
 * Thread:  any
 * Errors:  a failed assertion
 */
#ifndef TESTS_SUPPORT_SETTINGS_CASE_H
#define TESTS_SUPPORT_SETTINGS_CASE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/core/settings.h"
#include "tests/support/cmocka.h"

struct settings_case {
    struct settings_errors errors;
    struct settings *settings; // NULL when there was an error
};

// Group set-up and tear-down: a fresh working directory.
static inline int settings_case_enter(void **state) {
    char *folder = strdup("/tmp/nexus-settings-XXXXXX");
    *state = folder;
    return folder == NULL || mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static inline int settings_case_leave(void **state) {
    (void)unlink("nexus.conf");
    int failed = chdir("/") != 0 || rmdir(*state) != 0;
    free(*state);
    return failed;
}

static inline void settings_case_write(const char *text) {
    FILE *file = fopen("nexus.conf", "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(0, fclose(file));
}

// text is the file, NULL for none; env and sets end with NULL and may be NULL.
static inline void settings_case_init(struct settings_case *c, const char *text,
        const char *const *env, const char *const *sets) {
    struct settings_source source = {.env = env, .sets = sets};
    if (text != NULL) {
        settings_case_write(text);
        source.file = "nexus.conf";
    }
    while (sets != NULL && sets[source.set_count] != NULL) {
        source.set_count++;
    }
    settings_errors_init(&c->errors);
    c->settings = settings_create(&source, &c->errors);
}

static inline void settings_case_finish(struct settings_case *c) {
    settings_destroy(c->settings);
    settings_errors_finish(&c->errors);
}

// Exactly one error, and this is it.
static inline void settings_case_expect_error(
        const struct settings_case *c, const char *text) {
    assert_int_equal(1, c->errors.count);
    assert_string_equal(text, c->errors.texts[0]);
}

// No error; shows the first when there is one.
static inline void settings_case_expect_none(const struct settings_case *c) {
    if (c->errors.count > 0) {
        fail_msg("%s", c->errors.texts[0]);
    }
}

// A case that must fail with this one error and yield no settings.
static inline void settings_case_refuses(const char *text,
        const char *const *env, const char *const *sets, const char *error) {
    struct settings_case c;
    settings_case_init(&c, text, env, sets);
    settings_case_expect_error(&c, error);
    assert_null(c.settings);
    settings_case_finish(&c);
}

#endif
