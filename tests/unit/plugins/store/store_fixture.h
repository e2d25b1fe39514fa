/*
 * store_fixture - the store on a real file, in the fake host.
 *
 * The plugin is loaded as in production; then its sink is replaced by one
 * that remembers, so that tests speak to the provider itself. The folder is a
 * new one for each test.
 *
 * Owner:   the test that includes it
 * Thread:  that of the test
 * Errors:  a failed assertion
 */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include <sqlite3.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "fake_parts.h"
#include "kernel/core/core.h"
#include "kernel/core/registry.h"
#include "tests/support/provider_case.h"

#define SETTLE_TURNS 200000 // of 50 microseconds

extern const struct nx_plugin_entry nexus_plugin_v1_store;

static char folder[64];
static struct fake_host *host;

static inline void turn(void) {
    const struct timespec pause = {.tv_nsec = 50000};
    core_turn(host->core);
    (void)nanosleep(&pause, NULL);
}

static void settle(void) {
    for (size_t i = 0; seen.answers < seen.accepted; i++) {
        assert_true(i < SETTLE_TURNS);
        turn();
    }
}

static inline void advance_ms(int64_t ms) {
    settle();
    fake_host_advance(host, ms);
}

static inline int64_t now_ms(void) {
    return fake_host_now_ms(host);
}

static inline void set(const char *key, const char *value) {
    char text[256];
    (void)snprintf(text, sizeof(text), "plugins.store.%s=%s", key, value);
    fake_host_set(host, text);
}

// The provider of the running plugin, with our sink.
static inline void take_provider(void) {
    const struct registry_service *service = registry_find_service(
            host->core->registry, NX_SERVICE_ENGINE, NX_SERVICE_ENGINE_VERSION);
    assert_non_null(service);
    provider = service->table;
    assert_int_equal(provider->open(provider->self, &test_sink), NX_OK);
}

static inline void make_host(void) {
    host = fake_host_create();
    fake_host_add(host, &nexus_plugin_v1_store, "store");
    set("folder", folder);
}

static inline bool try_start(void) {
    seen = (struct seen){.working = -1};
    if (!fake_host_start(host)) {
        return false;
    }
    take_provider();
    return true;
}

// A new life of the server on the same files.
static inline void restart(void) {
    size_t steps = seen.steps;
    settle();
    assert_true(fake_host_restart(host));
    assert_true(seen.steps >= steps);
    take_provider();
}

static inline int set_up_folder(void **state) {
    (void)state;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets it
    const char *base = getenv("TMPDIR");
    (void)snprintf(folder, sizeof(folder), "%s/nexus-store-XXXXXX",
            base ? base : "/tmp");
    assert_non_null(mkdtemp(folder));
    make_host();
    return 0;
}

static inline int set_up(void **state) {
    (void)set_up_folder(state);
    assert_true(try_start());
    return 0;
}

static inline int tear_down(void **state) {
    (void)state;
    char command[128];
    fake_host_destroy(host);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    // NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): the name is our own
    return system(command);
}

// --- the file, seen by another program ------------------------------------

static inline char *file_path(const char *name) {
    static char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static inline sqlite3 *open_file(void) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(file_path("store.db"), &db), SQLITE_OK);
    // The store may be opening the file again.
    (void)sqlite3_busy_timeout(db, 10000);
    return db;
}

static inline void execute(sqlite3 *db, const char *sql) {
    char *error = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK) {
        fail_msg("%s: %s", sql, error);
    }
}

static inline int64_t number(const char *sql) {
    sqlite3 *db = open_file();
    sqlite3_stmt *statement = NULL;
    assert_int_equal(
            sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(db);
    return value;
}

#endif
