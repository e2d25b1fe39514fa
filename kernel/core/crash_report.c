#include "kernel/core/crash_report.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "kernel/base/clock.h"
#include "kernel/core/trace.h"
#include "nexus_version.h"

// Of the time, from which on a thread is busy: others want to run as well.
#define BUSY_PART 8

// X(signal, code, text)
#define CODES(X) \
    X(SIGSEGV, SEGV_MAPERR, "nothing is mapped there") \
    X(SIGSEGV, SEGV_ACCERR, "what is mapped there does not allow it") \
    X(SIGBUS, BUS_ADRALN, "wrong alignment") \
    X(SIGBUS, BUS_ADRERR, "the file behind it has no such place") \
    X(SIGFPE, FPE_INTDIV, "division of an integer by zero") \
    X(SIGFPE, FPE_INTOVF, "overflow of an integer") \
    X(SIGILL, ILL_ILLOPN, "illegal operand") \
    X(SIGILL, ILL_ILLOPC, "illegal instruction")

const char *crash_report_signal(int signo) {
    switch (signo) {
    case SIGSEGV:
        return "SIGSEGV";
    case SIGBUS:
        return "SIGBUS";
    case SIGILL:
        return "SIGILL";
    case SIGFPE:
        return "SIGFPE";
    case SIGABRT:
        return "SIGABRT";
    case SIGSYS:
        return "SIGSYS";
    default:
        return "signal";
    }
}

static void begin(struct raw_text *text, const char *name) {
    static const char blanks[] = "           ";
    size_t len = strlen(name);
    raw_text_put(text, name);
    raw_text_put(text, len < sizeof(blanks) - 1 ? blanks + len : " ");
}

static void put_line(struct raw_text *text, const char *name, const char *value,
        size_t size) {
    if (value[0] != '\0') {
        begin(text, name);
        raw_text_put_clean(text, value, size);
        raw_text_put(text, "\n");
    }
}

static const char *code_text(int signo, int code) {
    static const struct {
        int signo;
        int code;
        const char *text;
    } rows[] = {
#define CODE_ROW_(signo, code, text) {signo, code, text},
            CODES(CODE_ROW_)
#undef CODE_ROW_
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].signo == signo && rows[i].code == code) {
            return rows[i].text;
        }
    }
    return NULL;
}

static void put_signal(struct raw_text *text, const struct crash_facts *facts) {
    const siginfo_t *info = facts->info;
    const char *why = code_text(facts->signo, info->si_code);
    begin(text, "signal");
    raw_text_put(text, crash_report_signal(facts->signo));
    raw_text_put(text, " (");
    raw_text_put_i64(text, facts->signo);
    raw_text_put(text, ")");
    if (info->si_code <= 0) {
        raw_text_put(text, " sent by process ");
        raw_text_put_i64(text, info->si_pid);
        raw_text_put(text, info->si_pid == getpid() ? ", this one" : "");
    } else {
        raw_text_put(text, " at address 0x");
        raw_text_put_hex(text, (uintptr_t)info->si_addr);
        raw_text_put(text, why ? ": " : "");
        raw_text_put(text, why ? why : "");
    }
    raw_text_put(text, "\n");
}

static void put_message(struct raw_text *text, const char *message) {
    size_t len = strcspn(message, "\n");
    begin(text, "message");
    raw_text_put_clean(text, message, len < 1024 ? len : 1024);
    raw_text_put(text, "\n");
}

static void put_server(struct raw_text *text, const struct crash_facts *facts) {
    char time[CLOCK_UTC_SIZE];
    clock_format_utc(facts->wall_ms, time);
    put_line(text, "time", time, sizeof(time));
    begin(text, "server");
    raw_text_put(text, "nexusd " NEXUS_VERSION ", process ");
    raw_text_put_i64(text, getpid());
    raw_text_put(text, ", up ");
    raw_text_put_seconds(text, facts->now_ns - facts->started_ns);
    raw_text_put(text, " s\n");
    begin(text, "thread");
    raw_text_put(text, facts->where->thread);
    raw_text_put(text, " (");
    raw_text_put_i64(text, gettid());
    raw_text_put(text, ")\n");
}

