#include "kernel/core/loader.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nexus/plugin.h>
#include <nexus/util/list.h>

#include "kernel/base/log.h"
#include "kernel/base/modules.h"
#include "kernel/core/descriptor.h"
#include "kernel/core/image_dir.h"
#include "kernel/core/image_file.h"
#include "kernel/core/plugin_file.h"
#include "kernel/core/settings.h"
#include "kernel/core/where.h"

#define MODULE "loader"
#define SYMBOL "nexus_plugin_v1"

struct mapped {
    struct nx_list link; // struct loader::images
    struct image image;
    struct plugin_stamp stamp; // of the operator's file, when it was read
    const struct nx_plugin_entry *symbol; // NULL: it exports none
};

struct loader {
    char *plugin_dirs;
    char *image_dir;       // absolute
    char *path;            // of the last loader_open()
    struct nx_list images; // struct mapped::link
    size_t image_count;
    _Atomic uint32_t generation; // of the last copy [any]
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

static bool find_path(const struct loader *loader,
        const struct plugin_entry *entry, struct image_file *file) {
    char *name = NULL;
    if (entry->path && entry->path[0] == '/') {
        file->path = strdup(entry->path);
        return file->path || image_file_refuse(file, "out of memory");
    }
    if (asprintf(&name, "%s%s", entry->path ? entry->path : entry->name,
                entry->path ? "" : ".so")
            < 0) {
        return image_file_refuse(file, "out of memory");
    }
    file->path = search(loader, name);
    if (!file->path) {
        image_file_refuse(file,
                "there is no %s in %s; build it, or set plugin_dir or the "
                "path of this plugin",
                name, loader->plugin_dirs);
    }
    free(name);
    return file->path != NULL;
}

struct mapped *loader_find_mapped(
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

// By its stamp: the content has been read before.
static struct mapped *find_unchanged(
        const struct loader *loader, const struct image_file *file) {
    struct plugin_stamp now;
    if (!plugin_stamp_take(file->path, &now)) {
        return NULL;
    }
    nx_list_for_each (link, &loader->images) {
        struct mapped *mapped = nx_container_of(link, struct mapped, link);
        if (strcmp(mapped->image.name, file->name) == 0
                && plugin_stamp_same(&mapped->stamp, &now)) {
            return mapped;
        }
    }
    return NULL;
}

bool loader_find(struct loader *loader, const struct plugin_entry *entry,
        struct image_file *file) {
    file->loader = loader;
    file->name = strdup(entry->name);
    file->pin = entry->sha256 ? strdup(entry->sha256) : NULL;
    if (!file->name || (entry->sha256 && !file->pin)) {
        return image_file_refuse(file, "out of memory");
    }
    if (!find_path(loader, entry, file)) {
        return false;
    }
    file->mapped = find_unchanged(loader, file);
    if (file->mapped) {
        file->stamp = file->mapped->stamp;
        memcpy(file->sha256, file->mapped->image.sha256, sizeof(file->sha256));
    }
    return true;
}

const char *loader_image_dir(const struct loader *loader) {
    return loader->image_dir;
}

uint32_t loader_next_generation(struct loader *loader) {
    return atomic_fetch_add(&loader->generation, 1) + 1;
}

// --- mapping --------------------------------------------------------------

// dlerror() begins with the copy's path, which tells the operator nothing.
static bool refuse_dlerror(
        const struct loader *loader, struct image_file *file) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): glibc keeps it for each thread
    const char *text = dlerror();
    text = text ? text : "for an unknown reason";
    size_t len = strlen(file->copy);
    if (strncmp(text, file->copy, len) == 0 && text[len] == ':') {
        text += len + 1 + strspn(text + len + 1, " ");
    }
    if (image_dir_is_noexec(loader->image_dir)) {
        return image_file_refuse(file,
                "%s cannot be mapped: no program may run from %s (noexec); "
                "set image_dir to a folder elsewhere",
                image_file_base(file), loader->image_dir);
    }
    const char *hint = strstr(text, "undefined symbol")
            ? "; a plugin may use the server only through its host, and must "
              "be linked with the libraries it needs"
            : "";
    return image_file_refuse(file, "%s cannot be opened: %s%s",
            image_file_base(file), text, hint);
}

