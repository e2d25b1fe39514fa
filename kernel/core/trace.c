#include "kernel/core/trace.h"

#include <errno.h>
#include <execinfo.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "kernel/base/modules.h"

#define OWN_FRAMES 16u // the handler's own, at most
#define SET_BYTES  8u  // of a set of signals, to the kernel

void trace_warm(void) {
    void *frames[4];
    (void)backtrace(frames, 4);
}

#if defined(__x86_64__)
#define HAS_REGISTERS 1
static uintptr_t pc_of(const ucontext_t *context) {
    return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
}

// The system looks at the set before it finds that there is no such order. A
// call that filters of system calls know and allow.
static bool is_readable(const void *address) {
    const int no_order = -1;
    errno = 0;
    (void)syscall(SYS_rt_sigprocmask, no_order, address, NULL, SET_BYTES);
    return errno != EFAULT;
}

// Where the call of a function that is not there has left its way back; the
// stack may be what is broken.
static uintptr_t return_of(const ucontext_t *context) {
    uintptr_t found = 0;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the stack pointer
    void *top = (void *)(uintptr_t)context->uc_mcontext.gregs[REG_RSP];
    if (is_readable(top)) {
        memcpy(&found, top, sizeof(found));
    }
    return found;
}
#elif defined(__aarch64__)
#define HAS_REGISTERS 1
static uintptr_t pc_of(const ucontext_t *context) {
    return (uintptr_t)context->uc_mcontext.pc;
}

static uintptr_t return_of(const ucontext_t *context) {
    return (uintptr_t)context->uc_mcontext.regs[30];
}
#else
#define HAS_REGISTERS 0
static uintptr_t pc_of(const ucontext_t *context) {
    return 0;
}

static uintptr_t return_of(const ucontext_t *context) {
    return 0;
}
#endif

static void add(struct trace *trace, uintptr_t address) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of code
    trace->frames[trace->count++] = (void *)address;
}

void trace_take(struct trace *trace, const void *context) {
    void *all[TRACE_MAX + OWN_FRAMES];
    uintptr_t pc = pc_of(context);
    trace->count = 0;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of code
    trace->pc = (const void *)pc;
    int taken = backtrace(all, TRACE_MAX + OWN_FRAMES);
    size_t count = taken > 0 ? (size_t)taken : 0;
    size_t first = 0;
    while (HAS_REGISTERS && first < count && (uintptr_t)all[first] != pc) {
        first++;
    }
    if (first < count && (!HAS_REGISTERS || modules_find(trace->pc))) {
        size_t left = count - first;
        trace->count = left < TRACE_MAX ? left : TRACE_MAX;
        memcpy(trace->frames, all + first, trace->count * sizeof(all[0]));
        return;
    }
    add(trace, pc);
    uintptr_t back = return_of(context);
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of code
    if (modules_find((const void *)back)) {
        add(trace, back);
    }
}

const struct where_plugin *trace_plugin(const struct trace *trace) {
    for (size_t i = 0; i < trace->count; i++) {
        const struct where_plugin *plugin = where_owner(trace->frames[i]);
        if (plugin) {
            return plugin;
        }
    }
    return NULL;
}

// A return address is behind the call, perhaps in the next line of the
// source; one byte before is in the call.
static uintptr_t address_in(
        const struct trace *trace, const struct module *module, size_t i) {
    uintptr_t address = (uintptr_t)trace->frames[i] - module->base;
    return trace->frames[i] == trace->pc ? address : address - 1;
}

static void put_frame(
        const struct trace *trace, size_t i, struct raw_text *text) {
    const struct module *module = modules_find(trace->frames[i]);
    raw_text_put(text, i < 10 ? "  #" : " #");
    raw_text_put_u64(text, i);
    raw_text_put(text, " ");
    if (module) {
        raw_text_put_clean(text, module->path, sizeof(module->path));
        raw_text_put(text, " 0x");
        raw_text_put_hex(text, address_in(trace, module, i));
    } else {
        raw_text_put(text, "? 0x");
        raw_text_put_hex(text, (uintptr_t)trace->frames[i]);
    }
    raw_text_put(text, "\n");
}

// How many more frames are the same: a function that calls itself.
static size_t count_same(const struct trace *trace, size_t i) {
    size_t same = 0;
    while (i + same + 1 < trace->count
            && trace->frames[i + same + 1] == trace->frames[i]) {
        same++;
    }
    return same;
}

static void put_frames(const struct trace *trace, struct raw_text *text) {
    for (size_t i = 0; i < trace->count; i++) {
        size_t same = count_same(trace, i);
        put_frame(trace, i, text);
        if (same > 1) {
            raw_text_put(text, "      and ");
            raw_text_put_u64(text, same);
            raw_text_put(text, " more times\n");
            i += same;
        }
    }
    if (trace->count == TRACE_MAX) {
        raw_text_put(text, "      and what called these\n");
    }
}

static bool was_before(const struct trace *trace, size_t i) {
    const struct module *module = modules_find(trace->frames[i]);
    for (size_t j = 0; j < i; j++) {
        if (modules_find(trace->frames[j]) == module) {
            return true;
        }
    }
    return false;
}

void trace_put(const struct trace *trace, struct raw_text *text) {
    raw_text_put(text, "backtrace, for addr2line -Cfipe FILE ADDRESS:\n");
    put_frames(trace, text);
    raw_text_put(text, "files:\n");
    for (size_t i = 0; i < trace->count; i++) {
        const struct module *module = modules_find(trace->frames[i]);
        if (module && !was_before(trace, i)) {
            raw_text_put(text, "  ");
            raw_text_put_clean(text, module->path, sizeof(module->path));
            raw_text_put(text, " build-id=");
            raw_text_put(text, module->build_id[0] ? module->build_id : "?");
            raw_text_put(text, " at=0x");
            raw_text_put_hex(text, module->base);
            raw_text_put(text, "\n");
        }
    }
}
