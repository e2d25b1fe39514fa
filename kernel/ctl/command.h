/*
 * command - the commands of nexusctl: their names, arguments and texts.
 *
 * A command is two words, "store check", and one row in commands.c. Options
 * are the same for all; a command refuses those it has no use for.
 *
 * Owner:   constants
 * Thread:  one
 * Errors:  an exit code
 */
#ifndef KERNEL_CTL_COMMAND_H
#define KERNEL_CTL_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#define CTL_EXIT_FOUND   1 // the command ran and found something wrong
#define CTL_EXIT_USAGE   2
#define CTL_EXIT_FAILURE 3 // the command could not run

struct ctl_options {
    const char *data_dir; // NULL: as the settings have it
    const char *config;   // NULL: the one nexusd would use
    bool json;
    const char *argument; // what follows the two words, NULL: nothing
};

struct command {
    const char *group;    // "store"
    const char *name;     // "check"
    const char *argument; // "FILE" when it needs one, else NULL
    const char *help;
    int (*run)(const struct ctl_options *options);
};

// Ends with one that has no group.
extern const struct command commands[];

// The command of two words, or NULL.
const struct command *command_find(const char *group, const char *name);

// What can be said, for --help and after a mistake.
void command_write_help(FILE *out);

#endif
