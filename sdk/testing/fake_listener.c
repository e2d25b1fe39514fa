/*
 * The listener is a plugin of its own, so that what it owns is owned like
 * anything else. It goes last in the list.
 */
#include <stdlib.h>
#include <string.h>

#include <nexus/sdk.h>

#include "fake_parts.h"
#include "kernel/core/core.h"
#include "kernel/core/plugin.h"
#include "kernel/core/router.h"
#include "kernel/core/writer.h"

static int32_t on_event(void *user, const struct nx_event *ev) {
    struct fake_listener *listener = user;
    struct fake_event *event = fake_event_create(ev->raw.ptr, ev->raw.len);
    free(event->user);
    event->user = fake_copy(ev->user.ptr, ev->user.len);
    nx_list_append(&listener->heard, &event->link);
    return NX_DONE;
}

static nx_status start(
        struct nx_plugin *plugin, const struct nx_state_reader *prev) {
    struct fake_listener *listener = plugin->self;
    const struct nx_router_v1 *router =
            listener->host->get_interface(listener->host, NX_IFACE_ROUTER, 1);
    nx_status status = NX_OK;
    (void)prev;
    for (size_t i = 0; i < listener->count && status == NX_OK; i++) {
        status = router->handle(
                listener->host, listener->prefixes[i], on_event, listener);
    }
    return status;
}

static void destroy(struct nx_plugin *plugin) {
    (void)plugin;
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    // The descriptor stands in the listener, and so leads there.
    union {
        const struct nx_plugin_entry *borrowed;
        struct nx_plugin_entry *own;
    } entry = {.borrowed = plugin_of(host)->entry};
    struct fake_listener *listener =
            nx_container_of(entry.own, struct fake_listener, entry);
    listener->host = host;
    listener->instance = (struct nx_plugin){
            .struct_size = sizeof(listener->instance),
            .self = listener,
            .start = start,
            .destroy = destroy,
    };
    *out = &listener->instance;
    return NX_OK;
}

void fake_listener_init(struct fake_listener *listener) {
    nx_list_init(&listener->heard);
    nx_list_init(&listener->seen);
    listener->entry = (struct nx_plugin_entry){
            .magic = NX_PLUGIN_MAGIC,
            .struct_size = sizeof(listener->entry),
            .abi_major = NX_ABI_MAJOR,
            .abi_minor = NX_ABI_MINOR,
            .info = &listener->info,
            .create = create,
    };
    listener->info = (struct nx_plugin_info){
            .struct_size = sizeof(listener->info),
            .id = "fake-listener",
            .version = "0.0.0",
    };
}

void fake_listener_finish(struct fake_listener *listener) {
    fake_events_destroy(&listener->heard);
    fake_events_destroy(&listener->seen);
    for (size_t i = 0; i < listener->count; i++) {
        free(listener->prefixes[i]);
    }
    free(listener->prefixes);
}

const struct nx_plugin_entry *fake_listener_entry(struct fake_host *host) {
    struct fake_listener *listener = &host->listener;
    listener->info.prefixes = (const char *const *)listener->prefixes;
    return listener->count > 0 ? &listener->entry : NULL;
}

void fake_host_listen(struct fake_host *host, const char *prefix) {
    struct fake_listener *listener = &host->listener;
    size_t size = (listener->count + 2) * sizeof(*listener->prefixes);
    char **prefixes = realloc(listener->prefixes, size);
    if (!prefixes) {
        abort();
    }
    listener->prefixes = prefixes;
    prefixes[listener->count++] = fake_copy(prefix, strlen(prefix));
    prefixes[listener->count] = NULL;
}

const struct fake_event *fake_host_heard(
        struct fake_host *host, const char **user) {
    struct nx_list *link = nx_list_take_first(&host->listener.heard);
    if (!link) {
        return NULL;
    }
    nx_list_append(&host->listener.seen, link);
    const struct fake_event *event =
            nx_container_of(link, struct fake_event, link);
    if (user) {
        *user = event->user;
    }
    return event;
}

nx_status fake_host_emit(struct fake_host *host, const char *type,
        const char *user, const char *json) {
    if (!host->core) {
        return NX_ERR_STATE;
    }
    struct fake_event *event = fake_event_create(json, strlen(json));
    struct nx_writer *writer = writer_object(host->core->writers);
    writer_put_members(writer, (const struct nx_json *)event->root, NULL);
    nx_status status = router_emit(
            host->core->router, nx_str_c(type), nx_str_c(user), writer);
    fake_event_destroy(event);
    (void)fake_host_turn(host);
    return status;
}
