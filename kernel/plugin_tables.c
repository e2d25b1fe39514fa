#include "kernel/plugin_tables.h"

#include <stdlib.h>
#include <unistd.h>

#include <nexus/plugin.h>

#include "kernel/core/loader.h"
#include "kernel/core/plugins.h"
#include "kernel/core/settings.h"

// Where the tables go.
struct sink {
    plugin_table_fn write;
    FILE *out;
};

static bool write_one(struct loader *loader, const struct plugin_entry *entry,
        const struct sink *sink) {
    const struct image *image = loader_open(loader, entry);
    if (!image) {
        (void)fprintf(stderr, "nexusd: plugin %s: %s\n", entry->name,
                loader_reason(loader));
        return false;
    }
    sink->write(entry->name, image->entry->info->settings, sink->out);
    return true;
}

static bool write_all(const struct settings *settings, struct loader *loader,
        const char *images, const struct sink *sink) {
    char *dirs = plugins_default_dirs(settings);
    bool good = dirs && loader_set_dirs(loader, dirs, images);
    if (!good) {
        (void)fprintf(stderr, "nexusd: %s\n", loader_reason(loader));
    }
    for (size_t i = 0; good && i < settings_plugin_count(settings); i++) {
        good = write_one(loader, settings_plugin(settings, i), sink);
    }
    loader_remove_copies(loader);
    free(dirs);
    return good;
}

// Defaults only, and the copies in a folder of their own.
bool plugin_tables_write(plugin_table_fn write, FILE *out) {
    const struct sink sink = {write, out};
    char images[] = "/tmp/nexusd-XXXXXX";
    const struct settings_source source = {.file = NULL};
    struct settings_errors errors;
    settings_errors_init(&errors);
    struct settings *settings = settings_create(&source, &errors);
    struct loader *loader = loader_create();
    bool made = mkdtemp(images) != NULL;
    bool good = settings && loader && made
            && write_all(settings, loader, images, &sink);
    if (made) {
        (void)rmdir(images);
    }
    loader_destroy(loader);
    settings_destroy(settings);
    settings_errors_finish(&errors);
    return good;
}
