/*
 * loader - brings a plugin's file into the process; the only dlopen().
 *
 * glibc gives the old image for a path or inode it knows, and overwriting a
 * mapped file crashes its user. So the file is read whole, checked, and
 * written to a private folder under a name never used twice; that copy is
 * opened. Images are never closed: code, strings and thread-local data of a
 * plugin stay valid for ever, and an unchanged file maps nothing again.
 *
 * Owner:   struct plugins
 * Thread:  logic
 * Errors:  NULL or false; loader_reason() is one sentence for the operator
 */
#ifndef KERNEL_CORE_LOADER_H
#define KERNEL_CORE_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/core/sha256.h"

struct loader;
struct nx_plugin_entry;
struct plugin_entry;

#define LOADER_REASON_MAX 512 // as IMAGE_DIR_WHY_MAX

// One mapped file. Borrowed as long as the loader; entry for ever.
struct image {
    char *name; // of the plugin list
    char *path; // the operator's file
    char *copy; // what is mapped
    char sha256[SHA256_HEX_SIZE];
    uint32_t generation;
    const struct nx_plugin_entry *entry; // checked by descriptor_check()
};

struct loader *loader_create(void);

// Forgets the images, which stay mapped. Accepts NULL.
void loader_destroy(struct loader *loader);

// plugin_dirs is one folder or several with ':' between them, searched in
// order. image_dir is created (0700) when missing; nobody else may be able to
// write there. Both are copied.
bool loader_set_dirs(
        struct loader *loader, const char *plugin_dirs, const char *image_dir);

// Removes copies that earlier runs left in image_dir.
void loader_sweep(struct loader *loader);

// The image of one line of the plugin list, mapped now or before.
const struct image *loader_open(
        struct loader *loader, const struct plugin_entry *entry);

// Removes the files of the copies; what is mapped stays usable.
void loader_remove_copies(struct loader *loader);

// Images mapped since the start: they cost memory and never go.
size_t loader_image_count(const struct loader *loader);

// Why the last call failed, without a full stop. Borrowed until the next one.
const char *loader_reason(const struct loader *loader);

// The file the last loader_open() was about, "" when there was none.
const char *loader_path(const struct loader *loader);

#endif
