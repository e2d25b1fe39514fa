#include "kernel/core/overload.h"

#include <stdlib.h>

#include "kernel/base/log.h"
#include "kernel/base/random.h"
#include "kernel/base/timers.h"
#include "kernel/core/core.h"
#include "kernel/core/engine.h"
#include "kernel/core/process.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"

#define SAMPLE_MS 250

// Weight of the newest sample of the turns: those of about the last second.
#define SMOOTHING 0.25

// New sessions are refused before droppable events of the old ones are shed.
#define QUEUED_PART 0.75

// Of a limit, before it is over.
#define CALM_PART 0.9

// Of the memory there is, unless overload.memory_bytes says how much.
#define MEMORY_PART 0.9

struct overload {
    struct core *core;
    struct timer timer;
    bool due; // the timer has rung
    bool active;
    enum overload_measure reason;
    double turn_ms; // smoothed
    double sampled_turns;
    int64_t sampled_ns;
    double memory_there; // of the machine or the container
    double values[MEASURE_COUNT];
    double limits[MEASURE_COUNT];
    int64_t since_ms;
    uint64_t times;
    uint64_t refused; // since it began
};

static const enum limit settings_of[MEASURE_COUNT] = {
#define OVERLOAD_LIMIT_(name) [MEASURE_##name] = LIMIT_##name,
        OVERLOAD_MEASURES(OVERLOAD_LIMIT_)
#undef OVERLOAD_LIMIT_
};

// --- measuring ------------------------------------------------------------

// What an event that arrives at any moment meets: the length of the turn that
// is going on, 0 while the loop sleeps. As long as a turn when turns follow
// each other, little when a long one is an exception.
static double measure_turn(struct overload *overload) {
    const struct core *core = overload->core;
    int64_t now_ns = clock_now_ns(&core->clock);
    double passed_ns = (double)(now_ns - overload->sampled_ns);
    double squares = core->stats->turn_squares - overload->sampled_turns;
    if (passed_ns > 0) {
        double turn_ms = squares / passed_ns / 1e6;
        overload->turn_ms += SMOOTHING * (turn_ms - overload->turn_ms);
    }
    overload->sampled_ns = now_ns;
    overload->sampled_turns = core->stats->turn_squares;
    return overload->turn_ms;
}

static void measure(struct overload *overload) {
    const struct core *core = overload->core;
    double *values = overload->values;
    values[MEASURE_OVERLOAD_TURN_MS] = measure_turn(overload);
    values[MEASURE_QUEUED_BYTES] = (double)core->stats->queued_bytes;
    values[MEASURE_OVERLOAD_ENGINE_PENDING] =
            (double)engine_pending(core->engine, NULL);
    values[MEASURE_OVERLOAD_ENGINE_OLDEST_MS] =
            (double)engine_oldest_ms(core->engine);
    values[MEASURE_OVERLOAD_MEMORY_BYTES] = (double)process_resident_bytes();
}

static void read_limits(struct overload *overload) {
    const struct settings *settings = overload->core->settings;
    double memory = (double)settings->overload_memory_bytes;
    double *limits = overload->limits;
    if (settings->overload_memory_bytes == 0) {
        memory = overload->memory_there * MEMORY_PART;
    }
    limits[MEASURE_OVERLOAD_TURN_MS] = (double)settings->overload_turn_ms;
    limits[MEASURE_QUEUED_BYTES] =
            (double)settings->limits_queued_bytes * QUEUED_PART;
    limits[MEASURE_OVERLOAD_ENGINE_PENDING] =
            (double)settings->overload_engine_pending;
    limits[MEASURE_OVERLOAD_ENGINE_OLDEST_MS] =
            (double)settings->overload_engine_oldest_ms;
    limits[MEASURE_OVERLOAD_MEMORY_BYTES] = memory > 0 ? memory : 0;
}

static bool is_above(const struct overload *overload,
        enum overload_measure measure, double part) {
    double limit = overload->limits[measure];
    return limit > 0 && overload->values[measure] >= limit * part;
}

