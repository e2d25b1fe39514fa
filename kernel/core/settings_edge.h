/*
 * settings_edge - the rows of settings_table.h about connections before they
 * are sessions: who may make how many, and what their requests may be.
 *
 * A file of its own only because the table is long.
 *
 * Thread:  any (constants)
 */
#ifndef KERNEL_CORE_SETTINGS_EDGE_H
#define KERNEL_CORE_SETTINGS_EDGE_H

// X(kind, member, path, default, range, environment, flags, help)
#define SETTINGS_EDGE(X) \
    X(INT, limits_connections_per_address, "limits.connections_per_address", \
            "1000", "0..1000000", NULL, SETTING_LIVE, \
            "Connections of all kinds from one address at a time, a /64 of " \
            "IPv6 counting as one; one more is refused with status 429; 0 " \
            "means no limit.") \
    X(INT, limits_connects_per_second, "limits.connects_per_second", "100", \
            "0..1000000", NULL, SETTING_LIVE, \
            "New connections per second from one address in the long run; " \
            "more are refused with status 429; 0 means no limit.") \
    X(INT, limits_connects_burst, "limits.connects_burst", "1000", \
            "1..1000000", NULL, SETTING_LIVE, \
            "New connections an address may make at once after a pause, " \
            "before limits.connects_per_second applies.") \
    X(INT, limits_handshakes, "limits.handshakes", "1024", "16..65535", NULL, \
            0, \
            "Connections at a time whose request has not come; one more ends " \
            "the one that has waited longest.") \
    X(INT, limits_header_bytes, "limits.header_bytes", "4096", "1024..16384", \
            NULL, 0, \
            "Bytes of the head of a request, from its method to the empty " \
            "line; a longer one is refused with status 431, or 414 when it " \
            "is the target.") \
    X(STRING, limits_address_exceptions, "limits.address_exceptions", \
            "127.0.0.0/8, ::1", NULL, NULL, SETTING_LIVE, \
            "Addresses to which limits.connections_per_address and " \
            "limits.connects_per_second do not apply, comma-separated: " \
            "addresses, or ranges such as 10.0.0.0/8; empty means none.")

#endif
