/*
 * report - what a check of a plugin has found, one line for each question.
 *
 * A line has the name of the question, "state.short-reads", the answer, and a
 * sentence: what was seen, and what to do if it is not well.
 *
 * Owner:   the caller, who calls report_finish
 * Thread:  one
 * Errors:  without memory the process ends
 */
#ifndef KERNEL_CTL_CHECK_REPORT_H
#define KERNEL_CTL_CHECK_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define REPORT_NAME_MAX 32
#define REPORT_TEXT_MAX 768
#define REPORT_LINES    256 // more are counted and not kept

enum report_level {
    REPORT_OK,
    REPORT_WARN, // works, and should be looked at
    REPORT_FAIL,
};

struct report_line {
    enum report_level level;
    char name[REPORT_NAME_MAX];
    char text[REPORT_TEXT_MAX];
};

struct report {
    struct report_line *lines;
    size_t count;
    size_t failed;
    size_t warned;
};

void report_init(struct report *report);
void report_finish(struct report *report);

// The same mistake found again, in other words for the place, is not added.
// Returns the line, or NULL.
__attribute__((format(printf, 4, 5))) const struct report_line *report_add(
        struct report *report, enum report_level level, const char *name,
        const char *format, ...);

// The word for a terminal: "ok", "warn", "FAIL".
const char *report_word(enum report_level level);

void report_print_line(const struct report_line *line);

// An array of {check, result, detail}.
json_t *report_json(const struct report *report);

#endif
