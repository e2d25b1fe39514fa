/*
 * command - the commands of nexusctl: their names, arguments and texts.
 *
 * A command is one word, "status", or two, "store check", and one row in
 * commands.c, which also says which options it has a use for; the others are
 * refused.
 *
 * Owner:   constants
 * Thread:  one
 * Errors:  an exit code
 */
#ifndef KERNEL_CTL_COMMAND_H
#define KERNEL_CTL_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "kernel/ctl/options.h"

#define CTL_EXIT_FOUND   1 // the command ran and found something wrong
#define CTL_EXIT_USAGE   2
#define CTL_EXIT_FAILURE 3 // the command could not run

#define COMMAND_INDENT   24 // where --help says what something means

struct command {
    const char *group;    // "store", or NULL
    const char *name;     // "check"
    const char *argument; // "FILE", "[LEVEL]" when it need not be there, NULL
    unsigned options;     // OPTION_ bits
    const char *help;
    int (*run)(const struct ctl_options *options);
};

// Ends with one that has no name.
extern const struct command commands[];

// The command that the words begin with, or NULL.
const struct command *command_find(int count, char *const *words);

// How many words name it, and whether an argument must follow them.
int command_words(const struct command *command);
bool command_needs_argument(const struct command *command);

// What can be said, for --help and after a mistake.
void command_write_help(FILE *out);

#endif
