/*
 * crash_notes - the notes of earlier crashes, in a file of a fixed size.
 *
 * The file has CRASH_NOTES_MAX places of one sector, made when it is created,
 * so a crash needs neither space nor a name: its handler overwrites the place
 * that was chosen here before. What is no good note counts as free. The
 * oldest crashes give way to new ones.
 *
 * Owner:   struct quarantine
 * Thread:  logic
 * Errors:  NULL or false, logged; the server works without them
 */
#ifndef KERNEL_CORE_CRASH_NOTES_H
#define KERNEL_CORE_CRASH_NOTES_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/core/crash_note.h"

#define CRASH_NOTES_MAX  64u
#define CRASH_NOTES_FILE "notes"

struct crash_notes;

// Reads the file in this folder, which is created when missing.
struct crash_notes *crash_notes_open(const char *dir);

// The same to look at only; nothing is created. NULL also when there are none.
struct crash_notes *crash_notes_peek(const char *dir);

// Accepts NULL.
void crash_notes_close(struct crash_notes *notes);

// i is below CRASH_NOTES_MAX; NULL: no note in this place.
const struct crash_note *crash_notes_get(
        const struct crash_notes *notes, size_t i);

// Adds one; seq, magic and check are filled in. It is on the disk then.
bool crash_notes_add(struct crash_notes *notes, struct crash_note *note);

// Removes those of one plugin. Returns how many there were.
size_t crash_notes_forget(struct crash_notes *notes, const char *name);

// Tells the handlers of crash.h which place is the next.
void crash_notes_expect(struct crash_notes *notes);

#endif
