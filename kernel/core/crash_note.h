/*
 * crash_note - what a crash leaves for the next start: one sector of a file.
 *
 * A note is written whole, in a signal handler, to a place that was made for
 * it before. Its last member covers the others, so a note that was torn by a
 * power cut, or was never one, is told from a good one.
 *
 * Owner:   crash_notes.c and crash.c, as values
 * Thread:  any, and signal handlers
 * Errors:  crash_note_good: false
 */
#ifndef KERNEL_CORE_CRASH_NOTE_H
#define KERNEL_CORE_CRASH_NOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/core/where.h"

#define CRASH_NOTE_CRASH      1u // the server ended while it ran
#define CRASH_NOTE_QUARANTINE 2u // it was left out because of such

struct crash_note {
    char magic[8];
    uint32_t kind; // CRASH_NOTE_
    int32_t signo;
    uint64_t seq; // a newer one has a higher
    int64_t at_ms;
    uint64_t settings; // where_plugin::settings
    uint32_t traits;
    int32_t pid;
    char name[56]; // of the plugin
    char sha256[72];
    char callback[32];
    char event[72];
    char version[40];
    char claims[184];
    uint64_t check;
};

// Fills in magic and check.
void crash_note_seal(struct crash_note *note);
bool crash_note_good(const struct crash_note *note);

// The members that are about a plugin.
void crash_note_name(
        struct crash_note *note, const struct where_plugin *plugin);

#endif
