/*
 * settings_text - the bytes of a settings file, made safe for its parser.
 *
 * libconfig 1.5 cuts a number without the suffix L to 32 bits and takes a
 * comment that is never closed for the rest of the file, both in silence, and
 * it ends the process when it is given a folder. So the file is read here,
 * such mistakes are found here, and every whole number gets its L.
 *
 * Owner:   the caller frees the text
 * Thread:  any
 * Errors:  NULL and one sentence
 */
#ifndef KERNEL_CORE_SETTINGS_TEXT_H
#define KERNEL_CORE_SETTINGS_TEXT_H

#include <stddef.h>

#include "kernel/core/settings_errors.h"

#define SETTINGS_FILE_MAX (1u << 20) // bytes of a settings file

// Returns the text of a file, ready for libconfig.
char *settings_text_read(const char *file, struct settings_errors *errors);

// The same for a text in memory; file is its name in errors.
char *settings_text_prepare(const char *text, size_t len, const char *file,
        struct settings_errors *errors);

#endif
