/*
 * image_file - a plugin's file on its way into the process.
 *
 * Found by the loader, then read, checked and copied, which takes time and is
 * done wherever the caller wants, then mapped by the loader. What is mapped
 * already passes through with nothing done. A copy that was not mapped goes.
 *
 * Owner:   whoever embeds it
 * Thread:  one at a time
 * Errors:  false, and why is one sentence for the operator
 */
#ifndef KERNEL_CORE_IMAGE_FILE_H
#define KERNEL_CORE_IMAGE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/core/plugin_file.h"
#include "kernel/core/sha256.h"

struct loader;
struct mapped;

#define IMAGE_FILE_WHY_MAX 512 // as LOADER_REASON_MAX

struct image_file {
    struct loader *loader; // borrowed
    char *name;            // of the plugin list
    char *path;            // the operator's file, NULL: not found
    char *pin;             // the sha256 that is wanted, NULL: any
    char sha256[SHA256_HEX_SIZE];
    struct plugin_stamp stamp;
    struct mapped *mapped;        // struct loader::images, NULL: a new one
    char *copy;                   // NULL: none
    uint32_t generation;          // of the copy
    char why[IMAGE_FILE_WHY_MAX]; // "": nothing was wrong so far
};

// Everything absent; image_file_finish() is allowed from here on.
void image_file_init(struct image_file *file);

// Removes the copy if it is still there.
void image_file_finish(struct image_file *file);

// Why it will not be mapped.
__attribute__((format(printf, 2, 3))) bool image_file_refuse(
        struct image_file *file, const char *format, ...);

// Whether there is something left to do that takes time.
bool image_file_unread(const struct image_file *file);

// Reads, checks and copies it. On any thread, as long as nothing is mapped
// meanwhile.
bool image_file_fetch(struct image_file *file);

// The file's name without its folder.
const char *image_file_base(const struct image_file *file);

#endif
