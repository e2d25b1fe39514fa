#include "kernel/core/core.h"

#include <stdlib.h>

#include "kernel/base/log.h"
#include "kernel/base/random.h"
#include "kernel/core/drain.h"
#include "kernel/core/engine.h"
#include "kernel/core/jobs.h"
#include "kernel/core/kernel_events.h"
#include "kernel/core/memory.h"
#include "kernel/core/message_sizes.h"
#include "kernel/core/op.h"
#include "kernel/core/overload.h"
#include "kernel/core/packer.h"
#include "kernel/core/plugin.h"
#include "kernel/core/plugins.h"
#include "kernel/core/registry.h"
#include "kernel/core/reload.h"
#include "kernel/core/restore.h"
#include "kernel/core/resume.h"
#include "kernel/core/resume_store.h"
#include "kernel/core/room_announce.h"
#include "kernel/core/rooms.h"
#include "kernel/core/router.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"
#include "kernel/core/tails.h"
#include "kernel/core/users.h"
#include "kernel/core/writer.h"

// Text of one outgoing event; the largest is a page of chat history.
#define WRITER_BYTES_MAX   ((size_t)4 << 20)
#define ENGINE_PENDING_MAX 65536u
// Completions may cause work that completes in the same turn; what goes on
// longer than this waits for the next one, so that sockets are served.
#define ROUNDS_MAX 8

static uint32_t deliver(void *ctx, struct nx_str room,
        const struct nx_record *record, uint32_t cls, nx_session_id except) {
    const struct core *core = ctx;
    return rooms_deliver(core->rooms, room, record, cls, except);
}

static void on_health(void *ctx, bool working, struct nx_str why) {
    const struct core *core = ctx;
    if (working) {
        log_info("engine", "working",
                LOG_STR("engine", engine_name(core->engine)));
    } else {
        log_error("engine", "not working",
                LOG_STR("engine", engine_name(core->engine)),
                LOG_STRN("reason", why.ptr, why.len));
    }
}

// Requests of the kernel itself name the core as their owner.
static void before(void *ctx, void *owner) {
    plugin_enter(owner == ctx ? NULL : owner, "engine");
}

static void after(void *ctx, void *owner) {
    plugin_leave(owner == ctx ? NULL : owner);
}

static bool create_storage(struct core *core) {
    const struct settings *settings = core->settings;
    const struct memory_limits limits = {
            .bytes = (size_t)settings->engine_memory_bytes,
            .logs = (size_t)settings->engine_memory_logs,
            .facts = (size_t)settings->engine_memory_facts,
    };
    const struct engine_hooks hooks = {
            .ctx = core,
            .deliver = deliver,
            .health = on_health,
            .before = before,
            .after = after,
    };
    core->memory = memory_create(&core->clock, &limits);
    core->engine = engine_create(&core->clock, &hooks, ENGINE_PENDING_MAX);
    return core->memory && core->engine
            && engine_use(core->engine, memory_provider(core->memory)) == NX_OK;
}

// Last of the parts, since they look at others.
static bool create_guards(struct core *core) {
    core->overload = overload_create(core);
    core->drain = drain_create(core);
    core->reload = reload_create(core);
    return core->overload && core->drain && core->reload;
}

static bool create_parts(struct core *core) {
    const struct settings *settings = core->settings;
    core->stats = stats_create(&core->timers, clock_wall_ms(&core->clock));
    core->packer = packer_create(settings, core->stats);
    core->writers = writers_create(&core->clock, WRITER_BYTES_MAX);
    core->ops = ops_create(core);
    core->router = router_create(core);
    core->tails = tails_create(core);
    core->message_sizes = message_sizes_create();
    core->users = users_create();
    core->sessions = sessions_create(core);
    core->rooms = rooms_create(core);
    core->announce = room_announce_create(core);
    core->resume = resume_create(core);
    core->restores = restores_create(core);
    core->jobs = jobs_create(core);
    core->plugins = plugins_create(core);
    core->registry = registry_create();
    return core->stats && core->packer && core->writers && core->ops
            && core->router && core->tails && core->message_sizes && core->users
            && core->sessions && core->rooms && core->announce && core->resume
            && core->restores && core->jobs && core->plugins && core->registry
            && create_storage(core) && create_guards(core)
            && kernel_register(core->registry, core) == NX_OK;
}

struct core *core_create(struct settings *settings,
        const struct transport *transport, const struct clock *clock) {
    struct core *core = calloc(1, sizeof(*core));
    if (!core) {
        return NULL;
    }
    core->settings = settings;
    core->transport = *transport;
    core->clock = *clock;
    random_hex(core->boot_id, sizeof(core->boot_id) / 2);
    timers_init(&core->timers, &core->clock);
    if (!create_parts(core)) {
        log_error("core", "out of memory");
        core_destroy(core);
        return NULL;
    }
    return core;
}

void core_destroy(struct core *core) {
    if (!core) {
        return;
    }
    // In the reverse order of use: sessions still speak to rooms, rooms to
    // the engine.
    sessions_destroy(core->sessions);
    reload_destroy(core->reload);
    drain_destroy(core->drain);
    overload_destroy(core->overload);
    plugins_destroy(core->plugins);
    jobs_destroy(core->jobs);
    engine_destroy(core->engine);
    memory_destroy(core->memory);
    restores_destroy(core->restores);
    resume_destroy(core->resume);
    room_announce_destroy(core->announce);
    rooms_destroy(core->rooms);
    users_destroy(core->users);
    message_sizes_destroy(core->message_sizes);
    router_destroy(core->router);
    tails_destroy(core->tails);
    ops_destroy(core->ops);
    registry_destroy(core->staged);
    registry_destroy(core->registry);
    writers_destroy(core->writers);
    packer_destroy(core->packer);
    stats_destroy(core->stats);
    timers_finish(&core->timers);
    free(core);
}

// True when something was left, or came up, that wants another round: what an
// answer of this turn entails is then sent with it, not a turn later.
static bool run_round(struct core *core) {
    (void)jobs_run(core->jobs);
    router_run(core->router);
    (void)memory_run(core->memory);
    return memory_waiting(core->memory) || router_waiting(core->router)
            || jobs_waiting(core->jobs);
}

void core_turn(struct core *core) {
    stats_turn_begins(core->stats, clock_now_ns(&core->clock));
    timers_advance(&core->timers);
    core->busy = true;
    for (int round = 0; round < ROUNDS_MAX && core->busy; round++) {
        core->busy = run_round(core);
    }
    bool resuming = restores_run(core->restores);
    sessions_release(core->sessions);
    sessions_flush(core->sessions);
    packer_turn(core->packer);
    resume_store_run(core->resume);
    overload_run(core->overload);
    core->turns++;
    bool reloading = reload_run(core->reload);
    // Sessions that ended may have left work behind, for the next turn.
    core->busy |= resuming || reloading || memory_waiting(core->memory)
            || router_waiting(core->router) || sessions_dirty(core->sessions);
}

int64_t core_sleep_ms(struct core *core) {
    int64_t sleep_ms;
    stats_turn_ends(core->stats, clock_now_ns(&core->clock));
    if (core->busy) {
        return 0;
    }
    return timers_next_ms(&core->timers, &sleep_ms) ? sleep_ms : -1;
}

void core_drain(struct core *core) {
    drain_start(core->drain);
}

bool core_drained(const struct core *core) {
    return core->draining && sessions_count(core->sessions) == 0
            && resume_store_idle(core->resume);
}
