/*
 * plugin_file - a plugin's file as it was at one moment, and its copy.
 *
 * Owner:   the caller, who calls plugin_file_finish
 * Thread:  any
 * Errors:  false, and why holds a half sentence: "cannot be read: ..."
 */
#ifndef KERNEL_CORE_PLUGIN_FILE_H
#define KERNEL_CORE_PLUGIN_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/core/sha256.h"

#define PLUGIN_FILE_MAX     ((size_t)256 << 20)
#define PLUGIN_FILE_WHY_MAX 256

struct plugin_file {
    void *data;
    size_t size;
    char sha256[SHA256_HEX_SIZE];
};

// Reads the whole file and checks that it did not change meanwhile and is a
// shared object. *file is empty on error.
bool plugin_file_read(const char *path, struct plugin_file *file,
        char why[PLUGIN_FILE_WHY_MAX]);

// Writes a copy nobody but the owner may change. errno is EEXIST when path
// exists already; nothing is left behind on error.
bool plugin_file_write(const struct plugin_file *file, const char *path);

// Accepts an empty file.
void plugin_file_finish(struct plugin_file *file);

#endif
