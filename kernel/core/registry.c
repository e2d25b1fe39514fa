#include "kernel/core/registry.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/util/buf.h>
#include <nexus/util/strmap.h>

#include "kernel/core/registry_set.h"
#include "kernel/core/url.h"

#define ENTRIES_MAX 65536u
#define PREFIX_MAX  64u
// What an event_type may consist of.
#define TYPE_CHARS \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-"

struct registry *registry_create(void) {
    struct registry *registry = calloc(1, sizeof(*registry));
    if (!registry) {
        return NULL;
    }
    nx_list_init(&registry->observers);
    nx_list_init(&registry->session_hooks);
    nx_list_init(&registry->member_hooks);
    nx_list_init(&registry->auth_hooks);
    nx_list_init(&registry->routes);
    registry->handlers = nx_strmap_create(ENTRIES_MAX);
    registry->kinds = nx_strmap_create(ENTRIES_MAX);
    registry->services = nx_strmap_create(ENTRIES_MAX);
    if (!registry->handlers || !registry->kinds || !registry->services) {
        registry_destroy(registry);
        return NULL;
    }
    return registry;
}

static void free_route(struct registry_route *route) {
    free(route->method);
    free(route->pattern);
    free(route);
}

static void free_lists(struct registry *registry) {
    struct nx_list *link;
    while ((link = nx_list_take_first(&registry->observers)) != NULL) {
        free(nx_container_of(link, struct registry_handler, link));
    }
    while ((link = nx_list_take_first(&registry->session_hooks)) != NULL) {
        free(nx_container_of(link, struct registry_session_hook, link));
    }
    while ((link = nx_list_take_first(&registry->member_hooks)) != NULL) {
        free(nx_container_of(link, struct registry_member_hook, link));
    }
    while ((link = nx_list_take_first(&registry->auth_hooks)) != NULL) {
        free(nx_container_of(link, struct registry_auth_hook, link));
    }
    while ((link = nx_list_take_first(&registry->routes)) != NULL) {
        free_route(nx_container_of(link, struct registry_route, link));
    }
}

void registry_destroy(struct registry *registry) {
    if (!registry) {
        return;
    }
    nx_strmap_destroy(registry->handlers, free);
    nx_strmap_destroy(registry->kinds, free);
    nx_strmap_destroy(registry->services, free);
    free_lists(registry);
    free(registry);
}

static struct registry_handler *handler_create(
        struct plugin *owner, const char *prefix, nx_event_fn fn, void *user) {
    size_t len = strlen(prefix);
    struct registry_handler *handler = calloc(1, sizeof(*handler) + len + 1);
    if (!handler) {
        return NULL;
    }
    handler->owner = owner;
    handler->fn = fn;
    handler->user = user;
    handler->prefix.ptr = memcpy(handler->text, prefix, len + 1);
    handler->prefix.len = len;
    nx_list_init(&handler->link);
    return handler;
}

enum nx_err registry_add_handler(struct registry *registry,
        struct plugin *owner, const char *prefix, nx_event_fn fn, void *user) {
    size_t len = prefix ? strlen(prefix) : 0;
    if (len == 0 || len > PREFIX_MAX || strspn(prefix, TYPE_CHARS) != len
            || !fn) {
        return NX_ERR_INVALID;
    }
    if (nx_strmap_get(registry->handlers, prefix, len)) {
        return NX_ERR_EXISTS;
    }
    struct registry_handler *handler = handler_create(owner, prefix, fn, user);
    if (!handler) {
        return NX_ERR_NO_MEMORY;
    }
    if (!nx_strmap_put(registry->handlers, prefix, len, handler)) {
        free(handler);
        return NX_ERR_NO_MEMORY;
    }
    return NX_OK;
}

enum nx_err registry_add_observer(struct registry *registry,
        struct plugin *owner, const char *prefix, nx_event_fn fn, void *user) {
    if (!prefix || strlen(prefix) > PREFIX_MAX || !fn) {
        return NX_ERR_INVALID;
    }
    struct registry_handler *observer = handler_create(owner, prefix, fn, user);
    if (!observer) {
        return NX_ERR_NO_MEMORY;
    }
    nx_list_append(&registry->observers, &observer->link);
    return NX_OK;
}

