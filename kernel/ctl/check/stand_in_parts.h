/*
 * stand_in_parts - what the files of stand_in share.
 *
 * Owner:   struct stand_in; one part for each instance of the plugin
 * Thread:  that of the host, but calls that are tagged [any]
 */
#ifndef KERNEL_CTL_CHECK_STAND_IN_PARTS_H
#define KERNEL_CTL_CHECK_STAND_IN_PARTS_H

#include <nexus/sdk.h>

#include "kernel/ctl/check/stand_in.h"

struct stand_in_part {
    struct nx_plugin base; // what the host is given
    struct nx_host host;   // what the plugin is given
    struct nx_plugin *real;
    struct stand_in *stand_in;
    // Tables with calls that may be refused.
    struct nx_json_v1 json;
    struct nx_router_v1 router;
    struct nx_timers_v1 timers;
    struct nx_jobs_v1 jobs;
    struct nx_metrics_v1 metrics;
    struct nx_rooms_v1 rooms;
    struct nx_http_v1 http;
};

// The part whose host a plugin has.
struct stand_in_part *stand_in_part_of(const struct nx_host *host);

// Copies the host's tables and puts the calls that may be refused into them.
void stand_in_refusals_init(struct stand_in_part *part);

// The table to give out for this one of the host, which may be NULL.
const void *stand_in_table(
        struct stand_in_part *part, const char *name, const void *table);

// save_state() and start() with what the orders say of state.
nx_status stand_in_save(
        const struct stand_in_part *part, const struct nx_state_writer *writer);
nx_status stand_in_start(
        struct stand_in_part *part, const struct nx_state_reader *prev);

#endif
