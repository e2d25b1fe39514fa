/*
 * plugin - what a plugin exports and what the server calls on it.
 *
 * A plugin is a shared object with one exported data symbol,
 * nexus_plugin_v1. The server checks magic, size and ABI major, then the
 * interfaces it requires, then calls create(). One image may have several
 * instances at once (during a reload), so nothing belongs in statics.
 *
 * Life:    create -> configure -> start -> (events) -> quiesce
 *          -> [save_state] -> destroy; after a failed reload quiesce -> resume
 * Thread:  [logic] for every callback; callbacks of one plugin never nest
 * Errors:  a failing create, configure or start refuses the load; the server
 *          calls destroy() after every create() that returned NX_OK
 */
#ifndef NEXUS_PLUGIN_H
#define NEXUS_PLUGIN_H

#include <nexus/error.h>
#include <nexus/host.h>
#include <nexus/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_PLUGIN_MAGIC 0x3150584eu // "NXP1" in memory order

// Kinds of a setting. Durations are integers in the unit the name states.
#define NX_SETTING_INT      1u
#define NX_SETTING_STRING   2u
#define NX_SETTING_BOOL     3u

#define NX_SETTING_REQUIRED (1u << 0) // no default: the file must have it
#define NX_SETTING_SECRET   (1u << 1) // never printed or logged
#define NX_SETTING_LIVE     (1u << 2) // may change without a new instance

// One setting of a plugin; in the file it stands in the plugin's group, on
// the command line it is `plugins.<name>.<key>`. A NULL key ends the list.
struct nx_setting {
    const char *key;      // "typing_lease"
    uint32_t kind;        // NX_SETTING_INT, ...
    uint32_t flags;       // NX_SETTING_REQUIRED, ...
    const char *fallback; // default as text, NULL for none
    const char *range;    // "1..10000" or "a|b|c", NULL for any
    const char *help;     // one sentence, shown in docs/settings.md
};

// Who a plugin is, and what it needs; constant data of the image.
struct nx_plugin_info {
    uint32_t struct_size;
    uint32_t flags;             // NX_PLUGIN_OBSERVER or 0
    uint32_t state_version;     // format save_state() writes, 0: no state
    uint32_t state_version_min; // oldest format start() can read
    const char *id;             // "chat": owns state and stored facts for ever
    const char *version;        // "1.2.0", shown to operators
    const char *license;        // SPDX, may be NULL
    const char *description;    // one line, may be NULL
    // Event prefixes or exact types, the most it may claim; NULL-ended, empty
    // strings are ignored.
    const char *const *prefixes;
    // Host interfaces and their versions, "nexus.rooms/1", without which the
    // plugin is not loaded; "nexus.auth/1?" is only wished for. "nexus.rooms/1.2"
    // asks for all that the table has in ABI 1.2. NULL-ended.
    const char *const *requires_;
    const struct nx_setting *settings; // ended by a NULL key; may be NULL
};
#define NX_PLUGIN_OBSERVER (1u << 0) // claims no prefix, only observes

// What the server looks for in the file.
struct nx_plugin_entry {
    uint32_t magic;       // NX_PLUGIN_MAGIC
    uint32_t struct_size; // sizeof(struct nx_plugin_entry)
    uint16_t abi_major;   // NX_ABI_MAJOR, must equal the server's
    uint16_t abi_minor;   // NX_ABI_MINOR of the headers, informative
    uint32_t reserved0;   // zero
    const struct nx_plugin_info *info; // constant, too

    // Allocates an instance and looks up interfaces. No registration, no
    // output, no threads yet. On success *out is filled and stays valid until
    // its destroy(); on error *out is untouched. [logic] C. Since 1.0.
    nx_status (*create)(const struct nx_host *host, struct nx_plugin **out);
};

// The only symbol a plugin exports; its name carries the ABI major.
#if defined(NX_STATIC_PLUGIN)
#define NX_PLUGIN_JOIN2_(a, b) a##b
#define NX_PLUGIN_JOIN_(a, b)  NX_PLUGIN_JOIN2_(a, b)
#define NX_PLUGIN_SYMBOL       NX_PLUGIN_JOIN_(nexus_plugin_v1_, NX_STATIC_PLUGIN)
#else
#define NX_PLUGIN_SYMBOL nexus_plugin_v1
#endif
NX_EXPORT extern const struct nx_plugin_entry NX_PLUGIN_SYMBOL;

