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
#include <stdint.h>

#include "kernel/core/sha256.h"

#define PLUGIN_FILE_MAX     ((size_t)256 << 20)
#define PLUGIN_FILE_WHY_MAX 256

// What tells a file from any other, and from itself after a change. Two
// changes within one tick of the file system's clock look the same, so the
// stamp of a file that had just changed says nothing.
struct plugin_stamp {
    uint64_t device;
    uint64_t inode;
    int64_t size;
    int64_t modified_ns;
    int64_t changed_ns;
    bool telling;
};

struct plugin_file {
    void *data;
    size_t size;
    char sha256[SHA256_HEX_SIZE];
    struct plugin_stamp stamp;
};

// Reads the whole file and checks that it did not change meanwhile and is a
// shared object. *file is empty on error.
bool plugin_file_read(const char *path, struct plugin_file *file,
        char why[PLUGIN_FILE_WHY_MAX]);

// The stamp of what path names now; false when it cannot be asked.
bool plugin_stamp_take(const char *path, struct plugin_stamp *stamp);

// Whether nothing has changed between the two; then reading is no use.
bool plugin_stamp_same(
        const struct plugin_stamp *then, const struct plugin_stamp *now);

// Writes a copy nobody but the owner may change. errno is EEXIST when path
// exists already; nothing is left behind on error.
bool plugin_file_write(const struct plugin_file *file, const char *path);

// Accepts an empty file.
void plugin_file_finish(struct plugin_file *file);

#endif
