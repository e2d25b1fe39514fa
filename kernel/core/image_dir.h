/*
 * image_dir - the private folder with the copies of plugins that are mapped.
 *
 * Copies are "<generation>-<12 digits of the sha256>-<name>.so". The folder
 * may hold other things of the operator's, which are left alone.
 *
 * Thread:  any
 * Errors:  NULL, and why holds one sentence
 */
#ifndef KERNEL_CORE_IMAGE_DIR_H
#define KERNEL_CORE_IMAGE_DIR_H

#include <stdbool.h>
#include <stdint.h>

#define IMAGE_DIR_WHY_MAX 512

// Creates the folder and those above it (0700) where missing, and checks that
// nobody else can write to it. Returns its absolute path, owned by the caller.
char *image_dir_open(const char *path, char why[IMAGE_DIR_WHY_MAX]);

// Removes all copies. Returns how many.
unsigned image_dir_sweep(const char *dir);

// The path of a copy, owned by the caller; NULL without memory.
char *image_dir_name(const char *dir, uint32_t generation, const char *sha256,
        const char *name);

// Whether the folder is mounted so that no code can be mapped from it.
bool image_dir_is_noexec(const char *dir);

#endif
