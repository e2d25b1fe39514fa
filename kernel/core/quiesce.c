#include "kernel/core/quiesce.h"

#include <time.h>

#include <nexus/error.h>
#include <nexus/plugin.h>

#include "kernel/base/log.h"
#include "kernel/core/auth.h"
#include "kernel/core/core.h"
#include "kernel/core/engine.h"
#include "kernel/core/jobs.h"
#include "kernel/core/lifecycle.h"
#include "kernel/core/op.h"
#include "kernel/core/plugin.h"
#include "kernel/core/receipts.h"
#include "kernel/core/rooms.h"
#include "kernel/core/session.h"

#define MODULE   "plugins"
#define NS_IN_MS INT64_C(1000000)
#define PAUSE_NS (1 * NS_IN_MS) // between two turns that may have no work

static int64_t now_ns(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 * NS_IN_MS + now.tv_nsec;
}

void quiesce_init(struct quiesce *quiesce, struct core *core, uint32_t reason,
        int64_t deadline_ms) {
    quiesce->core = core;
    quiesce->reason = reason;
    quiesce->deadline_ns = now_ns() + deadline_ms * NS_IN_MS;
}

// The loop does not run any more, so it is done by hand. False when there is
// no time left.
static bool turn(struct quiesce *quiesce) {
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    if (now_ns() >= quiesce->deadline_ns) {
        return false;
    }
    clock_update(&quiesce->core->clock);
    core_turn(quiesce->core);
    if (core_sleep_ms(quiesce->core) != 0) {
        (void)nanosleep(&pause, NULL);
    }
    return true;
}

bool quiesce_waits(const struct plugin *plugin) {
    return engine_pending(plugin->core->engine, plugin) > 0
            || jobs_pending(plugin->core->jobs, plugin) > 0;
}

bool quiesce_plugin(struct quiesce *quiesce, struct plugin *plugin) {
    nx_status status = lifecycle_quiesce(plugin, quiesce->reason);
    while (status == NX_ERR_AGAIN || quiesce_waits(plugin)) {
        if (!turn(quiesce)) {
            log_warn(MODULE, "not at rest in time, what is left is cancelled",
                    LOG_STR("plugin", plugin->name),
                    LOG_BOOL("asks_for_time", status == NX_ERR_AGAIN),
                    LOG_UINT("engine_requests",
                            engine_pending(quiesce->core->engine, plugin)),
                    LOG_UINT(
                            "jobs", jobs_pending(quiesce->core->jobs, plugin)));
            return false;
        }
        if (status == NX_ERR_AGAIN) {
            status = lifecycle_quiesce(plugin, quiesce->reason);
        }
    }
    return true;
}

bool quiesce_engine(struct quiesce *quiesce) {
    while (engine_pending(quiesce->core->engine, NULL) > 0) {
        if (!turn(quiesce)) {
            log_warn(MODULE, "storage did not answer in time",
                    LOG_UINT("engine_requests",
                            engine_pending(quiesce->core->engine, NULL)));
            return false;
        }
    }
    return true;
}

static nx_status answer_for(const struct core *core) {
    if (core->draining) {
        return NX_ERR_DRAINING;
    }
    return core->frozen ? NX_ERR_RELOADED : NX_ERR_CANCELLED;
}

void quiesce_cancel(struct core *core, struct plugin *plugin) {
    uint64_t cursor = 0;
    struct op *op = NULL;
    while ((op = ops_next(core->ops, &cursor)) != NULL) {
        bool held = op->owner == plugin && auth_hold(core, op);
        if (op->owner == plugin && !held) {
            op_fail_status(core, op, answer_for(core));
        }
    }
    cursor = 0;
    struct session *session = NULL;
    while ((session = sessions_next(core->sessions, &cursor)) != NULL) {
        receipts_drop_owner(session, plugin);
    }
    rooms_drop_owner(core->rooms, plugin);
    engine_cancel_owner(core->engine, plugin);
}
