/*
 * settings_fuzz - a settings file, and what --set and the environment add.
 *
 * Pieces apart by a zero byte: the file, then "path=value" for --set; those
 * that begin with a capital letter are variables of the environment. What is
 * accepted and printed must be accepted again, with the same values.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/core/json_text.h"
#include "kernel/core/setting.h"
#include "kernel/core/settings.h"
#include "kernel/core/settings_print.h"
#include "kernel/core/settings_store.h"
#include "kernel/core/settings_text.h"
#include "tests/fuzz/input.h"

#define ITEMS_MAX 8

// libconfig 1.5 forgets the text it was reading when it meets a mistake.
// NOLINTBEGIN(*-reserved-identifier,cert-dcl37-c,*-identifier-naming)
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
    return "leak:libconfig";
}
// NOLINTEND(*-reserved-identifier,cert-dcl37-c,*-identifier-naming)

struct items {
    char *all[ITEMS_MAX + 1];
    size_t count;
};

// --- a file ---------------------------------------------------------------

struct text_file {
    int fd;
    char path[64];
};

static void file_write(struct text_file *file, const void *text, size_t len) {
    file->fd = memfd_create("nexus.conf", MFD_CLOEXEC);
    assert(file->fd >= 0);
    assert(write(file->fd, text, len) == (ssize_t)len);
    (void)snprintf(
            file->path, sizeof(file->path), "/proc/self/fd/%d", file->fd);
}

// --- what must hold -------------------------------------------------------

static void check_sentences(char *const *texts, size_t count) {
    for (size_t i = 0; i < count && i < SETTINGS_ERRORS_MAX && texts[i]; i++) {
        size_t len = strlen(texts[i]);
        assert(len > 0 && len < SETTINGS_ERROR_TEXT_MAX);
    }
}

static struct settings *create(const struct text_file *file,
        const struct items *sets, const struct items *env) {
    const struct settings_source source = {
            .file = file->path,
            .env = env ? (const char *const *)env->all : NULL,
            .sets = sets ? (const char *const *)sets->all : NULL,
            .set_count = sets ? sets->count : 0,
    };
    struct settings_errors errors;
    settings_errors_init(&errors);
    struct settings *settings = settings_create(&source, &errors);
    assert((settings == NULL) == (errors.count > 0));
    check_sentences(errors.texts, errors.count);
    check_sentences(errors.warnings, errors.warning_count);
    settings_errors_finish(&errors);
    return settings;
}

static void check_same(const struct settings *a, const struct settings *b) {
    for (size_t i = 0; i < setting_count(); i++) {
        struct setting_value left;
        struct setting_value right;
        settings_value(a, setting_row(i), &left);
        settings_value(b, setting_row(i), &right);
        assert(left.number == right.number);
        assert(!left.text == !right.text);
        assert(!left.text || strcmp(left.text, right.text) == 0);
    }
    assert(settings_plugin_count(a) == settings_plugin_count(b));
    for (size_t i = 0; i < settings_plugin_count(a); i++) {
        const struct plugin_entry *left = settings_plugin(a, i);
        const struct plugin_entry *right = settings_plugin(b, i);
        assert(strcmp(left->name, right->name) == 0);
        assert(!left->path == !right->path && !left->sha256 == !right->sha256);
        assert(!left->path || strcmp(left->path, right->path) == 0);
        assert(!left->sha256 || strcmp(left->sha256, right->sha256) == 0);
    }
}

static void check_printed(const struct settings *settings) {
    char *text = NULL;
    size_t len = 0;
    struct text_file file;
    FILE *out = open_memstream(&text, &len);
    assert(out);
    settings_print(settings, out);
    assert(fclose(out) == 0 && text);
    file_write(&file, text, len);
    struct settings *again = create(&file, NULL, NULL);
    assert(again);
    check_same(settings, again);
    settings_destroy(again);
    assert(close(file.fd) == 0);
    free(text);
}

static size_t lines_of(const char *text) {
    size_t count = 0;
    for (; *text; text++) {
        count += *text == '\n' ? 1 : 0;
    }
    return count;
}

// Lines keep their numbers, and there is nothing to do the second time. (An
// "0x" at the very end is no number in either form.)
static void check_prepared(struct nx_str text) {
    if (text.len > 0 && strchr("xX", text.ptr[text.len - 1])) {
        return;
    }
    struct settings_errors errors;
    settings_errors_init(&errors);
    char *once = settings_text_prepare(text.ptr, text.len, "f", &errors);
    if (once) {
        char *copy = strndup(text.ptr, text.len);
        char *twice = settings_text_prepare(once, strlen(once), "f", &errors);
        assert(copy && lines_of(once) == lines_of(copy) + 1);
        assert(twice && strlen(twice) == strlen(once) + 1);
        assert(memcmp(twice, once, strlen(once)) == 0);
        free(twice);
        free(copy);
    }
    settings_errors_finish(&errors);
    free(once);
}

static void add(struct items *items, struct nx_str text) {
    if (items->count < ITEMS_MAX) {
        char *copy = strndup(text.ptr, text.len);
        assert(copy);
        items->all[items->count++] = copy;
    }
}

static void finish(struct items *items) {
    for (size_t i = 0; i < items->count; i++) {
        free(items->all[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    struct items sets = {.count = 0};
    struct items env = {.count = 0};
    struct text_file file;
    struct nx_str text = input_until(&in, '\0');
    while (in.left > 0) {
        struct nx_str item = input_until(&in, '\0');
        bool capital = item.len > 0 && item.ptr[0] >= 'A' && item.ptr[0] <= 'Z';
        add(capital ? &env : &sets, item);
    }
    check_prepared(text);
    file_write(&file, text.ptr, text.len);
    struct settings *settings = create(&file, &sets, &env);
    if (settings) {
        check_printed(settings);
        settings_destroy(settings);
    }
    assert(close(file.fd) == 0);
    finish(&sets);
    finish(&env);
    return 0;
}
