/*
 * host_fixture - a plugin "probe" on the fake host, for tests of host_*.c.
 *
 * The plugin owns "probe." and does what the test says. Host functions may
 * also be called from the test itself: it is on the logic thread, and the
 * plugin runs.
 *
 * Owner:   the test; one probe for each program
 * Thread:  that of the test
 */
#ifndef TESTS_UNIT_KERNEL_CORE_HOST_FIXTURE_H
#define TESTS_UNIT_KERNEL_CORE_HOST_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include <nexus/sdk.h>

#include "fake_assert.h"
#include "fake_host.h"
#include "tests/support/cmocka.h"

struct probe {
    struct fake_host *fake;
    struct nx_sdk sdk;
    const struct nx_host *host;
    struct nx_plugin instance;
    nx_status (*on_start)(void);   // NULL: handles "probe."
    nx_status (*on_quiesce)(void); // NULL: at rest
    nx_event_fn on_event;          // NULL: returns NX_DONE
    nx_op_id op;                   // of the last event
    uint32_t events;
};

static struct probe probe;

static int32_t probe_event(void *user, const struct nx_event *ev) {
    (void)user;
    probe.op = ev->op;
    probe.events++;
    return probe.on_event ? probe.on_event(NULL, ev) : NX_DONE;
}

static nx_status probe_start(
        struct nx_plugin *plugin, const struct nx_state_reader *prev) {
    (void)plugin;
    (void)prev;
    nx_status status =
            probe.sdk.router->handle(probe.host, "probe.", probe_event, NULL);
    return status == NX_OK && probe.on_start ? probe.on_start() : status;
}

static nx_status probe_quiesce(struct nx_plugin *plugin, uint32_t reason) {
    (void)plugin;
    (void)reason;
    return probe.on_quiesce ? probe.on_quiesce() : NX_OK;
}

static void probe_destroy(struct nx_plugin *plugin) {
    (void)plugin;
}

static nx_status probe_create(
        const struct nx_host *host, struct nx_plugin **out) {
    probe.host = host;
    nx_sdk_load(&probe.sdk, host);
    probe.instance = (struct nx_plugin){
            .struct_size = sizeof(probe.instance),
            .start = probe_start,
            .quiesce = probe_quiesce,
            .destroy = probe_destroy,
    };
    *out = &probe.instance;
    return NX_OK;
}

static const char *const probe_prefixes[] = {"probe.", NULL};
static const struct nx_setting probe_settings[] = {
        {.key = "number",
                .kind = NX_SETTING_INT,
                .fallback = "7",
                .range = "1..100",
                .help = "A number."},
        {.key = NULL},
};
static const struct nx_plugin_info probe_info = {
        .struct_size = sizeof(probe_info),
        .id = "probe",
        .version = "1.0.0",
        .prefixes = probe_prefixes,
        .settings = probe_settings,
};
static const struct nx_plugin_entry probe_entry = {
        .magic = NX_PLUGIN_MAGIC,
        .struct_size = sizeof(probe_entry),
        .abi_major = NX_ABI_MAJOR,
        .abi_minor = NX_ABI_MINOR,
        .info = &probe_info,
        .create = probe_create,
};

static inline void probe_load(void) {
    memset(&probe, 0, sizeof(probe));
    probe.fake = fake_host_create();
    fake_host_add(probe.fake, &probe_entry, "probe");
}

// Set up: the plugin runs. Tests that want to say something before it starts
// use probe_load() and probe_run() themselves.
static inline void probe_run(void) {
    FAKE_ASSERT(probe.fake, fake_host_start(probe.fake));
}

static inline int probe_setup(void **state) {
    (void)state;
    probe_load();
    probe_run();
    return 0;
}

static inline int probe_teardown(void **state) {
    (void)state;
    fake_host_destroy(probe.fake);
    return 0;
}

#define PROBE_TEST(function) \
    cmocka_unit_test_setup_teardown(function, probe_setup, probe_teardown)

// An event of the type, without more.
static inline struct nx_writer *probe_event_of(const char *type) {
    return probe.sdk.json->event(probe.host, type, nx_str_none());
}

#endif
