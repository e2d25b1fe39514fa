/*
 * settings_print - the settings in effect, for `nexusd --print-config`.
 *
 * What is written can be read as a settings file again, but for secrets.
 *
 * Thread:  that of the settings
 * Errors:  those of the stream
 */
#ifndef KERNEL_CORE_SETTINGS_PRINT_H
#define KERNEL_CORE_SETTINGS_PRINT_H

#include <stdio.h>

#include "kernel/core/settings.h"

// Writes every value with its origin as a comment; secrets as "***". Of a
// plugin that was not resolved, what the file and --set say is written, and
// every text counts as a secret, because its table is not known.
void settings_print(const struct settings *settings, FILE *out);

#endif
