#include "kernel/ctl/check/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel/ctl/check/sandbox_child.h"

#define NS_IN_MS    INT64_C(1000000)
#define GRACE_MS    2000 // between asking a child to end and ending it
#define OUTPUT_LAST 8000 // of these bytes that a dead child has printed last
#define OUTPUT_MAX  3000 // the first so many are shown

struct run {
    struct sandbox *sandbox;
    const char *stage;
    struct report *report;
    void (*show)(const struct report_line *line);
    FILE *lines;
    pid_t pid;
    int ended; // pidfd
    bool late;
};

bool sandbox_init(struct sandbox *sandbox, const char *folder) {
    *sandbox = (struct sandbox){.folder = folder, .lines = -1};
    sandbox->scene = mmap(NULL, sizeof(*sandbox->scene), PROT_READ | PROT_WRITE,
            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    sandbox->output = memfd_create("output", MFD_CLOEXEC);
    if (sandbox->scene == MAP_FAILED || sandbox->output < 0) {
        sandbox->scene = NULL;
        return false;
    }
    return true;
}

void sandbox_finish(struct sandbox *sandbox) {
    if (sandbox->scene) {
        (void)munmap(sandbox->scene, sizeof(*sandbox->scene));
    }
    if (sandbox->output >= 0) {
        (void)close(sandbox->output);
    }
}

static int64_t now_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / NS_IN_MS;
}

// --- lines ----------------------------------------------------------------

__attribute__((format(printf, 4, 5))) static void add(struct run *run,
        enum report_level level, const char *name, const char *format, ...) {
    char text[REPORT_TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    const struct report_line *line =
            report_add(run->report, level, name, "%s", text);
    if (line) {
        run->show(line);
    }
}

// A digit for the level, the name, a tabulator, the text.
static void take_line(struct run *run, char *line) {
    char *tab = strchr(line, '\t');
    char *end = strchr(line, '\n');
    if (tab && end && line[0] >= '0' && line[0] <= '2') {
        *tab = '\0';
        *end = '\0';
        add(run, (enum report_level)(line[0] - '0'), line + 1, "%s", tab + 1);
    }
}

// What has come over the pipe, which does not block.
static void take_lines(struct run *run) {
    char line[REPORT_TEXT_MAX + REPORT_NAME_MAX + 8];
    while (fgets(line, sizeof(line), run->lines)) {
        take_line(run, line);
    }
    clearerr(run->lines);
}

// --- how it ended ---------------------------------------------------------

// What the child has printed at last, for people to look at: the reason comes
// first in what sanitizers say.
static void show_output(const struct sandbox *sandbox) {
    char text[OUTPUT_MAX + 1];
    off_t size = lseek(sandbox->output, 0, SEEK_END);
    off_t from = size > OUTPUT_LAST ? size - OUTPUT_LAST : 0;
    ssize_t got = pread(sandbox->output, text, OUTPUT_MAX, from);
    if (got > 0) {
        text[got] = '\0';
        (void)fprintf(stderr, "%s%s", text, text[got - 1] == '\n' ? "" : "\n");
    }
}

static void describe(const struct run *run, char *out, size_t size) {
    const struct sandbox_scene *scene = run->sandbox->scene;
    (void)snprintf(out, size, "%s%.40s%s%s%.120s%s%s%.400s",
            scene->callback[0] != '\0' ? ", in callback " : "", scene->callback,
            scene->what[0] != '\0' ? ", " : "", "", scene->what,
            scene->event[0] != '\0' ? ", at " : "", "", scene->event);
}

static void judge(struct run *run, int status, int64_t limit_s) {
    char where[REPORT_TEXT_MAX];
    describe(run, where, sizeof(where));
    if (run->late) {
        add(run, REPORT_FAIL, run->stage,
                "did not come to an end within %lld s%.520s; wait for nothing "
                "in a callback, or raise --time-limit",
                (long long)limit_s, where);
    } else if (WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));
        add(run, REPORT_FAIL, run->stage, "crashed with SIG%s%.520s",
                name ? name : "?", where);
        show_output(run->sandbox);
    } else if (WEXITSTATUS(status) != SANDBOX_CHILD_DONE) {
        add(run, REPORT_FAIL, run->stage,
                "ended the process with exit code %d%.520s; a plugin returns "
                "an error instead",
                WEXITSTATUS(status), where);
        show_output(run->sandbox);
    }
}

// --- waiting --------------------------------------------------------------

static bool ends_by(struct run *run, int64_t deadline_ms) {
    struct pollfd fds[] = {{.fd = run->ended, .events = POLLIN},
            {.fd = fileno(run->lines), .events = POLLIN}};
    for (;;) {
        int64_t left = deadline_ms - now_ms();
        if (left <= 0) {
            return false;
        }
        int wait_ms = left > 1000 ? 1000 : (int)left;
        if (poll(fds, 2, wait_ms) < 0 && errno != EINTR) {
            return false;
        }
        take_lines(run);
        if ((fds[0].revents & POLLIN) != 0) {
            return true;
        }
        if ((fds[1].revents & POLLHUP) != 0) {
            fds[1].fd = -1; // nothing more will come
        }
    }
}

static void wait_for(struct run *run, int64_t limit_s) {
    int status = 0;
    run->late = !ends_by(run, now_ms() + limit_s * 1000);
    if (run->late) {
        (void)kill(run->pid, SIGTERM); // it says where it is
        (void)ends_by(run, now_ms() + GRACE_MS);
        run->sandbox->late = true;
    }
    (void)kill(-run->pid, SIGKILL);
    (void)kill(run->pid, SIGKILL);
    while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR) {
    }
    take_lines(run);
    judge(run, status, limit_s);
}

// In the parent; false: there is no child, and the report says why.
static bool begin(struct run *run, int64_t limit_s, sandbox_fn fn, void *ctx) {
    struct sandbox *sandbox = run->sandbox;
    int ends[2] = {-1, -1};
    memset(sandbox->scene, 0, sizeof(*sandbox->scene));
    if (ftruncate(sandbox->output, 0) == 0
            && lseek(sandbox->output, 0, SEEK_SET) == 0
            && pipe2(ends, O_CLOEXEC) == 0
            && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0) {
        run->lines = fdopen(ends[0], "r");
        (void)fflush(NULL);
        run->pid = run->lines ? fork() : -1;
    }
    if (run->pid == 0) {
        sandbox->lines = ends[1];
        sandbox_child(sandbox, limit_s, fn, ctx);
    }
    if (run->pid > 0) {
        run->ended = (int)syscall(SYS_pidfd_open, run->pid, 0);
    } else {
        add(run, REPORT_FAIL, run->stage, "no child process: %s",
                strerrordesc_np(errno));
    }
    if (ends[1] >= 0) {
        (void)close(ends[1]);
    }
    return run->pid > 0;
}

bool sandbox_run(struct sandbox *sandbox, const struct sandbox_task *task,
        struct report *report, void (*show)(const struct report_line *line)) {
    size_t failed = report->failed;
    struct run run = {.sandbox = sandbox,
            .stage = task->name,
            .report = report,
            .show = show,
            .pid = -1,
            .ended = -1};
    sandbox->late = false;
    if (begin(&run, task->limit_s, task->fn, task->ctx)) {
        wait_for(&run, task->limit_s);
    }
    if (run.lines) {
        (void)fclose(run.lines);
    }
    if (run.ended >= 0) {
        (void)close(run.ended);
    }
    return report->failed == failed;
}
