/*
 * settings_crash - the rows of settings_table.h about plugins that misbehave:
 * slow, stuck, crashing, and using more than their share.
 *
 * A file of its own only because the table is long.
 *
 * Thread:  any (constants)
 */
#ifndef KERNEL_CORE_SETTINGS_CRASH_H
#define KERNEL_CORE_SETTINGS_CRASH_H

// What on_crash may be, of a plugin's line and of all.
#define PLUGIN_LIST_ON_CRASH "restart|quarantine"

// X(kind, member, path, default, range, environment, flags, help)
#define SETTINGS_CRASH(X) \
    X(INT, callbacks_slow_ms, "callbacks.slow_ms", "20", "1..60000", NULL, \
            SETTING_LIVE, \
            "Milliseconds a callback of a plugin may take before a warning is " \
            "logged.") \
    X(INT, callbacks_stuck_warn_ms, "callbacks.stuck_warn_ms", "1000", \
            "0..3600000", NULL, SETTING_LIVE, \
            "Milliseconds one turn of the main loop may take before a report " \
            "says, while it lasts, in which callback it is; 0 means no report.") \
    X(INT, callbacks_stuck_ms, "callbacks.stuck_ms", "30000", "0..3600000", \
            NULL, SETTING_LIVE, \
            "Milliseconds after which a turn that does not end is ended " \
            "together with the server, by SIGABRT and with a crash report, " \
            "for its supervisor to start it again; 0 means never.") \
    X(STRING, crash_dir, "crash.dir", "", NULL, NULL, 0, \
            "Folder for crash reports and what is remembered of crashes; " \
            "empty means crash in data_dir.") \
    X(INT, crash_reports, "crash.reports", "20", "1..1000", NULL, 0, \
            "Crash reports that are kept; a start removes the oldest beyond.") \
    X(STRING, crash_on_crash, "crash.on_crash", "quarantine", \
            PLUGIN_LIST_ON_CRASH, NULL, SETTING_LIVE, \
            "What is done with a plugin that has crashed the server " \
            "crash.limit times: \"quarantine\" leaves it out of the list " \
            "until its file or its settings change or nexusctl releases it, " \
            "\"restart\" only lets the supervisor start the server again; " \
            "on_crash in the plugin's line says it for one plugin.") \
    X(INT, crash_limit, "crash.limit", "3", "1..16", NULL, SETTING_LIVE, \
            "Crashes within crash.window after which a plugin is in " \
            "quarantine.") \
    X(INT, crash_window, "crash.window", "600", "1..31536000", NULL, \
            SETTING_LIVE, \
            "Seconds within which crash.limit crashes of one plugin count.") \
    X(INT, quota_timers, "quota.timers", "65536", "1..1000000", NULL, \
            SETTING_LIVE, \
            "Timers one plugin may have set; setting one more is refused with " \
            "limit_exceeded.") \
    X(INT, quota_jobs, "quota.jobs", "768", "1..1000000", NULL, SETTING_LIVE, \
            "Jobs one plugin may have waiting, running or not yet delivered; " \
            "submitting one more is refused with limit_exceeded; less than " \
            "jobs.queue lets others get theirs done.") \
    X(INT, quota_posts, "quota.posts", "49152", "1..65536", NULL, 0, \
            "Messages that threads of one plugin may have on the way to the " \
            "main loop; one more is refused with limit_exceeded.") \
    X(INT, quota_requests, "quota.requests", "8000", "1..1000000", NULL, \
            SETTING_LIVE, \
            "Requests of clients that one plugin may leave without an answer " \
            "at a time; one more is refused with the error overloaded; less " \
            "than limits.pending_requests lets other plugins go on.")

#endif
