// What is tried, in the child and before it.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <nexus/plugin.h>

#include "kernel/core/core.h"
#include "kernel/core/image_file.h"
#include "kernel/core/lifecycle.h"
#include "kernel/core/loader.h"
#include "kernel/core/plugin.h"
#include "kernel/core/plugins.h"
#include "kernel/core/plugins_set.h"
#include "kernel/core/preflight.h"
#include "kernel/core/preflight_step.h"
#include "kernel/core/quarantine.h"

// --- before it ------------------------------------------------------------

static void try_one(const struct preflight *preflight, struct loader *loader,
        const struct plugin_entry *entry, struct settings_errors *errors) {
    char why[PREFLIGHT_WHY_MAX];
    struct image_file file;
    image_file_init(&file);
    // What is not found, and the reason, is told by who loads it.
    if (loader_find(loader, entry, &file)
            && !preflight_try(preflight, entry->name, file.path, why)) {
        settings_errors_add(errors, "%s: plugin %s: %s %s", entry->origin,
                entry->name, image_file_base(&file), why);
    }
    image_file_finish(&file);
}

bool preflight_try_all(struct preflight *preflight, struct core *core,
        const char *plugin_dirs, const char *image_dir,
        struct settings_errors *errors) {
    const struct settings *settings = core->settings;
    size_t before = errors->count;
    struct loader *loader = core->plugins->loader;
    // What is wrong with the folders is told by who loads from them.
    if (!preflight->program
            || !loader_set_dirs(loader, plugin_dirs, image_dir)) {
        return true;
    }
    preflight->image_dir = loader_image_dir(loader);
    for (size_t i = 0; i < settings_plugin_count(settings); i++) {
        const struct plugin_entry *entry = settings_plugin(settings, i);
        if (!quarantine_keeps_out(
                    core->quarantine, core, settings, entry, NULL)) {
            try_one(preflight, loader, entry, errors);
        }
    }
    return errors->count == before;
}

// --- in it ----------------------------------------------------------------

static void say(FILE *out, const char *step) {
    (void)fprintf(out, PREFLIGHT_MARK "%s\n", step);
    (void)fflush(out);
}

static bool live(struct plugin *plugin, FILE *out) {
    struct lifecycle_error error;
    lifecycle_error_init(&error);
    bool good = lifecycle_check(plugin, &error);
    say(out, "in create()");
    good = good && lifecycle_create(plugin, &error);
    say(out, "in configure()");
    good = good && lifecycle_configure(plugin, NX_CONFIGURE_CHECK, &error);
    lifecycle_error_finish(&error);
    return good;
}

// No core file, and no life without the parent.
static void restrict_self(void) {
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
}

bool preflight_child(struct core *core, const char *name, const char *file,
        const char *image_dir, FILE *out) {
    const struct plugin_entry entry = {.name = name, .path = file};
    struct loader *loader = core->plugins->loader;
    restrict_self();
    say(out, "while it was mapped, in a constructor");
    const struct image *image = loader_set_dirs(loader, "/", image_dir)
            ? loader_open(loader, &entry)
            : NULL;
    loader_remove_copies(loader);
    if (!image) {
        return false;
    }
    struct plugin *plugin =
            plugin_create(core, name, image->path, image->entry);
    bool good = plugin && live(plugin, out);
    say(out, "in destroy()");
    plugin_destroy(plugin);
    say(out, "at its end");
    return good;
}
