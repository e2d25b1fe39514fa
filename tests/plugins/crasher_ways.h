/*
 * crasher_ways - the ways in which crasher ends the server, by their names.
 *
 *   segv abort assert overflow null_call divide trap loop wait
 *
 * and nap, which only takes its time.
 */
#ifndef TESTS_PLUGINS_CRASHER_WAYS_H
#define TESTS_PLUGINS_CRASHER_WAYS_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// What a compiler cannot see through.
static volatile uintptr_t crasher_nowhere = 16;
static volatile int crasher_zero = 0;

static void crasher_segv(void) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): that is the mistake
    *(volatile int *)crasher_nowhere = 1;
}

static void crasher_abort(void) {
    abort();
}

static void crasher_assert(void) {
    assert(crasher_zero == 42);
}

// NOLINTNEXTLINE(misc-no-recursion): that is the mistake
static int crasher_deeper(const volatile char *above) {
    volatile char here[4096];
    here[0] = above[0];
    return crasher_zero == 0 ? crasher_deeper(here) + here[crasher_zero] : 0;
}

static void crasher_overflow(void) {
    volatile char top = 0;
    (void)crasher_deeper(&top);
}

static void crasher_null_call(void) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): that is the mistake
    ((void (*)(void))(uintptr_t)crasher_zero)();
}

__attribute__((no_sanitize("undefined"))) static void crasher_divide(void) {
    crasher_zero = 42 / crasher_zero;
}

static void crasher_trap(void) {
    __builtin_trap();
}

static void crasher_loop(void) {
    while (crasher_zero == 0) {
    }
}

static void crasher_wait(void) {
    const struct timespec long_enough = {.tv_sec = 3600};
    while (crasher_zero == 0) {
        (void)nanosleep(&long_enough, NULL);
    }
}

static void crasher_nap(void) {
    struct timespec nap = {.tv_sec = 2};
    while (nanosleep(&nap, &nap) != 0) {
    }
}

static void (*crasher_ways_find(const char *name))(void) {
    static const struct {
        const char *name;
        void (*way)(void);
    } ways[] = {
            {"segv", crasher_segv},
            {"abort", crasher_abort},
            {"assert", crasher_assert},
            {"overflow", crasher_overflow},
            {"null_call", crasher_null_call},
            {"divide", crasher_divide},
            {"trap", crasher_trap},
            {"loop", crasher_loop},
            {"wait", crasher_wait},
            {"nap", crasher_nap},
    };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (strcmp(ways[i].name, name) == 0) {
            return ways[i].way;
        }
    }
    return NULL;
}

#endif
