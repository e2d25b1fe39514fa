#include "bench/lib/die.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ERROR_MAX = 128
};

static _Noreturn void give_up(void) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): there is only one thread
    exit(EXIT_FAILURE);
}

void die(const char *format, ...) {
    va_list list;

    va_start(list, format);
    (void)fputs("error: ", stderr);
    (void)vfprintf(stderr, format, list);
    (void)fputc('\n', stderr);
    va_end(list);
    give_up();
}

void die_errno(int error, const char *format, ...) {
    char text[ERROR_MAX];
    va_list list;

    va_start(list, format);
    (void)fputs("error: ", stderr);
    (void)vfprintf(stderr, format, list);
    (void)fprintf(stderr, ": %s\n", strerror_r(error, text, sizeof(text)));
    va_end(list);
    give_up();
}
