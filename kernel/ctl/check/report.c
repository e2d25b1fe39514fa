#include "kernel/ctl/check/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void report_init(struct report *report) {
    *report = (struct report){
            .lines = calloc(REPORT_LINES, sizeof(*report->lines))};
    if (!report->lines) {
        abort();
    }
}

void report_finish(struct report *report) {
    free(report->lines);
    *report = (struct report){.lines = NULL};
}

// How much of a text says what it is: numbers and places come after it.
static size_t key_len(const char *text) {
    static const char *const ends[] = {" ms=", " writers=", " ("};
    size_t len = strlen(text);
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        const char *end = strstr(text, ends[i]);
        len = end && (size_t)(end - text) < len ? (size_t)(end - text) : len;
    }
    return len;
}

static bool is_known(
        const struct report *report, const char *name, const char *text) {
    for (size_t i = 0; i < report->count; i++) {
        const struct report_line *line = &report->lines[i];
        size_t len = key_len(text);
        if (strcmp(line->name, name) == 0 && key_len(line->text) == len
                && strncmp(line->text, text, len) == 0) {
            return true;
        }
    }
    return false;
}

// A terminal, and JSON, show no other bytes.
static void make_plain(char *text) {
    for (; *text != '\0'; text++) {
        if (*text < ' ' || *text > '~') {
            *text = '?';
        }
    }
}

const struct report_line *report_add(struct report *report,
        enum report_level level, const char *name, const char *format, ...) {
    char text[REPORT_TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    make_plain(text);
    if (is_known(report, name, text)) {
        return NULL;
    }
    report->failed += level == REPORT_FAIL ? 1 : 0;
    report->warned += level == REPORT_WARN ? 1 : 0;
    if (report->count == REPORT_LINES) {
        return NULL;
    }
    struct report_line *line = &report->lines[report->count++];
    line->level = level;
    (void)snprintf(line->name, sizeof(line->name), "%s", name);
    memcpy(line->text, text, sizeof(text));
    return line;
}

const char *report_word(enum report_level level) {
    static const char *const words[] = {"ok", "warn", "FAIL"};
    return words[level];
}

void report_print_line(const struct report_line *line) {
    (void)printf("%-4s  %-20s %s\n", report_word(line->level), line->name,
            line->text);
    (void)fflush(stdout);
}

json_t *report_json(const struct report *report) {
    json_t *array = json_array();
    for (size_t i = 0; i < report->count; i++) {
        const struct report_line *line = &report->lines[i];
        (void)json_array_append_new(array,
                json_pack("{s:s, s:s, s:s}", "check", line->name, "result",
                        line->level == REPORT_FAIL ? "fail"
                                                   : report_word(line->level),
                        "detail", line->text));
    }
    return array;
}
