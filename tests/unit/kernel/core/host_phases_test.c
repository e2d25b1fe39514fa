// Each host function in each phase and on a wrong thread. What is permitted
// comes from the tags in the public headers (abi_calls.h is written by
// tests/abi/emit.py), so the two cannot drift apart.

#include <pthread.h>

#include "kernel/core/plugin.h"
#include "tests/unit/kernel/core/host_phases_calls.h"

struct call {
    const char *name; // as the server logs it
    nx_status (*make)(const struct nx_host *host);
    bool is_any; // thread
    uint32_t phases;
};

static const struct call calls[] = {
#define CALL(table, function, is_any, phases) \
    {#table "." #function, call_##table##_##function, is_any, phases},
#include "abi_calls.h"
#undef CALL
};

#define CALL_COUNT (sizeof(calls) / sizeof(calls[0]))

struct phase {
    uint32_t bit;
    const char *name;
};

static const struct phase phases[] = {
        {PHASE_CREATE, "create"},
        {PHASE_CONFIGURE, "configure"},
        {PHASE_START, "start"},
        {PHASE_RUNNING, "running"},
        {PHASE_QUIESCED, "quiesced"},
};

#define PHASE_COUNT (sizeof(phases) / sizeof(phases[0]))

// The warning is rare on purpose; here each is wanted.
static nx_status make(const struct call *call) {
    plugin_of(probe.host)->misuse_said_ns = 0;
    return call->make(probe.host);
}

static bool is_logged(const char *what, const char *name, const char *end) {
    char line[128];
    (void)snprintf(
            line, sizeof(line), "%s plugin=probe call=%s%s", what, name, end);
    return fake_host_logged(probe.fake, line);
}

// Functions without a status return NX_OK for their empty result.
static bool is_refusal(nx_status status, nx_status why) {
    return status == why || status == NX_OK;
}

static void check_phase(const struct call *call, const struct phase *phase) {
    char end[32];
    (void)snprintf(end, sizeof(end), " phase=%s", phase->name);
    plugin_of(probe.host)->phase = phase->bit;
    nx_status status = make(call);
    bool refused =
            is_logged("a call in the wrong phase, a mistake of the plugin",
                    call->name, end);
    bool permitted = (call->phases & phase->bit) != 0;
    if (refused == permitted) {
        fail_msg("%s in phase %s is %s, its tag says otherwise", call->name,
                phase->name, refused ? "refused" : "permitted");
    }
    if (permitted ? status == NX_ERR_STATE
                  : !is_refusal(status, NX_ERR_STATE)) {
        fail_msg("%s in phase %s gives %s", call->name, phase->name,
                nx_err_word(status));
    }
}

// From start(), so that what may register has where to register.
static nx_status check_all(void) {
    for (size_t i = 0; i < CALL_COUNT; i++) {
        for (size_t j = 0; j < PHASE_COUNT; j++) {
            check_phase(&calls[i], &phases[j]);
        }
    }
    plugin_of(probe.host)->phase = PHASE_START;
    return NX_OK;
}

static void keeps_to_the_phases_of_the_headers(void **state) {
    assert_true(CALL_COUNT > 60);
    probe_load();
    fake_host_keep_log(probe.fake);
    probe.on_start = check_all;
    probe_run();
    fake_host_destroy(probe.fake);
}

static void *call_all(void *arg) {
    nx_status *statuses = arg;
    for (size_t i = 0; i < CALL_COUNT; i++) {
        // A phase in which the logic thread may make this call.
        size_t phase = 0;
        while ((calls[i].phases & phases[phase].bit) == 0) {
            phase++;
        }
        plugin_of(probe.host)->phase = phases[phase].bit;
        statuses[i] = make(&calls[i]);
    }
    plugin_of(probe.host)->phase = PHASE_RUNNING;
    return NULL;
}

static void check_thread(const struct call *call, nx_status status) {
    bool refused =
            is_logged("a call from a wrong thread, a mistake of the plugin",
                    call->name, "");
    if (refused == call->is_any) {
        fail_msg("%s is %s on another thread, its tag says otherwise",
                call->name, refused ? "refused" : "permitted");
    }
    if (!call->is_any && !is_refusal(status, NX_ERR_THREAD)) {
        fail_msg("%s on another thread gives %s", call->name,
                nx_err_word(status));
    }
}

static void keeps_to_the_threads_of_the_headers(void **state) {
    nx_status statuses[CALL_COUNT];
    pthread_t thread;
    fake_host_keep_log(probe.fake);
    assert_int_equal(pthread_create(&thread, NULL, call_all, statuses), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    for (size_t i = 0; i < CALL_COUNT; i++) {
        check_thread(&calls[i], statuses[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(keeps_to_the_phases_of_the_headers),
            PROBE_TEST(keeps_to_the_threads_of_the_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
