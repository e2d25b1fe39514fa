/*
 * settings_control - the rows of settings_table.h about the control socket,
 * through which nexusctl speaks to the server.
 *
 * A file of its own only because the table is long.
 *
 * Thread:  any (constants)
 */
#ifndef KERNEL_CORE_SETTINGS_CONTROL_H
#define KERNEL_CORE_SETTINGS_CONTROL_H

// X(kind, member, path, default, range, environment, flags, help)
#define SETTINGS_CONTROL(X) \
    X(STRING, control_socket, "control.socket", "control.sock", NULL, NULL, 0, \
            "Path of the Unix socket on which nexusctl asks the server, " \
            "relative to data_dir; only the server's user and root may; empty " \
            "means none.") \
    X(INT, control_connections, "control.connections", "16", "1..1024", NULL, \
            SETTING_LIVE, \
            "Connections to control.socket at a time; one more is refused.") \
    X(INT, control_buffer_bytes, "control.buffer_bytes", "1048576", \
            "65536..268435456", NULL, SETTING_LIVE, \
            "Bytes waiting for one connection to control.socket; events of " \
            "nexusctl tail that do not fit are dropped and counted; a change " \
            "applies to new connections.") \
    X(INT, control_timeout, "control.timeout", "30", "1..3600", NULL, \
            SETTING_LIVE, \
            "Seconds a connection to control.socket may neither ask anything " \
            "nor read what waits for it; then it is ended.")

#endif
