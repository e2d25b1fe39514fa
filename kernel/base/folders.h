/*
 * folders - folders that should be there.
 *
 * Thread:  any
 * Errors:  false, with errno
 */
#ifndef KERNEL_BASE_FOLDERS_H
#define KERNEL_BASE_FOLDERS_H

#include <stdbool.h>

// Makes the folder and those above it that are missing, for their owner
// alone. path is changed meanwhile and as before at the end.
bool folders_make(char *path);

#endif
