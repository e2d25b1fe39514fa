#include "kernel/ctl/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/base/columns.h"
#include "kernel/ctl/command.h"
#include "nexus_version.h"

// Their places in the enum are what getopt_long returns, after FIRST_CODE.
#define FIRST_CODE 256

// NULL is the only one that is no text.
#define HAS_(argument) \
    _Generic((argument), void * : no_argument, default : required_argument)

static const struct option long_options[] = {
#define OPTION_LONG_(name, letter, word, argument, help) \
    {(word), HAS_(argument), NULL, FIRST_CODE + OPTION_INDEX_##name},
        OPTIONS(OPTION_LONG_)
#undef OPTION_LONG_
                {NULL, 0, NULL, 0},
};

static const struct options_row rows[] = {
#define OPTION_ROW_(name, letter, word, argument, help) \
    {(letter), "--" word, (argument), (help)},
        OPTIONS(OPTION_ROW_)
#undef OPTION_ROW_
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

// A whole number from 1 on.
static bool read_number(const char *text, uint64_t *out) {
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    bool good = text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0
            && value > 0;
    *out = good ? value : 0;
    if (!good) {
        (void)fprintf(stderr,
                "nexusctl: '%s' must be a whole number from 1 on\n", text);
    }
    return good;
}

static enum options_outcome take_set(
        struct ctl_options *options, const char *set) {
    if (set[0] == '=' || !strchr(set, '=')) {
        (void)fprintf(stderr, "nexusctl: '%s' must be like key=value\n", set);
        return OPTIONS_WRONG;
    }
    if (options->set_count == OPTION_SETS_MAX) {
        (void)fprintf(stderr, "nexusctl: --set may be given %d times\n",
                OPTION_SETS_MAX);
        return OPTIONS_WRONG;
    }
    options->sets[options->set_count++] = set;
    return OPTIONS_READ;
}

static enum options_outcome take(struct ctl_options *options, size_t index) {
    const char **texts[OPTION_COUNT_ALL] = {
            [OPTION_INDEX_DATA_DIR] = &options->data_dir,
            [OPTION_INDEX_CONFIG] = &options->config,
            [OPTION_INDEX_SOCKET] = &options->socket,
            [OPTION_INDEX_USER] = &options->user,
            [OPTION_INDEX_REASON] = &options->reason,
            [OPTION_INDEX_PREFIX] = &options->prefix,
            [OPTION_INDEX_TYPE] = &options->type,
            [OPTION_INDEX_DIR] = &options->dir,
            [OPTION_INDEX_LANG] = &options->lang,
    };
    uint64_t *numbers[OPTION_COUNT_ALL] = {
            [OPTION_INDEX_LIMIT] = &options->limit,
            [OPTION_INDEX_COUNT] = &options->count,
            [OPTION_INDEX_TIME_LIMIT] = &options->time_limit,
    };
    options->given |= 1u << index;
    if (texts[index]) {
        *texts[index] = optarg;
        return OPTIONS_READ;
    }
    if (numbers[index]) {
        return read_number(optarg, numbers[index]) ? OPTIONS_READ
                                                   : OPTIONS_WRONG;
    }
    if (index == OPTION_INDEX_SET) {
        return take_set(options, optarg);
    }
    if (index == OPTION_INDEX_HELP) {
        command_write_help(stdout);
        return OPTIONS_DONE;
    }
    if (index == OPTION_INDEX_VERSION) {
        (void)puts("nexusctl " NEXUS_VERSION);
        return OPTIONS_DONE;
    }
    options->json = true;
    return OPTIONS_READ;
}

// Letters come as themselves, words as codes; ROWS for what is no option.
static size_t index_of(int code) {
    if (code >= FIRST_CODE) {
        return (size_t)(code - FIRST_CODE);
    }
    size_t i = 0;
    while (i < ROWS && rows[i].letter != code) {
        i++;
    }
    return i;
}

static void write_letters(char *out) {
    for (size_t i = 0; i < ROWS; i++) {
        *out++ = rows[i].letter;
        if (rows[i].argument) {
            *out++ = ':';
        }
    }
    *out = '\0';
}

enum options_outcome options_read(
        struct ctl_options *options, int argc, char **argv, int *first) {
    char letters[2 * ROWS + 1];
    enum options_outcome outcome = OPTIONS_READ;
    write_letters(letters);
    while (outcome == OPTIONS_READ) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
        int code = getopt_long(argc, argv, letters, long_options, NULL);
        if (code == -1) {
            break;
        }
        size_t index = index_of(code);
        outcome = index < ROWS ? take(options, index) : OPTIONS_WRONG;
    }
    *first = optind;
    return outcome;
}

const char *options_word(unsigned bits) {
    for (size_t i = 0; i < ROWS; i++) {
        if ((bits & (1u << i)) != 0) {
            return rows[i].word;
        }
    }
    return "";
}

const struct options_row *options_row(size_t i) {
    return i < ROWS ? &rows[i] : NULL;
}

void options_write_help(FILE *out) {
    for (size_t i = 0; i < ROWS; i++) {
        char left[32];
        (void)snprintf(left, sizeof(left), "-%c, %s%s%s", rows[i].letter,
                rows[i].word, rows[i].argument ? " " : "",
                rows[i].argument ? rows[i].argument : "");
        columns_write(left, COMMAND_INDENT, rows[i].help, out);
    }
}