// The manifest: facts a tool reads from the file without running its code,
// a JSON object between two marks in section .nexus.info. NX_PLUGIN() of
// <nexus/sdk.h> writes it.
#define NX_MANIFEST_BEGIN "NEXUS-PLUGIN\x02"
#define NX_MANIFEST_END   "\x03"

// State on its way from an old instance to a new one. Bytes only; the server
// owns them and tags them with {plugin id, state_version}.
struct nx_state_writer {
    uint32_t struct_size;
    uint32_t reserved0;
    void *ctx; // the server's own
    // Appends all bytes or fails with NO_MEMORY or LIMIT. [logic] Q.
    // Since 1.0.
    nx_status (*write)(
            const struct nx_state_writer *writer, const void *data, size_t len);
};

// What the instance before has written, for start().
struct nx_state_reader {
    uint32_t struct_size;
    uint32_t state_version; // info.state_version of the writer
    void *ctx;              // the server's own
    uint64_t total;         // bytes in all
    // Fills buf with up to len bytes; returns how many, 0 at the end.
    // Short reads are normal. [logic] S. Since 1.0.
    size_t (*read)(const struct nx_state_reader *reader, void *buf, size_t len);
};

struct nx_config; // the plugin's settings, <nexus/config.h>
struct nx_diag;   // where configure() reports problems, <nexus/config.h>

#define NX_CONFIGURE_CHECK  1u // validate only, change nothing
#define NX_CONFIGURE_APPLY  2u

#define NX_QUIESCE_RELOAD   1u // a new instance takes over; state is asked for
#define NX_QUIESCE_REMOVED  2u // taken out of the plugin list
#define NX_QUIESCE_SHUTDOWN 3u // the server stops

// One instance: data of the plugin's own, and what the server calls on it.
struct nx_plugin {
    uint32_t struct_size;
    uint32_t reserved0;
    void *self; // the plugin's own; the server never looks

    // Reads settings: CHECK, then APPLY. Called again with APPLY when a
    // reload changed only keys flagged NX_SETTING_LIVE. Unknown keys, types
    // and ranges were checked by the server before. cfg and diag are borrowed
    // until it returns. May be NULL. [logic] K R. Since 1.0.
    nx_status (*configure)(struct nx_plugin *plugin,
            const struct nx_config *cfg, struct nx_diag *diag, uint32_t mode);

    // Registers handlers, rooms, routes, hooks, metrics: staged, they go live
    // when every plugin of the set has started. prev is NULL on a fresh
    // start, else the state of the instance it replaces, borrowed until start
    // returns. [logic] S. Since 1.0.
    nx_status (*start)(
            struct nx_plugin *plugin, const struct nx_state_reader *prev);

    // No event arrives from here on; finish what is in hand. NX_ERR_AGAIN
    // asks to be called again in a moment (until the server's deadline).
    // reason is NX_QUIESCE_*. May be NULL. [logic] Q. Since 1.0.
    nx_status (*quiesce)(struct nx_plugin *plugin, uint32_t reason);

    // Writes what a successor needs. Must not change the instance: after a
    // failed reload it is resumed. May be NULL. [logic] Q. Since 1.0.
    nx_status (*save_state)(const struct nx_plugin *plugin,
            const struct nx_state_writer *writer);

    // The reload was rolled back: carry on. May be NULL. [logic] Q.
    // Since 1.0.
    void (*resume)(struct nx_plugin *plugin);

    // Frees the instance. The server has removed all its registrations
    // before, and every completion it waits for has been delivered.
    // [logic] C K S Q. Since 1.0.
    void (*destroy)(struct nx_plugin *plugin);

    // Interfaces the plugin offers to the server; none are defined in 1.0.
    // May be NULL. [logic] C K S R. Since 1.0.
    const void *(*get_interface)(
            struct nx_plugin *plugin, const char *name, uint32_t version);
};

#ifdef __cplusplus
}
#endif

#endif
