#include <string.h>

#include <nexus/users.h>
#include <nexus/util/str.h>

#include "kernel/core/core.h"
#include "kernel/core/host_tables.h"
#include "kernel/core/plugin.h"
#include "kernel/core/resume.h"
#include "kernel/core/session.h"
#include "kernel/core/users.h"
#include "kernel/core/visibility.h"

#define PHASES (PHASE_RUNNING | PHASE_QUIESCED)

// A session plugins may know of: from its welcome until they were told that
// it closed, that callback included.
static struct session *find_session(
        const struct plugin *plugin, nx_session_id id) {
    struct session *session = sessions_find(plugin->core->sessions, id);
    return session && session->user ? session : NULL;
}

static nx_status session_info(const struct nx_host *host, nx_session_id id,
        struct nx_session_info *info) {
    nx_status status;
    const struct plugin *plugin =
            host_enter(host, PHASES, "users.session_info", &status);
    if (!plugin) {
        return status;
    }
    if (!info || info->struct_size < sizeof(info->struct_size)) {
        return NX_ERR_INVALID;
    }
    const struct session *session = find_session(plugin, id);
    if (!session) {
        return NX_ERR_GONE;
    }
    const struct clock *clock = &plugin->core->clock;
    int64_t idle_ms = clock_now_ms(clock) - session->active_ms;
    const struct nx_session_info full = {
            .struct_size = info->struct_size,
            .flags = session->device_made_up ? NX_DEVICE_MADE_UP : 0,
            .session = session->id,
            .user = user_name(session->user),
            .device = nx_str_c(session->device),
            .address = nx_str_c(session->address),
            .connected_ms = session->opened_ms,
            .active_ms = clock_wall_ms(clock) - idle_ms,
            .idle_ms = (uint64_t)idle_ms,
    };
    size_t size = full.struct_size;
    size_t known = size < sizeof(full) ? size : sizeof(full);
    memset(info, 0, size);
    memcpy(info, &full, known);
    return NX_OK;
}

// One that has ended stays with its user only until plugins were told.
static uint32_t live_sessions(const struct user *user) {
    uint32_t count = 0;
    nx_list_for_each (link, &user->sessions) {
        const struct session *session =
                nx_container_of(link, struct session, user_link);
        count += session->state != SESSION_ENDED ? 1 : 0;
    }
    return count;
}

static const struct user *find_user(
        const struct nx_host *host, struct nx_str name, const char *call) {
    const struct plugin *plugin = host_enter(host, PHASES, call, NULL);
    return plugin && host_text_given(name)
            ? users_find(plugin->core->users, name)
            : NULL;
}

static uint32_t session_count(const struct nx_host *host, struct nx_str name) {
    const struct user *user = find_user(host, name, "users.session_count");
    return user ? live_sessions(user) : 0;
}

// What the callback closes stays in the list until the end of the turn.
static void each_session(const struct nx_host *host, struct nx_str name,
        nx_each_session_fn fn, void *arg) {
    const struct user *user = find_user(host, name, "users.each_session");
    if (!user || !fn) {
        return;
    }
    nx_list_for_each_safe (link, next, &user->sessions) {
        const struct session *session =
                nx_container_of(link, struct session, user_link);
        if (session->state != SESSION_ENDED
                && fn(arg, session->id, user_name(user)) != 0) {
            return;
        }
    }
}

static void each_user(
        const struct nx_host *host, nx_each_user_fn fn, void *arg) {
    const struct plugin *plugin =
            host_enter(host, PHASES, "users.each_user", NULL);
    if (!plugin || !fn) {
        return;
    }
    size_t cursor = 0;
    const struct user *user;
    while ((user = users_next(plugin->core->users, &cursor)) != NULL) {
        uint32_t sessions = live_sessions(user);
        if (sessions > 0 && fn(arg, user_name(user), sessions) != 0) {
            return;
        }
    }
}

static nx_status data_set(const struct nx_host *host, nx_session_id id,
        const char *key, struct nx_bytes value) {
    nx_status status;
    const struct plugin *plugin =
            host_enter(host, PHASES, "users.data_set", &status);
    if (!plugin) {
        return status;
    }
    if (!key || (!value.ptr && value.len > 0)) {
        return NX_ERR_INVALID;
    }
    struct session *session = find_session(plugin, id);
    if (!session) {
        return NX_ERR_GONE;
    }
    status = blobs_set(&session->blobs, host_plugin_id(plugin), key, value);
    if (status == NX_OK) {
        resume_changed(session);
    }
    return status;
}

static struct nx_bytes data_get(
        const struct nx_host *host, nx_session_id id, const char *key) {
    const struct plugin *plugin =
            host_enter(host, PHASES, "users.data_get", NULL);
    const struct session *session =
            plugin && key ? find_session(plugin, id) : NULL;
    struct nx_bytes none = {NULL, 0};
    return session ? blobs_get(&session->blobs, host_plugin_id(plugin), key)
                   : none;
}

static nx_status notice(const struct nx_host *host, nx_session_id id) {
    nx_status status;
    const struct plugin *plugin =
            host_enter(host, PHASES, "users.notice", &status);
    struct session *session = plugin ? find_session(plugin, id) : NULL;
    if (!session) {
        return plugin ? NX_ERR_GONE : status;
    }
    session->noticed = true;
    return NX_OK;
}

static nx_status hide(
        const struct nx_host *host, struct nx_str name, int32_t hidden) {
    nx_status status;
    const struct plugin *plugin =
            host_enter(host, PHASES, "users.hide", &status);
    if (!plugin) {
        return status;
    }
    struct user *user = host_text_given(name)
            ? users_find(plugin->core->users, name)
            : NULL;
    if (!user) {
        return NX_ERR_GONE;
    }
    visibility_set(plugin->core, user, hidden != 0);
    return NX_OK;
}

static int32_t is_hidden(const struct nx_host *host, struct nx_str name) {
    const struct user *user = find_user(host, name, "users.is_hidden");
    return user && user->hidden ? 1 : 0;
}

const struct nx_users_v1 host_users_v1 = {
        .struct_size = sizeof(host_users_v1),
        .version = 1,
        .session_info = session_info,
        .session_count = session_count,
        .each_session = each_session,
        .each_user = each_user,
        .data_set = data_set,
        .data_get = data_get,
        .notice = notice,
        .hide = hide,
        .is_hidden = is_hidden,
};