// Constructors run in there.
static void *open_copy(const struct image_file *file) {
    struct where_plugin about = {.traits = WHERE_UNTOLD};
    (void)snprintf(about.name, sizeof(about.name), "%s", file->name);
    (void)snprintf(about.path, sizeof(about.path), "%s", file->path);
    memcpy(about.sha256, file->sha256, sizeof(about.sha256));
    where_enter(&about, "load", 0);
    // Never closed again: see the header.
    void *handle = dlopen(file->copy, RTLD_NOW | RTLD_LOCAL);
    where_leave();
    modules_scan(file->copy, file->path);
    return handle;
}

// Takes the strings of the file.
static struct mapped *map_new(struct loader *loader, struct image_file *file) {
    struct mapped *mapped = calloc(1, sizeof(*mapped));
    if (!mapped) {
        image_file_refuse(file, "out of memory");
        return NULL;
    }
    void *handle = open_copy(file);
    if (!handle) {
        refuse_dlerror(loader, file);
        free(mapped);
        return NULL;
    }
    mapped->symbol = dlsym(handle, SYMBOL);
    mapped->image.name = file->name;
    mapped->image.path = file->path;
    mapped->image.copy = file->copy;
    mapped->image.generation = file->generation;
    memcpy(mapped->image.sha256, file->sha256, sizeof(file->sha256));
    file->name = NULL;
    file->path = NULL;
    file->copy = NULL;
    nx_list_init(&mapped->link);
    nx_list_append(&loader->images, &mapped->link);
    loader->image_count++;
    return mapped;
}

static bool check_symbol(struct image_file *file, const struct mapped *mapped) {
    char why[DESCRIPTOR_WHY_MAX];
    const char *base = base_name(mapped->image.path);
    if (!mapped->symbol) {
        return image_file_refuse(file,
                "%s exports no " SYMBOL
                "; it is not a plugin, or one for another major version",
                base);
    }
    return descriptor_check(mapped->symbol, why)
            || image_file_refuse(file, "%s %s", base, why);
}

const struct image *loader_map(struct loader *loader, struct image_file *file) {
    if (file->why[0] != '\0') {
        return NULL;
    }
    if (!file->mapped) {
        file->mapped = map_new(loader, file);
    }
    struct mapped *mapped = file->mapped;
    if (!mapped) {
        return NULL;
    }
    mapped->stamp = file->stamp;
    if (!check_symbol(file, mapped)) {
        return NULL;
    }
    mapped->image.entry = mapped->symbol;
    return &mapped->image;
}

static void remember_path(
        struct loader *loader, const struct image_file *file) {
    free(loader->path);
    loader->path = file->path ? strdup(file->path) : NULL;
}

const struct image *loader_open(
        struct loader *loader, const struct plugin_entry *entry) {
    struct image_file file;
    image_file_init(&file);
    bool found = loader_find(loader, entry, &file);
    remember_path(loader, &file);
    const struct image *image =
            found && image_file_fetch(&file) ? loader_map(loader, &file) : NULL;
    if (!image) {
        refuse(loader, "%s", file.why);
    }
    image_file_finish(&file);
    return image;
}

static bool hash_file(struct image_file *file) {
    struct plugin_file content;
    char why[PLUGIN_FILE_WHY_MAX];
    if (!plugin_file_read(file->path, &content, why)) {
        return false;
    }
    memcpy(file->sha256, content.sha256, sizeof(file->sha256));
    plugin_file_finish(&content);
    return true;
}

bool loader_hash(struct loader *loader, const struct plugin_entry *entry,
        char sha256[SHA256_HEX_SIZE]) {
    struct image_file file;
    image_file_init(&file);
    bool known = loader_find(loader, entry, &file)
            && (file.mapped || hash_file(&file));
    memcpy(sha256, file.sha256, SHA256_HEX_SIZE);
    image_file_finish(&file);
    return known;
}

void loader_remove_copies(struct loader *loader) {
    nx_list_for_each (link, &loader->images) {
        (void)unlink(nx_container_of(link, struct mapped, link)->image.copy);
    }
}

size_t loader_image_count(const struct loader *loader) {
    return loader->image_count;
}

const void *loader_abort_text(void) {
    // Not in a header: for debuggers, and for what reports crashes.
    return dlsym(RTLD_DEFAULT, "__abort_msg");
}

const char *loader_reason(const struct loader *loader) {
    return loader->reason;
}

const char *loader_path(const struct loader *loader) {
    return loader->path ? loader->path : "";
}
