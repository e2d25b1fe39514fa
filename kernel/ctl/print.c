#include "kernel/ctl/print.h"

#include <stdio.h>
#include <stdlib.h>

#include "kernel/ctl/command.h"

int print_json(json_t *object) {
    bool good = object && json_dumpf(object, stdout, JSON_INDENT(2)) == 0
            && puts("") >= 0;
    json_decref(object);
    return good ? EXIT_SUCCESS : CTL_EXIT_FAILURE;
}

void print_text(const char *name, const char *text) {
    (void)printf("%-16s %s\n", name, text);
}

void print_number(const char *name, const json_t *number) {
    (void)printf("%-16s %" JSON_INTEGER_FORMAT "\n", name,
            json_integer_value(number));
}
