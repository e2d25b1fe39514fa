/*
 * resume_store - the copies of resumable sessions that outlive the server.
 *
 * Only a durable engine gets them. An entry is written when its session has
 * changed, at most four times a second, and at most every resume.refresh seconds
 * where only proofs of receipt have come: what a copy lacks of those, clients
 * get twice after a crash, and never too little. A limited number of writes
 * is on the way at once, so what changes often is written rarely under load.
 *
 * Owner:   struct resume
 * Thread:  logic
 * Errors:  logged; a copy that could not be written is tried again
 */
#ifndef KERNEL_CORE_RESUME_STORE_H
#define KERNEL_CORE_RESUME_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct resume;
struct resume_entry;

void resume_store_init_entry(struct resume_entry *entry);
void resume_store_finish(struct resume *resume);

// The entry's session has changed; only proofs have come; or it has no
// connection any more and is written as soon as can be.
void resume_store_touch(struct resume_entry *entry);
void resume_store_touch_late(struct resume_entry *entry);
void resume_store_write(struct resume_entry *entry);

// The entry ends: it is not written any more, and its copy removed.
void resume_store_remove(struct resume_entry *entry);

// Sends what is due to the engine. Called once in a turn.
void resume_store_run(struct resume *resume);

// Sessions whose copies are out of date.
size_t resume_store_unwritten(const struct resume *resume);

// Whether everything that was due has been written: asked before the server
// stops.
bool resume_store_idle(const struct resume *resume);

// Reads the copies of the server's last run, turning the core meanwhile: call
// it before clients are let in. Waits deadline_ms of real time at most.
void resume_store_load(struct resume *resume, int64_t deadline_ms);

#endif
