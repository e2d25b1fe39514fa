/*
 * sandbox_child - the life of the child process, up to its last act.
 *
 * Thread:  the only one of a fresh child
 */
#ifndef KERNEL_CTL_CHECK_SANDBOX_CHILD_H
#define KERNEL_CTL_CHECK_SANDBOX_CHILD_H

#include "kernel/ctl/check/sandbox.h"

#define SANDBOX_CHILD_DONE 77 // exit code of a child that came to its end

_Noreturn void sandbox_child(
        struct sandbox *sandbox, int64_t limit_s, sandbox_fn fn, void *ctx);

#endif
