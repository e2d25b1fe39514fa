/*
 * log - lines in the server's log, marked with the plugin's name.
 *
 * One line is a short constant message and key/value fields; the server
 * escapes them, so text from clients may be passed as a value. nx_logf() in
 * <nexus/sdk.h> is the printf-like convenience.
 *
 * Interface: "nexus.log" version 1
 * Thread:    [any]
 */
#ifndef NEXUS_LOG_H
#define NEXUS_LOG_H

#include <nexus/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_IFACE_LOG "nexus.log"

// Levels.
#define NX_LOG_DEBUG 0u
#define NX_LOG_INFO  1u
#define NX_LOG_WARN  2u
#define NX_LOG_ERROR 3u

// One key=value of a line.
struct nx_log_field {
    struct nx_str key;   // a word: [a-z0-9_]+
    struct nx_str value; // any text
};

struct nx_log_v1 {
    NX_INTERFACE_HEAD;

    // Writes a line. Both strings are borrowed for the call; a line longer
    // than 2 KiB is cut. Levels below the configured one cost a comparison.
    // [any] C K S R Q. Since 1.0.
    void (*write)(const struct nx_host *host, uint32_t level,
            struct nx_str message, const struct nx_log_field *fields,
            size_t count);

    // The lowest level that is written now. [any] C K S R Q. Since 1.0.
    uint32_t (*level)(const struct nx_host *host);
};

#ifdef __cplusplus
}
#endif

#endif
