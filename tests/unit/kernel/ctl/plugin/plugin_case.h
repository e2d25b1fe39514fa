/*
 * plugin_case - the bytes of a plugin that was built with the tests.
 *
 * Owner:   the test; plugin_case_finish() frees them
 * Thread:  that of the test
 */
#ifndef TESTS_UNIT_KERNEL_CTL_PLUGIN_PLUGIN_CASE_H
#define TESTS_UNIT_KERNEL_CTL_PLUGIN_PLUGIN_CASE_H

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/core/plugin_file.h"
#include "tests/support/cmocka.h"

struct plugin_case {
    char path[PATH_MAX];
    struct plugin_file file;
};

// name is below the folder of the build: "tests/plugins/counter.so". Tests of
// this folder lie in tests/unit/kernel/ctl/plugin.
static inline void plugin_case_init(struct plugin_case *c, const char *name) {
    char program[PATH_MAX];
    char why[PLUGIN_FILE_WHY_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
    assert_true(len > 0);
    program[len] = '\0';
    for (int up = 0; up < 6; up++) {
        *strrchr(program, '/') = '\0';
    }
    int size = snprintf(c->path, sizeof(c->path), "%s/%s", program, name);
    assert_true(size > 0 && (size_t)size < sizeof(c->path));
    if (!plugin_file_read(c->path, &c->file, why)) {
        fail_msg("%s %s", c->path, why);
    }
}

static inline void plugin_case_finish(struct plugin_case *c) {
    plugin_file_finish(&c->file);
}

#endif