// The first that has reached this part of its limit, or MEASURE_COUNT.
static enum overload_measure find_above(
        const struct overload *overload, double part) {
    enum overload_measure i = 0;
    while (i < MEASURE_COUNT && !is_above(overload, i, part)) {
        i++;
    }
    return i;
}

// --- judging --------------------------------------------------------------

static void begin(struct overload *overload, enum overload_measure reason) {
    overload->active = true;
    overload->reason = reason;
    overload->since_ms = clock_now_ms(&overload->core->clock);
    overload->times++;
    overload->refused = 0;
    log_warn("overload", "refusing new sessions",
            LOG_STR("limit", limit_setting(settings_of[reason])),
            LOG_UINT("value", (uint64_t)overload->values[reason]),
            LOG_UINT("at", (uint64_t)overload->limits[reason]));
}

static void end(struct overload *overload) {
    overload->active = false;
    log_info("overload", "accepting new sessions again",
            LOG_INT("after_ms",
                    clock_now_ms(&overload->core->clock) - overload->since_ms),
            LOG_UINT("refused", overload->refused));
}

static void judge(struct overload *overload) {
    enum overload_measure above = find_above(overload, 1);
    if (above < MEASURE_COUNT && !overload->active) {
        begin(overload, above);
        return;
    }
    if (!overload->active) {
        return;
    }
    if (above < MEASURE_COUNT) {
        overload->reason = above;
        return;
    }
    int64_t hold_ms = overload->core->settings->overload_hold * 1000;
    if (overload_lasts_ms(overload) >= hold_ms
            && find_above(overload, CALM_PART) == MEASURE_COUNT) {
        end(overload);
    }
}

void overload_run(struct overload *overload) {
    if (!overload->due) {
        return;
    }
    overload->due = false;
    timers_set(&overload->core->timers, &overload->timer, SAMPLE_MS);
    measure(overload);
    read_limits(overload);
    judge(overload);
}

// --- life -----------------------------------------------------------------

static void on_timer(void *arg) {
    struct overload *overload = arg;
    overload->due = true;
}

struct overload *overload_create(struct core *core) {
    struct overload *overload = calloc(1, sizeof(*overload));
    if (!overload) {
        return NULL;
    }
    overload->core = core;
    overload->sampled_ns = clock_now_ns(&core->clock);
    overload->memory_there = (double)process_memory_there();
    read_limits(overload);
    timer_init(&overload->timer, on_timer, overload);
    timers_set(&core->timers, &overload->timer, SAMPLE_MS);
    return overload;
}

void overload_destroy(struct overload *overload) {
    if (overload) {
        timer_cancel(&overload->timer);
        free(overload);
    }
}

// --- questions ------------------------------------------------------------

bool overload_active(const struct overload *overload) {
    return overload->active;
}

bool overload_is_memory(const struct overload *overload) {
    return is_above(overload, MEASURE_QUEUED_BYTES, CALM_PART)
            || is_above(overload, MEASURE_OVERLOAD_MEMORY_BYTES, CALM_PART);
}

enum overload_measure overload_reason(const struct overload *overload) {
    return overload->reason;
}

void overload_look(const struct overload *overload,
        enum overload_measure measure, struct overload_state *state) {
    state->setting = settings_of[measure];
    state->value = overload->values[measure];
    state->limit = overload->limits[measure];
}

uint64_t overload_times(const struct overload *overload) {
    return overload->times;
}

int64_t overload_lasts_ms(const struct overload *overload) {
    int64_t now_ms = clock_now_ms(&overload->core->clock);
    return overload->active ? now_ms - overload->since_ms : 0;
}

uint64_t overload_refuse(struct overload *overload) {
    const struct core *core = overload->core;
    uint64_t wait_ms = (uint64_t)core->settings->overload_retry_after * 1000;
    overload->refused++;
    stats_refused(core->stats, settings_of[overload->reason]);
    // Half of it is for the server, the other half spreads them.
    return wait_ms - wait_ms / 2 + random_u64() % (wait_ms / 2 + 1);
}
