#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel/base/log.h"
#include "kernel/ctl/command.h"
#include "nexus_version.h"

static const struct option long_options[] = {
        {"data-dir", required_argument, NULL, 'd'},
        {"config", required_argument, NULL, 'c'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
};

enum outcome {
    GO_ON,
    DONE,
    WRONG,
};

static enum outcome take_option(struct ctl_options *options, int code) {
    switch (code) {
    case 'd':
        options->data_dir = optarg;
        return GO_ON;
    case 'c':
        options->config = optarg;
        return GO_ON;
    case 'j':
        options->json = true;
        return GO_ON;
    case 'h':
        command_write_help(stdout);
        return DONE;
    case 'V':
        (void)puts("nexusctl " NEXUS_VERSION);
        return DONE;
    default:
        return WRONG;
    }
}

static enum outcome take_options(
        struct ctl_options *options, int argc, char **argv) {
    enum outcome outcome = GO_ON;
    while (outcome == GO_ON) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
        int code = getopt_long(argc, argv, "d:c:jhV", long_options, NULL);
        if (code == -1) {
            break;
        }
        outcome = take_option(options, code);
    }
    return outcome;
}

static int mistaken(const char *what, const char *word) {
    (void)fprintf(stderr, "nexusctl: %s%s\n", what, word);
    command_write_help(stderr);
    return CTL_EXIT_USAGE;
}

static int run(struct ctl_options *options, int count, char **words) {
    if (count < 2) {
        return mistaken("two words say what to do", "");
    }
    const struct command *command = command_find(words[0], words[1]);
    if (!command) {
        (void)fprintf(stderr, "nexusctl: there is no command '%s %s'\n",
                words[0], words[1]);
        return mistaken("these are known", ":");
    }
    int wanted = command->argument ? 3 : 2;
    if (count < wanted) {
        return mistaken("missing argument ", command->argument);
    }
    if (count > wanted) {
        return mistaken("unexpected argument ", words[wanted]);
    }
    options->argument = command->argument ? words[2] : NULL;
    if (options->data_dir && options->config) {
        return mistaken("either --data-dir or --config", "");
    }
    return command->run(options);
}

int main(int argc, char **argv) {
    struct ctl_options options = {.data_dir = NULL};
    log_set_level(LOG_LEVEL_WARN);
    enum outcome outcome = take_options(&options, argc, argv);
    if (outcome == DONE) {
        return EXIT_SUCCESS;
    }
    return outcome == WRONG ? CTL_EXIT_USAGE
                            : run(&options, argc - optind, argv + optind);
}
