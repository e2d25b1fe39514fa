/*
 * where - what this thread is doing, for whoever asks after a crash.
 *
 * The bracket of each callback (plugin.h), the router and the pool of jobs
 * leave here whose code runs, in which callback, for which event, session and
 * room. A signal handler of the same thread reads it: everything is an array
 * or a literal, so that nothing has to be followed through a broken heap.
 *
 * Owner:   each thread has its own; the list of plugins is the process's
 * Thread:  any; where_here() and where_owner() also from signal handlers
 * Errors:  none; what is nested too deeply is counted only
 */
#ifndef KERNEL_CORE_WHERE_H
#define KERNEL_CORE_WHERE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>

#include "kernel/core/sha256.h"

#define WHERE_DEPTH_MAX   12u
#define WHERE_NAME_MAX    49u // with the NUL, as all these
#define WHERE_VERSION_MAX 40u
#define WHERE_PATH_MAX    256u
#define WHERE_EVENT_MAX   65u
#define WHERE_ROOM_MAX    257u
#define WHERE_CLAIMS_MAX  184u

// Why a plugin must not be left out silently.
#define WHERE_ENGINE (1u << 0) // it keeps what is stored
#define WHERE_GUARD  (1u << 1) // it decides who may do what
#define WHERE_UNTOLD (1u << 2) // it never ran, and may be either

// What a report says of a plugin. Embedded in struct plugin.
struct where_plugin {
    char name[WHERE_NAME_MAX]; // of the list
    char id[WHERE_NAME_MAX];
    char version[WHERE_VERSION_MAX];
    char path[WHERE_PATH_MAX];
    char sha256[SHA256_HEX_SIZE];
    char claims[WHERE_CLAIMS_MAX]; // its prefixes, each ended by a comma
    uint64_t settings;             // settings_plugin_mark() of its line
    uint32_t traits;               // WHERE_ENGINE ...
    const void *code;              // an address in its image, or NULL
};

struct where_frame {
    const struct where_plugin *plugin;
    const char *callback; // a literal
    int64_t entered_ns;   // CLOCK_MONOTONIC
    char room[WHERE_ROOM_MAX];
};

struct where {
    const char *thread; // a literal
    uint32_t depth;     // may be more than there are frames
    uint64_t session;   // of the event, 0: none
    char event[WHERE_EVENT_MAX];
    struct where_frame frames[WHERE_DEPTH_MAX];
};

// Of the calling thread.
struct where *where_here(void);

// A literal that names the calling thread.
void where_thread(const char *name);

// The bracket; plugin and callback are borrowed until it ends.
void where_enter(const struct where_plugin *plugin, const char *callback,
        int64_t now_ns);
void where_leave(void);

// The room that the innermost callback is about.
void where_room(struct nx_str room);

// The event being handled; an empty type ends it.
void where_event(struct nx_str type, uint64_t session);

// The innermost callback, or NULL.
const struct where_frame *where_top(const struct where *where);

// Puts a plugin on the list of those whose code is mapped, or takes it off.
void where_list(const struct where_plugin *plugin);
void where_unlist(const struct where_plugin *plugin);

// The listed plugin in whose file the address is, or NULL.
const struct where_plugin *where_owner(const void *address);

#endif
