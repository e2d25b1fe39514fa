/*
 * audit - the instance, and the lines on their way to the file.
 *
 * Lines gather in a buffer of fixed size, and go to the file in batches, one
 * at a time, on the pool of threads. A batch that could not be written is
 * kept and tried again; what the buffer has no room for meanwhile is dropped
 * and counted. Nobody ever waits for the disk.
 *
 * Owner:   audit.c
 * Thread:  logic
 */
#ifndef AUDIT_H
#define AUDIT_H

#include <stdbool.h>

#include <nexus/sdk.h>
#include <nexus/util/buf.h>

#include "file.h"

struct audit {
    struct nx_plugin plugin;
    struct nx_sdk sdk;
    char *path;
    char *skip; // event types, comma-separated
    bool content;
    bool sync;
    int64_t flush_ms;
    int64_t buffer_bytes;
    int64_t file_bytes;
    int64_t files;
    struct nx_buf lines;    // not in a batch yet
    struct batch *batch;    // under way, or to be tried again
    bool writing;           // it is under way
    bool flush_due;         // a timer is set
    bool failing;           // the last batch could not be written
    uint64_t dropped_since; // it began to fail
    nx_metric_id written;
    nx_metric_id dropped;
    nx_metric_id failures;
    nx_metric_id buffered;
};

// ---- observe.c ----

nx_status observe_all(struct audit *audit);

// ---- audit.c ----

// Takes a line, an object; consumes the writer, which may be NULL.
void audit_add(struct audit *audit, struct nx_writer *line);

#endif
