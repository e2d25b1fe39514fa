/*
 * plugin_tables - the settings of the default plugins, for their documents.
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

struct nx_setting;

// table ends with a NULL key and may be NULL.
typedef void (*plugin_table_fn)(
        const char *name, const struct nx_setting *table, FILE *out);

// Calls write for each plugin of the default list.
bool plugin_tables_write(plugin_table_fn write, FILE *out);

#endif
