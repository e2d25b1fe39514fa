// State that is handed over, well and badly, and what each instance leaves.
#include <inttypes.h>
#include <stdio.h>

#include <nexus/plugin.h>
#include <nexus/testing/fake_host.h>

#include "kernel/ctl/check/stages.h"
#include "kernel/ctl/check/subject.h"
#include "kernel/ctl/check/traffic.h"
#include "kernel/ctl/plugin/plugin_facts.h"

#define RELOADS     100
#define LIVES       30
#define SOME_EVENTS 60
#define CUTS_MAX    200
#define LEAK_MIN    16 // bytes for each instance; less is nobody's leak
#define NOISE_SMALL 64
#define NOISE_LARGE ((uint64_t)1 << 20)

// --- state ----------------------------------------------------------------

static bool reload_as(struct subject *subject, enum stand_in_state state,
        uint64_t amount, const char *what) {
    sandbox_set_scene(subject->sandbox, what, "");
    subject->stand_in.state = state;
    subject->stand_in.amount = amount;
    bool good = fake_host_reload(subject->host);
    subject->stand_in.state = STATE_AS_IS;
    return good;
}

// Whether a good state arrives.
static bool check_good(struct subject *subject) {
    const char *why = NULL;
    if (!reload_as(subject, STATE_AS_IS, 0, "reloaded with its own state")) {
        why = "start() does not read what save_state() has written";
    } else if (!reload_as(subject, STATE_BYTES, 0,
                       "reloaded with its own state, a byte at a time")) {
        why = "start() fails when read() gives a byte at a time; read until "
              "there is nothing more";
    }
    if (why) {
        sandbox_tell(subject->sandbox, REPORT_FAIL, "state", "%s: %s", why,
                fake_host_error(subject->host));
    }
    return !why;
}

static void check_saving(const struct subject *subject) {
    const struct stand_in *stand_in = &subject->stand_in;
    if (stand_in->saves_differ) {
        sandbox_tell(subject->sandbox, REPORT_WARN, "state.save",
                "save_state() gives two answers when asked twice; it must not "
                "change the instance");
    } else if (stand_in->save_ignores) {
        sandbox_tell(subject->sandbox, REPORT_FAIL, "state.save",
                "save_state() succeeds although write() failed; return its "
                "status");
    } else {
        sandbox_tell(subject->sandbox, REPORT_OK, "state.save",
                "saves %" PRIu64 " bytes, the same when asked twice",
                stand_in->state_bytes);
    }
}

// Spoilt state may be refused or read in part; then the plugin still runs.
static void check_spoilt(struct subject *subject, struct traffic *traffic) {
    char what[SANDBOX_WHAT_MAX];
    uint64_t bytes = subject->stand_in.state_bytes;
    uint64_t step = bytes / CUTS_MAX + 1;
    size_t taken = 0;
    size_t tries = 0;
    for (uint64_t cut = 0; cut < bytes; cut += step) {
        (void)snprintf(what, sizeof(what),
                "reloaded with %" PRIu64 " of %" PRIu64 " bytes of its state",
                cut, bytes);
        taken += reload_as(subject, STATE_CUT, cut, what) ? 1 : 0;
        tries++;
    }
    for (int i = 0; i < CUTS_MAX; i++) {
        uint64_t size = i < 3 ? NOISE_LARGE : (uint64_t)i * NOISE_SMALL;
        taken += reload_as(subject, STATE_RANDOM, size,
                         "reloaded with noise as its state")
                ? 1
                : 0;
        tries++;
    }
    sandbox_set_scene(
            subject->sandbox, "events after reloads with spoilt state", NULL);
    traffic_send(traffic, SOME_EVENTS, false);
    sandbox_tell(subject->sandbox, taken > tries / 2 ? REPORT_WARN : REPORT_OK,
            "state.spoilt", "%zu of %zu spoilt states were refused%s",
            tries - taken, tries,
            taken > tries / 2 ? "; begin the state with its length or a sum, "
                                "and check it in start()"
                              : "");
}

void stage_state(struct subject *subject) {
    const struct plugin_facts *facts = subject->plan->facts;
    struct traffic traffic;
    if (facts->state_version == 0 || !subject_must_begin(subject, "state")) {
        return;
    }
    traffic_init(&traffic, subject);
    sandbox_set_scene(subject->sandbox, "events to have a state", NULL);
    traffic_send(&traffic, SOME_EVENTS, false);
    if (check_good(subject)) {
        sandbox_tell(subject->sandbox, REPORT_OK, "state",
                "a new instance reads what the old one saved, format %" PRIu32,
                facts->state_version);
        check_saving(subject);
        check_spoilt(subject, &traffic);
    }
    traffic_finish(&traffic);
    subject_end(subject);
}

// --- reloads --------------------------------------------------------------

