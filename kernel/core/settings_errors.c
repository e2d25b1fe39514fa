#include "kernel/core/settings_errors.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void settings_errors_init(struct settings_errors *errors) {
    memset(errors, 0, sizeof(*errors));
}

static void free_texts(char *texts[SETTINGS_ERRORS_MAX]) {
    for (size_t i = 0; i < SETTINGS_ERRORS_MAX; i++) {
        free(texts[i]);
        texts[i] = NULL;
    }
}

void settings_errors_finish(struct settings_errors *errors) {
    free_texts(errors->texts);
    free_texts(errors->warnings);
    errors->count = 0;
    errors->warning_count = 0;
}

// A value quoted in a sentence must not write to the operator's terminal.
static void replace_controls(char *text) {
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            *c = '?';
        }
    }
}

__attribute__((format(printf, 2, 0))) static void add(
        char *texts[SETTINGS_ERRORS_MAX], const char *format, va_list args) {
    char text[SETTINGS_ERROR_TEXT_MAX];
    (void)vsnprintf(text, sizeof(text), format, args);
    replace_controls(text);
    for (size_t i = 0; i < SETTINGS_ERRORS_MAX; i++) {
        if (texts[i] == NULL) {
            texts[i] = strdup(text);
            return;
        }
    }
}

void settings_errors_add(
        struct settings_errors *errors, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add(errors->texts, format, args);
    va_end(args);
    errors->count++;
}

void settings_errors_warn(
        struct settings_errors *errors, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add(errors->warnings, format, args);
    va_end(args);
    errors->warning_count++;
}

static void print_texts(char *const texts[SETTINGS_ERRORS_MAX], size_t count,
        const char *kind, FILE *out) {
    size_t kept = 0;
    while (kept < SETTINGS_ERRORS_MAX && texts[kept] != NULL) {
        (void)fprintf(out, "%s: %s\n", kind, texts[kept]);
        kept++;
    }
    if (count > kept) {
        (void)fprintf(out, "%s: and %zu more\n", kind, count - kept);
    }
}

void settings_errors_print(const struct settings_errors *errors, FILE *out) {
    print_texts(errors->texts, errors->count, "error", out);
    print_texts(errors->warnings, errors->warning_count, "warning", out);
}
