/*
 * trace - the calls that led to where a thread is, taken in a signal handler.
 *
 * The unwinder of the compiler's runtime walks the stack from the handler
 * through the interrupted code; what lies before that is left out. A jump to
 * nowhere cannot be walked: then its return address, if the stack has one, is
 * all there is.
 *
 * Owner:   the caller, in memory that was there before
 * Thread:  any, and signal handlers after trace_warm()
 * Errors:  a trace without frames
 */
#ifndef KERNEL_CORE_TRACE_H
#define KERNEL_CORE_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/base/raw_text.h"
#include "kernel/core/where.h"

#define TRACE_MAX 64u

struct trace {
    size_t count;
    void *frames[TRACE_MAX]; // the innermost first
    const void *pc;          // what was interrupted, NULL: unknown
};

// Loads what the unwinder needs, which a handler must not.
void trace_warm(void);

// context is that of the handler.
void trace_take(struct trace *trace, const void *context);

// The plugin whose code is innermost, or NULL.
const struct where_plugin *trace_plugin(const struct trace *trace);

// A line for each frame: its number, file and address in the file, as
// addr2line takes them; then one for each file with its build id.
void trace_put(const struct trace *trace, struct raw_text *text);

#endif
