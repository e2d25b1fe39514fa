/*
 * modules - the files that are mapped as code, to tell whose an address is.
 *
 * The system's own list is behind a lock that a signal handler may not take.
 * So it is copied when the server begins and whenever a plugin was loaded.
 * Modules are never removed: plugins are not either.
 *
 * Owner:   the process; the table is global, as the mappings are
 * Thread:  modules_scan: one; modules_find: any, and signal handlers
 * Errors:  beyond MODULES_MAX files are not known
 */
#ifndef KERNEL_BASE_MODULES_H
#define KERNEL_BASE_MODULES_H

#include <stddef.h>
#include <stdint.h>

#define MODULES_MAX      512u
#define MODULES_PATH_MAX 256u
#define MODULES_ID_MAX   41u // 20 bytes in hexadecimal, and a NUL

struct module {
    uintptr_t base; // what addresses in the file are relative to
    uintptr_t from;
    uintptr_t upto;
    char path[MODULES_PATH_MAX];
    char build_id[MODULES_ID_MAX]; // "" without one
};

// Takes up what was mapped since the last time. A file that is known by the
// path copy is listed as that of original; both may be NULL.
void modules_scan(const char *copy, const char *original);

// The module an address is in, or NULL.
const struct module *modules_find(const void *address);

#endif
