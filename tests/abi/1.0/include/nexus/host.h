/*
 * host - how a plugin reaches the server.
 *
 * A plugin gets one nx_host in create() and asks it for interfaces by name
 * and version. Each interface is a const table; info.requires_ lists the
 * ones a plugin cannot work without, and the server refuses to load it with
 * a sentence, before any of its code runs, when one is missing.
 *
 * Owner:   the server; valid until destroy() of the instance returns
 * Thread:  [logic]
 * Frozen:  this struct is the bootstrap and never changes
 */
#ifndef NEXUS_HOST_H
#define NEXUS_HOST_H

#include <nexus/types.h>

#ifdef __cplusplus
extern "C" {
#endif

// One for each instance; given to create().
struct nx_host {
    uint32_t struct_size;
    uint16_t abi_major; // always NX_ABI_MAJOR of the entry that was called
    uint16_t abi_minor; // newest minor this server knows
    void *ctx;          // the server's own; different for each instance
    const char *server_version; // "0.1.0"

    // Returns the table of the interface, or NULL when this server does not
    // offer that name in that version. The table is the same for every call
    // and lives as long as the instance. [logic] C K S R Q. Since 1.0.
    const void *(*get_interface)(
            const struct nx_host *host, const char *name, uint32_t version);
};

#ifdef __cplusplus
}
#endif

#endif
