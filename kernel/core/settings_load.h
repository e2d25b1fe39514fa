/*
 * settings_load - the rows of settings_table.h about what the server carries:
 * storage in memory, jobs, overload, being emptied, and plugins that misbehave.
 *
 * A file of its own only because the table is long.
 *
 * Thread:  any (constants)
 */
#ifndef KERNEL_CORE_SETTINGS_LOAD_H
#define KERNEL_CORE_SETTINGS_LOAD_H

#include "kernel/core/settings_crash.h"

// X(kind, member, path, default, range, environment, flags, help)
#define SETTINGS_LOAD(X) \
    X(INT, engine_memory_bytes, "engine.memory_bytes", "268435456", \
            "1048576..1099511627776", NULL, 0, \
            "Bytes of all history and facts of plugins together while no " \
            "storage plugin is loaded; when they are used up the oldest " \
            "history is dropped, and facts beyond half of them are refused.") \
    X(INT, engine_memory_logs, "engine.memory_logs", "100000", "1..100000000", \
            NULL, 0, \
            "Rooms and conversations with a history while no storage plugin " \
            "is loaded; one more drops the history that was written to " \
            "longest ago.") \
    X(INT, engine_memory_facts, "engine.memory_facts", "1000000", \
            "1..100000000", NULL, 0, \
            "Facts of plugins (memberships, read marks, ...) while no storage " \
            "plugin is loaded; one more is refused with the error " \
            "limit_exceeded.") \
    X(INT, jobs_threads, "jobs.threads", "2", "1..64", NULL, 0, \
            "Threads that run blocking work of plugins.") \
    X(INT, jobs_queue, "jobs.queue", "1024", "1..1000000", NULL, 0, \
            "Jobs of plugins that may wait for a thread; a plugin that " \
            "submits one more gets the error limit_exceeded.") \
    X(INT, overload_turn_ms, "overload.turn_ms", "500", "0..60000", NULL, \
            SETTING_LIVE, \
            "Milliseconds an event waits for the main loop, over the last " \
            "second, at which the server is overloaded and refuses new " \
            "sessions with 4503; 0 means never for this reason.") \
    X(INT, overload_engine_pending, "overload.engine_pending", "32768", \
            "0..65536", NULL, SETTING_LIVE, \
            "Requests the engine has not answered at which the server is " \
            "overloaded; 0 means never for this reason.") \
    X(INT, overload_engine_oldest_ms, "overload.engine_oldest_ms", "5000", \
            "0..3600000", NULL, SETTING_LIVE, \
            "Milliseconds the engine leaves a request without an answer at " \
            "which the server is overloaded; 0 means never for this reason.") \
    X(INT, overload_memory_bytes, "overload.memory_bytes", "0", \
            "-1..1099511627776", NULL, SETTING_LIVE, \
            "Bytes of memory in RAM at which the server is overloaded; 0 " \
            "means nine tenths of what the machine or its container has, -1 " \
            "never for this reason.") \
    X(INT, overload_hold, "overload.hold", "5", "0..3600", NULL, SETTING_LIVE, \
            "Seconds a server that was overloaded refuses new sessions at " \
            "least.") \
    X(INT, overload_retry_after, "overload.retry_after", "10", "1..3600", \
            NULL, SETTING_LIVE, \
            "Seconds after which clients refused with 4503 are told to try " \
            "again at the latest, spread over the second half of that time.") \
    X(INT, drain_timeout, "drain.timeout", "10", "0..3600", NULL, \
            SETTING_LIVE, \
            "Seconds that stopping the server may take to send clients away; " \
            "connections still open then are cut.") \
    X(INT, drain_delay, "drain.delay", "0", "0..3600", NULL, SETTING_LIVE, \
            "Seconds between the signal to stop, from which on " \
            "/health/ready says 503 and nobody is let in, and the first " \
            "client sent away: for a load balancer to notice; less than " \
            "drain.timeout.") \
    X(INT, drain_window, "drain.window", "5", "0..3600", NULL, SETTING_LIVE, \
            "Seconds over which many clients are sent away when the server " \
            "stops, and again over which they are told to spread their " \
            "reconnecting; at most four fifths of drain.timeout; 0 lets all " \
            "go and come back at once.") \
    SETTINGS_CRASH(X)

#endif
