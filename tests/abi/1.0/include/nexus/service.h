/*
 * service - a table of functions one plugin offers to others by name.
 *
 * The last resort: plugins should meet through events. A service is for
 * what a role needs, such as the storage behind nexus.engine.
 *
 * Interface: "nexus.service" version 1
 * Owner:     the offering instance; the table must live as long as it
 * Thread:    [logic]
 */
#ifndef NEXUS_SERVICE_H
#define NEXUS_SERVICE_H

#include <nexus/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_IFACE_SERVICE "nexus.service"

struct nx_service_v1 {
    NX_INTERFACE_HEAD;

    // Offers a table. EXISTS when another plugin offers that name. [logic] S.
    // Since 1.0.
    nx_status (*offer)(const struct nx_host *host, const char *name,
            uint32_t version, const void *table);

    // The table, or NULL when nobody offers it in that version. Valid until
    // the current callback returns: the offering plugin may be replaced, so
    // look it up each time. [logic] R. Since 1.0.
    const void *(*find)(
            const struct nx_host *host, const char *name, uint32_t version);
};

#ifdef __cplusplus
}
#endif

#endif
