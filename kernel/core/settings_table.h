/*
 * settings_table - one row for every setting of the server.
 *
 * The members of struct settings, the checks, the names in the environment,
 * docs/settings.md and etc/nexus.conf all come from here. A default is
 * written as --set would have it; a range is "1..100" or "a|b|c", NULL for
 * any. Each setting can also be set by NEXUS_<PATH>, e.g. NEXUS_LISTEN_PORT;
 * the environment name in a row is a second one, known from elsewhere.
 *
 * Thread:  any (constants)
 */
#ifndef KERNEL_CORE_SETTINGS_TABLE_H
#define KERNEL_CORE_SETTINGS_TABLE_H

#include <nexus/plugin.h>

#include "kernel/core/settings_control.h"
#include "kernel/core/settings_edge.h"
#include "kernel/core/settings_load.h"
#include "kernel/core/settings_reload.h"
#include "kernel/core/settings_resume.h"

#define SETTING_LIVE   NX_SETTING_LIVE   // a reload applies it at once
#define SETTING_SECRET NX_SETTING_SECRET // never printed
#define SETTING_FILLED (1u << 16)        // STRING that may not be empty
#define SETTING_LEVEL  (1u << 17)        // understands levels of other systems

// X(kind, member, path, default, range, environment, flags, help)
#define SETTINGS_TABLE(X) \
    X(STRING, listen_address, "listen.address", "127.0.0.1", NULL, NULL, \
            SETTING_FILLED, \
            "IP address to listen on, or localhost; 0.0.0.0 or :: means every " \
            "interface, which auth.mode \"dev\" does not allow.") \
    X(INT, listen_port, "listen.port", "8000", "-1..65535", NULL, 0, \
            "TCP port to listen on; 0 takes any free one and logs which, -1 " \
            "none.") \
    X(INT, listen_tls_port, "listen.tls_port", "-1", "-1..65535", NULL, 0, \
            "TCP port to listen on with TLS, beside listen.port or with " \
            "listen.port -1 alone; 0 takes any free one, -1 none.") \
    X(STRING, listen_unix, "listen.unix", "", NULL, NULL, 0, \
            "Path of a Unix socket to listen on as well, for a proxy on this " \
            "machine; empty means none.") \
    X(STRING, listen_unix_mode, "listen.unix_mode", "0660", NULL, NULL, 0, \
            "Permissions of listen.unix, in octal digits.") \
    X(STRING, listen_path, "listen.path", "/ws", NULL, NULL, SETTING_FILLED, \
            "URL path of the WebSocket, beginning with a slash.") \
    X(STRING, listen_origins, "listen.origins", "", NULL, NULL, SETTING_LIVE, \
            "Web pages that may connect, comma-separated, such as " \
            "https://example.org, * for all; empty means all in auth.mode " \
            "\"dev\" and else those of the same host; clients that are no " \
            "browsers are not asked.") \
    X(STRING, listen_trusted_proxies, "listen.trusted_proxies", "", NULL, \
            NULL, SETTING_LIVE, \
            "Proxies whose X-Forwarded-For tells the address of a client, " \
            "comma-separated: addresses, ranges such as 10.0.0.0/8, and unix " \
            "for listen.unix; empty means nobody.") \
    X(INT, listen_head_timeout, "listen.head_timeout", "10", "1..3600", NULL, \
            0, \
            "Seconds from connecting until the head of a request must be " \
            "there, a TLS handshake included; then the connection is ended, " \
            "with status 408 if a part came in clear text.") \
    X(STRING, tls_certificate, "tls.certificate", "", NULL, NULL, 0, \
            "PEM file of the server's certificate for listen.tls_port, " \
            "followed by those that lead to its authority.") \
    X(STRING, tls_key, "tls.key", "", NULL, NULL, 0, \
            "PEM file of the certificate's private key, without a password; " \
            "empty means it is in the file of tls.certificate.") \
    X(STRING, tls_client_ca, "tls.client_ca", "", NULL, NULL, 0, \
            "PEM file of authorities; TLS clients must then have a " \
            "certificate of one of them; empty asks for none.") \
    X(STRING, tls_min_version, "tls.min_version", "1.2", "1.2|1.3", NULL, 0, \
            "Oldest version of TLS that is spoken.") \
    X(STRING, tls_ciphers, "tls.ciphers", "ECDHE+AESGCM:ECDHE+CHACHA20", NULL, \
            NULL, SETTING_FILLED, \
            "Ciphers of TLS 1.2, in OpenSSL's notation; those of TLS 1.3 are " \
            "all good and not chosen.") \
    X(INT, heartbeat_interval, "heartbeat.interval", "30", "1..86400", \
            "WEBSOCKET_HEARTBEAT_INTERVAL", SETTING_LIVE, \
            "Seconds between two Pings to a connection.") \
    X(INT, heartbeat_timeout, "heartbeat.timeout", "60", "1..86400", \
            "WEBSOCKET_HEARTBEAT_TIMEOUT", SETTING_LIVE, \
            "Seconds without a sign of life after which a connection is " \
            "closed with 4508; must be more than heartbeat.interval.") \
    X(BOOL, heartbeat_auto_ping, "heartbeat.auto_ping", "true", NULL, NULL, \
            SETTING_LIVE, \
            "Whether a Ping is sent every heartbeat.interval; without them " \
            "clients must send something within heartbeat.timeout by " \
            "themselves.") \
    X(STRING, auth_mode, "auth.mode", "dev", "dev|token", NULL, 0, \
            "\"dev\" believes the user_id of the request and therefore works " \
            "on a loopback address only; \"token\" refuses every connection " \
            "that no authentication plugin has allowed.") \
    X(INT, auth_timeout, "auth.timeout", "10", "1..3600", NULL, 0, \
            "Seconds a connection may take to authenticate, and an " \
            "authentication plugin to decide; then it is closed with 4408, " \
            "or refused.") \
    X(INT, limits_connections, "limits.connections", "10000", "1..1000000", \
            NULL, SETTING_LIVE, \
            "WebSocket connections at a time; one more is refused with HTTP " \
            "status 503; above its value at the start it needs a restart.") \
    X(INT, limits_connections_per_user, "limits.connections_per_user", "5", \
            "1..10000", NULL, SETTING_LIVE, \
            "Connections of one user at a time; one more closes the oldest " \
            "with 4409.") \
    SETTINGS_EDGE(X) \
    X(INT, limits_message_bytes, "limits.message_bytes", "65536", \
            "1024..16777216", NULL, SETTING_LIVE, \
            "Bytes of one message from a client; a longer one closes the " \
            "connection with 1009.") \
    X(STRING, limits_message_bytes_by_prefix, \
            "limits.message_bytes_by_prefix", "doc.edit=262144", NULL, NULL, \
            SETTING_LIVE, \
            "Bytes of one message instead of limits.message_bytes, more or " \
            "fewer, by the beginning of its event type, the longest that " \
            "fits: comma-separated, such as doc.edit=262144; a longer one is " \
            "refused with the error too_large.") \
    X(INT, limits_message_timeout, "limits.message_timeout", "30", "1..3600", \
            NULL, SETTING_LIVE, \
            "Seconds from the first piece of a message to its last; a slower " \
            "one closes the connection with 4508.") \
    X(INT, limits_messages_per_second, "limits.messages_per_second", "50", \
            "0..1000000", NULL, SETTING_LIVE, \
            "Messages per second a connection may send in the long run; more " \
            "are refused with the error rate_limited; 0 means no limit.") \
    X(INT, limits_burst, "limits.burst", "200", "1..1000000", NULL, \
            SETTING_LIVE, \
            "Messages a connection may send at once after a pause, before " \
            "limits.messages_per_second applies.") \
    X(INT, limits_bytes_per_second, "limits.bytes_per_second", "1048576", \
            "0..1073741824", NULL, SETTING_LIVE, \
            "Bytes per second a connection may send in the long run, four " \
            "times as many after a pause; messages beyond are refused with " \
            "the error rate_limited; 0 means no limit.") \
    X(INT, limits_rate_violations, "limits.rate_violations", "100", \
            "0..1000000", NULL, SETTING_LIVE, \
            "Messages refused with rate_limited within 10 seconds after which " \
            "the connection is closed with 4429; 0 means never.") \
    X(INT, limits_json_depth, "limits.json_depth", "32", "2..128", NULL, \
            SETTING_LIVE, \
            "Levels of nested JSON in a message; a deeper one is refused with " \
            "the error too_deep.") \
    X(INT, limits_rooms_per_session, "limits.rooms_per_session", "100", \
            "1..100000", NULL, SETTING_LIVE, \
            "Rooms one connection may be in at a time; joining one more is " \
            "refused with the error limit_exceeded.") \
    X(INT, limits_rooms, "limits.rooms", "100000", "1..10000000", NULL, \
            SETTING_LIVE, \
            "Rooms with members at a time; joining a new one is then refused " \
            "with the error limit_exceeded.") \
    X(INT, limits_outbox_bytes, "limits.outbox_bytes", "1048576", \
            "4096..1073741824", NULL, SETTING_LIVE, \
            "Bytes waiting for one connection that reads slowly; beyond, " \
            "droppable events are dropped, and if that is not enough the " \
            "connection is closed with 4507.") \
    X(INT, limits_queued_bytes, "limits.queued_bytes", "536870912", \
            "65536..1099511627776", NULL, SETTING_LIVE, \
            "Bytes waiting for all connections together; from three quarters " \
            "on the server is overloaded, and beyond, droppable events for " \
            "those who do not read are dropped.") \
    X(INT, limits_http_body_bytes, "limits.http_body_bytes", "65536", \
            "1024..16777216", NULL, SETTING_LIVE, \
            "Bytes of one HTTP request's body; a longer one is refused with " \
            "status 413.") \
    X(INT, limits_http_body_timeout, "limits.http_body_timeout", "30", \
            "1..3600", NULL, SETTING_LIVE, \
            "Seconds a client may take to send the body of an HTTP request; " \
            "then the connection is cut.") \
    X(INT, limits_http_answer_timeout, "limits.http_answer_timeout", "30", \
            "1..3600", NULL, SETTING_LIVE, \
            "Seconds a client may take to read an HTTP answer; then the " \
            "connection is cut.") \
    X(INT, limits_http_connections, "limits.http_connections", "1000", \
            "1..1000000", NULL, SETTING_LIVE, \
            "HTTP connections at a time, WebSockets not counted; requests on " \
            "one more are refused with status 503.") \
    X(INT, limits_pending_requests, "limits.pending_requests", "10000", \
            "1..1000000", NULL, SETTING_LIVE, \
            "Requests of all clients together that wait for a late answer of " \
            "a plugin; one more is refused with the error overloaded.") \
    X(BOOL, deflate_enabled, "deflate.enabled", "false", NULL, NULL, \
            SETTING_LIVE, \
            "Whether clients that offer permessage-deflate get and send " \
            "compressed messages; a change applies to new connections.") \
    X(INT, deflate_min_bytes, "deflate.min_bytes", "256", "1..16777216", NULL, \
            SETTING_LIVE, \
            "Bytes from which an event is compressed; compressing a shorter " \
            "one costs more than it saves.") \
    X(INT, deflate_max_bytes, "deflate.max_bytes", "131072", "1..16777216", \
            NULL, SETTING_LIVE, \
            "Bytes up to which an event is compressed; a longer one goes out " \
            "as it is, so that others do not wait for it.") \
    X(INT, deflate_level, "deflate.level", "1", "1..9", NULL, 0, \
            "How hard to compress, from 1 (fast) to 9 (small).") \
    X(INT, deflate_window_bits, "deflate.window_bits", "15", "9..15", NULL, 0, \
            "How far back compressed events refer within themselves, as a " \
            "power of two; clients that ask for less with " \
            "server_max_window_bits do without compression.") \
    X(INT, deflate_turn_ms, "deflate.turn_ms", "10", "1..1000", NULL, \
            SETTING_LIVE, \
            "Milliseconds that compressing may take in one turn of the loop; " \
            "events that come then go out as they are.") \
    X(INT, rooms_announce_limit, "rooms.announce_limit", "100", "1..100000", \
            NULL, SETTING_LIVE, \
            "Members up to which a room is told of each join and leave; in a " \
            "larger one these are combined into counts.") \
    X(STRING, rooms_private_prefix, "rooms.private_prefix", "private-", NULL, \
            NULL, 0, \
            "Beginning of the names of rooms that nobody may join unless an " \
            "authentication plugin allows it; empty makes no room private.") \
    X(INT, rooms_history_age, "rooms.history_age", "86400", "0..315360000", \
            NULL, 0, \
            "Seconds a room keeps its events for members who come back; older " \
            "ones are dropped; 0 means no limit of age.") \
    X(INT, history_max_records, "history.max_records", "1000", "0..100000", \
            "MAX_CACHE_SIZE", 0, \
            "Events kept in the history of each room or conversation; one " \
            "more drops the oldest; 0 keeps none.") \
    X(INT, offline_max_per_user, "offline.max_per_user", "100", "0..100000", \
            "MAX_QUEUE_SIZE", 0, \
            "Events waiting for a user who is offline; one more drops the " \
            "oldest, and the user is told of the gap; 0 keeps none.") \
    SETTINGS_LOAD(X) \
    SETTINGS_CONTROL(X) \
    X(STRING, log_level, "log.level", "info", "debug|info|warn|error", \
            "LOG_LEVEL", SETTING_LIVE | SETTING_LEVEL, \
            "Lowest level that is logged; also accepted are upper case, " \
            "WARNING for warn and CRITICAL for error.") \
    X(STRING, log_format, "log.format", "text", "text|json", NULL, \
            SETTING_LIVE, \
            "Shape of a log line: text for people, or one JSON object.") \
    X(BOOL, protocol_strict, "protocol.strict", "false", NULL, NULL, \
            SETTING_LIVE, \
            "Whether an event with a field that is not known is refused with " \
            "the error unknown_field, instead of being accepted with a " \
            "warning.") \
    SETTINGS_RESUME(X) \
    SETTINGS_RELOAD(X) \
    X(STRING, data_dir, "data_dir", "nexus-data", NULL, NULL, SETTING_FILLED, \
            "Folder for everything the server stores, created when missing; " \
            "relative to the folder the server is started in.") \
    X(STRING, plugin_dir, "plugin_dir", "", NULL, NULL, 0, \
            "Folder of the plugins; empty means the folder plugins next to " \
            "the running program, or else the installed one.") \
    X(STRING, image_dir, "image_dir", "", NULL, NULL, 0, \
            "Folder for the private copies of plugins that are loaded; empty " \
            "means images in data_dir.")

#endif
