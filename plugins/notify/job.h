/*
 * job - a broadcast as it is stored.
 *
 * Thread:  logic
 * Errors:  NULL without memory, or for what is no broadcast
 */
#ifndef PLUGINS_NOTIFY_JOB_H
#define PLUGINS_NOTIFY_JOB_H

struct broadcast;
struct notice;
struct notify;
struct nx_fact;
struct nx_writer;

struct nx_writer *job_write(const struct broadcast *broadcast);

struct notice *job_read_notice(
        const struct notify *notify, const struct nx_fact *fact);

// How far it came.
void job_read_progress(struct broadcast *broadcast, const struct nx_fact *fact);

#endif
