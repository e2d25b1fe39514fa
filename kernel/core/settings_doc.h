/*
 * settings_doc - docs/settings.md and etc/nexus.conf, out of the table.
 *
 * Both files are checked in; scripts/check-generated fails when they differ
 * from what these functions write.
 *
 * Thread:  any
 * Errors:  those of the stream
 */
#ifndef KERNEL_CORE_SETTINGS_DOC_H
#define KERNEL_CORE_SETTINGS_DOC_H

#include <stdio.h>

struct nx_setting;

void settings_write_markdown(FILE *out);

// The part of docs/settings.md about one plugin; table ends with a NULL key
// and may be NULL.
void settings_write_plugin(
        const char *name, const struct nx_setting *table, FILE *out);

// Every setting as a commented-out default, and an active plugin list.
void settings_write_conf(FILE *out);

#endif
