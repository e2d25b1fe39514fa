/*
 * plugin - one instance of a plugin, and everything done on its behalf.
 *
 * Holds the descriptor, the instance's own nx_host, its phase, timers and
 * metrics. plugin_enter() and plugin_leave() bracket every callback into it:
 * they time it, name it for crash reports, discard what a callback left
 * open, and are what the phase and thread checks of the host interfaces look
 * at. Brackets of different plugins may nest, as a stack.
 *
 * Owner:   struct plugins
 * Thread:  logic, but what is tagged [any]
 * Errors:  plugin_create: NULL without memory
 */
#ifndef KERNEL_CORE_PLUGIN_H
#define KERNEL_CORE_PLUGIN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <nexus/host.h>
#include <nexus/plugin.h>
#include <nexus/util/list.h>

#include "kernel/core/limit.h"
#include "kernel/core/plugin_calls.h"
#include "kernel/core/plugin_docs.h"
#include "kernel/core/where.h"

struct core;
struct idmap;
struct image;
struct metrics;
struct plugin_entry;
struct settings;

// Phases as in the ABI; bits, so that a host call may allow several.
#define PHASE_CREATE     (1u << 0)
#define PHASE_CONFIGURE  (1u << 1)
#define PHASE_START      (1u << 2)
#define PHASE_RUNNING    (1u << 3)
#define PHASE_QUIESCED   (1u << 4)
#define PHASE_ANY        0x1fu

#define PLUGIN_DEPTH_MAX 8   // brackets of one plugin with time and writers
#define PLUGIN_NOTE_MAX  192 // bytes of plugin_note(), with its NUL

// One callback that has been entered and not left.
struct plugin_frame {
    const char *callback; // a literal
    int64_t entered_ns;   // CLOCK_MONOTONIC
    uint64_t mark;        // of the writers
};

struct plugin {
    struct nx_list link; // struct plugins::list
    struct core *core;
    char *name;                // of the settings entry
    char *path;                // of the original file, "" when linked in
    struct where_plugin about; // the same and more, for crash reports
    const struct nx_plugin_entry *entry;
    struct nx_plugin *instance;     // NULL until create() succeeded
    struct nx_host host;            // host.ctx is this struct
    struct settings *settings;      // whose config it has, borrowed
    const struct nx_config *config; // resolved settings, borrowed
    _Atomic uint32_t phase;         // one PHASE_ bit
    pthread_t thread;               // the logic thread
    struct plugin_frame frames[PLUGIN_DEPTH_MAX];
    uint32_t depth;          // callbacks entered and not left
    const char *callback;    // name of the innermost one running, or NULL
    struct idmap *timers;    // struct host_timer, created on use
    size_t requests;         // ops it owns
    size_t jobs;             // submitted and not delivered
    size_t posts;            // not delivered; guarded by the lock of jobs.c
    struct metrics *metrics; // [any]
    struct plugin_docs docs;
    char note[PLUGIN_NOTE_MAX];   // "" without one
    _Atomic int64_t slow_said_ns; // when the last warnings were logged
    _Atomic int64_t misuse_said_ns;
    _Atomic int64_t quota_said_ns;
    // Sums for statistics.
    uint64_t calls;
    uint64_t busy_ns; // callbacks into others that nest inside are counted
    struct plugin_calls spent;
    uint64_t slow_calls;
    uint64_t misuses; // writers left open
};

// Copies the strings; the descriptor must be valid as long as the plugin. No
// code of the plugin runs. The calling thread is the logic thread.
struct plugin *plugin_create(struct core *core, const char *name,
        const char *path, const struct nx_plugin_entry *entry);

// The file it comes from, and its line in the list.
void plugin_from(struct plugin *plugin, const struct image *image,
        const struct plugin_entry *line);

// Delivers what its jobs still owe, removes timers and metrics, calls the
// instance's destroy. Registrations must be gone. Accepts NULL.
void plugin_destroy(struct plugin *plugin);

// Bracket of every callback; name is a literal such as "event". A NULL
// plugin is the kernel itself and costs nothing.
void plugin_enter(struct plugin *plugin, const char *name);
void plugin_leave(struct plugin *plugin);

// The same for a callback that is about a room.
void plugin_enter_room(
        struct plugin *plugin, const char *name, struct nx_str room);

// The plugin behind a host pointer. [any]
struct plugin *plugin_of(const struct nx_host *host);

// Whether events may be given to it; the kernel (NULL) always runs.
static inline bool plugin_is_running(const struct plugin *plugin) {
    return !plugin || plugin->phase == PHASE_RUNNING;
}

// NX_OK when the plugin may make a call tagged with these phases now; else
// STATE, or THREAD when not on the logic thread, logged with the call's name.
nx_status plugin_may(struct plugin *plugin, uint32_t phases, const char *call);

// The same without the thread, for calls tagged [any].
nx_status plugin_may_any(
        struct plugin *plugin, uint32_t phases, const char *call);

// Logs a mistake of the plugin, at most once a second; call and what are
// literals.
void plugin_misuse(struct plugin *plugin, const char *call, const char *what);

// Whether info.prefixes covers a prefix or exact type the plugin claims: one
// of them is equal, or ends in '.' and begins it. False for an observer.
bool plugin_may_claim(const struct plugin *plugin, const char *prefix);

// Whether the plugin may have one more than it has of what a quota is about.
// If not, that is logged and noted. [any]
bool plugin_has_quota(
        struct plugin *plugin, enum limit quota, size_t used, int64_t most);

// Remembers why a host call refused something, for the sentence that says why
// start() failed: "the prefix chat. belongs to plugin chat". A later one
// replaces it.
__attribute__((format(printf, 2, 3))) void plugin_note(
        struct plugin *plugin, const char *format, ...);

// Parses text (copied) into a value that lives until the outermost callback
// of the plugin returns; errors as in plugin_docs.h.
enum nx_err plugin_parse(
        struct plugin *plugin, struct nx_str text, const struct nx_json **root);

// The interface table of that name and version, or NULL (host_tables.c).
const void *host_interface(
        const struct nx_host *host, const char *name, uint32_t version);

#endif