// What grew from one moment to another.
struct growth {
    struct subject_use first;
    struct subject_use middle;
    struct subject_use last;
};

// Growth in both halves, in bytes for each instance; 0: none to speak of.
static int64_t leak_of(const struct growth *growth, int64_t instances) {
    int64_t one = (growth->middle.bytes - growth->first.bytes) / instances;
    int64_t two = (growth->last.bytes - growth->middle.bytes) / instances;
    int64_t least = one < two ? one : two;
    return least >= LEAK_MIN ? least : 0;
}

static void judge_growth(const struct subject *subject, const char *name,
        const struct growth *growth, int64_t instances, const char *good) {
    int64_t files = growth->last.files - growth->first.files;
    int64_t threads = growth->last.threads - growth->first.threads;
    int64_t bytes = leak_of(growth, instances);
    if (files > 0) {
        sandbox_tell(subject->sandbox, REPORT_FAIL, name,
                "%" PRId64 " files stay open after %" PRId64
                " instances; close them in destroy()",
                files, 2 * instances);
    }
    if (threads > 0) {
        sandbox_tell(subject->sandbox, REPORT_FAIL, name,
                "%" PRId64 " threads run on after %" PRId64
                " instances; end them in quiesce(), or use nexus.jobs",
                threads, 2 * instances);
    }
    if (bytes > 0) {
        sandbox_tell(subject->sandbox, REPORT_FAIL, name,
                "about %" PRId64 " bytes stay behind with each instance; "
                "free them in destroy()",
                bytes);
    }
    if (files <= 0 && threads <= 0 && bytes == 0) {
        sandbox_tell(subject->sandbox, REPORT_OK, name, "%s", good);
    }
}

static bool reload_often(struct subject *subject, struct growth *growth) {
    for (int i = 0; i < RELOADS; i++) {
        if (i == RELOADS / 5) {
            subject_measure(&growth->first);
        } else if (i == RELOADS * 3 / 5) {
            subject_measure(&growth->middle);
        }
        if (!fake_host_reload(subject->host)) {
            sandbox_tell(subject->sandbox, REPORT_FAIL, "reload",
                    "reload %d fails: %s", i + 1,
                    fake_host_error(subject->host));
            return false;
        }
    }
    subject_measure(&growth->last);
    return true;
}

// A successor that fails leaves the old one as it was.
static bool undo(struct subject *subject, struct traffic *traffic) {
    sandbox_set_scene(
            subject->sandbox, "a reload whose new instance fails", "");
    subject->stand_in.fails_at = STEP_START;
    bool done = fake_host_reload(subject->host);
    subject->stand_in.fails_at = STEP_NONE;
    sandbox_set_scene(
            subject->sandbox, "events after a reload that was undone", NULL);
    traffic_send(traffic, SOME_EVENTS, false);
    return !done;
}

void stage_reload(struct subject *subject) {
    struct traffic traffic;
    struct growth growth;
    if (!subject_must_begin(subject, "reload")) {
        return;
    }
    traffic_init(&traffic, subject);
    sandbox_set_scene(subject->sandbox, "events before reloads", NULL);
    traffic_send(&traffic, SOME_EVENTS, false);
    sandbox_set_scene(subject->sandbox, "100 reloads", "");
    if (reload_often(subject, &growth)) {
        judge_growth(subject, "reload", &growth, RELOADS * 2 / 5,
                "100 reloads leave nothing behind");
        (void)undo(subject, &traffic);
        sandbox_tell(subject->sandbox, REPORT_OK, "reload.undone",
                "goes on after a reload that was undone");
    }
    traffic_finish(&traffic);
    subject_end(subject);
}

// --- whole lives ----------------------------------------------------------

static bool live_once(struct subject *subject) {
    struct traffic traffic;
    if (!subject_must_begin(subject, "leaks")) {
        return false;
    }
    traffic_init(&traffic, subject);
    sandbox_set_scene(subject->sandbox, "one of many lives", NULL);
    traffic_send(&traffic, SOME_EVENTS, false);
    (void)fake_host_reload(subject->host);
    traffic_send(&traffic, SOME_EVENTS, false);
    traffic_finish(&traffic);
    subject_end(subject);
    return true;
}

// The whole host ends with each, so that what grows is the plugin's.
void stage_leaks(struct subject *subject) {
    struct growth growth;
    for (int i = 0; i < LIVES; i++) {
        if (i == LIVES / 3) {
            subject_measure(&growth.first);
        } else if (i == LIVES * 2 / 3) {
            subject_measure(&growth.middle);
        }
        if (!live_once(subject)) {
            return;
        }
    }
    subject_measure(&growth.last);
    judge_growth(subject, "leaks", &growth, LIVES / 3,
            "30 lives with events leave nothing behind");
}
