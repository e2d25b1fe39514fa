#include "bench/lib/args.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lib/die.h"

enum kind {
    KIND_TEXT,
    KIND_NUMBER,
    KIND_SECONDS,
    KIND_FLAG
};

struct option {
    const char *name;
    enum kind kind;
    size_t offset; // of the member in struct args
    uint64_t least;
    uint64_t most;
    const char *help;
};

#define MEMBER(name) offsetof(struct args, name)

static const struct option options[] = {
        {"--host", KIND_TEXT, MEMBER(host), 0, 0, "IPv4 address of the server"},
        {"--port", KIND_NUMBER, MEMBER(port), 1, 65535, "its port"},
        {"--path", KIND_TEXT, MEMBER(path), 0, 0, "path of its WebSocket"},
        {"--connections", KIND_NUMBER, MEMBER(connections), 1, 1000000,
                "how many clients"},
        {"--publishers", KIND_NUMBER, MEMBER(publishers), 1, 1000000,
                "fanout: how many of them send"},
        {"--watchers", KIND_NUMBER, MEMBER(watchers), 1, 1000000,
                "presence: how many others watch them, all together"},
        {"--depth", KIND_NUMBER, MEMBER(depth), 1, 65536,
                "messages in flight per sender"},
        {"--size", KIND_NUMBER, MEMBER(size), 1, 60000, "bytes of a message"},
        {"--messages", KIND_NUMBER, MEMBER(messages), 1, UINT32_MAX,
                "fanout: stop after so many, no warm-up"},
        {"--window", KIND_NUMBER, MEMBER(window), 1, 4096,
                "connections being opened at the same time"},
        {"--server-pid", KIND_NUMBER, MEMBER(server_pid), 1, INT32_MAX,
                "measure the CPU and memory of this process"},
        {"--seconds", KIND_SECONDS, MEMBER(seconds), 0, 3600, "time measured"},
        {"--warmup", KIND_SECONDS, MEMBER(warmup), 0, 3600, "time before it"},
        {"--deflate", KIND_FLAG, MEMBER(deflate), 0, 0,
                "offer permessage-deflate, and insist on it"},
        {"--hold", KIND_FLAG, MEMBER(hold), 0, 0,
                "wait for a line on stdin before and after measuring"},
        {"--json", KIND_FLAG, MEMBER(json), 0, 0, "print one JSON object"},
};

enum {
    OPTIONS = sizeof(options) / sizeof(options[0])
};

static void print_help(const char *const *scenarios) {
    (void)fputs("usage: loadgen", stdout);
    for (size_t i = 0; scenarios[i] != NULL; i++) {
        (void)printf("%s%s", i == 0 ? " " : "|", scenarios[i]);
    }
    (void)puts(" --port N [option value]...");
    for (size_t i = 0; i < OPTIONS; i++) {
        (void)printf("  %-14s %s\n", options[i].name, options[i].help);
    }
}

static const struct option *find(const char *name) {
    for (size_t i = 0; i < OPTIONS; i++) {
        if (strcmp(options[i].name, name) == 0) {
            return &options[i];
        }
    }
    die("unknown option %s (see --help)", name);
}

static double read_number(const struct option *option, const char *text) {
    char *end = NULL;
    double number = 0;

    errno = 0;
    number = strtod(text, &end);
    if (errno != 0 || end == text || *end != '\0'
            || !(number >= (double)option->least)
            || !(number <= (double)option->most)) {
        die("%s must be a number from %llu to %llu, not '%s'", option->name,
                (unsigned long long)option->least,
                (unsigned long long)option->most, text);
    }
    return number;
}

static void store(
        struct args *args, const struct option *option, const char *text) {
    void *member = (char *)args + option->offset;

    switch (option->kind) {
    case KIND_TEXT:
        memcpy(member, &text, sizeof(text));
        break;
    case KIND_NUMBER: {
        uint64_t number = (uint64_t)read_number(option, text);
        memcpy(member, &number, sizeof(number));
        break;
    }
    case KIND_SECONDS: {
        double seconds = read_number(option, text);
        memcpy(member, &seconds, sizeof(seconds));
        break;
    }
    case KIND_FLAG:
        memcpy(member, &(bool){true}, sizeof(bool));
        break;
    }
}

static void check(const struct args *args, const char *const *scenarios) {
    size_t i = 0;

    while (scenarios[i] != NULL && strcmp(scenarios[i], args->scenario) != 0) {
        i++;
    }
    if (scenarios[i] == NULL) {
        die("unknown scenario '%s' (see --help)", args->scenario);
    }
    if (args->port == 0) {
        die("--port is missing");
    }
    if (args->publishers > args->connections) {
        die("--publishers is larger than --connections");
    }
}

bool args_read(struct args *args, int argc, char **argv,
        const char *const *scenarios) {
    *args = (struct args){
            .host = "127.0.0.1",
            .path = "/ws",
            .connections = 100,
            .publishers = 1,
            .watchers = 100,
            .depth = 1,
            .size = 128,
            .window = 64,
            .seconds = 5,
            .warmup = 1,
    };
    if (argc < 2) {
        die("which scenario? (see --help)");
    }
    if (strcmp(argv[1], "--help") == 0) {
        print_help(scenarios);
        return false;
    }
    args->scenario = argv[1];
    for (int i = 2; i < argc; i++) {
        const struct option *option = find(argv[i]);

        if (option->kind != KIND_FLAG && i + 1 >= argc) {
            die("%s needs a value", argv[i]);
        }
        store(args, option, option->kind == KIND_FLAG ? NULL : argv[++i]);
    }
    check(args, scenarios);
    return true;
}
