// What clients send, how they vanish, and storage that does not answer.
#include <stdio.h>
#include <string.h>

#include <nexus/testing/fake_host.h>

#include "kernel/core/core.h"
#include "kernel/core/registry.h"
#include "kernel/ctl/check/stages.h"
#include "kernel/ctl/check/subject.h"
#include "kernel/ctl/check/traffic.h"

#define ROUNDS       60
#define ROUND_EVENTS 50
#define REQUESTS     40    // to each route
#define PATIENCE_MS  55000 // an op left alone is ended after 60 s

// Has traffic on a new host; false when there is none.
static bool begin(
        struct subject *subject, struct traffic *traffic, const char *name) {
    if (!subject_must_begin(subject, name)) {
        return false;
    }
    traffic_init(traffic, subject);
    sandbox_set_scene(subject->sandbox, name, "");
    return true;
}

// After this time whatever was put off should have been answered.
static bool all_answered(
        struct subject *subject, const char *name, const char *what) {
    const char *type = NULL;
    bool rests = fake_host_turn(subject->host);
    sandbox_set_scene(subject->sandbox, NULL, "timers, after the last event");
    fake_host_advance(subject->host, PATIENCE_MS);
    size_t pending = subject_pending(subject, &type);
    if (!rests) {
        sandbox_tell(subject->sandbox, REPORT_FAIL, name,
                "work makes more work without end: %s",
                fake_host_error(subject->host));
    } else if (pending > 0) {
        sandbox_tell(subject->sandbox, REPORT_FAIL, name,
                "%zu requests were never answered, %s among them%s; after "
                "NX_LATER call reply() or fail() in every case",
                pending, type, what);
    }
    return rests && pending == 0;
}

void stage_events(struct subject *subject) {
    struct traffic traffic;
    if (!begin(subject, &traffic, "events")) {
        return;
    }
    bool good = true;
    for (int i = 0; i < ROUNDS && good; i++) {
        sandbox_set_scene(subject->sandbox, "hostile events", NULL);
        traffic_send(&traffic, ROUND_EVENTS, i % 4 == 3);
        good = all_answered(subject, "events", "");
        if (i % 8 == 7) {
            traffic_vanish(&traffic);
        }
    }
    if (good) {
        sandbox_tell(subject->sandbox, REPORT_OK, "events",
                "answers %zu events of %zu types, right and wrong ones",
                traffic.sent, traffic.vocabulary.type_count);
    }
    traffic_finish(&traffic);
    subject_end(subject);
}

// --- clients that vanish --------------------------------------------------

static void vanish_waiting(struct traffic *traffic) {
    struct fake_host *host = traffic->subject->host;
    fake_host_hold_engine(host, true);
    traffic_send(traffic, 10, false);
    for (int i = 0; i < TRAFFIC_CLIENTS; i++) {
        traffic_vanish(traffic);
    }
    sandbox_set_scene(
            traffic->subject->sandbox, NULL, "storage, after they are gone");
    fake_host_hold_engine(host, false);
    fake_host_advance(host, 1000);
}

// Events and the end arrive in one turn.
static void vanish_at_once(struct traffic *traffic) {
    traffic_send(traffic, 5, true);
    for (int i = 0; i < TRAFFIC_CLIENTS; i++) {
        traffic_vanish(traffic);
    }
}

void stage_gone(struct subject *subject) {
    struct traffic traffic;
    if (!begin(subject, &traffic, "events.gone")) {
        return;
    }
    sandbox_set_scene(subject->sandbox, "clients vanish", NULL);
    for (int i = 0; i < ROUNDS; i++) {
        if (i % 2 == 0) {
            vanish_waiting(&traffic);
        } else {
            vanish_at_once(&traffic);
        }
    }
    if (all_answered(subject, "events.gone", " when clients had left")) {
        sandbox_tell(subject->sandbox, REPORT_OK, "events.gone",
                "does not miss clients who vanish before their answer");
    }
    traffic_finish(&traffic);
    // Ends while storage owes answers.
    fake_host_hold_engine(subject->host, true);
    subject_end(subject);
}

