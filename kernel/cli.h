/*
 * cli - the command line of nexusd.
 *
 * cli_parse turns argv into one struct and does nothing else. What the
 * options ask for is done by main.c, with the help of the functions below it.
 *
 * Owner:   the caller; the struct borrows from argv
 * Thread:  main, before anything else runs
 * Errors:  false, with one line on stderr; the process then ends with CLI_EXIT_USAGE
 */
#ifndef KERNEL_CLI_H
#define KERNEL_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "kernel/core/settings.h"

#define CLI_EXIT_CONFIG 1 // the settings are wrong
#define CLI_EXIT_USAGE  2 // the command line is wrong

// Read when there is no --config and it exists.
#define CLI_CONFIG_FILE "/etc/nexus/nexus.conf"

// X(NAME, letter, word, argument or NULL, help): what --help and the manual
// page tell.
#define CLI_OPTIONS(X) \
    X(CONFIG, 'c', "config", "FILE", \
            "read the settings from FILE; without this from " CLI_CONFIG_FILE \
            " if it exists, else the defaults apply") \
    X(SET, 's', "set", "PATH=VALUE", \
            "change one setting, e.g. --set listen.port=9000; overrules file " \
            "and environment, may be repeated") \
    X(CHECK, 't', "check", NULL, "check settings and plugins, start nothing") \
    X(PRINT_CONFIG, 'p', "print-config", NULL, \
            "show every setting in effect and where it comes from, start " \
            "nothing") \
    X(VERSION, 'V', "version", NULL, "show the version") \
    X(HELP, 'h', "help", NULL, "show this text")

struct cli_option {
    char letter;
    const char *word;
    const char *argument; // NULL: none
    const char *help;
};

struct cli {
    const char *config; // --config, or NULL
    const char **sets;  // --set, in order: "path=value"
    size_t set_count;
    bool check;            // --check: load everything, start nothing
    bool print_config;     // --print-config
    bool version;          // --version
    bool help;             // --help
    const char *preflight; // --preflight, or NULL: "name=file" to be tried
    const char *generate;  // --generate, or NULL: a name cli_generate knows
};

// argv stays the caller's and must live as long as cli. On false cli is
// finished already.
bool cli_parse(struct cli *cli, int argc, char **argv);
void cli_finish(struct cli *cli);

// Fills source from the options, the environment of the process and, when
// there is no --config, CLI_CONFIG_FILE if it exists. Borrows from cli.
void cli_settings_source(const struct cli *cli, struct settings_source *source);

// The rows of CLI_OPTIONS; NULL behind the last.
const struct cli_option *cli_option(size_t i);

void cli_write_help(FILE *out);
void cli_write_version(FILE *out);

// Writes "settings.md", "errors.md" or "nexus.conf". False when it cannot be
// written in full.
bool cli_generate(const char *name, FILE *out);

#endif
