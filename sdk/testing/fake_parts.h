/*
 * fake_parts - what the files of the fake host share; not for tests.
 *
 * Owner:   struct fake_host owns every part
 * Thread:  that of the test, but fake_host::wake
 * Errors:  the process ends without memory
 */
#ifndef FAKE_PARTS_H
#define FAKE_PARTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/plugin.h>
#include <nexus/router.h>
#include <nexus/util/list.h>

#include "fake_host.h"
#include "kernel/base/clock.h"
#include "kernel/core/transport.h"

struct core;
struct fake_provider;
struct json_t;
struct settings;

// One text, parsed when somebody looks into it.
struct fake_event {
    struct nx_list link; // in whichever list it waits
    char *text;
    size_t len;
    char *user;          // of an event that was raised, "" without
    struct json_t *root; // NULL when it is not JSON
};

// One plugin of the set.
struct fake_plugin {
    struct nx_list link; // struct fake_host::plugins
    char *name;
    const struct nx_plugin_entry *entry;
};

// Owns what tests listen to, as if it were a plugin of the set.
struct fake_listener {
    char **prefixes; // NULL-ended, NULL without any
    size_t count;
    struct nx_plugin_info info;
    struct nx_plugin_entry entry;
    struct nx_plugin instance;
    const struct nx_host *host;
    struct nx_list heard; // struct fake_event::link
    struct nx_list seen;  // the same, looked at
};

struct fake_host {
    struct core *core; // NULL unless started
    struct settings *settings;
    struct clock clock;     // moves with the core's
    struct nx_list plugins; // struct fake_plugin::link
    char **sets;
    size_t set_count;
    struct nx_list links;    // struct link::node
    struct nx_list requests; // struct http_link::node
    struct fake_listener listener;
    struct fake_provider *provider;
    struct transport transport;
    int log_fd; // -1: the log is not kept
    char error[512];

    // Threads of the jobs pool say here that something is to be done.
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool woken; // under mutex
};

// ---- fake_host.c ----

// Zeroed memory, and copies of texts (with a NUL).
void *fake_alloc(size_t size);
char *fake_copy(const char *text, size_t len);

// Remembers what went wrong; a later one replaces it.
__attribute__((format(printf, 2, 3))) void fake_host_complain(
        struct fake_host *host, const char *format, ...);

// ---- fake_event.c ----

struct fake_event *fake_event_create(const char *text, size_t len);
void fake_event_destroy(struct fake_event *event);
void fake_events_destroy(struct nx_list *events);

// ---- fake_settings.c ----

// The settings of the set of plugins, owned by the caller; NULL with a
// complaint.
struct settings *fake_settings_read(struct fake_host *host);

// ---- fake_plugins.c ----

// Hands all plugins to the core and starts them; false with a complaint.
bool fake_plugins_start(struct fake_host *host);
void fake_plugins_finish(struct fake_host *host);

// Jobs and posts that have not completed.
size_t fake_plugins_pending(const struct fake_host *host);

// ---- fake_listener.c ----

void fake_listener_init(struct fake_listener *listener);
void fake_listener_finish(struct fake_listener *listener);

// The entry to load, NULL when nobody listens.
const struct nx_plugin_entry *fake_listener_entry(struct fake_host *host);

// ---- fake_link.c ----

extern const struct transport_ops fake_transport_ops;

// Answers Pings and reports what the sockets did; true when there was
// something to do.
bool fake_clients_run(struct fake_host *host);

// Breaks all connections.
void fake_clients_break(struct fake_host *host);

// The same without the server noticing.
void fake_clients_lose(struct fake_host *host);
void fake_clients_finish(struct fake_host *host);

// ---- fake_http.c ----

void fake_http_respond(
        struct http_link *link, const struct http_response *response);

// The clients of requests not answered yet leave.
void fake_http_break(struct fake_host *host);
void fake_http_finish(struct fake_host *host);

// ---- fake_provider.c ----

struct fake_provider *fake_provider_create(const struct clock *clock);
void fake_provider_destroy(struct fake_provider *provider);

// Stands in front of the core's memory, which becomes one that outlives the
// core, until it is detached.
bool fake_provider_attach(struct fake_provider *provider, struct core *core);
void fake_provider_detach(struct fake_provider *provider);
bool fake_provider_is_durable(const struct fake_provider *provider);

// The server dies: does so many more requests, and tells it nothing any more.
void fake_provider_die(struct fake_provider *provider, size_t done);

// ---- fake_log.c ----

void fake_log_finish(struct fake_host *host);

#endif