// --- storage --------------------------------------------------------------

static void fail_storage(struct traffic *traffic, int round) {
    static const nx_status errors[] = {NX_ERR_ENGINE_BUSY,
            NX_ERR_ENGINE_UNAVAILABLE, NX_ERR_IO, NX_ERR_NO_MEMORY,
            NX_ERR_TIMEOUT, NX_ERR_CANCELLED, NX_ERR_NOT_FOUND, -9999};
    struct fake_host *host = traffic->subject->host;
    nx_status status =
            errors[(size_t)round % (sizeof(errors) / sizeof(*errors))];
    char what[SANDBOX_WHAT_MAX];
    (void)snprintf(
            what, sizeof(what), "storage fails with %s", nx_err_word(status));
    sandbox_set_scene(traffic->subject->sandbox, what, NULL);
    for (int call = 0; call < FAKE_CALLS; call++) {
        uint32_t count = (uint32_t)hostile_below(&traffic->hostile, 6);
        fake_host_fail(host, (enum fake_call)call, count, status);
    }
}

static void heal_storage(struct traffic *traffic) {
    struct fake_host *host = traffic->subject->host;
    for (int call = 0; call < FAKE_CALLS; call++) {
        fake_host_fail(host, (enum fake_call)call, 0, NX_OK);
    }
    fake_host_hold_engine(host, false);
}

void stage_storage(struct subject *subject) {
    struct traffic traffic;
    if (!begin(subject, &traffic, "storage")) {
        return;
    }
    bool good = true;
    for (int i = 0; i < ROUNDS && good; i++) {
        fail_storage(&traffic, i);
        fake_host_hold_engine(subject->host, i % 3 == 2);
        traffic_send(&traffic, 20, false);
        fake_host_hold_engine(subject->host, false);
        good = all_answered(subject, "storage", " when storage had failed");
    }
    heal_storage(&traffic);
    if (good) {
        sandbox_tell(subject->sandbox, REPORT_OK, "storage",
                "answers when storage is busy, late or fails");
    }
    traffic_finish(&traffic);
    subject_end(subject);
}

// --- HTTP -----------------------------------------------------------------

static void request(
        struct traffic *traffic, const char *method, const char *pattern) {
    struct subject *subject = traffic->subject;
    struct nx_buf target = {.data = NULL};
    char line[SANDBOX_EVENT_MAX];
    bool body = hostile_chance(&traffic->hostile, 70);
    hostile_target(&traffic->hostile, pattern, &target);
    hostile_body(&traffic->hostile, &traffic->text);
    (void)snprintf(line, sizeof(line), "%s %.150s %.200s", method, target.data,
            body ? traffic->text.data : "");
    sandbox_set_scene(subject->sandbox, "hostile requests", line);
    (void)fake_host_http(subject->host, method, target.data,
            body ? traffic->text.data : NULL);
    nx_buf_finish(&target);
    traffic->sent++;
}

// Returns how many routes the plugin has.
static size_t request_all(struct traffic *traffic) {
    struct subject *subject = traffic->subject;
    size_t routes = 0;
    nx_list_for_each (link, registry_routes(subject_core(subject)->registry)) {
        const struct registry_route *route =
                nx_container_of(link, struct registry_route, link);
        if (!stand_in_is_behind(&subject->stand_in, route->owner)) {
            continue;
        }
        routes++;
        for (int i = 0; i < REQUESTS; i++) {
            request(traffic, route->method, route->pattern);
        }
    }
    return routes;
}

void stage_http(struct subject *subject) {
    struct traffic traffic;
    if (!begin(subject, &traffic, "http")) {
        return;
    }
    traffic_send(&traffic, ROUND_EVENTS, false);
    size_t routes = request_all(&traffic);
    if (routes > 0 && all_answered(subject, "http", " over HTTP")) {
        sandbox_tell(subject->sandbox, REPORT_OK, "http",
                "answers requests to each of its %zu routes", routes);
    }
    traffic_finish(&traffic);
    subject_end(subject);
}
