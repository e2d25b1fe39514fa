#include "kernel/ctl/tail.h"

#include <jansson.h>
#include <stdlib.h>

#include "kernel/ctl/command.h"
#include "kernel/ctl/link.h"

#define TEXT_FLAGS (JSON_COMPACT | JSON_ENCODE_ANY)

static const char *word(const json_t *line, const char *key) {
    const char *text = json_string_value(json_object_get(line, key));
    return text ? text : "-";
}

static void print_event(const json_t *line, const json_t *event) {
    (void)printf("%s %-3s %s %s ", word(line, "time"), word(line, "way"),
            word(line, "session"), word(line, "user"));
    (void)json_dumpf(event, stdout, TEXT_FLAGS);
    (void)puts("");
}

// False when it was no event.
static bool show(const json_t *line, bool json) {
    const json_t *event = json_object_get(line, "event");
    if (json) {
        (void)json_dumpf(line, stdout, TEXT_FLAGS);
        (void)puts("");
    } else if (event) {
        print_event(line, event);
    } else {
        (void)printf("-- %" JSON_INTEGER_FORMAT
                     " events dropped: too much for control.buffer_bytes --\n",
                json_integer_value(json_object_get(line, "dropped")));
    }
    (void)fflush(stdout);
    return event != NULL;
}

static int follow(struct link *link, const struct ctl_options *options) {
    json_t *question = json_pack("{s:s, s:s*, s:s*}", "command", "tail", "type",
            options->type, "user", options->user);
    if (!question) {
        (void)fputs("nexusctl: type and user must be UTF-8\n", stderr);
        return CTL_EXIT_USAGE;
    }
    json_t *begun = link_ask(link, question);
    if (!begun) {
        return link->code;
    }
    json_decref(begun);
    link_wait_long(link);
    uint64_t count = 0;
    while (options->count == 0 || count < options->count) {
        json_t *line = link_read(link);
        if (!line) {
            return link->code;
        }
        count += show(line, options->json) ? 1 : 0;
        json_decref(line);
    }
    return EXIT_SUCCESS;
}

int tail(const struct ctl_options *options) {
    struct link link;
    int code = link_open(&link, options) ? follow(&link, options) : link.code;
    link_close(&link);
    return code;
}