static void put_stall(struct raw_text *text, const struct crash_facts *facts) {
    bool busy = facts->busy_ns > facts->stalled_ns / BUSY_PART;
    begin(text, "stuck");
    raw_text_put(text, "in one turn of the loop for ");
    raw_text_put_seconds(text, facts->stalled_ns);
    raw_text_put(text, " s, of which ");
    raw_text_put_seconds(text, facts->busy_ns);
    raw_text_put(text,
            busy ? " s on a CPU: it works or loops\n"
                 : " s on a CPU: it waits for something\n");
}

static void put_plugin(
        struct raw_text *text, const struct where_plugin *plugin) {
    begin(text, "plugin");
    raw_text_put_clean(text, plugin->name, sizeof(plugin->name));
    raw_text_put(text, " (id ");
    raw_text_put_clean(text, plugin->id, sizeof(plugin->id));
    raw_text_put(text, ", version ");
    raw_text_put_clean(text, plugin->version, sizeof(plugin->version));
    raw_text_put(text, ")\n");
    put_line(text, "file", plugin->path, sizeof(plugin->path));
    put_line(text, "sha256", plugin->sha256, sizeof(plugin->sha256));
}

static void put_callback(struct raw_text *text, const char *name,
        const struct where_frame *frame, int64_t now_ns) {
    begin(text, name);
    raw_text_put(text, frame->callback);
    raw_text_put(text, ", for ");
    raw_text_put_seconds(text, now_ns - frame->entered_ns);
    raw_text_put(text, " s\n");
}

static void put_outer(struct raw_text *text, const struct crash_facts *facts) {
    const struct where *where = facts->where;
    uint32_t depth =
            where->depth < WHERE_DEPTH_MAX ? where->depth : WHERE_DEPTH_MAX;
    for (uint32_t i = depth; i-- > 1;) {
        const struct where_frame *frame = &where->frames[i - 1];
        begin(text, "called from");
        raw_text_put_clean(
                text, frame->plugin->name, sizeof(frame->plugin->name));
        raw_text_put(text, " ");
        raw_text_put(text, frame->callback);
        raw_text_put(text, "\n");
    }
}

static void put_where(struct raw_text *text, const struct crash_facts *facts) {
    const struct where *where = facts->where;
    const struct where_frame *top = where_top(where);
    if (top) {
        put_plugin(text, top->plugin);
        put_callback(text, "callback", top, facts->now_ns);
        put_line(text, "room", top->room, sizeof(top->room));
    } else {
        put_line(text, "plugin", "none, the server itself", SIZE_MAX);
    }
    put_line(text, "event", where->event, sizeof(where->event));
    if (where->session != 0) {
        begin(text, "session");
        raw_text_put(text, "c-");
        raw_text_put_hex(text, where->session);
        raw_text_put(text, "\n");
    }
    put_outer(text, facts);
}

void crash_report_facts(
        const struct crash_facts *facts, struct raw_text *text) {
    raw_text_put(text, "\n=== NEXUS ");
    raw_text_put(text, facts->title);
    raw_text_put(text, " ===\n");
    if (facts->signo != 0) {
        put_signal(text, facts);
    }
    if (facts->stalled_ns > 0) {
        put_stall(text, facts);
    }
    if (facts->message) {
        put_message(text, facts->message);
    }
    put_server(text, facts);
    put_where(text, facts);
}

void crash_report_trace(const struct trace *trace,
        const struct where_plugin *blamed, struct raw_text *text) {
    if (blamed) {
        put_line(text, "in code of", blamed->name, sizeof(blamed->name));
    }
    trace_put(trace, text);
    raw_text_put(text, "=== end of report ===\n");
}
