/*
 * queue - what goes from the logic thread to the writer and back.
 *
 * Requests wait, are taken by the writer as many as there are, and come back
 * answered, all in the order they were asked. They count against the two
 * ceilings until their answer was given, so neither direction can grow.
 *
 * Owner:   struct store embeds it
 * Thread:  any; each function says who calls it
 * Errors:  nx_status of queue_push: ENGINE_BUSY, TOO_LARGE, NO_MEMORY
 */
#ifndef PLUGINS_STORE_QUEUE_H
#define PLUGINS_STORE_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/error.h>
#include <nexus/util/list.h>

#include "plugins/store/request.h"

// Answers that were not given yet may take so much memory beside the queue's
// own; beyond, the writer waits.
#define QUEUE_ANSWER_BYTES ((size_t)64 << 20)

struct queue {
    pthread_mutex_t lock; // guards everything below
    pthread_cond_t work;  // for the writer
    struct nx_list waiting;
    struct nx_list done;
    size_t count;        // requests not answered: waiting, taken, done
    size_t bytes;        // of those
    size_t busy;         // waiting or taken
    size_t answer_bytes; // of those done
    size_t max_count;
    size_t max_bytes;
    bool sleeping; // the writer waits for work
    bool stopping; // the writer is to end
    bool posted;   // the logic thread knows that there is something done
};

void queue_init(struct queue *queue);

// Destroys what is left in it.
void queue_finish(struct queue *queue);

// Copies the template. One that needs no database is done at once when
// nothing is on its way before it; *done says that somebody must post. [logic]
nx_status queue_push(
        struct queue *queue, const struct request *template, bool *done);

// Waits for requests and takes up to so many of them, or of bytes. False: it
// is time to do something else, because timeout_ms passed (-1: never), or
// the queue stops and nothing is left. [writer]
bool queue_take(struct queue *queue, struct nx_list *batch, size_t max_count,
        size_t max_bytes, int timeout_ms);

// Gives requests back that were taken but not executed. [writer]
void queue_put_back(struct queue *queue, struct nx_list *rest);

// Hands answered requests over. True: the caller must post, until that is
// accepted. [writer]
bool queue_done(struct queue *queue, struct nx_list *batch);

// Takes up to `most` answered requests; *more: there are others, and the
// caller must post again. [logic]
void queue_answered(
        struct queue *queue, struct nx_list *list, size_t most, bool *more);

// The answers of so many requests were given. [logic]
void queue_release(struct queue *queue, size_t count, size_t bytes);

// Lets queue_take return false when nothing is left. [logic]
void queue_stop(struct queue *queue, bool stop);

// Wakes the writer, whatever it waits for. [any]
void queue_wake(struct queue *queue);

bool queue_is_stopping(struct queue *queue);

// Whether it stops and nothing waits. [writer]
bool queue_is_over(struct queue *queue);

// Requests without an answer, and their bytes. [any]
size_t queue_count(struct queue *queue);
size_t queue_bytes(struct queue *queue);

#endif
