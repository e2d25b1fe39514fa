#include "kernel/base/folders.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/cmocka.h"

static void makes_what_is_missing(void **state) {
    char root[] = "/tmp/nexus-folders-XXXXXX";
    char path[128];
    char kept[128];
    struct stat info;
    (void)state;
    assert_non_null(mkdtemp(root));
    (void)snprintf(path, sizeof(path), "%s/a/b", root);
    memcpy(kept, path, sizeof(kept));

    assert_true(folders_make(path));
    assert_string_equal(path, kept);
    assert_int_equal(stat(path, &info), 0);
    assert_true(S_ISDIR(info.st_mode));
    assert_int_equal(info.st_mode & 0777, 0700);
    assert_true(folders_make(path)); // again

    (void)rmdir(path);
    *strrchr(path, '/') = '\0';
    (void)rmdir(path);
    (void)rmdir(root);
}

static void says_why_it_cannot(void **state) {
    char path[] = "/proc/nexus/folder";
    (void)state;

    assert_false(folders_make(path));
    assert_int_equal(errno, ENOENT);
    assert_string_equal(path, "/proc/nexus/folder");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(makes_what_is_missing),
            cmocka_unit_test(says_why_it_cannot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
