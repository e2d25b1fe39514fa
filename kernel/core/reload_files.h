/*
 * reload_files - the files of the plugins of a new configuration.
 *
 * They are looked for at once. Those that have not been read before, or have
 * changed since, are read, checked, copied and loaded in another process by
 * a thread beside the loop, which is woken at the end. Nothing is mapped:
 * none of their code runs in this process.
 *
 * Owner:   struct reload embeds it
 * Thread:  logic; the other one has the files until they are ready
 * Errors:  of the whole in struct settings_errors; of one file in the file
 */
#ifndef KERNEL_CORE_RELOAD_FILES_H
#define KERNEL_CORE_RELOAD_FILES_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "kernel/core/image_file.h"
#include "kernel/core/preflight.h"

struct core;
struct settings;
struct settings_errors;

struct reload_files {
    struct core *core;
    struct image_file *files; // in the order of the list
    size_t count;
    struct preflight preflight; // for the new ones
    pthread_t thread;
    bool started;      // and not joined: that can wait until it has gone
    bool reading;      // the files are still its own
    _Atomic bool done; // it has nothing left to do
    _Atomic bool stop; // it should not begin another file
};

void reload_files_init(struct reload_files *files, struct core *core);

void reload_files_finish(struct reload_files *files);

// Waits for the file that is being read, and removes what was not mapped.
void reload_files_clear(struct reload_files *files);

// Begins with the list of wanted. program tries new files first, NULL: none.
// source is borrowed. False when errors were added.
bool reload_files_begin(struct reload_files *files,
        const struct settings *wanted, const char *program,
        const struct settings_source *source, struct settings_errors *errors);

// Whether nothing is read any more.
bool reload_files_ready(struct reload_files *files);

#endif
