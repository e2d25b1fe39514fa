#include "kernel/core/reload_files.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/base/log.h"
#include "kernel/core/core.h"
#include "kernel/core/loader.h"
#include "kernel/core/plugins.h"
#include "kernel/core/plugins_set.h"
#include "kernel/core/settings.h"
#include "kernel/core/settings_errors.h"

void reload_files_init(struct reload_files *files, struct core *core) {
    *files = (struct reload_files){.core = core};
}

// When it has woken the loop it may be a while until it runs again and ends,
// for which the loop does not wait.
static void join(struct reload_files *files) {
    if (files->started) {
        (void)pthread_join(files->thread, NULL);
    }
    files->started = false;
    files->reading = false;
}

void reload_files_finish(struct reload_files *files) {
    reload_files_clear(files);
    join(files);
}

void reload_files_clear(struct reload_files *files) {
    if (files->reading) {
        atomic_store(&files->stop, true);
        join(files);
    }
    for (size_t i = 0; i < files->count; i++) {
        image_file_finish(&files->files[i]);
    }
    free(files->files);
    files->files = NULL;
    files->count = 0;
}

// --- the thread -----------------------------------------------------------

static void fetch(struct reload_files *files, struct image_file *file) {
    char why[PREFLIGHT_WHY_MAX];
    if (image_file_fetch(file) && file->copy
            && !preflight_try(&files->preflight, file->name, file->copy, why)) {
        (void)image_file_refuse(file, "%s %s", image_file_base(file), why);
    }
}

static void *read_all(void *arg) {
    struct reload_files *files = arg;
    const struct transport *transport = &files->core->transport;
    for (size_t i = 0; i < files->count && !atomic_load(&files->stop); i++) {
        fetch(files, &files->files[i]);
    }
    atomic_store(&files->done, true);
    transport->ops->wake(transport->ctx);
    return NULL;
}

// Signals are for the loop's thread.
static bool start(struct reload_files *files) {
    sigset_t all;
    sigset_t before;
    join(files);
    atomic_store(&files->done, false);
    atomic_store(&files->stop, false);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    errno = pthread_create(&files->thread, NULL, read_all, files);
    files->started = errno == 0;
    files->reading = files->started;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (files->reading) {
        (void)pthread_setname_np(files->thread, "nexus-reload");
    }
    return files->reading;
}

// --- the loop's side ------------------------------------------------------

static bool find_all(
        struct reload_files *files, const struct settings *wanted) {
    bool unread = false;
    for (size_t i = 0; i < files->count; i++) {
        struct image_file *file = &files->files[i];
        image_file_init(file);
        (void)loader_find(
                files->core->plugins->loader, settings_plugin(wanted, i), file);
        unread |= image_file_unread(file);
    }
    return unread;
}

bool reload_files_begin(struct reload_files *files,
        const struct settings *wanted, const char *program,
        const struct settings_source *source, struct settings_errors *errors) {
    preflight_init(&files->preflight, program, source, wanted);
    files->preflight.image_dir = loader_image_dir(files->core->plugins->loader);
    files->preflight.stop = &files->stop;
    size_t count = settings_plugin_count(wanted);
    files->files = calloc(count + 1, sizeof(*files->files));
    if (!files->files) {
        settings_errors_add(errors, "plugins: out of memory");
        return false;
    }
    files->count = count;
    if (!find_all(files, wanted)) {
        // Pins are still to be checked.
        for (size_t i = 0; i < count; i++) {
            (void)image_file_fetch(&files->files[i]);
        }
        return true;
    }
    if (!start(files)) {
        char text[128];
        settings_errors_add(errors, "plugins: cannot start a thread: %s",
                strerror_r(errno, text, sizeof(text)));
    }
    return files->reading;
}

bool reload_files_ready(struct reload_files *files) {
    if (files->reading && atomic_load(&files->done)) {
        files->reading = false;
    }
    return !files->reading;
}
