#include "kernel/plugin_tables.h"

#include <stdlib.h>
#include <unistd.h>

#include <nexus/plugin.h>

#include "kernel/core/loader.h"
#include "kernel/core/plugins.h"
#include "kernel/core/settings.h"
#include "kernel/core/settings_doc.h"

static bool write_one(
        struct loader *loader, const struct plugin_entry *entry, FILE *out) {
    const struct image *image = loader_open(loader, entry);
    if (!image) {
        (void)fprintf(stderr, "nexusd: plugin %s: %s\n", entry->name,
                loader_reason(loader));
        return false;
    }
    settings_write_plugin(entry->name, image->entry->info->settings, out);
    return true;
}

static bool write_all(const struct settings *settings, struct loader *loader,
        const char *images, FILE *out) {
    char *dirs = plugins_default_dirs(settings);
    bool good = dirs && loader_set_dirs(loader, dirs, images);
    if (!good) {
        (void)fprintf(stderr, "nexusd: %s\n", loader_reason(loader));
    }
    for (size_t i = 0; good && i < settings_plugin_count(settings); i++) {
        good = write_one(loader, settings_plugin(settings, i), out);
    }
    loader_remove_copies(loader);
    free(dirs);
    return good;
}

// Defaults only, and the copies in a folder of their own.
bool plugin_tables_write(FILE *out) {
    char images[] = "/tmp/nexusd-XXXXXX";
    const struct settings_source source = {.file = NULL};
    struct settings_errors errors;
    settings_errors_init(&errors);
    struct settings *settings = settings_create(&source, &errors);
    struct loader *loader = loader_create();
    bool made = mkdtemp(images) != NULL;
    bool good = settings && loader && made
            && write_all(settings, loader, images, out);
    if (made) {
        (void)rmdir(images);
    }
    loader_destroy(loader);
    settings_destroy(settings);
    settings_errors_finish(&errors);
    return good;
}
