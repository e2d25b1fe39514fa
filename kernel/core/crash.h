/*
 * crash - the last words of a server that is about to end by a signal.
 *
 * Handlers for SIGSEGV and its like write what is known of the thread
 * (where.h) to standard error and to a file, leave a note that names the
 * plugin (crash_note.h), and hand the signal on, so that the core dump and
 * the exit status are as without them. Nothing is recovered.
 *
 * Owner:   the process: signals, and so this state, are global
 * Thread:  crash_init and crash_finish: logic; the handlers: any
 * Errors:  what cannot be written is left out; the signal is always handed on
 */
#ifndef KERNEL_CORE_CRASH_H
#define KERNEL_CORE_CRASH_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

// A turn of the loop that does not end.
struct crash_stall {
    int64_t lasts_ns;
    int64_t busy_ns;              // on a CPU
    const _Atomic uint64_t *beat; // is `turn` as long as it lasts
    uint64_t turn;
};

// Takes the signals over. dir is the folder for reports, NULL: none.
void crash_init(const char *dir);

// Gives the signals back.
void crash_finish(void);

// Where in a file the note goes, and its number; fd -1: nowhere.
void crash_note_to(int fd, off_t at, uint64_t seq);

// A thread that may run code of plugins gets a stack for its handlers, which
// works when its own is used up; to be given back at its end. NULL: without.
void *crash_thread_begin(const char *name);
void crash_thread_end(void *stack);

// Makes a thread write where it is, and go on.
void crash_ask(pthread_t thread, const struct crash_stall *stall);

// Forgets the stall: its beat goes away.
void crash_calm(void);

// Ends the server with SIGABRT in that thread, as if it had crashed there.
void crash_end(pthread_t thread, const struct crash_stall *stall);

#endif
