#include "kernel/cli.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/core/error_doc.h"
#include "kernel/core/settings_doc.h"
#include "kernel/plugin_tables.h"
#include "nexus_version.h"

enum option_code {
    OPTION_CONFIG = 'c',
    OPTION_SET = 's',
    OPTION_CHECK = 't',
    OPTION_PRINT_CONFIG = 'p',
    OPTION_VERSION = 'V',
    OPTION_HELP = 'h',
    OPTION_GENERATE = 1000, // no letter; for the project's own scripts
};

static const char short_options[] = "+c:s:tpVh";

static const struct option long_options[] = {
        {"config", required_argument, NULL, OPTION_CONFIG},
        {"set", required_argument, NULL, OPTION_SET},
        {"check", no_argument, NULL, OPTION_CHECK},
        {"print-config", no_argument, NULL, OPTION_PRINT_CONFIG},
        {"version", no_argument, NULL, OPTION_VERSION},
        {"help", no_argument, NULL, OPTION_HELP},
        {"generate", required_argument, NULL, OPTION_GENERATE},
        {NULL, 0, NULL, 0},
};

static const char help[] =
        "usage: nexusd [options]\n"
        "\n"
        "A WebSocket real-time server whose features are plugins.\n"
        "\n"
        "  -c, --config FILE     read the settings from FILE; without this "
        "from\n"
        "                        " CLI_CONFIG_FILE " if it exists, else the\n"
        "                        defaults apply and the plugin chat is loaded\n"
        "  -s, --set PATH=VALUE  change one setting, e.g. --set "
        "listen.port=9000;\n"
        "                        overrules file and environment, may be "
        "repeated\n"
        "  -t, --check           check settings and plugins, start nothing\n"
        "  -p, --print-config    show every setting in effect and where it "
        "comes\n"
        "                        from, start nothing\n"
        "  -V, --version         show the version\n"
        "  -h, --help            show this text\n"
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
    case OPTION_GENERATE:
        cli->generate = optarg;
        break;
    default:
        return false; // getopt has said why
    }
    return true;
}

static bool take_options(struct cli *cli, int argc, char **argv) {
    optind = 0; // start over, also with what getopt keeps to itself
    for (;;) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): the only thread so far
        int code = getopt_long(argc, argv, short_options, long_options, NULL);
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

void cli_write_help(FILE *out) {
    (void)fputs(help, out);
}

void cli_write_version(FILE *out) {
    (void)fprintf(out, "nexusd %s\n", NEXUS_VERSION);
}

static bool write_settings(FILE *out) {
    settings_write_markdown(out);
    return plugin_tables_write(out);
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
