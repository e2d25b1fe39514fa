#include "kernel/core/preflight.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/core/preflight_step.h"
#include "tests/support/cmocka.h"

#define LONG_MS 60000

// This program is the child, too; the name of the plugin says what it does.
static int be_the_child(const char *plugin) {
    (void)puts(PREFLIGHT_MARK "in create()");
    (void)fflush(stdout);
    if (strncmp(plugin, "crash=", 6) == 0) {
        (void)raise(SIGABRT); // a sanitizer makes others an exit
    }
    if (strncmp(plugin, "exit=", 5) == 0) {
        return 3;
    }
    while (strncmp(plugin, "hang=", 5) == 0) {
        (void)pause();
    }
    if (strncmp(plugin, "noise=", 6) == 0) {
        for (int i = 0; i < 100000; i++) {
            (void)puts("a plugin that prints more than a pipe holds");
        }
        (void)puts(PREFLIGHT_MARK "in a step whose name is much longer than "
                                  "anybody would ever think it could become");
        return 3;
    }
    if (strncmp(plugin, "closed=", 7) == 0) {
        (void)fclose(stdout);
        (void)close(STDOUT_FILENO);
    }
    return strncmp(plugin, "refuse=", 7) == 0 ? PREFLIGHT_EXIT_REFUSED : 0;
}

struct fixture {
    char folder[32];
    struct settings_source source;
    struct preflight preflight;
    char why[PREFLIGHT_WHY_MAX];
};

static void begin(struct fixture *f) {
    *f = (struct fixture){.folder = "/tmp/nexus-test-XXXXXX"};
    assert_non_null(mkdtemp(f->folder));
    f->source.env = (const char *const *)environ;
    f->preflight = (struct preflight){.program = PREFLIGHT_PROGRAM,
            .source = &f->source,
            .image_dir = f->folder,
            .timeout_ms = LONG_MS};
}

// The folder is as empty as before.
static void end(struct fixture *f) {
    assert_int_equal(rmdir(f->folder), 0);
}

static bool try(struct fixture *f, const char *name) {
    f->why[0] = '\0';
    return preflight_try(&f->preflight, name, "/some/file.so", f->why);
}

static void lets_good_ones_pass_and_those_that_refuse(void **state) {
    struct fixture f;
    begin(&f);
    assert_true(try(&f, "good"));
    assert_true(try(&f, "refuse"));
    assert_true(try(&f, "closed"));
    end(&f);
}

static void names_the_signal_and_the_step(void **state) {
    struct fixture f;
    begin(&f);
    assert_false(try(&f, "crash"));
    assert_string_equal(f.why,
            "crashed with SIGABRT in create(), in a process of its own; it "
            "was not loaded");
    end(&f);
}

static void names_an_exit_code(void **state) {
    struct fixture f;
    begin(&f);
    assert_false(try(&f, "exit"));
    assert_string_equal(f.why,
            "ended its process with exit code 3 in create(); it was not "
            "loaded");
    end(&f);
}

static void ends_one_that_hangs(void **state) {
    struct fixture f;
    begin(&f);
    f.preflight.timeout_ms = 1000;
    assert_false(try(&f, "hang"));
    assert_string_equal(f.why,
            "did not come to an end within 1 s in create() "
            "(reload.preflight_timeout); it was not loaded");
    end(&f);
}

static void *set(void *arg) {
    atomic_store((_Atomic bool *)arg, true);
    return NULL;
}

static void stops_when_it_is_told_to(void **state) {
    struct fixture f;
    pthread_t thread;
    _Atomic bool stop = false;
    begin(&f);
    f.preflight.stop = &stop;
    assert_int_equal(pthread_create(&thread, NULL, set, &stop), 0);
    assert_false(try(&f, "hang"));
    assert_int_equal(pthread_join(thread, NULL), 0);
    end(&f);
}

static void survives_a_plugin_that_prints(void **state) {
    struct fixture f;
    begin(&f);
    assert_false(try(&f, "noise"));
    assert_non_null(strstr(f.why, "exit code 3 in a step whose name"));
    end(&f);
}

static void says_when_there_is_no_process(void **state) {
    struct fixture f;
    begin(&f);
    f.preflight.program = "/does/not/exist";
    assert_false(try(&f, "good"));
    assert_non_null(strstr(f.why, "cannot be tried in a process of its own"));
    f.preflight.program = PREFLIGHT_PROGRAM;
    f.preflight.image_dir = "/does/not/exist";
    assert_false(try(&f, "good"));
    assert_non_null(strstr(f.why, "No such file or directory"));
    end(&f);
}

static void tries_nothing_without_a_program(void **state) {
    struct fixture f;
    begin(&f);
    f.preflight.program = NULL;
    assert_true(try(&f, "crash"));
    end(&f);
}

int main(int argc, char **argv) {
    if (argc > 2 && strcmp(argv[1], "--preflight") == 0) {
        return be_the_child(argv[2]);
    }
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(lets_good_ones_pass_and_those_that_refuse),
            cmocka_unit_test(names_the_signal_and_the_step),
            cmocka_unit_test(names_an_exit_code),
            cmocka_unit_test(ends_one_that_hangs),
            cmocka_unit_test(stops_when_it_is_told_to),
            cmocka_unit_test(survives_a_plugin_that_prints),
            cmocka_unit_test(says_when_there_is_no_process),
            cmocka_unit_test(tries_nothing_without_a_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
