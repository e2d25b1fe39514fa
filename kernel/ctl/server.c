#include "kernel/ctl/server.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/ctl/command.h"
#include "kernel/ctl/link.h"
#include "kernel/ctl/print.h"

// Asks, and shows the result, which is consumed, in JSON or with the function.
static int ask(const struct ctl_options *options, json_t *question,
        void (*show)(const json_t *result)) {
    int code = EXIT_SUCCESS;
    json_t *result = link_ask_once(options, question, &code);
    if (!result) {
        return code;
    }
    if (options->json) {
        return print_json(result);
    }
    show(result);
    json_decref(result);
    return EXIT_SUCCESS;
}

static const char *word(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "-";
}

// --- status ---------------------------------------------------------------

static void show_engine(const json_t *engine) {
    (void)printf("%-16s %s, %s, %s\n", "engine", word(engine, "name"),
            json_is_true(json_object_get(engine, "durable"))
                    ? "durable"
                    : "lost on restart",
            json_is_true(json_object_get(engine, "working")) ? "working"
                                                             : "NOT WORKING");
}

static void show_overload(const json_t *overload) {
    if (json_is_true(json_object_get(overload, "active"))) {
        (void)printf("%-16s yes, because of %s\n", "overload",
                word(overload, "limit"));
    } else {
        print_text("overload", "no");
    }
}

static void show_names(const char *title, const json_t *names) {
    size_t i;
    const json_t *name;
    (void)printf("%-16s", title);
    json_array_foreach(names, i, name) {
        (void)printf(" %s", json_string_value(name));
    }
    (void)puts(json_array_size(names) > 0 ? "" : " none");
}

static void show_last_reload(const json_t *reload) {
    const char *reason = json_string_value(json_object_get(reload, "reason"));
    if (json_is_null(reload)) {
        print_text("last_reload", "never");
    } else if (reason && reason[0] != '\0') {
        (void)printf("%-16s %s: %s\n", "last_reload", word(reload, "outcome"),
                reason);
    } else {
        print_text("last_reload", word(reload, "outcome"));
    }
}

static void show_status(const json_t *result) {
    static const char *const numbers[] = {
            "pid", "uptime_seconds", "sessions", "users", "rooms", NULL};
    print_text("version", word(result, "version"));
    for (const char *const *name = numbers; *name; name++) {
        print_number(*name, json_object_get(result, *name));
    }
    show_engine(json_object_get(result, "engine"));
    show_overload(json_object_get(result, "overload"));
    print_text("draining",
            json_is_true(json_object_get(result, "draining")) ? "yes" : "no");
    show_names("plugins", json_object_get(result, "plugins"));
    if (json_array_size(json_object_get(result, "quarantine")) > 0) {
        show_names("quarantine", json_object_get(result, "quarantine"));
    }
    show_last_reload(json_object_get(result, "last_reload"));
}

int server_status(const struct ctl_options *options) {
    return ask(options, json_pack("{s:s}", "command", "status"), show_status);
}

// --- kick -----------------------------------------------------------------

static void show_closed(const json_t *result) {
    json_int_t count = json_integer_value(json_object_get(result, "closed"));
    (void)printf("%" JSON_INTEGER_FORMAT " session%s closed\n", count,
            count == 1 ? "" : "s");
}

int server_kick(const struct ctl_options *options) {
    if (!options->argument == !options->user) {
        (void)fputs("nexusctl: say whom: kick SESSION, or kick --user USER\n",
                stderr);
        return CTL_EXIT_USAGE;
    }
    json_t *question = json_pack("{s:s, s:s*, s:s*, s:s*}", "command", "kick",
            "session", options->argument, "user", options->user, "reason",
            options->reason);
    if (!question) {
        (void)fputs("nexusctl: names and reason must be UTF-8\n", stderr);
        return CTL_EXIT_USAGE;
    }
    return ask(options, question, show_closed);
}

// --- log level ------------------------------------------------------------

static void show_level(const json_t *result) {
    const char *level = word(result, "level");
    const char *before = word(result, "before");
    if (strcmp(level, before) == 0) {
        (void)printf("%s\n", level);
    } else {
        (void)printf(
                "%s, it was %s; the next start or reload makes it %s again "
                "(log.level)\n",
                level, before, word(result, "setting"));
    }
}

int server_log_level(const struct ctl_options *options) {
    json_t *question = json_pack(
            "{s:s, s:s*}", "command", "log-level", "level", options->argument);
    if (!question) {
        (void)fputs("nexusctl: LEVEL is debug, info, warn or error\n", stderr);
        return CTL_EXIT_USAGE;
    }
    return ask(options, question, show_level);
}

// --- reload ---------------------------------------------------------------

static void show_lines(const json_t *texts, const char *kind) {
    size_t i;
    const json_t *text;
    json_array_foreach(texts, i, text) {
        (void)fprintf(
                stderr, "nexusctl: %s: %s\n", kind, json_string_value(text));
    }
}

static void show_changes(const json_t *result) {
    json_t *plugins = json_object_get(result, "plugins");
    const char *name;
    json_t *count;
    (void)printf("%s: plugins", word(result, "outcome"));
    json_object_foreach(plugins, name, count) {
        (void)printf(
                " %s=%" JSON_INTEGER_FORMAT, name, json_integer_value(count));
    }
    (void)printf("; events waited %.1f ms\n",
            json_number_value(json_object_get(result, "freeze_ms")));
}

static int show_reload(json_t *result, const struct ctl_options *options) {
    bool good = strcmp(word(result, "outcome"), "done") == 0;
    int code = good ? EXIT_SUCCESS : CTL_EXIT_FOUND;
    if (options->json) {
        int printed = print_json(result);
        return printed == EXIT_SUCCESS ? code : printed;
    }
    show_lines(json_object_get(result, "warnings"), "warning");
    show_lines(json_object_get(result, "errors"), word(result, "outcome"));
    if (good) {
        show_changes(result);
    }
    json_decref(result);
    return code;
}

static int reload(const struct ctl_options *options, json_t *question) {
    struct link link;
    if (!question || !link_open(&link, options)) {
        json_decref(question);
        return question ? link.code : CTL_EXIT_USAGE;
    }
    link_wait_long(&link);
    json_t *result = link_ask(&link, question);
    int code = result ? show_reload(result, options) : link.code;
    link_close(&link);
    return code;
}

int server_reload(const struct ctl_options *options) {
    return reload(options, json_pack("{s:s}", "command", "reload"));
}

int server_release(const struct ctl_options *options) {
    return reload(options,
            json_pack("{s:s, s:s}", "command", "plugin-release", "plugin",
                    options->argument));
}

// --- drain ----------------------------------------------------------------

static void show_drain(const json_t *result) {
    (void)printf(
            "draining %" JSON_INTEGER_FORMAT
            " sessions; the server stops when they have left, in %" JSON_INTEGER_FORMAT
            " seconds at the latest\n",
            json_integer_value(json_object_get(result, "sessions")),
            json_integer_value(json_object_get(result, "timeout_seconds")));
}

int server_drain(const struct ctl_options *options) {
    return ask(options, json_pack("{s:s}", "command", "drain"), show_drain);
}
