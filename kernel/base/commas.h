/*
 * commas - the items of a comma-separated text, one by one.
 *
 * Blanks around an item do not count, and empty items are passed over.
 *
 * Thread:  any (pure functions)
 * Errors:  none
 */
#ifndef KERNEL_BASE_COMMAS_H
#define KERNEL_BASE_COMMAS_H

#include <stdbool.h>

#include <nexus/types.h>

// Takes the first item off *rest; false when there is none left. The item is
// borrowed from the text and does not end in a NUL.
bool commas_next(const char **rest, struct nx_str *item);

#endif
