/*
 * sandbox - runs code that may crash, hang or eat memory, in a child process.
 *
 * The child tells lines over a pipe and, in memory it shares with the parent,
 * what it is about, so that the parent can name the callback and the event
 * even when the child dies of them. Everything the child has started goes
 * with it.
 *
 * Owner:   the caller
 * Thread:  the only one: it forks
 * Errors:  lines of the report, which say how the child ended
 */
#ifndef KERNEL_CTL_CHECK_SANDBOX_H
#define KERNEL_CTL_CHECK_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/ctl/check/report.h"

#define SANDBOX_WHAT_MAX  128
#define SANDBOX_EVENT_MAX 400

// What the child is about. Shared; the parent reads when the child is dead.
struct sandbox_scene {
    char what[SANDBOX_WHAT_MAX];   // "start() fails on purpose", or ""
    char event[SANDBOX_EVENT_MAX]; // the event or request, cut, or ""
    char callback[64];             // filled in by the child's last act
};

struct sandbox {
    struct sandbox_scene *scene;
    const char *folder; // where the child may leave files
    int lines;          // the child's end of the pipe
    int output;         // what the child and the plugin print
    bool late;          // the last child had to be ended
    // In the child: the name of the callback that runs, or NULL. Called from
    // a signal handler.
    const char *(*callback)(const void *ctx);
    const void *ctx;
};

// Of the child.
typedef void (*sandbox_fn)(struct sandbox *sandbox, void *ctx);

bool sandbox_init(struct sandbox *sandbox, const char *folder);
void sandbox_finish(struct sandbox *sandbox);

struct sandbox_task {
    const char *name; // in lines that the parent adds
    int64_t limit_s;  // the child is ended then
    sandbox_fn fn;    // runs in the child
    void *ctx;
};

// Runs a task in a child; show is called for each line. False when one of
// them is a failure.
bool sandbox_run(struct sandbox *sandbox, const struct sandbox_task *task,
        struct report *report, void (*show)(const struct report_line *line));

// ---- in the child ----

__attribute__((format(printf, 4, 5))) void sandbox_tell(
        const struct sandbox *sandbox, enum report_level level,
        const char *name, const char *format, ...);

// What comes next, and with which event; NULL leaves it as it is.
void sandbox_set_scene(
        const struct sandbox *sandbox, const char *what, const char *event);

#endif
