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
 * Thread:  logic, but what image_file_fetch() asks
 * Errors:  NULL or false; loader_reason() is one sentence for the operator
 */
#ifndef KERNEL_CORE_LOADER_H
#define KERNEL_CORE_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/core/sha256.h"

struct image_file;
struct loader;
struct mapped;
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

// The image of one line of the plugin list, mapped now or before: the three
// steps below in one.
const struct image *loader_open(
        struct loader *loader, const struct plugin_entry *entry);

// Looks for the file and whether it is mapped; file is initialized. False:
// file->why.
bool loader_find(struct loader *loader, const struct plugin_entry *entry,
        struct image_file *file);

// Maps a file that was fetched. NULL: file->why.
const struct image *loader_map(struct loader *loader, struct image_file *file);

// For image_file_fetch(): where copies go, a number for the next one, and
// what is mapped of this name and content.
const char *loader_image_dir(const struct loader *loader);
uint32_t loader_next_generation(struct loader *loader);
struct mapped *loader_find_mapped(
        const struct loader *loader, const char *name, const char *sha256);

// The hash of the file of one line as it is now; it is not mapped. False when
// it cannot be read.
bool loader_hash(struct loader *loader, const struct plugin_entry *entry,
        char sha256[SHA256_HEX_SIZE]);

// Removes the files of the copies; what is mapped stays usable.
void loader_remove_copies(struct loader *loader);

// Images mapped since the start: they cost memory and never go.
size_t loader_image_count(const struct loader *loader);

// The C library's pointer to why it has called abort(), or NULL.
const void *loader_abort_text(void);

// Why the last call failed, without a full stop. Borrowed until the next one.
const char *loader_reason(const struct loader *loader);

// The file the last loader_open() was about, "" when there was none.
const char *loader_path(const struct loader *loader);

#endif
