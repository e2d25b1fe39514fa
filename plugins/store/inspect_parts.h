/*
 * inspect_parts - what the files of inspect share.
 *
 * Owner:   inspect.c
 * Thread:  that of the owner
 * Errors:  as inspect.h
 */
#ifndef PLUGINS_STORE_INSPECT_PARTS_H
#define PLUGINS_STORE_INSPECT_PARTS_H

#include "plugins/store/db.h"
#include "plugins/store/inspect.h"

struct inspect {
    struct db db;
    char *folder;
};

// Ends a call: copies what went wrong, if anything did.
bool inspect_end(struct inspect *inspect, struct problem *problem);

#endif
