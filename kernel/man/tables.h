/*
 * tables - the lists in the manual pages, out of the tables of the programs.
 *
 * Thread:  one
 * Errors:  false, with a line on stderr
 */
#ifndef KERNEL_MAN_TABLES_H
#define KERNEL_MAN_TABLES_H

#include <stdbool.h>
#include <stdio.h>

// The list of this name, "settings"; false if there is none, or it cannot be
// written in full.
bool tables_write(const char *name, FILE *out);

#endif