enum nx_err registry_add_session_hook(struct registry *registry,
        struct plugin *owner, uint32_t what, nx_session_fn fn, void *user) {
    struct registry_session_hook *hook = fn ? calloc(1, sizeof(*hook)) : NULL;
    if (!hook) {
        return fn ? NX_ERR_NO_MEMORY : NX_ERR_INVALID;
    }
    hook->owner = owner;
    hook->what = what;
    hook->fn = fn;
    hook->user = user;
    nx_list_append(&registry->session_hooks, &hook->link);
    return NX_OK;
}

enum nx_err registry_add_member_hook(struct registry *registry,
        struct plugin *owner, nx_member_fn fn, void *user) {
    struct registry_member_hook *hook = fn ? calloc(1, sizeof(*hook)) : NULL;
    if (!hook) {
        return fn ? NX_ERR_NO_MEMORY : NX_ERR_INVALID;
    }
    hook->owner = owner;
    hook->fn = fn;
    hook->user = user;
    nx_list_append(&registry->member_hooks, &hook->link);
    return NX_OK;
}

enum nx_err registry_add_auth_hook(struct registry *registry,
        struct plugin *owner, uint32_t actions, nx_auth_fn fn, void *user) {
    struct registry_auth_hook *hook = fn ? calloc(1, sizeof(*hook)) : NULL;
    if (!hook) {
        return fn ? NX_ERR_NO_MEMORY : NX_ERR_INVALID;
    }
    hook->owner = owner;
    hook->actions = actions;
    hook->fn = fn;
    hook->user = user;
    nx_list_append(&registry->auth_hooks, &hook->link);
    return NX_OK;
}

static bool is_word(const char *text) {
    size_t len = strlen(text);
    return len > 0 && len <= PREFIX_MAX
            && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
}

static bool kind_is_valid(const struct nx_room_kind *kind) {
    size_t len = kind->prefix ? strlen(kind->prefix) : 0;
    return len >= 2 && len <= PREFIX_MAX
            && strchr(kind->prefix, ':') == kind->prefix + len - 1
            && (!kind->offset_field || is_word(kind->offset_field));
}

static struct registry_kind *kind_create(
        struct plugin *owner, const struct nx_room_kind *from) {
    const char *field = from->offset_field ? from->offset_field : "";
    size_t prefix_size = strlen(from->prefix) + 1;
    size_t field_size = strlen(field) + 1;
    struct registry_kind *kind =
            calloc(1, sizeof(*kind) + prefix_size + field_size);
    if (!kind) {
        return NULL;
    }
    kind->owner = owner;
    kind->kind = *from;
    kind->kind.prefix = memcpy(kind->text, from->prefix, prefix_size);
    char *copy = memcpy(kind->text + prefix_size, field, field_size);
    kind->kind.offset_field = from->offset_field ? copy : NULL;
    return kind;
}

enum nx_err registry_add_kind(struct registry *registry, struct plugin *owner,
        const struct nx_room_kind *kind) {
    if (!kind_is_valid(kind)) {
        return NX_ERR_INVALID;
    }
    size_t len = strlen(kind->prefix);
    if (nx_strmap_get(registry->kinds, kind->prefix, len)) {
        return NX_ERR_EXISTS;
    }
    struct registry_kind *entry = kind_create(owner, kind);
    if (!entry) {
        return NX_ERR_NO_MEMORY;
    }
    if (!nx_strmap_put(registry->kinds, kind->prefix, len, entry)) {
        free(entry);
        return NX_ERR_NO_MEMORY;
    }
    return NX_OK;
}

static bool is_method(const char *text) {
    size_t len = strlen(text);
    return len > 0 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == len;
}

static bool route_exists(const struct registry *registry, const char *method,
        const char *pattern) {
    nx_list_for_each (link, &registry->routes) {
        const struct registry_route *route =
                nx_container_of(link, struct registry_route, link);
        if (strcmp(route->method, method) == 0
                && url_same_pattern(route->pattern, pattern)) {
            return true;
        }
    }
    return false;
}

