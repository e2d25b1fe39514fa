/*
 * die - the only way a bench program gives up: one line and exit code 1.
 *
 * A measurement that cannot go on has no partial result worth printing, so
 * there is no error path to carry upwards.
 *
 * Owner:   nobody
 * Thread:  main
 * Errors:  none, does not return
 */
#ifndef BENCH_LIB_DIE_H
#define BENCH_LIB_DIE_H

_Noreturn void die(const char *format, ...)
        __attribute__((format(printf, 1, 2)));

/* The same, ending with ": " and the text of an errno value. */
_Noreturn void die_errno(int error, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

#endif
