// What a plugin that stays has registered, on its way into a new set.
#include <nexus/util/strmap.h>

#include "kernel/core/registry.h"
#include "kernel/core/registry_set.h"

static enum nx_err copy_handlers(struct registry *to,
        const struct registry *from, struct plugin *owner, const char **what) {
    size_t cursor = 0;
    const struct registry_handler *one;
    enum nx_err err = NX_OK;
    while (err == NX_OK
            && (one = nx_strmap_next(from->handlers, &cursor, NULL, NULL))) {
        if (one->owner == owner) {
            *what = one->prefix.ptr;
            err = registry_add_handler(to, owner, *what, one->fn, one->user);
        }
    }
    return err;
}

static enum nx_err copy_kinds(struct registry *to, const struct registry *from,
        struct plugin *owner, const char **what) {
    size_t cursor = 0;
    const struct registry_kind *one;
    enum nx_err err = NX_OK;
    while (err == NX_OK
            && (one = nx_strmap_next(from->kinds, &cursor, NULL, NULL))) {
        if (one->owner == owner) {
            *what = one->kind.prefix;
            err = registry_add_kind(to, owner, &one->kind);
        }
    }
    return err;
}

static enum nx_err copy_services(struct registry *to,
        const struct registry *from, struct plugin *owner, const char **what) {
    size_t cursor = 0;
    const struct registry_service *one;
    enum nx_err err = NX_OK;
    while (err == NX_OK
            && (one = nx_strmap_next(from->services, &cursor, NULL, NULL))) {
        if (one->owner == owner) {
            *what = one->name;
            err = registry_add_service(
                    to, owner, *what, one->version, one->table);
        }
    }
    return err;
}

static enum nx_err copy_routes(struct registry *to, const struct registry *from,
        struct plugin *owner, const char **what) {
    enum nx_err err = NX_OK;
    nx_list_for_each (link, &from->routes) {
        const struct registry_route *one =
                nx_container_of(link, struct registry_route, link);
        if (err == NX_OK && one->owner == owner) {
            *what = one->pattern;
            err = registry_add_route(
                    to, owner, one->method, one->pattern, one->fn, one->user);
        }
    }
    return err;
}

static enum nx_err copy_observers(struct registry *to,
        const struct registry *from, struct plugin *owner) {
    enum nx_err err = NX_OK;
    nx_list_for_each (link, &from->observers) {
        const struct registry_handler *one =
                nx_container_of(link, struct registry_handler, link);
        if (err == NX_OK && one->owner == owner) {
            err = registry_add_observer(
                    to, owner, one->prefix.ptr, one->fn, one->user);
        }
    }
    return err;
}

static enum nx_err copy_hooks(struct registry *to, const struct registry *from,
        struct plugin *owner) {
    enum nx_err err = NX_OK;
    nx_list_for_each (link, &from->session_hooks) {
        const struct registry_session_hook *one =
                nx_container_of(link, struct registry_session_hook, link);
        if (err == NX_OK && one->owner == owner) {
            err = registry_add_session_hook(
                    to, owner, one->what, one->fn, one->user);
        }
    }
    nx_list_for_each (link, &from->member_hooks) {
        const struct registry_member_hook *one =
                nx_container_of(link, struct registry_member_hook, link);
        if (err == NX_OK && one->owner == owner) {
            err = registry_add_member_hook(to, owner, one->fn, one->user);
        }
    }
    nx_list_for_each (link, &from->auth_hooks) {
        const struct registry_auth_hook *one =
                nx_container_of(link, struct registry_auth_hook, link);
        if (err == NX_OK && one->owner == owner) {
            err = registry_add_auth_hook(
                    to, owner, one->actions, one->fn, one->user);
        }
    }
    return err;
}

enum nx_err registry_copy(struct registry *registry,
        const struct registry *from, struct plugin *owner, const char **what) {
    enum nx_err err = copy_handlers(registry, from, owner, what);
    err = err ? err : copy_kinds(registry, from, owner, what);
    err = err ? err : copy_services(registry, from, owner, what);
    err = err ? err : copy_routes(registry, from, owner, what);
    err = err ? err : copy_observers(registry, from, owner);
    return err ? err : copy_hooks(registry, from, owner);
}
