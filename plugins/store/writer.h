/*
 * writer - the thread that owns the database.
 *
 * Takes all requests that wait, executes them in one transaction, hands them
 * back, and does it again: no timer, so a batch is as large as what came
 * while the one before was on its way to the disk. After an error it fails
 * what waits, says so, and tries with growing pauses to open the database
 * again.
 *
 * Owner:   struct store embeds it
 * Thread:  logic, but what the thread itself does
 * Errors:  writer_start: false, errno says why
 */
#ifndef PLUGINS_STORE_WRITER_H
#define PLUGINS_STORE_WRITER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugins/store/meters.h"
#include "plugins/store/problem.h"
#include "plugins/store/queue.h"
#include "plugins/store/vault.h"

struct writer_limits {
    size_t batch_count;
    size_t batch_bytes;
    int wal_pages; // of the log ahead before it is moved
};

struct writer {
    struct queue *queue; // borrowed, like all of them
    struct vault *vault; // the thread's while it runs
    struct meters *meters;
    const struct nx_sdk *sdk;
    struct writer_limits limits;
    // Tells the logic thread that something is done; false when it cannot.
    bool (*post)(void *ctx);
    void *ctx;

    pthread_t thread;
    bool running;         // logic
    atomic_bool hurried;  // give up what takes long
    bool must_post;       // the last post was refused
    int64_t retry_ms;     // pause before the next attempt
    int64_t retry_at_ms;  // when that is, monotonic
    int64_t forgotten;    // dedupe keys, as counted so far
    int64_t sizes_at_ms;  // when sizes were read last, monotonic
    pthread_mutex_t lock; // guards the rest
    bool working;
    bool changed;           // since writer_health
    struct problem problem; // why it does not work
};

// The pointers of the struct must be set.
void writer_init(struct writer *writer);
void writer_finish(struct writer *writer);

bool writer_start(struct writer *writer);

// Waits for the thread to end: after all that waits was executed, or at once
// if `hurried`, when what waits fails. Accepts one that does not run.
void writer_stop(struct writer *writer, bool hurried);

// Says that the database does not work, before the thread starts.
void writer_set_broken(struct writer *writer, const struct problem *problem);

// Whether the database works; *changed since it was asked last, and then why
// not. [logic]
bool writer_health(
        struct writer *writer, bool *changed, struct problem *problem);

// For struct db_options: whether waiting for a lock is pointless now.
bool writer_is_hurried(void *ctx);

#endif
