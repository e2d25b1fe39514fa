/*
 * options - what follows the command on nexusctl's command line.
 *
 * Owner:   the caller; the texts are those of argv
 * Thread:  one
 * Errors:  OPTIONS_WRONG, with a line on stderr
 */
#ifndef KERNEL_CTL_OPTIONS_H
#define KERNEL_CTL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define OPTION_SETS_MAX 64 // so often --set may be given

// X(NAME, letter, word, argument, help).
#define OPTIONS(X) \
    X(DATA_DIR, 'd', "data-dir", "DIR", "the server's data_dir") \
    X(CONFIG, 'c', "config", "FILE", \
            "take the places from the server's settings; without either, " \
            "from /etc/nexus/nexus.conf if it exists") \
    X(SOCKET, 's', "socket", "PATH", "the server's control.socket") \
    X(USER, 'u', "user", "USER", "only this user") \
    X(LIMIT, 'n', "limit", "N", "at most so many") \
    X(REASON, 'r', "reason", "TEXT", "why, for the client (123 bytes)") \
    X(PREFIX, 'p', "prefix", "TEXT", \
            "only names that begin so; of plugin new: its events") \
    X(TYPE, 't', "type", "PREFIX", "only types of events that begin so") \
    X(COUNT, 'N', "count", "N", "end after so many events") \
    X(DIR, 'D', "dir", "DIR", "the folder to make, NAME without it") \
    X(LANG, 'l', "lang", "LANG", "the plugin's language: c, or cpp") \
    X(SET, 'S', "set", "KEY=VALUE", \
            "a setting of the plugin, or with a dot of the server; may be " \
            "repeated") \
    X(TIME_LIMIT, 'T', "time-limit", "S", \
            "seconds that a part of the check may take (120)") \
    X(JSON, 'j', "json", NULL, "answer in JSON") \
    X(HELP, 'h', "help", NULL, "this text") \
    X(VERSION, 'V', "version", NULL, "the version")

enum option_index {
#define OPTION_INDEX_(name, letter, word, argument, help) OPTION_INDEX_##name,
    OPTIONS(OPTION_INDEX_)
#undef OPTION_INDEX_
    OPTION_COUNT_ALL,
};

// A bit for each.
enum option_bit {
#define OPTION_ENUM_(name, letter, word, argument, help) \
    OPTION_##name = 1 << OPTION_INDEX_##name,
    OPTIONS(OPTION_ENUM_)
#undef OPTION_ENUM_
};

struct options_row {
    char letter;
    const char *word;     // with its dashes
    const char *argument; // NULL: none
    const char *help;
};

struct ctl_options {
    unsigned given;       // OPTION_ bits
    const char *data_dir; // NULL: as the settings have it
    const char *config;   // NULL: the one nexusd would use
    const char *socket;   // NULL: from one of the others
    const char *user;     // NULL, as all that follow, when not given
    const char *reason;
    const char *prefix;
    const char *type;
    const char *dir;
    const char *lang;
    uint64_t limit; // 0: none
    uint64_t count; // 0: none
    const char *sets[OPTION_SETS_MAX];
    size_t set_count;
    uint64_t time_limit; // 0: the default
    bool json;
    const char *argument; // what follows the command's words
};

enum options_outcome {
    OPTIONS_READ,
    OPTIONS_DONE, // it was --help or --version
    OPTIONS_WRONG,
};

// Reads them, wherever they stand, and leaves the words behind *first.
enum options_outcome options_read(
        struct ctl_options *options, int argc, char **argv, int *first);

// "--user" for the lowest of these bits.
const char *options_word(unsigned bits);

// The rows of OPTIONS, each at the place of its bit; NULL behind the last.
const struct options_row *options_row(size_t i);

void options_write_help(FILE *out);

#endif
