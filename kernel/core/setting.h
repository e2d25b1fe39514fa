/*
 * setting - one setting: its row, and how what somebody wrote becomes a value.
 *
 * Rows of the server's own table and of a plugin's nx_setting table have the
 * same form here, so both get the same checks and the same sentences.
 *
 * Owner:   rows are constant; texts of values are borrowed from what was read
 * Thread:  any
 * Errors:  false and one sentence in struct settings_errors
 */
#ifndef KERNEL_CORE_SETTING_H
#define KERNEL_CORE_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "kernel/core/settings_errors.h"

#define SETTING_PATH_MAX 128 // bytes of a dotted path, its NUL included

struct setting {
    const char *path;     // "limits.json_depth", "plugins.chat.typing_lease"
    uint32_t kind;        // NX_SETTING_INT, _STRING, _BOOL
    uint32_t flags;       // NX_SETTING_LIVE, ..., SETTING_FILLED
    const char *fallback; // default as text
    const char *range;    // "1..10000", "a|b|c" or NULL
    const char *env;      // second name in the environment, or NULL
    const char *help;
    size_t offset; // of the member of struct settings
};

// What somebody wrote, before anyone knows what it should be.
enum raw_kind {
    RAW_TEXT, // from the environment or --set: becomes what is wanted
    RAW_INT,
    RAW_BOOL,
    RAW_STRING,
    RAW_FLOAT,
    RAW_GROUP,
    RAW_LIST,
};

struct raw_value {
    enum raw_kind kind;
    const char *text;   // "8000", "true", "abc"; "" for GROUP and LIST
    const char *origin; // where it stands: "nexus.conf:12"
};

struct setting_value {
    int64_t number;   // INT; BOOL: 0 or 1
    const char *text; // STRING, borrowed; else NULL
};

// The rows of settings_table.h.
size_t setting_count(void);
const struct setting *setting_row(size_t i);

// The row of this path, or NULL.
const struct setting *setting_find(const char *path);

// Checks type and range.
bool setting_read(const struct setting *setting, const struct raw_value *raw,
        struct setting_value *value, struct settings_errors *errors);

// The name in the environment: NEXUS_ and the path, in upper case, with an
// underscore for what is neither letter nor digit. False when it is too long.
bool setting_env_name(const char *path, char *out, size_t size);

// Writes what may be given: "a whole number from 1 to 10".
void setting_write_range(const struct setting *setting, FILE *out);

// Writes the value as it stands in a file: 8000, true, "abc".
void setting_write_value(
        uint32_t kind, const struct setting_value *value, FILE *out);

// Writes the text in quotes, escaped for libconfig.
void setting_write_string(const char *text, FILE *out);

#endif
