/*
 * plugin_tables - the settings of the default plugins, for docs/settings.md.
 *
 * Loads the files and reads their tables; no code of a plugin runs.
 *
 * Owner:   nothing is kept
 * Thread:  main
 * Errors:  false; the reason is on stderr
 */
#ifndef KERNEL_PLUGIN_TABLES_H
#define KERNEL_PLUGIN_TABLES_H

#include <stdbool.h>
#include <stdio.h>

bool plugin_tables_write(FILE *out);

#endif
