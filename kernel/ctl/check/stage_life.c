// Starting and ending, on hosts that are as they should be and on others.
#include <stdio.h>
#include <time.h>

#include <nexus/testing/fake_host.h>

#include "kernel/core/plugin.h"
#include "kernel/ctl/check/stages.h"
#include "kernel/ctl/check/subject.h"
#include "kernel/ctl/check/traffic.h"

#define REFUSALS_MAX  250
#define FEW_EVENTS    20
#define SOME_EVENTS   100
#define UNKNOWN_VALUE 99u

void stage_start(struct subject *subject) {
    sandbox_tell(subject->sandbox, REPORT_OK, "load",
            "can be mapped; all symbols are found");
    if (!subject_must_begin(subject, "life")) {
        return;
    }
    subject_end(subject);
    sandbox_tell(subject->sandbox, REPORT_OK, "life",
            "starts and ends, with nothing in between");
}

// --- steps that fail ------------------------------------------------------

static bool fails_at(
        struct subject *subject, enum stand_in_step step, const char *what) {
    subject->stand_in.fails_at = step;
    sandbox_set_scene(subject->sandbox, what, "");
    bool started = subject_begin(subject);
    subject_end(subject);
    subject->stand_in.fails_at = STEP_NONE;
    return !started;
}

void stage_failing(struct subject *subject) {
    static const char *const what[STEP_COUNT] = {
            [STEP_CREATE] = "destroyed after create()",
            [STEP_CHECK] = "destroyed after configure(CHECK)",
            [STEP_APPLY] = "destroyed after configure(APPLY)",
            [STEP_START] = "destroyed after start()",
    };
    for (int step = STEP_CREATE; step < STEP_COUNT; step++) {
        (void)fails_at(subject, (enum stand_in_step)step, what[step]);
    }
    // Nothing of the attempts is in the way of one that goes well.
    if (subject_must_begin(subject, "life.failing")) {
        subject_end(subject);
        sandbox_tell(subject->sandbox, REPORT_OK, "life.failing",
                "can be destroyed after each of create(), configure() and "
                "start()");
    }
}

// --- other hosts ----------------------------------------------------------

static void try_host(
        struct subject *subject, const char *name, const char *good) {
    struct traffic traffic;
    if (!subject_begin(subject)) {
        sandbox_tell(subject->sandbox, REPORT_FAIL, name,
                "does not start (%s): %s", subject->sandbox->scene->what,
                subject->why);
    } else {
        traffic_init(&traffic, subject);
        traffic_send(&traffic, SOME_EVENTS, false);
        traffic_finish(&traffic);
        sandbox_tell(subject->sandbox, REPORT_OK, name, "%s", good);
    }
    subject_end(subject);
}

void stage_host(struct subject *subject) {
    sandbox_set_scene(subject->sandbox, "on a server of a later version", "");
    subject->stand_in.is_newer = true;
    try_host(subject, "host.newer", "runs on a server of a later version");
    subject->stand_in.is_newer = false;
    sandbox_set_scene(subject->sandbox,
            "on a server that offers no more than info.requires_ names", "");
    subject->stand_in.hides = true;
    try_host(subject, "host.smallest",
            "needs no interface that it does not require");
}

// --- calls that are refused -----------------------------------------------

struct refusals {
    struct subject *subject;
    size_t tried;
    size_t ignored;
    const char *ignored_call; // one that start() did not mind
};

// False: the n-th call did not happen.
static bool refuse(struct refusals *refusals, uint32_t n) {
    struct subject *subject = refusals->subject;
    struct stand_in *stand_in = &subject->stand_in;
    struct traffic traffic;
    char what[SANDBOX_WHAT_MAX];
    (void)snprintf(what, sizeof(what), "when host call %u is refused", n);
    sandbox_set_scene(subject->sandbox, what, "");
    stand_in->refuse_at = n;
    stand_in->calls = 0;
    stand_in->refused = NULL;
    if (subject_begin(subject)) {
        traffic_init(&traffic, subject);
        traffic_send(&traffic, FEW_EVENTS, false);
        traffic_finish(&traffic);
    }
    if (stand_in->refused && stand_in->refused_start && stand_in->started) {
        refusals->ignored++;
        refusals->ignored_call = stand_in->refused;
    }
    subject_end(subject);
    stand_in->refuse_at = 0;
    return stand_in->refused != NULL;
}

void stage_refusals(struct subject *subject) {
    struct refusals refusals = {.subject = subject};
    while (refusals.tried < REFUSALS_MAX
            && refuse(&refusals, (uint32_t)refusals.tried + 1)) {
        refusals.tried++;
    }
    if (refusals.ignored > 0) {
        sandbox_tell(subject->sandbox, REPORT_WARN, "refusals",
                "start() succeeds although %s failed; return its status",
                refusals.ignored_call);
    } else {
        sandbox_tell(subject->sandbox, REPORT_OK, "refusals",
                "gets along with each of %zu host calls that fail",
                refusals.tried);
    }
}

// --- values of later versions ---------------------------------------------

void stage_unknown(struct subject *subject) {
    if (!subject_must_begin(subject, "events.unknown")) {
        return;
    }
    struct plugin *plugin = subject_plugin(subject);
    struct nx_plugin *instance = plugin->instance;
    struct traffic traffic;
    traffic_init(&traffic, subject);
    traffic_unknown(&traffic, UNKNOWN_VALUE);
    sandbox_set_scene(subject->sandbox, "quiesce() with an unknown reason", "");
    if (instance->quiesce) {
        plugin->phase = PHASE_QUIESCED;
        plugin_enter(plugin, "quiesce");
        (void)instance->quiesce(instance, UNKNOWN_VALUE);
        plugin_leave(plugin);
    }
    if (instance->resume) {
        plugin_enter(plugin, "resume");
        instance->resume(instance);
        plugin_leave(plugin);
    }
    plugin->phase = PHASE_RUNNING;
    traffic_send(&traffic, FEW_EVENTS, false);
    traffic_finish(&traffic);
    subject_end(subject);
    sandbox_tell(subject->sandbox, REPORT_OK, "events.unknown",
            "ignores kinds of events and reasons that it does not know");
}