enum nx_err registry_add_route(struct registry *registry, struct plugin *owner,
        const char *method, const char *pattern, nx_http_fn fn, void *user) {
    if (!method || !is_method(method) || !pattern || !url_is_pattern(pattern)
            || !fn) {
        return NX_ERR_INVALID;
    }
    if (route_exists(registry, method, pattern)) {
        return NX_ERR_EXISTS;
    }
    struct registry_route *route = calloc(1, sizeof(*route));
    if (!route) {
        return NX_ERR_NO_MEMORY;
    }
    route->owner = owner;
    route->method = strdup(method);
    route->pattern = strdup(pattern);
    route->fn = fn;
    route->user = user;
    if (!route->method || !route->pattern) {
        free_route(route);
        return NX_ERR_NO_MEMORY;
    }
    nx_list_append(&registry->routes, &route->link);
    return NX_OK;
}

enum nx_err registry_add_service(struct registry *registry,
        struct plugin *owner, const char *name, uint32_t version,
        const void *table) {
    if (!name || !table || name[0] == '\0') {
        return NX_ERR_INVALID;
    }
    if (nx_strmap_get(registry->services, name, strlen(name))) {
        return NX_ERR_EXISTS;
    }
    size_t len = strlen(name);
    struct registry_service *service = calloc(1, sizeof(*service) + len + 1);
    if (!service) {
        return NX_ERR_NO_MEMORY;
    }
    service->owner = owner;
    service->version = version;
    service->table = table;
    memcpy(service->name, name, len + 1);
    if (!nx_strmap_put(registry->services, name, len, service)) {
        free(service);
        return NX_ERR_NO_MEMORY;
    }
    return NX_OK;
}

// Prefixes end at dots, so only the whole type and its parts up to each dot
// can be in the map: "chat.message", then "chat.".
const struct registry_handler *registry_find_handler(
        const struct registry *registry, struct nx_str type) {
    const struct registry_handler *handler =
            nx_strmap_get(registry->handlers, type.ptr, type.len);
    for (size_t len = type.len; !handler && len > 0; len--) {
        if (type.ptr[len - 1] == '.') {
            handler = nx_strmap_get(registry->handlers, type.ptr, len);
        }
    }
    return handler;
}

bool registry_serves(const struct registry *registry, struct nx_str beginning) {
    size_t cursor = 0;
    const struct registry_handler *handler;
    if (registry_find_handler(registry, beginning)) {
        return true;
    }
    while ((handler = nx_strmap_next(registry->handlers, &cursor, NULL, NULL))
            != NULL) {
        if (handler->prefix.len > beginning.len
                && memcmp(handler->prefix.ptr, beginning.ptr, beginning.len)
                        == 0) {
            return true;
        }
    }
    return false;
}

const struct registry_kind *registry_find_kind(
        const struct registry *registry, struct nx_str room_name) {
    const char *colon =
            room_name.len ? memchr(room_name.ptr, ':', room_name.len) : NULL;
    if (!colon) {
        return NULL;
    }
    size_t len = (size_t)(colon - room_name.ptr) + 1;
    return nx_strmap_get(registry->kinds, room_name.ptr, len);
}

const struct registry_service *registry_find_service(
        const struct registry *registry, const char *name, uint32_t version) {
    const struct registry_service *service =
            nx_strmap_get(registry->services, name, strlen(name));
    return service && service->version == version ? service : NULL;
}

const struct nx_list *registry_observers(const struct registry *registry) {
    return &registry->observers;
}

const struct nx_list *registry_session_hooks(const struct registry *registry) {
    return &registry->session_hooks;
}

const struct nx_list *registry_member_hooks(const struct registry *registry) {
    return &registry->member_hooks;
}

const struct nx_list *registry_auth_hooks(const struct registry *registry) {
    return &registry->auth_hooks;
}

const struct nx_list *registry_routes(const struct registry *registry) {
    return &registry->routes;
}

void registry_list_prefixes(
        const struct registry *registry, struct nx_buf *out) {
    size_t cursor = 0;
    const struct registry_handler *handler;
    const char *separator = "";
    while ((handler = nx_strmap_next(registry->handlers, &cursor, NULL, NULL))
            != NULL) {
        if (handler->owner) {
            nx_buf_appendf(out, "%s\"%s\"", separator, handler->prefix.ptr);
            separator = ",";
        }
    }
}
