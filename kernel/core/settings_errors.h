/*
 * settings_errors - what is wrong with a configuration, one sentence each.
 *
 * Reading settings goes on after a mistake, so that an operator sees all of
 * them at once. Each sentence names its place first: `nexus.conf:12: ...`,
 * `env LOG_LEVEL: ...`, `--set: ...`, `default: ...`. Warnings do not refuse
 * anything.
 *
 * Owner:   whoever embeds it
 * Thread:  that of the owner
 * Errors:  none; what does not fit or finds no memory is counted only
 */
#ifndef KERNEL_CORE_SETTINGS_ERRORS_H
#define KERNEL_CORE_SETTINGS_ERRORS_H

#include <stddef.h>
#include <stdio.h>

#define SETTINGS_ERRORS_MAX     20  // texts kept of each kind
#define SETTINGS_ERROR_TEXT_MAX 512 // bytes of one text, its NUL included

struct settings_errors {
    size_t count;         // errors found, also those not kept
    size_t warning_count; // warnings found, also those not kept
    // The first ones in the order found; NULL behind the last one kept.
    char *texts[SETTINGS_ERRORS_MAX];
    char *warnings[SETTINGS_ERRORS_MAX];
};

// Allocates nothing.
void settings_errors_init(struct settings_errors *errors);
void settings_errors_finish(struct settings_errors *errors);

// Adds one sentence, without full stop and newline. Longer ones are cut.
__attribute__((format(printf, 2, 3))) void settings_errors_add(
        struct settings_errors *errors, const char *format, ...);
__attribute__((format(printf, 2, 3))) void settings_errors_warn(
        struct settings_errors *errors, const char *format, ...);

// Writes one line per sentence, errors first, and how many were not kept.
void settings_errors_print(const struct settings_errors *errors, FILE *out);

#endif
