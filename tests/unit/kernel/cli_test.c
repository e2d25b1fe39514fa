#include "kernel/cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/cmocka.h"

#define ARGS_MAX 12

// Parses a command line; words are those behind the program's name.
static bool parse(struct cli *cli, const char *const *words) {
    char *argv[ARGS_MAX + 1] = {strdup("nexusd")};
    int argc = 1;
    while (words[argc - 1] != NULL && argc < ARGS_MAX) {
        argv[argc] = strdup(words[argc - 1]);
        argc++;
    }
    bool parsed = cli_parse(cli, argc, argv);
    for (int i = 0; i < argc; i++) {
        free(argv[i]);
    }
    return parsed;
}

// What is said on stderr while refusing goes to a pipe.
static void refuses(const char *const *words, const char *part) {
    char said[512] = "";
    struct cli cli;
    int ends[2];
    int saved = dup(STDERR_FILENO);
    assert_int_equal(0, pipe(ends));
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    bool parsed = parse(&cli, words);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    (void)close(ends[1]);
    size_t len = 0;
    for (ssize_t got = 1; got > 0; len += (size_t)got) {
        got = read(ends[0], said + len, sizeof(said) - 1 - len);
        assert_true(got >= 0);
    }
    (void)close(ends[0]);
    (void)close(saved);
    assert_false(parsed);
    assert_null(cli.sets);
    assert_non_null(strstr(said, part));
    assert_non_null(strstr(said, "Try 'nexusd --help'."));
}

static void needs_no_options(void **state) {
    char name[] = "nexusd";
    char *argv[] = {name, NULL};
    struct cli cli;
    assert_true(cli_parse(&cli, 1, argv));
    assert_null(cli.config);
    assert_int_equal(0, cli.set_count);
    assert_false(cli.check || cli.print_config || cli.version || cli.help);
    assert_null(cli.generate);
    cli_finish(&cli);
}

static void takes_all_options(void **state) {
    char words[][24] = {"nexusd", "--config", "a.conf", "--set", "x=1",
            "--set=y=2", "--check", "--print-config", "-s", "z=3"};
    char *argv[11] = {NULL};
    for (size_t i = 0; i < 10; i++) {
        argv[i] = words[i];
    }
    struct cli cli;
    assert_true(cli_parse(&cli, 10, argv));
    assert_string_equal("a.conf", cli.config);
    assert_int_equal(3, cli.set_count);
    assert_string_equal("x=1", cli.sets[0]);
    assert_string_equal("y=2", cli.sets[1]);
    assert_string_equal("z=3", cli.sets[2]);
    assert_true(cli.check && cli.print_config);
    assert_false(cli.version || cli.help);
    cli_finish(&cli);
}

static void takes_the_other_options(void **state) {
    const char *const words[] = {"-V", "-h", "--generate", "x", NULL};
    struct cli cli;
    assert_true(parse(&cli, words));
    assert_true(cli.version && cli.help);
    assert_non_null(cli.generate);
    assert_false(cli.check || cli.print_config);
    cli_finish(&cli);
}

static void refuses_what_it_does_not_know(void **state) {
    refuses((const char *const[]){"--bogus", NULL}, "--bogus");
    refuses((const char *const[]){"-x", NULL}, "x");
    refuses((const char *const[]){"--set", NULL}, "--set");
    refuses((const char *const[]){"--check", "nexus.conf", NULL},
            "unexpected argument 'nexus.conf'");
    refuses((const char *const[]){"nexus.conf", "--check", NULL},
            "unexpected argument 'nexus.conf'");
}

static void hands_everything_to_the_settings(void **state) {
    char words[][24] = {"nexusd", "-c", "a.conf", "-s", "x=1"};
    char *argv[] = {words[0], words[1], words[2], words[3], words[4], NULL};
    struct cli cli;
    struct settings_source source;
    assert_true(cli_parse(&cli, 5, argv));
    cli_settings_source(&cli, &source);
    assert_string_equal("a.conf", source.file);
    assert_ptr_equal(environ, source.env);
    assert_int_equal(1, source.set_count);
    assert_string_equal("x=1", source.sets[0]);
    cli_finish(&cli);
}

static void has_help_for_every_public_option(void **state) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    cli_write_help(out);
    assert_int_equal(0, fclose(out));
    static const char *const options[] = {"-c, --config", "-s, --set",
            "-t, --check", "-p, --print-config", "-V, --version", "-h, --help"};
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        assert_non_null(strstr(text, options[i]));
    }
    assert_null(strstr(text, "--generate"));
    free(text);
}

static void generates_the_files_it_knows(void **state) {
    // settings.md needs the plugins as well: scripts/check-generated.
    static const char *const names[] = {"errors.md", "nexus.conf"};
    for (size_t i = 0; i < 2; i++) {
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);
        assert_true(cli_generate(names[i], out));
        assert_int_equal(0, fclose(out));
        assert_true(len > 1000);
        free(text);
    }
    assert_false(cli_generate("nothing.md", stdout));
}

static void notices_when_a_file_cannot_be_written(void **state) {
    FILE *full = fopen("/dev/full", "w");
    if (full == NULL) {
        skip();
    }
    assert_false(cli_generate("settings.md", full));
    (void)fclose(full);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(needs_no_options),
            cmocka_unit_test(takes_all_options),
            cmocka_unit_test(takes_the_other_options),
            cmocka_unit_test(refuses_what_it_does_not_know),
            cmocka_unit_test(hands_everything_to_the_settings),
            cmocka_unit_test(has_help_for_every_public_option),
            cmocka_unit_test(generates_the_files_it_knows),
            cmocka_unit_test(notices_when_a_file_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
