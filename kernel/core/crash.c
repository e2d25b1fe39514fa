#include "kernel/core/crash.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "kernel/base/clock.h"
#include "kernel/base/modules.h"
#include "kernel/core/crash_note.h"
#include "kernel/core/crash_report.h"
#include "kernel/core/loader.h"
#include "kernel/core/trace.h"
#include "kernel/core/where.h"

#define NS_IN_S         INT64_C(1000000000)
#define NS_IN_MS        1000000
#define STACK_BYTES     ((size_t)128 << 10)
#define SIGNALS         6
#define EXIT_OF_SIGNALS 128 // as a shell has it
// A handler that has not come to its end by then never will.
#define PATIENCE_S 20
// Not the first of these: libraries like that one.
#define ASK_SIGNAL (SIGRTMIN + 7)

// A sanitizer of addresses gives its threads stacks for handlers by itself,
// and takes them back.
#if defined(__SANITIZE_ADDRESS__)
#define HAS_STACKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_STACKS 1
#endif
#endif
#ifndef HAS_STACKS
#define HAS_STACKS 0
#endif

static const int signals[SIGNALS] = {
        SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};

// What the C library leaves for such as us: the text of assert() and the like.
struct abort_text {
    unsigned size;
    char text[];
};

// NOLINTNEXTLINE(file-scope-variable): a handler has no argument of its own
static struct {
    bool installed;
    struct sigaction before[SIGNALS];
    atomic_int writer; // thread id of the first that crashed
    int dir;
    int64_t started_ns;
    void *stack;
    const struct abort_text *const *abort_text;
    atomic_int note_fd;
    _Atomic off_t note_at;
    _Atomic uint64_t note_seq;
    struct raw_text text;
    struct raw_text asked_text;
    struct trace trace;
    struct trace asked_trace;
    // A struct crash_stall, written by the watchdog while a handler may read.
    _Atomic int64_t stall_lasts_ns;
    _Atomic int64_t stall_busy_ns;
    _Atomic(const _Atomic uint64_t *) stall_beat; // NULL: there was none
    _Atomic uint64_t stall_turn;
    atomic_bool asked;
} state = {.dir = -1, .note_fd = -1};

static int64_t clock_ns(clockid_t clock) {
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * NS_IN_S + now.tv_nsec;
}

static bool is_stalled(void) {
    const _Atomic uint64_t *beat = atomic_load(&state.stall_beat);
    return beat && atomic_load(beat) == atomic_load(&state.stall_turn);
}

static void gather(struct crash_facts *facts) {
    bool stalled = is_stalled();
    facts->stalled_ns = stalled ? atomic_load(&state.stall_lasts_ns) : 0;
    facts->busy_ns = stalled ? atomic_load(&state.stall_busy_ns) : 0;
    facts->started_ns = state.started_ns;
    facts->now_ns = clock_ns(CLOCK_MONOTONIC);
    facts->wall_ms = clock_ns(CLOCK_REALTIME) / NS_IN_MS;
    facts->where = where_here();
}

// --- the note -------------------------------------------------------------

static bool came_from_outside(const siginfo_t *info) {
    return info->si_code <= 0 && info->si_pid != getpid();
}

// Who is told to end by somebody else has done nothing, unless it is stuck.
static void leave_note(
        const struct crash_facts *facts, const struct where_plugin *plugin) {
    if (state.note_fd < 0 || !plugin
            || (came_from_outside(facts->info) && facts->stalled_ns == 0)) {
        return;
    }
    struct crash_note note;
    memset(&note, 0, sizeof(note));
    note.kind = CRASH_NOTE_CRASH;
    note.signo = facts->signo;
    note.seq = state.note_seq;
    note.at_ms = facts->wall_ms;
    note.pid = getpid();
    crash_note_name(&note, plugin);
    const struct where_frame *top = where_top(facts->where);
    if (top) {
        size_t len = strlen(top->callback);
        len = len < sizeof(note.callback) ? len : sizeof(note.callback) - 1;
        memcpy(note.callback, top->callback, len);
    }
    memcpy(note.event, facts->where->event, sizeof(facts->where->event));
    crash_note_seal(&note);
    (void)!pwrite(state.note_fd, &note, sizeof(note), state.note_at);
    (void)fdatasync(state.note_fd);
}

