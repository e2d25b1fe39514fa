// minimal - the least that a plugin can be, written without <nexus/sdk.h>.

#include <stdlib.h>

#include <nexus/plugin.h>
#include <nexus/router.h>

struct minimal {
    struct nx_plugin base;
    const struct nx_host *host;
    const struct nx_router_v1 *router;
};

static int32_t on_event(void *user, const struct nx_event *ev) {
    struct minimal *minimal = user;
    return minimal->router->reply(minimal->host, ev->op, NULL, NX_REPLY_RESULT);
}

static nx_status start(
        struct nx_plugin *plugin, const struct nx_state_reader *prev) {
    struct minimal *minimal = plugin->self;
    (void)prev;
    return minimal->router->handle(minimal->host, "minimal", on_event, minimal);
}

static void destroy(struct nx_plugin *plugin) {
    free(plugin->self);
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    struct minimal *minimal = calloc(1, sizeof(*minimal));
    if (!minimal) {
        return NX_ERR_NO_MEMORY;
    }
    minimal->host = host;
    minimal->router = (const struct nx_router_v1 *)host->get_interface(
            host, NX_IFACE_ROUTER, 1);
    minimal->base.struct_size = sizeof(minimal->base);
    minimal->base.self = minimal;
    minimal->base.start = start;
    minimal->base.destroy = destroy;
    *out = &minimal->base;
    return NX_OK;
}

static const char *const prefixes[] = {"minimal", NULL};
static const char *const requires_[] = {"nexus.router/1", NULL};
static const struct nx_plugin_info info = {
        .struct_size = sizeof(info),
        .id = "minimal",
        .version = "1.0.0",
        .prefixes = prefixes,
        .requires_ = requires_,
};

const struct nx_plugin_entry NX_PLUGIN_SYMBOL = {
        .magic = NX_PLUGIN_MAGIC,
        .struct_size = sizeof(struct nx_plugin_entry),
        .abi_major = NX_ABI_MAJOR,
        .abi_minor = NX_ABI_MINOR,
        .info = &info,
        .create = create,
};
