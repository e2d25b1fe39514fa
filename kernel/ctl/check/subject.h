/*
 * subject - the plugin that is checked, on a fake host, in the child.
 *
 * The file is loaded once; a host with an instance is made and ended as often
 * as a stage wants. What the host has logged of mistakes becomes lines of the
 * report when the host ends.
 *
 * Owner:   the stage
 * Thread:  the first of the child
 * Errors:  false, with a line in the report
 */
#ifndef KERNEL_CTL_CHECK_SUBJECT_H
#define KERNEL_CTL_CHECK_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/ctl/check/sandbox.h"
#include "kernel/ctl/check/stand_in.h"

struct core;
struct fake_host;
struct loader;
struct plugin;
struct plugin_facts;

#define SUBJECT_WHY_MAX 512

// What the command line says; shared by all stages.
struct subject_plan {
    const char *path; // of the file, absolute
    const struct plugin_facts *facts;
    char *const *sets; // "plugins.chat.history=10"
    size_t set_count;
};

struct subject {
    const struct subject_plan *plan;
    struct sandbox *sandbox;
    struct loader *loader;
    struct stand_in stand_in;
    struct fake_host *host; // NULL between two
    int log;                // of the host, kept when it ends
    char why[SUBJECT_WHY_MAX];
    uint64_t mistakes; // lines in logs
    uint64_t slow;
    int64_t checked; // bytes of the log that were looked at
};

// Loads the file. False: the report has the reason.
bool subject_init(struct subject *subject, struct sandbox *sandbox,
        const struct subject_plan *plan);
void subject_finish(struct subject *subject);

// A new host with the plugin started on it; false: subject->why.
bool subject_begin(struct subject *subject);

// Ends it, and reads its log to the end. Without a host it does nothing.
void subject_end(struct subject *subject);

// The same as begin, and a line of the report when it does not start.
bool subject_must_begin(struct subject *subject, const char *name);

struct core *subject_core(const struct subject *subject);

// The instance on the host, or NULL.
struct plugin *subject_plugin(const struct subject *subject);

// Requests that the plugin has put off and nobody has answered; *type is one
// of them.
size_t subject_pending(const struct subject *subject, const char **type);

// Bytes that are allocated, open files, and threads of the process.
struct subject_use {
    int64_t bytes;
    int64_t files;
    int64_t threads;
};
void subject_measure(struct subject_use *use);

#endif
