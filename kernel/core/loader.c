#include "kernel/core/loader.h"

#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nexus/plugin.h>
#include <nexus/util/list.h>

#include "kernel/base/log.h"
#include "kernel/core/descriptor.h"
#include "kernel/core/image_dir.h"
#include "kernel/core/plugin_file.h"
#include "kernel/core/settings.h"

#define MODULE        "loader"
#define SYMBOL        "nexus_plugin_v1"
#define COPY_ATTEMPTS 1000 // names in use by another server on the folder

struct mapped {
    struct nx_list link; // struct loader::images
    struct image image;
    const struct nx_plugin_entry *symbol; // NULL: it exports none
};

struct loader {
    char *plugin_dirs;
    char *image_dir;       // absolute
    char *path;            // of the last loader_open()
    struct nx_list images; // struct mapped::link
    size_t image_count;
    uint32_t generation;
    char reason[LOADER_REASON_MAX];
};

__attribute__((format(printf, 2, 3))) static bool refuse(
        struct loader *loader, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(loader->reason, sizeof(loader->reason), format, args);
    va_end(args);
    return false;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

struct loader *loader_create(void) {
    struct loader *loader = calloc(1, sizeof(*loader));
    if (loader) {
        nx_list_init(&loader->images);
    }
    return loader;
}

static void mapped_destroy(struct mapped *mapped) {
    free(mapped->image.name);
    free(mapped->image.path);
    free(mapped->image.copy);
    free(mapped);
}

void loader_destroy(struct loader *loader) {
    if (!loader) {
        return;
    }
    struct nx_list *link;
    while ((link = nx_list_take_first(&loader->images)) != NULL) {
        mapped_destroy(nx_container_of(link, struct mapped, link));
    }
    free(loader->plugin_dirs);
    free(loader->image_dir);
    free(loader->path);
    free(loader);
}

bool loader_set_dirs(
        struct loader *loader, const char *plugin_dirs, const char *image_dir) {
    char *dirs = strdup(plugin_dirs);
    if (!dirs) {
        return refuse(loader, "out of memory");
    }
    char *images = image_dir_open(image_dir, loader->reason);
    if (!images) {
        free(dirs);
        return false;
    }
    free(loader->plugin_dirs);
    free(loader->image_dir);
    loader->plugin_dirs = dirs;
    loader->image_dir = images;
    return true;
}

void loader_sweep(struct loader *loader) {
    unsigned removed = image_dir_sweep(loader->image_dir);
    if (removed > 0) {
        log_debug(MODULE, "removed copies of an earlier run",
                LOG_STR("image_dir", loader->image_dir),
                LOG_UINT("files", removed));
    }
}

// --- finding --------------------------------------------------------------

// The first folder of the list that has the file; NULL when none has.
static char *search(const struct loader *loader, const char *file) {
    const char *dir = loader->plugin_dirs;
    while (*dir != '\0') {
        size_t len = strcspn(dir, ":");
        char *path = NULL;
        if (asprintf(&path, "%.*s/%s", (int)len, dir, file) < 0) {
            return NULL;
        }
        if (len > 0 && access(path, F_OK) == 0) {
            return path;
        }
        free(path);
        dir += len + (dir[len] == ':' ? 1 : 0);
    }
    return NULL;
}

static bool find(struct loader *loader, const struct plugin_entry *entry) {
    free(loader->path);
    if (entry->path && entry->path[0] == '/') {
        loader->path = strdup(entry->path);
        return loader->path || refuse(loader, "out of memory");
    }
    char *file = NULL;
    loader->path = NULL;
    if (asprintf(&file, "%s%s", entry->path ? entry->path : entry->name,
                entry->path ? "" : ".so")
            < 0) {
        return refuse(loader, "out of memory");
    }
    loader->path = search(loader, file);
    if (!loader->path) {
        refuse(loader,
                "there is no %s in %s; build it, or set plugin_dir or the "
                "path of this plugin",
                file, loader->plugin_dirs);
    }
    free(file);
    return loader->path != NULL;
}

// --- mapping --------------------------------------------------------------

static struct mapped *find_mapped(
        const struct loader *loader, const char *name, const char *sha256) {
    nx_list_for_each (link, &loader->images) {
        struct mapped *mapped = nx_container_of(link, struct mapped, link);
        if (strcmp(mapped->image.name, name) == 0
                && strcmp(mapped->image.sha256, sha256) == 0) {
            return mapped;
        }
    }
    return NULL;
}

// Writes the copy under a new name, which becomes image->copy.
static bool write_copy(struct loader *loader, struct image *image,
        const struct plugin_file *file) {
    errno = EEXIST;
    for (int i = 0; i < COPY_ATTEMPTS && errno == EEXIST; i++) {
        image->generation = ++loader->generation;
        free(image->copy);
        image->copy = image_dir_name(loader->image_dir, image->generation,
                file->sha256, image->name);
        if (!image->copy) {
            return refuse(loader, "out of memory");
        }
        if (plugin_file_write(file, image->copy)) {
            return true;
        }
    }
    char text[128];
    return refuse(loader, "%s cannot be copied to image_dir %s: %s",
            base_name(image->path), loader->image_dir,
            strerror_r(errno, text, sizeof(text)));
}

// dlerror() begins with the copy's path, which tells the operator nothing.
static bool refuse_dlerror(struct loader *loader, const struct image *image) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): glibc keeps it for each thread
    const char *text = dlerror();
    text = text ? text : "for an unknown reason";
    assert(image->copy);
    size_t len = strlen(image->copy);
    if (strncmp(text, image->copy, len) == 0 && text[len] == ':') {
        text += len + 1 + strspn(text + len + 1, " ");
    }
    if (image_dir_is_noexec(loader->image_dir)) {
        return refuse(loader,
                "%s cannot be mapped: no program may run from %s (noexec); "
                "set image_dir to a folder elsewhere",
                base_name(image->path), loader->image_dir);
    }
    const char *hint = strstr(text, "undefined symbol")
            ? "; a plugin may use the server only through its host, and must "
              "be linked with the libraries it needs"
            : "";
    return refuse(loader, "%s cannot be opened: %s%s", base_name(image->path),
            text, hint);
}

