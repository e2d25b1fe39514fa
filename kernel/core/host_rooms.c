#include <string.h>

#include <nexus/auth.h>
#include <nexus/rooms.h>

#include "kernel/core/auth.h"
#include "kernel/core/core.h"
#include "kernel/core/host_tables.h"
#include "kernel/core/plugin.h"
#include "kernel/core/registry.h"
#include "kernel/core/resume.h"
#include "kernel/core/rooms.h"
#include "kernel/core/session.h"
#include "kernel/core/users.h"

#define PHASES (PHASE_RUNNING | PHASE_QUIESCED)

static nx_status define(
        const struct nx_host *host, const struct nx_room_kind *given) {
    nx_status status;
    struct plugin *plugin =
            host_enter(host, PHASE_START, "rooms.define", &status);
    if (!plugin) {
        return status;
    }
    struct nx_room_kind kind;
    status = host_copy_in(&kind, sizeof(kind), given);
    if (status != NX_OK) {
        return status;
    }
    if ((kind.flags & ~NX_ROOM_TRACKED) != 0 || kind.reserved0 != 0) {
        return NX_ERR_UNSUPPORTED;
    }
    if (!kind.prefix) {
        return NX_ERR_INVALID;
    }
    struct registry *staged = plugin->core->staged;
    status = registry_add_kind(staged, plugin, &kind);
    const struct nx_str prefix = {kind.prefix, strlen(kind.prefix)};
    const struct registry_kind *taken =
            status == NX_ERR_EXISTS ? registry_find_kind(staged, prefix) : NULL;
    return host_refused(plugin, status, "the kind of room", kind.prefix,
            taken ? taken->owner : NULL);
}

static nx_status observe(
        const struct nx_host *host, nx_member_fn fn, void *user) {
    nx_status status;
    struct plugin *plugin =
            host_enter(host, PHASE_START, "rooms.observe", &status);
    return plugin
            ? registry_add_member_hook(plugin->core->staged, plugin, fn, user)
            : status;
}

// A plugin cannot wait for a hook that puts its verdict off.
static nx_status ask(struct core *core, struct nx_str room_name,
        const struct session *session) {
    const struct nx_auth_request request = {
            .action = NX_AUTH_JOIN,
            .session = session->id,
            .user = user_name(session->user),
            .address = {session->address, strlen(session->address)},
            .room = room_name,
    };
    struct nx_auth_decision decision;
    int32_t verdict = auth_ask(core, &request, &decision, NULL, NULL);
    return verdict == NX_AUTH_ALLOW ? NX_OK : NX_ERR_FORBIDDEN;
}

static nx_status join(const struct nx_host *host, struct nx_str room_name,
        nx_session_id id, const struct nx_position *since, nx_join_fn done,
        void *user) {
    nx_status status;
    struct plugin *plugin =
            host_enter(host, PHASE_RUNNING, "rooms.join", &status);
    if (!plugin) {
        return status;
    }
    struct core *core = plugin->core;
    if (!host_text_given(room_name)) {
        return NX_ERR_INVALID;
    }
    struct session *session = sessions_open(core->sessions, id);
    if (!session) {
        return NX_ERR_GONE;
    }
    status = ask(core, room_name, session);
    const struct rooms_join request = {
            .name = room_name,
            .session = session,
            .since = since,
            .owner = plugin,
            .done = done,
            .user = user,
    };
    return status == NX_OK ? rooms_join(core->rooms, &request) : status;
}

static nx_status leave(
        const struct nx_host *host, struct nx_str room_name, nx_session_id id) {
    nx_status status;
    const struct plugin *plugin =
            host_enter(host, PHASES, "rooms.leave", &status);
    if (!plugin) {
        return status;
    }
    if (!host_text_given(room_name)) {
        return NX_ERR_INVALID;
    }
    struct session *session = sessions_find(plugin->core->sessions, id);
    if (!session || !session->user) {
        return NX_ERR_GONE;
    }
    return rooms_leave(plugin->core->rooms, room_name, session);
}

static nx_status expel(const struct nx_host *host, struct nx_str room_name,
        struct nx_str user_name) {
    nx_status status;
    const struct plugin *plugin =
            host_enter(host, PHASES, "rooms.expel", &status);
    if (!plugin) {
        return status;
    }
    if (!host_text_given(room_name) || !host_text_given(user_name)) {
        return NX_ERR_INVALID;
    }
    const struct core *core = plugin->core;
    const struct user *user = users_find(core->users, user_name);
    resume_strike(core->resume, user_name, room_name);
    if (user) {
        rooms_leave_user(core->rooms, room_name, user);
    }
    return NX_OK;
}