// The plugin whose callback runs, unless it has called into another that is
// not in a callback of its own, such as the storage.
static const struct where_plugin *find_blame(
        const struct where *where, const struct trace *trace) {
    const struct where_frame *top = where_top(where);
    const struct where_plugin *code = trace_plugin(trace);
    if (!top || !code) {
        return top ? top->plugin : code;
    }
    for (uint32_t i = 0; i < where->depth && i < WHERE_DEPTH_MAX; i++) {
        if (strcmp(where->frames[i].plugin->name, code->name) == 0) {
            return top->plugin;
        }
    }
    return code;
}

// --- the report -----------------------------------------------------------

static int open_report(const struct crash_facts *facts) {
    if (state.dir < 0) {
        return -1;
    }
    char time[CLOCK_UTC_SIZE];
    struct raw_text *name = &state.asked_text; // of no use any more
    clock_format_utc(facts->wall_ms, time);
    raw_text_clear(name);
    raw_text_put(name, "crash-");
    raw_text_put_clean(name, time, strcspn(time, "."));
    raw_text_put(name, "Z-");
    raw_text_put_i64(name, getpid());
    raw_text_put(name, ".txt");
    name->data[name->len] = '\0';
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    return openat(state.dir, name->data, flags, 0600);
}

// Sending to one file leaves it unsent for the other.
static void send_both(int file, size_t from) {
    if (file >= 0) {
        state.text.sent = from;
        raw_text_send(&state.text, file);
        (void)fdatasync(file);
    }
    state.text.sent = from;
    raw_text_send(&state.text, STDERR_FILENO);
}

static void report(struct crash_facts *facts, const void *context) {
    struct raw_text *text = &state.text;
    const struct where_frame *top = where_top(facts->where);
    const struct where_plugin *suspect = top ? top->plugin : NULL;
    // What needs the least comes first: walking the stack may be the end.
    leave_note(facts, suspect);
    int file = open_report(facts);
    raw_text_clear(text);
    crash_report_facts(facts, text);
    send_both(file, 0);
    trace_take(&state.trace, context);
    const struct where_plugin *blamed = find_blame(facts->where, &state.trace);
    if (blamed != suspect) {
        leave_note(facts, blamed);
    }
    size_t from = text->len;
    crash_report_trace(&state.trace, blamed != suspect ? blamed : NULL, text);
    send_both(file, from);
    if (file >= 0) {
        (void)close(file);
    }
}

// --- the handlers ---------------------------------------------------------

// Whatever happens, the process does not hang.
static void limit_time(void) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    (void)sigaction(SIGALRM, &standard, NULL);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    (void)alarm(PATIENCE_S);
}

// The first process of a container is not ended by a signal that it sends
// itself; only a fault that happens again ends it.
static bool is_first_process(void) {
    return getpid() == 1;
}

static void hand_on(int signo, const siginfo_t *info) {
    struct sigaction next = {.sa_handler = SIG_DFL};
    for (size_t i = 0; i < SIGNALS; i++) {
        if (signals[i] == signo && state.before[i].sa_handler != SIG_IGN) {
            next = state.before[i];
        }
    }
    (void)alarm(0);
    if (is_first_process() && info->si_code <= 0) {
        _exit(EXIT_OF_SIGNALS + signo);
    }
    (void)sigaction(signo, &next, NULL);
    // Blocked until the handler returns, so that a core dump shows the place.
    (void)syscall(SYS_tgkill, getpid(), gettid(), signo);
}

static void on_fatal(int signo, siginfo_t *info, void *context) {
    int nobody = 0;
    if (!atomic_compare_exchange_strong(&state.writer, &nobody, gettid())) {
        // Another thread was first, and ends the process.
        while (nobody != gettid()) {
            (void)pause();
        }
        return;
    }
    struct crash_facts facts = {
            .title = "crash report", .signo = signo, .info = info};
    limit_time();
    gather(&facts);
    if (signo == SIGABRT && state.abort_text && *state.abort_text) {
        facts.message = (*state.abort_text)->text;
    }
    report(&facts, context);
    hand_on(signo, info);
}

