#include "kernel/ctl/check/plugin_check.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/core/plugin_file.h"
#include "kernel/ctl/check/check_sets.h"
#include "kernel/ctl/check/elf_rules.h"
#include "kernel/ctl/check/report.h"
#include "kernel/ctl/check/sandbox.h"
#include "kernel/ctl/check/stages.h"
#include "kernel/ctl/check/subject.h"
#include "kernel/ctl/command.h"
#include "kernel/ctl/plugin/plugin_facts.h"
#include "kernel/ctl/plugin/plugin_info.h"
#include "kernel/ctl/print.h"

#define STAGE_LIMIT_S 120

struct check {
    const struct ctl_options *options;
    struct plugin_file file;
    struct plugin_facts facts;
    struct check_sets sets;
    struct report report;
    char folder[64];
    char *path;
};

static void show_nothing(const struct report_line *line) {
}

// --- the folder -----------------------------------------------------------

static int remove_one(const char *path, const struct stat *info, int kind,
        struct FTW *where) {
    return remove(path);
}

static bool make_folder(struct check *check) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
    const char *tmp = getenv("TMPDIR");
    int len = snprintf(check->folder, sizeof(check->folder),
            "%s/nexusctl-XXXXXX", tmp && tmp[0] == '/' ? tmp : "/tmp");
    if (len >= (int)sizeof(check->folder) || !mkdtemp(check->folder)) {
        check->folder[0] = '\0';
        (void)fprintf(stderr,
                "nexusctl: cannot make a folder for files; set TMPDIR to one "
                "that is writable\n");
        return false;
    }
    return true;
}

static void remove_folder(const struct check *check) {
    if (check->folder[0] != '\0') {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
        (void)nftw(check->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    }
}

// --- the stages -----------------------------------------------------------

static bool found(const struct report *report, const char *name) {
    for (size_t i = 0; i < report->count; i++) {
        if (strcmp(report->lines[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void run_stages(struct check *check, struct sandbox *sandbox,
        void (*show)(const struct report_line *line)) {
    const struct subject_plan plan = {
            .path = check->path,
            .facts = &check->facts,
            .sets = check->sets.texts,
            .set_count = check->sets.count,
    };
    int64_t limit_s = check->options->time_limit > 0
            ? (int64_t)check->options->time_limit
            : STAGE_LIMIT_S;
    for (const struct stage *stage = stages; stage->name; stage++) {
        struct stage_call call = {.stage = stage, .plan = &plan};
        const struct sandbox_task task = {.name = stage->name,
                .limit_s = limit_s,
                .fn = stage_run,
                .ctx = &call};
        bool good = sandbox_run(sandbox, &task, &check->report, show);
        // Nothing can be said of one that does not start, and one that hangs
        // would hang in most of the others too.
        if ((!good && stage == stages) || sandbox->late) {
            break;
        }
    }
}

// What is only told when it is not so.
static void add_silent(struct check *check) {
    struct report *report = &check->report;
    if (found(report, "reload") && !found(report, "calls")) {
        report_add(report, REPORT_OK, "calls",
                "every call into the host came at its time, from the right "
                "thread");
    }
    if (found(report, "reload") && !found(report, "time")) {
        report_add(report, REPORT_OK, "time",
                "no callback took longer than callbacks.slow_ms");
    }
}

static void show_from(const struct check *check, size_t first) {
    for (size_t i = first; i < check->report.count; i++) {
        report_print_line(&check->report.lines[i]);
    }
}

static int conclude(const struct check *check) {
    const struct report *report = &check->report;
    int code = report->failed > 0 ? CTL_EXIT_FOUND : EXIT_SUCCESS;
    if (!check->options->json) {
        (void)printf("\n%s %s: %zu failed, %zu warnings\n", check->facts.id,
                check->facts.version, report->failed, report->warned);
        return code;
    }
    int printed = print_json(json_pack("{s:s, s:s, s:b, s:I, s:I, s:o}", "id",
            check->facts.id, "version", check->facts.version, "passed",
            report->failed == 0, "failed", (json_int_t)report->failed,
            "warnings", (json_int_t)report->warned, "checks",
            report_json(report)));
    return printed == EXIT_SUCCESS ? code : printed;
}

static int run(struct check *check) {
    struct sandbox sandbox;
    bool json = check->options->json;
    if (!sandbox_init(&sandbox, check->folder)) {
        sandbox_finish(&sandbox);
        (void)fputs("nexusctl: no memory to share with a child\n", stderr);
        return CTL_EXIT_FAILURE;
    }
    report_init(&check->report);
    elf_rules_check(&check->facts, &check->report);
    if (!json) {
        show_from(check, 0);
    }
    run_stages(check, &sandbox, json ? show_nothing : report_print_line);
    size_t told = check->report.count;
    add_silent(check);
    if (!json) {
        show_from(check, told);
    }
    int code = conclude(check);
    report_finish(&check->report);
    sandbox_finish(&sandbox);
    return code;
}

int plugin_check(const struct ctl_options *options) {
    struct check check = {.options = options};
    int code = EXIT_SUCCESS;
    if (!plugin_info_open(
                options->argument, &check.file, &check.facts, &code)) {
        return code;
    }
    code = CTL_EXIT_FAILURE;
    check.path = realpath(options->argument, NULL);
    if (check.path && check_sets_init(&check.sets, options, &check.facts)) {
        if (make_folder(&check)) {
            code = run(&check);
            remove_folder(&check);
        }
        check_sets_finish(&check.sets);
    }
    free(check.path);
    plugin_info_close(&check.file, &check.facts);
    return code;
}
