#include "kernel/ctl/check/subject.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nexus/testing/fake_host.h>

#include "kernel/core/core.h"
#include "kernel/core/loader.h"
#include "kernel/core/op.h"
#include "kernel/core/plugin.h"
#include "kernel/core/plugins.h"
#include "kernel/core/settings.h"
#include "kernel/ctl/plugin/plugin_facts.h"
#include "sdk/testing/fake_parts.h"

#define PATH_SIZE 512
#define FAKE_FILE "/proc/self/fd/" // the configuration of the fake host
#define MISTAKE   "a mistake of the plugin"
#define SLOW      "a callback was slow"
#define MISTAKES  5 // are told in full

// --- the file -------------------------------------------------------------

static const char *callback(const void *ctx) {
    return stand_in_callback(ctx);
}

static bool load(struct subject *subject) {
    char images[PATH_SIZE];
    const struct plugin_entry entry = {
            .name = subject->plan->facts->id, .path = subject->plan->path};
    (void)snprintf(
            images, sizeof(images), "%s/images", subject->sandbox->folder);
    if (!loader_set_dirs(subject->loader, "/", images)) {
        return false;
    }
    sandbox_set_scene(subject->sandbox, "while the file is mapped", "");
    const struct image *image = loader_open(subject->loader, &entry);
    if (image) {
        stand_in_init(&subject->stand_in, image->entry);
        subject->sandbox->callback = callback;
        subject->sandbox->ctx = &subject->stand_in;
    }
    return image != NULL;
}

bool subject_init(struct subject *subject, struct sandbox *sandbox,
        const struct subject_plan *plan) {
    *subject = (struct subject){.plan = plan,
            .sandbox = sandbox,
            .loader = loader_create(),
            .log = -1};
    if (!subject->loader) {
        abort();
    }
    if (!load(subject)) {
        sandbox_tell(sandbox, REPORT_FAIL, "load", "%s",
                loader_reason(subject->loader));
        loader_destroy(subject->loader);
        return false;
    }
    return true;
}

void subject_finish(struct subject *subject) {
    subject_end(subject);
    loader_remove_copies(subject->loader);
    loader_destroy(subject->loader);
    subject->sandbox->callback = NULL;
}

// --- the log --------------------------------------------------------------

// What stands behind reason= in a line, without its quotes.
static void keep_reason(struct subject *subject, const char *line) {
    const char *reason = strstr(line, "reason=");
    if (!reason) {
        return;
    }
    reason += strlen("reason=");
    bool quoted = *reason == '"';
    reason += quoted ? 1 : 0;
    // The place in a file that nobody has written.
    const char *place = strncmp(reason, FAKE_FILE, strlen(FAKE_FILE)) == 0
            ? strstr(reason, ": ")
            : NULL;
    reason = place ? place + 2 : reason;
    size_t len = strlen(reason);
    len -= quoted && len > 0 && reason[len - 1] == '"' ? 1 : 0;
    (void)snprintf(
            subject->why, sizeof(subject->why), "%.*s", (int)len, reason);
}

// The part of a line that says what happened: behind time, level and module.
static const char *told(const char *line) {
    const char *at = strstr(line, ": ");
    return at ? at + 2 : line;
}

static void look_at_line(struct subject *subject, const char *line) {
    if (strstr(line, MISTAKE)) {
        if (subject->mistakes++ < MISTAKES) {
            sandbox_tell(subject->sandbox, REPORT_FAIL, "calls", "%s (%s)",
                    told(line), subject->sandbox->scene->what);
        }
    } else if (strstr(line, SLOW)) {
        if (subject->slow++ < MISTAKES) {
            sandbox_tell(subject->sandbox, REPORT_WARN, "time",
                    "%s; give long work to nexus.jobs (%s)", told(line),
                    subject->sandbox->scene->what);
        }
    } else if (strstr(line, "cannot start")) {
        keep_reason(subject, line);
    }
}

// What came since the last look. The log is written at the offset that the
// descriptor has, which stays as it is.
static void look_at_log(struct subject *subject) {
    struct stat info;
    if (subject->log < 0 || fstat(subject->log, &info) != 0) {
        return;
    }
    size_t size = (size_t)(info.st_size - subject->checked);
    char *text = calloc(1, size + 1);
    ssize_t got = text ? pread(subject->log, text, size, subject->checked) : 0;
    char *rest = text;
    char *line;
    while (got > 0 && (line = strsep(&rest, "\n")) != NULL) {
        look_at_line(subject, line);
    }
    subject->checked = info.st_size;
    free(text);
}

// --- the host -------------------------------------------------------------

static void apply_sets(struct subject *subject) {
    // Limits on clients would keep most of what is sent from the plugin.
    static const char *const own[] = {"limits.messages_per_second=0",
            "limits.bytes_per_second=0", "limits.rate_violations=0"};
    const struct subject_plan *plan = subject->plan;
    char folder[PATH_SIZE];
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        fake_host_set(subject->host, own[i]);
    }
    (void)snprintf(folder, sizeof(folder), "data_dir=%s/data",
            subject->sandbox->folder);
    fake_host_set(subject->host, folder);
    for (size_t i = 0; i < plan->set_count; i++) {
        fake_host_set(subject->host, plan->sets[i]);
    }
}

bool subject_begin(struct subject *subject) {
    subject->why[0] = '\0';
    subject->host = fake_host_create();
    fake_host_keep_log(subject->host);
    subject->log = dup(subject->host->log_fd);
    subject->checked = 0;
    fake_host_add(
            subject->host, &subject->stand_in.entry, subject->plan->facts->id);
    apply_sets(subject);
    bool started = fake_host_start(subject->host);
    look_at_log(subject);
    if (!started && subject->why[0] == '\0') {
        (void)snprintf(subject->why, sizeof(subject->why), "%s",
                fake_host_error(subject->host));
    }
    return started;
}

bool subject_must_begin(struct subject *subject, const char *name) {
    sandbox_set_scene(subject->sandbox, "while it starts", "");
    bool started = subject_begin(subject);
    if (!started) {
        sandbox_tell(subject->sandbox, REPORT_FAIL, name,
                "does not start: %s; --set and --config give it settings",
                subject->why);
        subject_end(subject);
    }
    return started;
}

void subject_end(struct subject *subject) {
    if (!subject->host) {
        return;
    }
    fake_host_destroy(subject->host);
    subject->host = NULL;
    look_at_log(subject);
    (void)close(subject->log);
    subject->log = -1;
}

struct core *subject_core(const struct subject *subject) {
    return subject->host ? subject->host->core : NULL;
}

struct plugin *subject_plugin(const struct subject *subject) {
    const struct core *core = subject_core(subject);
    for (size_t i = 0; core && i < plugins_count(core->plugins); i++) {
        struct plugin *plugin = plugins_get(core->plugins, i);
        if (stand_in_is_behind(&subject->stand_in, plugin)) {
            return plugin;
        }
    }
    return NULL;
}

size_t subject_pending(const struct subject *subject, const char **type) {
    const struct core *core = subject_core(subject);
    const struct op *op;
    uint64_t cursor = 0;
    size_t count = 0;
    while (core && (op = ops_next(core->ops, &cursor)) != NULL) {
        if (stand_in_is_behind(&subject->stand_in, op->owner)) {
            *type = op->kind == OP_EVENT ? op->type : "a request over HTTP";
            count++;
        }
    }
    return count;
}
