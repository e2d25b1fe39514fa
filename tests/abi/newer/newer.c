// newer - a plugin of a later minor version, on a server that is behind it.
//
// Built with headers that have grown (tests/abi/grow.py). It looks before it
// calls what came later, and does without; NEWER_* make it one that does not.
// newer.report answers with what it found.

#include <stdlib.h>

#include <nexus/sdk.h>

#ifndef NEWER_REQUIRES
#define NEWER_REQUIRES "nexus.rooms/1"
#endif
#ifndef NEWER_INSTANCE_TAIL
#define NEWER_INSTANCE_TAIL 0
#endif

struct newer {
    struct nx_plugin base;
    struct nx_sdk nx;
    nx_status with_tail; // of defining a kind of room with a newer member
};

static void put_status(const struct newer *newer, struct nx_writer *out,
        const char *key, nx_status status) {
    newer->nx.json->put_str(out, key, nx_str_c(nx_err_word(status)));
}

static nx_status send(
        const struct newer *newer, const struct nx_event *ev, uint64_t added) {
    const struct nx_send_opts opts = {
            .struct_size = sizeof(opts), .added = added};
    return newer->nx.send->to_session(newer->nx.host, ev->session,
            newer->nx.json->event(newer->nx.host, "newer.sent", nx_str_none()),
            &opts);
}

static nx_status ask(
        const struct newer *newer, const struct nx_event *ev, uint64_t *added) {
    struct nx_session_info info;
    memset(&info, 0xff, sizeof(info));
    info.struct_size = sizeof(info);
    nx_status status =
            newer->nx.users->session_info(newer->nx.host, ev->session, &info);
    *added = info.added;
    return status;
}

static int32_t on_event(void *user, const struct nx_event *ev) {
    const struct newer *newer = user;
    const struct nx_sdk *nx = &newer->nx;
    struct nx_writer *out = nx->json->object(nx->host);
    uint64_t added = 1;
    nx->json->put_bool(out, "rooms_added", NX_HAS(nx->rooms, added));
    nx->json->put_bool(out, "event_added", NX_HAS_MEMBER(ev, added));
    nx->json->put_bool(out, "event_json", NX_HAS_MEMBER(ev, json));
    nx->json->put_bool(out, "moon",
            nx->host->get_interface(nx->host, "nexus.moon", 1) != NULL);
    nx->json->put_bool(out, "rooms_2",
            nx->host->get_interface(nx->host, NX_IFACE_ROOMS, 2) != NULL);
    nx->json->put_u64(out, "host_minor", nx->host->abi_minor);
    put_status(newer, out, "define_with_tail", newer->with_tail);
    put_status(newer, out, "send", send(newer, ev, 0));
    put_status(newer, out, "send_with_tail", send(newer, ev, 1));
    put_status(newer, out, "session_info", ask(newer, ev, &added));
    nx->json->put_u64(out, "session_info_added", added);
    return nx->router->reply(nx->host, ev->op, out, NX_REPLY_RESULT);
}

static nx_status start(
        struct nx_plugin *plugin, const struct nx_state_reader *prev) {
    struct newer *newer = plugin->self;
    const struct nx_sdk *nx = &newer->nx;
    struct nx_room_kind kind = {
            .struct_size = sizeof(kind), .prefix = "newer:", .added = 1};
    (void)prev;
    newer->with_tail = nx->rooms->define(nx->host, &kind);
    kind.added = 0;
    nx_status status = nx->rooms->define(nx->host, &kind);
    return status == NX_OK
            ? nx->router->handle(nx->host, "newer.", on_event, newer)
            : status;
}

static void destroy(struct nx_plugin *plugin) {
    free(plugin->self);
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    struct newer *newer = calloc(1, sizeof(*newer));
    if (!newer) {
        return NX_ERR_NO_MEMORY;
    }
    nx_sdk_load(&newer->nx, host);
    newer->base.struct_size = sizeof(newer->base);
    newer->base.self = newer;
    newer->base.start = start;
    newer->base.destroy = destroy;
    newer->base.added = NEWER_INSTANCE_TAIL;
    *out = &newer->base;
    return NX_OK;
}

#ifdef NEWER_INFO_TAIL
static const char *const prefixes[] = {"newer.", NULL};
static const struct nx_plugin_info info = {.struct_size = sizeof(info),
        .id = "newer",
        .version = "1.9.0",
        .prefixes = prefixes,
        .added = 1};
const struct nx_plugin_entry NX_PLUGIN_SYMBOL = {NX_PLUGIN_MAGIC,
        sizeof(struct nx_plugin_entry), NX_ABI_MAJOR, NX_ABI_MINOR, 0, &info,
        create};
#else
NX_PLUGIN("newer", "1.9.0", "MIT", "is ahead of its server", 0, 0, ("newer."),
        (NEWER_REQUIRES, "nexus.moon/1?", "nexus.json/1.9?"), NULL, create);
#endif
