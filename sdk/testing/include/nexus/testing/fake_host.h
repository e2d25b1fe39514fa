/*
 * fake_host - the real kernel without sockets, for tests of plugins.
 *
 * Plugins run against the rooms, router, engine (memory) and limits they meet
 * in production. Clients are calls of this header, time stands still until
 * fake_host_advance() moves it, and storage can be made to fail:
 *
 *     struct fake_host *host = fake_host_create();
 *     fake_host_add(host, &nexus_plugin_v1_echo, "echo");
 *     fake_host_start(host);
 *     nx_session_id alice = fake_host_connect(host, "alice");
 *     fake_host_send(host, alice, "{\"event_type\":\"echo.say\"}");
 *     const struct fake_event *ev = fake_host_expect(host, alice, "echo.say");
 *
 * Owner:   the test; strings and events it returns live as long as the host
 * Thread:  the one that made it
 * Errors:  absent values; fake_host_error() says why
 */
#ifndef FAKE_HOST_H
#define FAKE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/error.h>
#include <nexus/plugin.h>
#include <nexus/types.h>

#include "fake_event.h"

#ifdef __cplusplus
extern "C" {
#endif

struct fake_host; // the server, its clients and its storage

// The clock begins here: 2026-01-31T12:00:00.000Z.
#define FAKE_HOST_START_MS INT64_C(1769860800000)

// ---- life ----

// Never NULL: the process ends without memory. Log lines of level warn and
// above go to stderr, or of the level that NEXUS_TEST_LOG names.
struct fake_host *fake_host_create(void);

// Stops and destroys the plugins, too. Accepts NULL.
void fake_host_destroy(struct fake_host *host);

// Before fake_host_start: a plugin by its entry and its name in the settings,
// and a setting, "plugins.chat.typing_lease=2" or "limits.burst=5".
void fake_host_add(struct fake_host *host, const struct nx_plugin_entry *entry,
        const char *name);
void fake_host_set(struct fake_host *host, const char *setting);

// Loads all plugins as the server does. False when it would refuse to start.
bool fake_host_start(struct fake_host *host);

// What went wrong last, "" when nothing did.
const char *fake_host_error(const struct fake_host *host);

// Stops plugins and server and starts them again. Connections break with
// 1006; logs and facts that the engine holds stay.
bool fake_host_restart(struct fake_host *host);

// What SIGKILL does: connections break, and nobody is told anything. Of what
// storage was asked for and has not done yet, the first `done` requests are
// done, and the rest never is. Starts the server again.
bool fake_host_kill(struct fake_host *host, size_t done);

// What SIGHUP does to changed plugins: quiesce, save_state, a new instance
// with that state, and the old one destroyed. Sessions, rooms and data stay.
// False when the new set could not start; the old one runs on then.
bool fake_host_reload(struct fake_host *host);

// ---- time ----

// Lets the server work until nothing is left to do, jobs included. Sending,
// connecting and the like do it by themselves. False when it does not come
// to rest.
bool fake_host_turn(struct fake_host *host);

// Moves the clock, stopping at each timer on the way. Timers fire in steps of
// 10 ms, so one of 0 ms does after 10.
void fake_host_advance(struct fake_host *host, int64_t ms);

// Milliseconds UTC now.
int64_t fake_host_now_ms(const struct fake_host *host);

// ---- clients ----

// Connects as ?user_id=<user>; the welcome is read already. The id is 0 only
// when the upgrade was refused; authentication may still close the session.
nx_session_id fake_host_connect(struct fake_host *host, const char *user);

// The same with the query string of the URL, percent-encoded.
nx_session_id fake_host_connect_query(
        struct fake_host *host, const char *query);

// The welcome of that session, NULL when it got none.
const struct fake_event *fake_host_welcome(
        struct fake_host *host, nx_session_id session);

// The client sends one text message.
void fake_host_send(
        struct fake_host *host, nx_session_id session, const char *json);

// The same without a turn: several of these arrive in one turn of the loop.
void fake_host_send_quietly(
        struct fake_host *host, nx_session_id session, const char *json);

// The client's side ends; 1006 is a broken connection.
void fake_host_disconnect(
        struct fake_host *host, nx_session_id session, uint16_t code);

// The oldest event the client has not read yet, NULL when there is none.
const struct fake_event *fake_host_next(
        struct fake_host *host, nx_session_id session);

// The same if it has that type. If not, it is read, fake_host_error() tells
// what came instead, and NULL is returned.
const struct fake_event *fake_host_expect(
        struct fake_host *host, nx_session_id session, const char *type);

// The oldest unread one of that type; those before it are skipped.
const struct fake_event *fake_host_await(
        struct fake_host *host, nx_session_id session, const char *type);

// Reads everything; returns how many events that were.
size_t fake_host_skip(struct fake_host *host, nx_session_id session);

// Events the client has not read yet.
size_t fake_host_unread(struct fake_host *host, nx_session_id session);

// All events the server wrote to the session, and in how many writes.
size_t fake_host_sent_count(struct fake_host *host, nx_session_id session);
size_t fake_host_write_count(struct fake_host *host, nx_session_id session);

// Pings that came. Each is answered in the same turn, unless held back; those
// are answered when holding ends.
size_t fake_host_ping_count(struct fake_host *host, nx_session_id session);
void fake_host_hold_pongs(
        struct fake_host *host, nx_session_id session, bool hold);

// The client's socket is full, or takes bytes again.
void fake_host_stop_reading(
        struct fake_host *host, nx_session_id session, bool stop);

// False when either side has ended the connection.
bool fake_host_is_open(struct fake_host *host, nx_session_id session);

// What ended the session, whichever side it was; 0 while it is open.
uint16_t fake_host_close_code(struct fake_host *host, nx_session_id session);
const char *fake_host_close_reason(
        struct fake_host *host, nx_session_id session);

// ---- HTTP ----

// The answer to one request.
struct fake_response {
    uint32_t status;               // 0: not answered yet, filled in when it is
    const char *content_type;      // "" without a body
    const char *body;              // "" without one
    size_t body_len;               // bytes of it
    uint32_t retry_after_s;        // of the header, 0: none
    const struct fake_event *json; // the body when it is JSON, else NULL
};

// Requests target, "/api/presence/alice?limit=2". body may be NULL.
const struct fake_response *fake_host_http(struct fake_host *host,
        const char *method, const char *target, const char *body);

// The same with headers: pairs of lower-case name and value, then NULL.
const struct fake_response *fake_host_http_with(struct fake_host *host,
        const char *method, const char *target, const char *body,
        const char *const *headers);

// ---- storage ----

// Kinds of requests to storage.
enum fake_call {
    FAKE_PUBLISH,
    FAKE_HISTORY,
    FAKE_PUT,
    FAKE_GET,
    FAKE_REMOVE,
    FAKE_SCAN,
    FAKE_CALLS,
};

// The next `count` requests of this kind complete with a status instead of
// being executed.
void fake_host_fail(struct fake_host *host, enum fake_call call, uint32_t count,
        nx_status status);

// Nothing completes while storage is held.
void fake_host_hold_engine(struct fake_host *host, bool hold);

// Completes the first `count` requests that are held.
void fake_host_step_engine(struct fake_host *host, size_t count);

// Before fake_host_start: storage says that it outlives the server, as it
// does, so that sessions can be resumed after a restart.
void fake_host_be_durable(struct fake_host *host);

// Requests of this kind since the host was made, failed ones included.
size_t fake_host_engine_count(
        const struct fake_host *host, enum fake_call call);

// ---- other plugins ----

// Before fake_host_start: owns a prefix or exact type as another plugin
// would, so that what the tested plugin raises with emit() arrives.
void fake_host_listen(struct fake_host *host, const char *prefix);

// The oldest such event not looked at yet, with its user in *user, which may
// be NULL. NULL when there is none.
const struct fake_event *fake_host_heard(
        struct fake_host *host, const char **user);

// Raises an event as another plugin would; user may be NULL.
nx_status fake_host_emit(struct fake_host *host, const char *type,
        const char *user, const char *json);

// ---- metrics ----

// What stands in GET /metrics under that name, labels and all, such as
// "nexus_poll_open". NaN when there is none.
double fake_host_metric(struct fake_host *host, const char *name);

// ---- log ----

// From now on keeps the log instead of writing it to stderr.
void fake_host_keep_log(struct fake_host *host);

// Whether a line kept contains the text.
bool fake_host_logged(struct fake_host *host, const char *text);

#ifdef __cplusplus
}
#endif

#endif