static void on_ask(int signo, siginfo_t *info, void *context) {
    int saved_errno = errno;
    struct crash_facts facts = {.title = "report of a stuck loop"};
    struct raw_text *text = &state.asked_text;
    // The turn may have ended meanwhile.
    if (atomic_exchange(&state.asked, false) && is_stalled()) {
        gather(&facts);
        raw_text_clear(text);
        crash_report_facts(&facts, text);
        raw_text_send(text, STDERR_FILENO);
        trace_take(&state.asked_trace, context);
        crash_report_trace(&state.asked_trace, NULL, text);
        raw_text_send(text, STDERR_FILENO);
    }
    errno = saved_errno;
}

// --- life -----------------------------------------------------------------

static void *set_stack(void) {
    if (HAS_STACKS) {
        return NULL;
    }
    void *memory = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED) {
        return NULL;
    }
    stack_t stack = {.ss_sp = memory, .ss_size = STACK_BYTES};
    (void)sigaltstack(&stack, NULL);
    return memory;
}

// A signal of these that is blocked would end the process without a word.
static void allow_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < SIGNALS; i++) {
        sigaddset(&set, signals[i]);
    }
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void *crash_thread_begin(const char *name) {
    where_thread(name);
    allow_signals();
    return set_stack();
}

void crash_thread_end(void *stack) {
    if (stack) {
        stack_t none = {.ss_flags = SS_DISABLE};
        (void)sigaltstack(&none, NULL);
        (void)munmap(stack, STACK_BYTES);
    }
}

static void take_signals(void) {
    struct sigaction action = {
            .sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < SIGNALS; i++) {
        (void)sigaction(signals[i], &action, &state.before[i]);
    }
    action.sa_sigaction = on_ask;
    action.sa_flags |= SA_RESTART;
    // A crash while it writes is still one.
    for (size_t i = 0; i < SIGNALS; i++) {
        sigdelset(&action.sa_mask, signals[i]);
    }
    (void)sigaction(ASK_SIGNAL, &action, NULL);
}

void crash_init(const char *dir) {
    trace_warm();
    modules_scan(NULL, NULL);
    state.dir = dir ? open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    state.started_ns = clock_ns(CLOCK_MONOTONIC);
    state.abort_text = loader_abort_text();
    state.stack = crash_thread_begin("logic");
    if (!state.installed) {
        take_signals();
        state.installed = true;
    }
}

void crash_finish(void) {
    if (!state.installed) {
        return;
    }
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    for (size_t i = 0; i < SIGNALS; i++) {
        (void)sigaction(signals[i], &state.before[i], NULL);
    }
    (void)sigaction(ASK_SIGNAL, &ignore, NULL);
    crash_thread_end(state.stack);
    crash_note_to(-1, 0, 0);
    if (state.dir >= 0) {
        (void)close(state.dir);
    }
    state.dir = -1;
    state.installed = false;
}

void crash_note_to(int fd, off_t at, uint64_t seq) {
    state.note_fd = fd;
    state.note_at = at;
    state.note_seq = seq;
}

// --- from the watchdog ----------------------------------------------------

static void take_stall(const struct crash_stall *stall) {
    atomic_store(&state.stall_lasts_ns, stall->lasts_ns);
    atomic_store(&state.stall_busy_ns, stall->busy_ns);
    atomic_store(&state.stall_turn, stall->turn);
    atomic_store(&state.stall_beat, stall->beat);
}

void crash_ask(pthread_t thread, const struct crash_stall *stall) {
    take_stall(stall);
    atomic_store(&state.asked, true);
    (void)pthread_kill(thread, ASK_SIGNAL);
}

void crash_calm(void) {
    atomic_store(&state.stall_beat, NULL);
}

void crash_end(pthread_t thread, const struct crash_stall *stall) {
    const struct timespec patience = {.tv_sec = PATIENCE_S / 2};
    take_stall(stall);
    (void)pthread_kill(thread, SIGABRT);
    (void)nanosleep(&patience, NULL);
    // It did not take the signal.
    abort();
}
