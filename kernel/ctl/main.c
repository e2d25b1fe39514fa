#include <stdio.h>
#include <stdlib.h>

#include "kernel/base/log.h"
#include "kernel/ctl/command.h"

static int mistaken(const char *what, const char *word) {
    (void)fprintf(stderr, "nexusctl: %s%s\n", what, word);
    command_write_help(stderr);
    return CTL_EXIT_USAGE;
}

static int unknown(int count, char **words) {
    if (count == 0) {
        return mistaken("say what to do", "");
    }
    (void)fprintf(stderr, "nexusctl: there is no command '%s%s%s'\n", words[0],
            count > 1 ? " " : "", count > 1 ? words[1] : "");
    return mistaken("these are known", ":");
}

static int run(struct ctl_options *options, int count, char **words) {
    const struct command *command = command_find(count, words);
    if (!command) {
        return unknown(count, words);
    }
    int named = command_words(command);
    int most = named + (command->argument ? 1 : 0);
    if (count == named && command_needs_argument(command)) {
        return mistaken("missing argument ", command->argument);
    }
    if (count > most) {
        return mistaken("unexpected argument ", words[most]);
    }
    options->argument = count > named ? words[named] : NULL;
    unsigned useless = options->given & ~command->options;
    if (useless) {
        return mistaken("this command has no option ", options_word(useless));
    }
    const unsigned places = OPTION_DATA_DIR | OPTION_CONFIG | OPTION_SOCKET;
    unsigned given = options->given & places;
    if ((given & (given - 1)) != 0) {
        return mistaken("only one of --data-dir, --config and --socket", "");
    }
    return command->run(options);
}

int main(int argc, char **argv) {
    struct ctl_options options = {.given = 0};
    int first = 0;
    log_set_level(LOG_LEVEL_WARN);
    enum options_outcome outcome = options_read(&options, argc, argv, &first);
    if (outcome == OPTIONS_DONE) {
        return EXIT_SUCCESS;
    }
    return outcome == OPTIONS_WRONG ? CTL_EXIT_USAGE
                                    : run(&options, argc - first, argv + first);
}
