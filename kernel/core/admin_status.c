#include <unistd.h>

#include "kernel/core/admin_command.h"
#include "kernel/core/core.h"
#include "kernel/core/engine.h"
#include "kernel/core/overload.h"
#include "kernel/core/plugin.h"
#include "kernel/core/plugins.h"
#include "kernel/core/quarantine_doc.h"
#include "kernel/core/reload.h"
#include "kernel/core/rooms.h"
#include "kernel/core/session.h"
#include "kernel/core/stats.h"
#include "kernel/core/users.h"
#include "kernel/core/writer.h"
#include "nexus_version.h"

static void put_engine(struct nx_writer *result, const struct engine *engine) {
    writer_begin_object(result, "engine");
    writer_put_cstr(result, "name", engine_name(engine));
    writer_put_bool(result, "durable", engine_durable(engine));
    writer_put_bool(result, "working", engine_working(engine));
    writer_end(result);
}

static void put_overload(
        struct nx_writer *result, const struct overload *overload) {
    bool active = overload_active(overload);
    writer_begin_object(result, "overload");
    writer_put_bool(result, "active", active);
    if (active) {
        struct overload_state state;
        overload_look(overload, overload_reason(overload), &state);
        writer_put_cstr(result, "limit", limit_setting(state.setting));
        writer_put_i64(result, "lasts_ms", overload_lasts_ms(overload));
    }
    writer_end(result);
}

static void put_names(struct nx_writer *result, const struct plugins *plugins) {
    writer_begin_array(result, "plugins");
    for (size_t i = 0; i < plugins_count(plugins); i++) {
        writer_put_cstr(result, NULL, plugins_name(plugins, i));
    }
    writer_end(result);
}

static void put_reload(struct nx_writer *result, const struct reload *reload) {
    struct reload_status status;
    reload_look(reload, &status);
    if (status.at_ms == 0) {
        writer_put_null(result, "last_reload");
        return;
    }
    writer_begin_object(result, "last_reload");
    writer_put_cstr(result, "outcome", reload_outcome_word(status.outcome));
    writer_put_cstr(result, "reason", status.reason);
    writer_put_i64(result, "at", status.at_ms);
    writer_put_f64(result, "freeze_ms", (double)status.freeze_us / 1000);
    writer_put_f64(result, "stall_ms", (double)status.stall_us / 1000);
    writer_end(result);
}

void admin_status(struct admin_call *call) {
    const struct core *core = call->core;
    struct nx_writer *result = call->result;
    int64_t up_ms = clock_wall_ms(&core->clock) - core->stats->started_ms;
    writer_put_cstr(result, "version", NEXUS_VERSION);
    writer_put_i64(result, "pid", getpid());
    writer_put_i64(result, "uptime_seconds", up_ms > 0 ? up_ms / 1000 : 0);
    writer_put_u64(result, "sessions", sessions_count(core->sessions));
    writer_put_u64(result, "users", users_count(core->users));
    writer_put_u64(result, "rooms", rooms_count(core->rooms));
    put_engine(result, core->engine);
    put_overload(result, core->overload);
    writer_put_bool(result, "draining", core->draining);
    put_names(result, core->plugins);
    quarantine_put_names(result, core->quarantine);
    put_reload(result, core->reload);
}

static void put_plugin(struct nx_writer *result, const struct plugin *plugin) {
    const struct nx_plugin_info *info = plugin->entry->info;
    writer_begin_object(result, NULL);
    writer_put_cstr(result, "name", plugin->name);
    writer_put_cstr(result, "id", info->id);
    writer_put_cstr(result, "version", info->version);
    writer_put_cstr(result, "path", plugin->path);
    writer_put_u64(result, "calls", plugin->calls);
    writer_put_u64(result, "busy_ms", plugin->busy_ns / 1000000);
    writer_put_u64(result, "slow_calls", plugin->slow_calls);
    writer_put_u64(result, "misuses", plugin->misuses);
    writer_end(result);
}

void admin_plugins(struct admin_call *call) {
    const struct plugins *plugins = call->core->plugins;
    writer_put_u64(call->result, "total", plugins_count(plugins));
    writer_begin_array(call->result, "plugins");
    for (size_t i = 0; i < plugins_count(plugins); i++) {
        put_plugin(call->result, plugins_get(plugins, i));
    }
    writer_end(call->result);
    quarantine_put_items(call->result, call->core->quarantine);
}
