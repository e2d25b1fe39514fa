#include "kernel/core/image_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/core/image_dir.h"
#include "kernel/core/loader.h"

#define COPY_ATTEMPTS 1000 // names in use by another server on the folder

void image_file_init(struct image_file *file) {
    memset(file, 0, sizeof(*file));
}

void image_file_finish(struct image_file *file) {
    if (file->copy) {
        (void)unlink(file->copy);
    }
    free(file->copy);
    free(file->name);
    free(file->path);
    free(file->pin);
    image_file_init(file);
}

bool image_file_refuse(struct image_file *file, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(file->why, sizeof(file->why), format, args);
    va_end(args);
    return false;
}

const char *image_file_base(const struct image_file *file) {
    const char *slash = strrchr(file->path, '/');
    return slash ? slash + 1 : file->path;
}

bool image_file_unread(const struct image_file *file) {
    return file->why[0] == '\0' && !file->mapped && !file->copy;
}

static bool check_pin(struct image_file *file) {
    return !file->pin || strcmp(file->pin, file->sha256) == 0
            || image_file_refuse(file,
                    "%s has the sha256 %s, but the plugin list wants %s",
                    image_file_base(file), file->sha256, file->pin);
}

// Under a name that nobody has used.
static bool write_copy(
        struct image_file *file, const struct plugin_file *content) {
    const char *dir = loader_image_dir(file->loader);
    errno = EEXIST;
    for (int i = 0; i < COPY_ATTEMPTS && errno == EEXIST; i++) {
        file->generation = loader_next_generation(file->loader);
        char *copy =
                image_dir_name(dir, file->generation, file->sha256, file->name);
        if (!copy) {
            return image_file_refuse(file, "out of memory");
        }
        if (plugin_file_write(content, copy)) {
            file->copy = copy;
            return true;
        }
        free(copy);
    }
    char text[128];
    return image_file_refuse(file, "%s cannot be copied to image_dir %s: %s",
            image_file_base(file), dir, strerror_r(errno, text, sizeof(text)));
}

bool image_file_fetch(struct image_file *file) {
    struct plugin_file content;
    char why[PLUGIN_FILE_WHY_MAX];
    if (file->why[0] != '\0') {
        return false;
    }
    if (file->mapped) {
        return check_pin(file);
    }
    if (!plugin_file_read(file->path, &content, why)) {
        return image_file_refuse(file, "%s %s", image_file_base(file), why);
    }
    memcpy(file->sha256, content.sha256, sizeof(file->sha256));
    file->stamp = content.stamp;
    bool good = check_pin(file);
    if (good) {
        file->mapped =
                loader_find_mapped(file->loader, file->name, file->sha256);
        good = file->mapped || write_copy(file, &content);
    }
    plugin_file_finish(&content);
    return good;
}
