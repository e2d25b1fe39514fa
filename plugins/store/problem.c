#include "plugins/store/problem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *problem_advice(enum problem_kind kind) {
    switch (kind) {
    case PROBLEM_FULL:
        return "free space on that disk, or raise plugins.store.max_bytes if "
               "that is the limit";
    case PROBLEM_BUSY:
        return "find the program that holds a transaction open on the file "
               "(fuser names it) and end it";
    case PROBLEM_MEMORY:
        return "give the process more memory, or lower "
               "plugins.store.cache_bytes";
    case PROBLEM_READ_ONLY:
        return "make the folder and its files writable for the user the "
               "server runs as, or choose another with plugins.store.folder";
    case PROBLEM_LOCKED:
        return "stop the other server, or give this one a data_dir of its own";
    case PROBLEM_FOREIGN:
        return "choose another folder with plugins.store.folder; the file was "
               "not touched";
    case PROBLEM_NEWER:
        return "run the newer version, or restore a backup made by this one; "
               "the file was not touched";
    case PROBLEM_CORRUPT:
        return "keep the files, run nexusctl store check, and restore the "
               "last backup (docs/operations.md)";
    case PROBLEM_GONE:
        return "leave its files alone while the server runs; what was written "
               "since is lost, and new clients begin a new epoch";
    case PROBLEM_NONE:
    case PROBLEM_IO:
        break;
    }
    return "see the kernel's log for errors of that disk";
}

bool problem_set(struct problem *problem, enum problem_kind kind,
        const char *format, ...) {
    va_list args;
    va_start(args, format);
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it was started
    (void)vsnprintf(problem->what, sizeof(problem->what), format, args);
    va_end(args);
    problem->kind = kind;
    problem->broken = kind != PROBLEM_FULL && kind != PROBLEM_BUSY
            && kind != PROBLEM_MEMORY;
    return false;
}

enum problem_kind problem_kind_of(int error) {
    switch (error) {
    case ENOSPC:
    case EDQUOT:
        return PROBLEM_FULL;
    case EACCES:
    case EPERM:
    case EROFS:
        return PROBLEM_READ_ONLY;
    case ENOMEM:
        return PROBLEM_MEMORY;
    default:
        return PROBLEM_IO;
    }
}

bool problem_set_errno(
        struct problem *problem, const char *verb, const char *path) {
    char text[128];
    int error = errno;
    return problem_set(problem, problem_kind_of(error), "cannot %s %s: %s",
            verb, path, strerror_r(error, text, sizeof(text)));
}