// ---- looking ----

static struct room *find_room(
        const struct nx_host *host, nx_room_id id, const char *call) {
    const struct plugin *plugin = host_enter(host, PHASES, call, NULL);
    return plugin ? rooms_get(plugin->core->rooms, id) : NULL;
}

static nx_room_id find(const struct nx_host *host, struct nx_str room_name) {
    const struct plugin *plugin = host_enter(host, PHASES, "rooms.find", NULL);
    const struct room *room = plugin && host_text_given(room_name)
            ? rooms_find(plugin->core->rooms, room_name)
            : NULL;
    return room ? room->id : 0;
}

static struct nx_str name(const struct nx_host *host, nx_room_id id) {
    const struct room *room = find_room(host, id, "rooms.name");
    struct nx_str none = {NULL, 0};
    return room ? room_name(room) : none;
}

static int32_t is_member(
        const struct nx_host *host, nx_room_id id, nx_session_id session_id) {
    const struct room *room = find_room(host, id, "rooms.is_member");
    const struct session *session = room
            ? sessions_find(plugin_of(host)->core->sessions, session_id)
            : NULL;
    return session && room_member(room, session) ? 1 : 0;
}

static uint32_t count(const struct nx_host *host, nx_room_id id) {
    const struct room *room = find_room(host, id, "rooms.count");
    return room ? room->member_count : 0;
}

static uint32_t user_count(const struct nx_host *host, nx_room_id id) {
    const struct room *room = find_room(host, id, "rooms.user_count");
    return room ? room->user_count : 0;
}

static void each_session(const struct nx_host *host, nx_room_id id,
        nx_each_session_fn fn, void *user) {
    const struct room *room = find_room(host, id, "rooms.each_session");
    if (!room || !fn) {
        return;
    }
    nx_list_for_each_safe (link, next, &room->members) {
        const struct session *session =
                nx_container_of(link, struct member, room_link)->session;
        if (fn(user, session->id, user_name(session->user)) != 0) {
            return;
        }
    }
}

static void each_user(const struct nx_host *host, nx_room_id id,
        nx_each_user_fn fn, void *user) {
    const struct room *room = find_room(host, id, "rooms.each_user");
    if (!room || !fn) {
        return;
    }
    nx_list_for_each_safe (link, next, &room->members) {
        const struct member *member =
                nx_container_of(link, struct member, room_link);
        const struct session *session = member->session;
        if (member->first
                && fn(user, user_name(session->user),
                           room_user_sessions(room, session))
                        != 0) {
            return;
        }
    }
}

static void each_room_of(const struct nx_host *host, nx_session_id id,
        nx_each_room_fn fn, void *user) {
    const struct plugin *plugin =
            host_enter(host, PHASES, "rooms.each_room_of", NULL);
    const struct session *session =
            plugin && fn ? sessions_find(plugin->core->sessions, id) : NULL;
    if (!session) {
        return;
    }
    nx_list_for_each_safe (link, next, &session->members) {
        const struct room *room =
                nx_container_of(link, struct member, session_link)->room;
        if (fn(user, room->id, room_name(room)) != 0) {
            return;
        }
    }
}

// ---- bytes on a room ----

static nx_status data_set(const struct nx_host *host, nx_room_id id,
        const char *key, struct nx_bytes value) {
    nx_status status;
    const struct plugin *plugin =
            host_enter(host, PHASES, "rooms.data_set", &status);
    if (!plugin) {
        return status;
    }
    if (!key || (!value.ptr && value.len > 0)) {
        return NX_ERR_INVALID;
    }
    struct room *room = rooms_get(plugin->core->rooms, id);
    return room ? blobs_set(&room->blobs, host_plugin_id(plugin), key, value)
                : NX_ERR_GONE;
}

static struct nx_bytes data_get(
        const struct nx_host *host, nx_room_id id, const char *key) {
    const struct room *room = find_room(host, id, "rooms.data_get");
    struct nx_bytes none = {NULL, 0};
    return room && key
            ? blobs_get(&room->blobs, host_plugin_id(plugin_of(host)), key)
            : none;
}

const struct nx_rooms_v1 host_rooms_v1 = {
        .struct_size = sizeof(host_rooms_v1),
        .version = 1,
        .define = define,
        .observe = observe,
        .join = join,
        .leave = leave,
        .expel = expel,
        .find = find,
        .name = name,
        .is_member = is_member,
        .count = count,
        .user_count = user_count,
        .each_session = each_session,
        .each_user = each_user,
        .each_room_of = each_room_of,
        .data_set = data_set,
        .data_get = data_get,
};
