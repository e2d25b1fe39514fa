/*
 * settings_resume - the rows of settings_table.h about sessions whose clients
 * come back: how many are kept, for how long, and how fast they are served.
 *
 * Thread:  any (constants)
 */
#ifndef KERNEL_CORE_SETTINGS_RESUME_H
#define KERNEL_CORE_SETTINGS_RESUME_H

#define SETTINGS_RESUME(X) \
    X(INT, resume_window, "resume.window", "120", "0..86400", NULL, \
            SETTING_LIVE, \
            "Seconds a session can be resumed after its connection is lost; 0 " \
            "means never.") \
    X(INT, resume_sessions, "resume.sessions", "10000", "1..10000000", NULL, \
            SETTING_LIVE, \
            "Sessions without a connection that are kept to be resumed; one " \
            "more drops the oldest.") \
    X(INT, resume_sessions_per_user, "resume.sessions_per_user", "10", \
            "1..10000", NULL, SETTING_LIVE, \
            "Of these, sessions of one user; one more drops the user's oldest.") \
    X(INT, resume_record_bytes, "resume.record_bytes", "65536", \
            "1024..1048576", NULL, SETTING_LIVE, \
            "Bytes kept of one session: its rooms and what plugins keep on " \
            "it; one that needs more cannot be resumed.") \
    X(INT, resume_parallel, "resume.parallel", "32", "1..10000", NULL, \
            SETTING_LIVE, \
            "Rooms whose missed events are read at once for clients that come " \
            "back; all others wait in line, so that a storm of them leaves " \
            "time for the clients that are there.") \
    X(INT, resume_refresh, "resume.refresh", "5", "1..3600", NULL, \
            SETTING_LIVE, \
            "Seconds between two writes to storage of what a session is known " \
            "to have received; after a crash of the server clients get up to " \
            "so much twice.")

#endif
