/*
 * webhook - what the files of the plugin share: the instance, and deliveries.
 *
 * An event that is to be told becomes a delivery in a bounded queue. A call
 * takes it to the pool of threads, and its outcome back; a delivery is gone
 * when somebody has taken it, or when nobody did in all attempts.
 *
 * Owner:   webhook.c creates and destroys the instance, queue.c deliveries
 * Thread:  logic, but call_run()
 */
#ifndef WEBHOOK_H
#define WEBHOOK_H

#include <stdbool.h>

#include <nexus/sdk.h>
#include <nexus/util/list.h>

#define WEBHOOK_PARALLEL_MAX 8
#define WEBHOOK_ID_LEN       16

struct settings {
    char *url;
    char *events; // prefixes, comma-separated
    char *secret; // "": requests are not signed
    char *ca_file;
    int64_t timeout_ms;
    int64_t attempts;
    int64_t backoff_ms;
    int64_t backoff_max_ms;
    int64_t parallel;
    int64_t queue;
    int64_t queue_bytes;
};

struct call; // one connection to the receiver, call.c

struct webhook {
    struct nx_plugin plugin;
    struct nx_sdk sdk;
    struct settings settings; // do not change while the instance lives
    struct nx_list all;       // struct delivery::all
    struct nx_list due;       // struct delivery::due, oldest first
    int64_t count;
    int64_t bytes;
    struct call *calls[WEBHOOK_PARALLEL_MAX]; // those that are free
    int64_t free_calls;
    bool quiet;            // no new calls
    uint64_t interrupt_at; // then those under way are interrupted
    bool started;          // curl_global_init() was called
    nx_metric_id delivered;
    nx_metric_id failed;
    nx_metric_id retries;
    nx_metric_id dropped;
    nx_metric_id waiting;
    nx_metric_id seconds;
};

struct delivery {
    struct webhook *webhook;
    struct nx_list all;
    struct nx_list due; // linked while it waits for a call
    nx_timer_id timer;  // until it is due again
    nx_job_id job;      // while it is under way
    struct call *call;  // the same
    int64_t attempts;   // made, without those that were cut short
    // What a call has written: the HTTP status, or 0 and the reason.
    long status;
    long retry_after_s;
    double seconds;
    char reason[128];
    char id[WEBHOOK_ID_LEN + 1];
    size_t len;
    char body[]; // a JSON object
};

// ---- queue.c ----

// Queues an event, or drops and counts it when there is no room.
void queue_add(struct webhook *webhook, const struct nx_event *ev);

// Starts as many calls as may run.
void queue_pump(struct webhook *webhook);

// Asks all calls to stop; their deliveries stay in the queue.
void queue_interrupt(struct webhook *webhook);

nx_status queue_save(
        const struct webhook *webhook, const struct nx_state_writer *writer);
nx_status queue_restore(
        struct webhook *webhook, const struct nx_state_reader *reader);
void queue_clear(struct webhook *webhook);

// ---- call.c ----

// NULL without memory.
struct call *call_create(const struct settings *settings);
void call_destroy(struct call *call);

// The job: posts a delivery, arg, and writes the outcome into it. [worker]
void call_run(void *arg, const volatile int32_t *cancelled);

#endif
