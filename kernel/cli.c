#include "kernel/cli.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/base/columns.h"
#include "kernel/core/error_doc.h"
#include "kernel/core/settings_doc.h"
#include "kernel/plugin_tables.h"
#include "nexus_version.h"

enum option_code {
#define OPTION_CODE_(name, letter, word, argument, help) \
    OPTION_##name = (letter),
    CLI_OPTIONS(OPTION_CODE_)
#undef OPTION_CODE_
    OPTION_GENERATE = 1000, // no letter; for the project's own scripts
    OPTION_PREFLIGHT,       // and this for the server itself
};

// NULL is the only one that is no text.
#define HAS_(argument) \
    _Generic((argument), void * : no_argument, default : required_argument)

static const struct option long_options[] = {
#define OPTION_LONG_(name, letter, word, argument, help) \
    {(word), HAS_(argument), NULL, (letter)},
        CLI_OPTIONS(OPTION_LONG_)
#undef OPTION_LONG_
                {"generate", required_argument, NULL, OPTION_GENERATE},
        {"preflight", required_argument, NULL, OPTION_PREFLIGHT},
        {NULL, 0, NULL, 0},
};

static const struct cli_option rows[] = {
#define OPTION_ROW_(name, letter, word, argument, help) \
    {(letter), (word), (argument), (help)},
        CLI_OPTIONS(OPTION_ROW_)
#undef OPTION_ROW_
};

#define ROWS        (sizeof(rows) / sizeof(rows[0]))
#define HELP_INDENT 24

static const char help_head[] =
        "usage: nexusd [options]\n"
        "\n"
        "A WebSocket real-time server whose features are plugins.\n"
        "\n";

static const char help_tail[] =
        "\n"
        "Every setting can also be given in the environment, e.g.\n"
        "NEXUS_LISTEN_PORT=9000. The signals TERM and INT send all clients "
        "away\n"
        "and stop the server, HUP reloads settings and plugins.\n"
        "\n"
        "Exit status: 0 stopped as asked, 1 the settings are wrong or the "
        "server\n"
        "could not run, 2 the command line is wrong.\n";

// --- parsing --------------------------------------------------------------

static bool take_option(struct cli *cli, int code) {
    switch (code) {
    case OPTION_CONFIG:
        cli->config = optarg;
        break;
    case OPTION_SET:
        cli->sets[cli->set_count++] = optarg;
        break;
    case OPTION_CHECK:
        cli->check = true;
        break;
    case OPTION_PRINT_CONFIG:
        cli->print_config = true;
        break;
    case OPTION_VERSION:
        cli->version = true;
        break;
    case OPTION_HELP:
        cli->help = true;
        break;
    case OPTION_PREFLIGHT:
        cli->preflight = optarg;
        break;
    case OPTION_GENERATE:
        cli->generate = optarg;
        break;
    default:
        return false; // getopt has said why
    }
    return true;
}

// '+': an argument that is no option ends them.
static void write_letters(char *out) {
    *out++ = '+';
    for (size_t i = 0; i < ROWS; i++) {
        *out++ = rows[i].letter;
        if (rows[i].argument) {
            *out++ = ':';
        }
    }
    *out = '\0';
}

static bool take_options(struct cli *cli, int argc, char **argv) {
    char letters[2 * ROWS + 2];
    write_letters(letters);
    optind = 0; // start over, also with what getopt keeps to itself
    for (;;) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): the only thread so far
        int code = getopt_long(argc, argv, letters, long_options, NULL);
        if (code == -1) {
            break;
        }
        if (!take_option(cli, code)) {
            return false;
        }
    }
    if (optind < argc) {
        (void)fprintf(
                stderr, "nexusd: unexpected argument '%s'\n", argv[optind]);
        return false;
    }
    return true;
}

bool cli_parse(struct cli *cli, int argc, char **argv) {
    memset(cli, 0, sizeof(*cli));
    // No more --set than arguments.
    cli->sets = calloc((size_t)argc + 1, sizeof(*cli->sets));
    if (cli->sets == NULL) {
        (void)fputs("nexusd: out of memory\n", stderr);
        return false;
    }
    if (!take_options(cli, argc, argv)) {
        (void)fputs("Try 'nexusd --help'.\n", stderr);
        cli_finish(cli);
        return false;
    }
    return true;
}

void cli_finish(struct cli *cli) {
    free(cli->sets);
    memset(cli, 0, sizeof(*cli));
}

void cli_settings_source(
        const struct cli *cli, struct settings_source *source) {
    source->file = cli->config;
    if (source->file == NULL && access(CLI_CONFIG_FILE, F_OK) == 0) {
        source->file = CLI_CONFIG_FILE;
    }
    source->env = (const char *const *)environ;
    source->sets = cli->sets;
    source->set_count = cli->set_count;
}

// --- texts ----------------------------------------------------------------

const struct cli_option *cli_option(size_t i) {
    return i < ROWS ? &rows[i] : NULL;
}

void cli_write_help(FILE *out) {
    (void)fputs(help_head, out);
    for (size_t i = 0; i < ROWS; i++) {
        char name[64];
        (void)snprintf(name, sizeof(name), "-%c, --%s%s%s", rows[i].letter,
                rows[i].word, rows[i].argument ? " " : "",
                rows[i].argument ? rows[i].argument : "");
        columns_write(name, HELP_INDENT, rows[i].help, out);
    }
    (void)fputs(help_tail, out);
}

void cli_write_version(FILE *out) {
    (void)fprintf(out, "nexusd %s\n", NEXUS_VERSION);
}

static bool write_settings(FILE *out) {
    settings_write_markdown(out);
    return plugin_tables_write(settings_write_plugin, out);
}

static bool write_errors(FILE *out) {
    error_doc_write(out);
    return true;
}

static bool write_conf(FILE *out) {
    settings_write_conf(out);
    return true;
}

bool cli_generate(const char *name, FILE *out) {
    static const struct {
        const char *name;
        bool (*write)(FILE *out);
    } files[] = {
            {"settings.md", write_settings},
            {"errors.md", write_errors},
            {"nexus.conf", write_conf},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (strcmp(files[i].name, name) == 0) {
            return files[i].write(out) && fflush(out) == 0 && ferror(out) == 0;
        }
    }
    (void)fprintf(stderr,
            "nexusd: cannot generate '%s'; "
            "settings.md, errors.md and nexus.conf are known\n",
            name);
    return false;
}
