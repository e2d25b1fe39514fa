/*
 * plugin_fixture - a core without sockets, for tests of what serves plugins.
 *
 * Time is a fake clock, the log goes to memory, and files to a folder of the
 * test's own. What the transport is asked to do is ignored, but for wake.
 *
 * Owner:   the test; plugin_fixture_finish() gives everything back
 * Thread:  that of the test
 */
#ifndef TESTS_UNIT_KERNEL_CORE_PLUGIN_FIXTURE_H
#define TESTS_UNIT_KERNEL_CORE_PLUGIN_FIXTURE_H

#include <ftw.h>
#include <limits.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <nexus/sdk.h>

#include "kernel/base/log.h"
#include "kernel/core/core.h"
#include "kernel/core/jobs.h"
#include "kernel/core/plugin.h"
#include "kernel/core/plugins.h"
#include "kernel/core/registry.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"
#include "kernel/core/writer.h"
#include "tests/support/cmocka.h"

struct plugin_fixture {
    char dir[32];           // empty at the start
    char images[64];        // below it, not made
    char plugins[PATH_MAX]; // where the test plugins were built
    char text[65536];       // of the log
    int log_fd;
    sem_t woken;
    struct transport_ops transport;
    struct settings *settings;
    struct core *core;
};

static inline enum transport_result fixture_write(
        void *ctx, struct link *link, const unsigned char *frames, size_t len) {
    return TRANSPORT_TAKEN;
}

static inline void fixture_close(
        void *ctx, struct link *link, uint16_t code, struct nx_str reason) {
}

static inline void fixture_pause(void *ctx, struct link *link, bool paused) {
}

static inline void fixture_respond(void *ctx, struct http_link *link,
        const struct http_response *response) {
}

static inline void fixture_wake(void *ctx) {
    struct plugin_fixture *f = ctx;
    sem_post(&f->woken);
}

// Tests lie in <build>/tests/unit/kernel/core, plugins in <build>/tests/plugins.
static inline void fixture_find_plugins(char out[PATH_MAX]) {
    char program[PATH_MAX];
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
    assert_true(len > 0);
    program[len] = '\0';
    *strrchr(program, '/') = '\0';
    int size = snprintf(path, sizeof(path), "%s/../../../plugins", program);
    assert_true(size > 0 && (size_t)size < sizeof(path));
    if (!realpath(path, out)) {
        fail_msg("the test plugins are not built: %s", path);
    }
}

// A folder with the test's own files, and the log in memory.
static inline void plugin_fixture_init_files(struct plugin_fixture *f) {
    memset(f, 0, sizeof(*f));
    (void)snprintf(f->dir, sizeof(f->dir), "/tmp/nexus-test-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->images, sizeof(f->images), "%s/data/images", f->dir);
    fixture_find_plugins(f->plugins);
    f->log_fd = memfd_create("log", MFD_CLOEXEC);
    assert_true(f->log_fd >= 0);
    log_set_fd(f->log_fd);
}

static inline int fixture_remove(const char *path, const struct stat *info,
        int kind, struct FTW *where) {
    return remove(path);
}

static inline void plugin_fixture_finish(struct plugin_fixture *f) {
    core_destroy(f->core);
    settings_destroy(f->settings);
    log_set_fd(STDERR_FILENO);
    log_set_level(LOG_LEVEL_INFO);
    (void)close(f->log_fd);
    // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread is left
    assert_int_equal(nftw(f->dir, fixture_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
    if (f->transport.wake) {
        sem_destroy(&f->woken);
    }
}

// config is a whole file of settings.
static inline void plugin_fixture_init(
        struct plugin_fixture *f, const char *config) {
    char path[64];
    struct settings_errors errors;
    plugin_fixture_init_files(f);
    (void)snprintf(path, sizeof(path), "%s/nexus.conf", f->dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(config, file) >= 0);
    assert_int_equal(fclose(file), 0);

    settings_errors_init(&errors);
    f->settings =
            settings_create(&(struct settings_source){.file = path}, &errors);
    settings_errors_print(&errors, stderr);
    settings_errors_finish(&errors);
    assert_non_null(f->settings);

    struct clock clock;
    clock_init_fake(&clock, 1000000);
    sem_init(&f->woken, 0, 0);
    f->transport = (struct transport_ops){.write = fixture_write,
            .close = fixture_close,
            .pause = fixture_pause,
            .respond = fixture_respond,
            .wake = fixture_wake};
    const struct transport transport = {.ops = &f->transport, .ctx = f};
    f->core = core_create(f->settings, &transport, &clock);
    assert_non_null(f->core);
}

// What was logged since the start or the last plugin_fixture_forget_log().
static inline const char *plugin_fixture_log(struct plugin_fixture *f) {
    ssize_t len = pread(f->log_fd, f->text, sizeof(f->text) - 1, 0);
    assert_true(len >= 0);
    f->text[len] = '\0';
    return f->text;
}

static inline void plugin_fixture_forget_log(struct plugin_fixture *f) {
    assert_int_equal(ftruncate(f->log_fd, 0), 0);
    assert_int_equal(lseek(f->log_fd, 0, SEEK_SET), 0);
}

// Fails the test with the whole log when it does not contain text.
static inline void plugin_fixture_expect_log(
        struct plugin_fixture *f, const char *text) {
    if (!strstr(plugin_fixture_log(f), text)) {
        fail_msg("not logged: %s\nbut:\n%s", text, f->text);
    }
}

static inline size_t plugin_fixture_count_log(
        struct plugin_fixture *f, const char *text) {
    size_t count = 0;
    const char *at = plugin_fixture_log(f);
    while ((at = strstr(at, text)) != NULL) {
        count++;
        at += strlen(text);
    }
    return count;
}

// Waits until some thread has woken the loop; fails after 10 seconds.
static inline void plugin_fixture_wait(struct plugin_fixture *f) {
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    assert_int_equal(sem_timedwait(&f->woken, &until), 0);
}

// Moves the clock and does what is due.
static inline void plugin_fixture_advance(
        struct plugin_fixture *f, int64_t ms) {
    clock_advance(&f->core->clock, ms);
    core_turn(f->core);
}

// Gives an event with nothing but a type to whoever handles it.
static inline int32_t plugin_fixture_event(
        struct plugin_fixture *f, const char *type) {
    const struct nx_event ev = {.struct_size = sizeof(ev),
            .kind = NX_EVENT_JSON,
            .type = nx_str_c(type)};
    const struct registry_handler *handler =
            registry_find_handler(f->core->registry, ev.type);
    if (!handler) {
        return NX_ERR_UNKNOWN_EVENT;
    }
    plugin_enter(handler->owner, "event");
    int32_t result = handler->fn(handler->user, &ev);
    plugin_leave(handler->owner);
    return result;
}

#endif
