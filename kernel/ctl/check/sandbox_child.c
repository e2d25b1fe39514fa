#include "kernel/ctl/check/sandbox_child.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define MEMORY_MAX ((rlim_t)2 << 30)
#define FILE_BYTES ((rlim_t)1 << 30)
#define FILES_MAX  512
#define STACK_SIZE 65536

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

// A handler is given nothing but the number of its signal.
// NOLINTNEXTLINE(file-scope-variable): for the handler alone
static const struct sandbox *volatile current;

// Says in which callback it happened, then dies of the signal as it would
// have. Nothing here may take a lock.
static void on_last_act(int signo) {
    const struct sandbox *sandbox = current;
    const char *name =
            sandbox->callback ? sandbox->callback(sandbox->ctx) : NULL;
    char *out = sandbox->scene->callback;
    for (size_t i = 0; name && i + 1 < sizeof(sandbox->scene->callback); i++) {
        out[i] = name[i];
        if (name[i] == '\0') {
            break;
        }
    }
    (void)signal(signo, SIG_DFL);
    (void)raise(signo);
}

static void watch_signals(void) {
    static const int signals[] = {
            SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTERM, SIGXCPU};
    // For a plugin that has used up the other stack.
    void *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const stack_t other = {.ss_sp = stack, .ss_size = STACK_SIZE};
    struct sigaction action = {
            .sa_handler = on_last_act, .sa_flags = SA_ONSTACK | SA_NODEFER};
    (void)sigaltstack(&other, NULL);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        (void)sigaction(signals[i], &action, NULL);
    }
}

static void limit(__rlimit_resource_t resource, rlim_t most) {
    const struct rlimit limit = {.rlim_cur = most, .rlim_max = most};
    (void)setrlimit(resource, &limit);
}

static void set_limits(int64_t limit_s) {
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, FILE_BYTES);
    limit(RLIMIT_NOFILE, FILES_MAX);
    limit(RLIMIT_CPU, (rlim_t)limit_s + 1);
#ifndef SANITIZED // it maps more than there is
    limit(RLIMIT_AS, MEMORY_MAX);
#endif
}

_Noreturn void sandbox_child(
        struct sandbox *sandbox, int64_t limit_s, sandbox_fn fn, void *ctx) {
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    (void)dup2(nothing, STDIN_FILENO);
    (void)dup2(sandbox->output, STDOUT_FILENO);
    (void)dup2(sandbox->output, STDERR_FILENO);
    (void)close(nothing);
    set_limits(limit_s);
    current = sandbox;
    watch_signals();
    fn(sandbox, ctx);
    (void)fflush(NULL);
    _exit(SANDBOX_CHILD_DONE);
}

// Line ends would make two lines of one.
static void write_line(const struct sandbox *sandbox, const char *line) {
    char out[REPORT_TEXT_MAX + REPORT_NAME_MAX + 8];
    size_t len = 0;
    for (; line[len] != '\0' && len + 2 < sizeof(out); len++) {
        bool plain = (unsigned char)line[len] >= ' ' || line[len] == '\t';
        out[len] = plain ? line[len] : ' ';
    }
    out[len++] = '\n';
    if (write(sandbox->lines, out, len) < 0) {
        _exit(1); // nobody listens
    }
}

void sandbox_tell(const struct sandbox *sandbox, enum report_level level,
        const char *name, const char *format, ...) {
    char text[REPORT_TEXT_MAX - 1];
    char line[REPORT_TEXT_MAX + REPORT_NAME_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    (void)snprintf(line, sizeof(line), "%d%.*s\t%s", (int)level,
            REPORT_NAME_MAX - 1, name, text);
    write_line(sandbox, line);
}

void sandbox_set_scene(
        const struct sandbox *sandbox, const char *what, const char *event) {
    struct sandbox_scene *scene = sandbox->scene;
    if (what) {
        (void)snprintf(scene->what, sizeof(scene->what), "%s", what);
    }
    if (event) {
        (void)snprintf(scene->event, sizeof(scene->event), "%s", event);
    }
}