static bool map(struct loader *loader, struct mapped *mapped,
        const struct plugin_file *file) {
    if (!write_copy(loader, &mapped->image, file)) {
        return false;
    }
    // Never closed again: see the header.
    void *handle = dlopen(mapped->image.copy, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        refuse_dlerror(loader, &mapped->image);
        (void)unlink(mapped->image.copy);
        return false;
    }
    mapped->symbol = dlsym(handle, SYMBOL);
    nx_list_append(&loader->images, &mapped->link);
    loader->image_count++;
    return true;
}

static struct mapped *map_new(struct loader *loader, const char *name,
        const struct plugin_file *file) {
    struct mapped *mapped = calloc(1, sizeof(*mapped));
    if (!mapped) {
        refuse(loader, "out of memory");
        return NULL;
    }
    nx_list_init(&mapped->link);
    mapped->image.name = strdup(name);
    mapped->image.path = strdup(loader->path);
    memcpy(mapped->image.sha256, file->sha256, SHA256_HEX_SIZE);
    bool complete = mapped->image.name && mapped->image.path;
    if (!complete) {
        refuse(loader, "out of memory");
    }
    if (!complete || !map(loader, mapped, file)) {
        mapped_destroy(mapped);
        return NULL;
    }
    return mapped;
}

static bool check_symbol(struct loader *loader, const struct mapped *mapped) {
    char why[DESCRIPTOR_WHY_MAX];
    const char *file = base_name(loader->path);
    if (!mapped->symbol) {
        return refuse(loader,
                "%s exports no " SYMBOL
                "; it is not a plugin, or one for another major version",
                file);
    }
    if (!descriptor_check(mapped->symbol, why)) {
        return refuse(loader, "%s %s", file, why);
    }
    return true;
}

static bool check_pin(struct loader *loader, const struct plugin_file *file,
        const char *sha256) {
    return !sha256 || strcmp(sha256, file->sha256) == 0
            || refuse(loader,
                    "%s has the sha256 %s, but the plugin list wants %s",
                    base_name(loader->path), file->sha256, sha256);
}

const struct image *loader_open(
        struct loader *loader, const struct plugin_entry *entry) {
    struct plugin_file file;
    char why[PLUGIN_FILE_WHY_MAX];
    if (!find(loader, entry)) {
        return NULL;
    }
    if (!plugin_file_read(loader->path, &file, why)) {
        refuse(loader, "%s %s", base_name(loader->path), why);
        return NULL;
    }
    struct mapped *mapped = NULL;
    if (check_pin(loader, &file, entry->sha256)) {
        mapped = find_mapped(loader, entry->name, file.sha256);
        mapped = mapped ? mapped : map_new(loader, entry->name, &file);
    }
    plugin_file_finish(&file);
    if (!mapped || !check_symbol(loader, mapped)) {
        return NULL;
    }
    mapped->image.entry = mapped->symbol;
    return &mapped->image;
}

void loader_remove_copies(struct loader *loader) {
    nx_list_for_each (link, &loader->images) {
        (void)unlink(nx_container_of(link, struct mapped, link)->image.copy);
    }
}

size_t loader_image_count(const struct loader *loader) {
    return loader->image_count;
}

const char *loader_reason(const struct loader *loader) {
    return loader->reason;
}

const char *loader_path(const struct loader *loader) {
    return loader->path ? loader->path : "";
}
