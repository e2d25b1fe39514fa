// nexus-man - makes a manual page of a text with places for tables.
//
//     nexus-man docs/man/nexusd.8.in > nexusd.8
//
// A line "@settings@" is replaced with the table of that name. Part of the
// build; never installed.

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/man/tables.h"

#define LINE_MAX_BYTES 512

// Takes the name out of "@name@\n"; false for any other line.
static bool take_name(char *line) {
    size_t len = strlen(line);
    bool is_place = len > 3 && line[0] == '@' && line[len - 2] == '@'
            && line[len - 1] == '\n';
    if (is_place) {
        line[len - 2] = '\0';
    }
    return is_place;
}

static bool copy(FILE *in, FILE *out) {
    char line[LINE_MAX_BYTES];
    bool good = true;
    while (good && fgets(line, sizeof(line), in)) {
        if (take_name(line)) {
            good = tables_write(line + 1, out);
        } else {
            good = fputs(line, out) >= 0;
        }
    }
    return good && !ferror(in) && fflush(out) == 0;
}

int main(int argc, char **argv) {
    FILE *in = argc == 2 ? fopen(argv[1], "re") : NULL;
    if (!in) {
        (void)fputs("usage: nexus-man <file with tables' names>\n", stderr);
        return 2;
    }
    bool good = copy(in, stdout);
    (void)fclose(in);
    if (!good) {
        (void)fprintf(stderr, "nexus-man: %s was not written\n", argv[1]);
    }
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
