/*
 * registry - everything plugins have registered, as one exchangeable set.
 *
 * Event prefixes and observers, session hooks, kinds of rooms, REST routes,
 * authentication hooks and services, each with the plugin that owns it. The
 * kernel's own handlers are in the same tables with no owner. A new set is
 * filled while the old one serves; whoever publishes it swaps one pointer.
 *
 * Owner:   core (live and staged); tables given to service stay the plugin's
 * Thread:  logic
 * Errors:  EXISTS, INVALID, NO_MEMORY; the registry is as it was before
 */
#ifndef KERNEL_CORE_REGISTRY_H
#define KERNEL_CORE_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>

#include <nexus/auth.h>
#include <nexus/error.h>
#include <nexus/http.h>
#include <nexus/rooms.h>
#include <nexus/router.h>
#include <nexus/util/list.h>

struct nx_buf;
struct plugin;
struct registry;

// Lists are in the order of registration, which is that of the plugin list.

struct registry_handler {
    struct plugin *owner; // NULL: the kernel
    nx_event_fn fn;
    void *user;
    struct nx_list link;  // observers only: registry_observers()
    struct nx_str prefix; // lies in text
    char text[];
};

struct registry_session_hook {
    struct plugin *owner;
    uint32_t what;
    nx_session_fn fn;
    void *user;
    struct nx_list link; // registry_session_hooks()
};

struct registry_member_hook {
    struct plugin *owner;
    nx_member_fn fn;
    void *user;
    struct nx_list link; // registry_member_hooks()
};

struct registry_auth_hook {
    struct plugin *owner;
    uint32_t actions;
    nx_auth_fn fn;
    void *user;
    struct nx_list link; // registry_auth_hooks()
};

struct registry_kind {
    struct plugin *owner;
    struct nx_room_kind kind; // its strings lie in text
    char text[];
};

struct registry_route {
    struct plugin *owner;
    char *method;
    char *pattern;
    nx_http_fn fn;
    void *user;
    struct nx_list link; // registry_routes()
};

struct registry_service {
    struct plugin *owner;
    uint32_t version;
    const void *table;
    char name[];
};

struct registry *registry_create(void);

// Accepts NULL.
void registry_destroy(struct registry *registry);

// A prefix ends in '.', or is an exact event type.
enum nx_err registry_add_handler(struct registry *registry,
        struct plugin *owner, const char *prefix, nx_event_fn fn, void *user);
enum nx_err registry_add_observer(struct registry *registry,
        struct plugin *owner, const char *prefix, nx_event_fn fn, void *user);
enum nx_err registry_add_session_hook(struct registry *registry,
        struct plugin *owner, uint32_t what, nx_session_fn fn, void *user);
enum nx_err registry_add_member_hook(struct registry *registry,
        struct plugin *owner, nx_member_fn fn, void *user);
enum nx_err registry_add_auth_hook(struct registry *registry,
        struct plugin *owner, uint32_t actions, nx_auth_fn fn, void *user);
// prefix ends in ':'.
enum nx_err registry_add_kind(struct registry *registry, struct plugin *owner,
        const struct nx_room_kind *kind);
// EXISTS also when the patterns differ in the names of their segments only.
enum nx_err registry_add_route(struct registry *registry, struct plugin *owner,
        const char *method, const char *pattern, nx_http_fn fn, void *user);
enum nx_err registry_add_service(struct registry *registry,
        struct plugin *owner, const char *name, uint32_t version,
        const void *table);

// Adds everything that owner has in another set. EXISTS: something of it is
// taken; *what is its name then, borrowed from the other set.
enum nx_err registry_copy(struct registry *registry,
        const struct registry *from, struct plugin *owner, const char **what);

// The owner of the longest prefix of an event type, or NULL.
const struct registry_handler *registry_find_handler(
        const struct registry *registry, struct nx_str type);

// Whether there are handlers of event types that begin with this.
bool registry_serves(const struct registry *registry, struct nx_str beginning);

// The kind whose prefix begins the room's name, or NULL.
const struct registry_kind *registry_find_kind(
        const struct registry *registry, struct nx_str room_name);

const struct registry_service *registry_find_service(
        const struct registry *registry, const char *name, uint32_t version);

// Heads of lists, to walk with nx_list_for_each.
const struct nx_list *registry_observers(const struct registry *registry);
const struct nx_list *registry_session_hooks(const struct registry *registry);
const struct nx_list *registry_member_hooks(const struct registry *registry);
const struct nx_list *registry_auth_hooks(const struct registry *registry);
const struct nx_list *registry_routes(const struct registry *registry);

// Appends the served event prefixes, kernel's excluded, as JSON strings
// separated by commas, in the order of registration: "chat.","notification".
void registry_list_prefixes(
        const struct registry *registry, struct nx_buf *out);

#endif
