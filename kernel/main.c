#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel/cli.h"
#include "kernel/core/preflight_step.h"
#include "kernel/core/settings.h"
#include "kernel/core/settings_print.h"
#include "kernel/kernel.h"

static int serve(const struct cli *cli, struct settings *settings) {
    struct settings_source source;
    cli_settings_source(cli, &source);
    struct kernel *kernel = kernel_create(settings, &source);
    if (!kernel) {
        return EXIT_FAILURE;
    }
    kernel_run(kernel);
    kernel_destroy(kernel);
    return EXIT_SUCCESS;
}

static int check(const struct cli *cli, struct settings *settings,
        struct settings_errors *errors) {
    struct settings_source source;
    cli_settings_source(cli, &source);
    bool good = kernel_check(settings, &source, errors);
    settings_errors_print(errors, stderr);
    if (good) {
        (void)puts("the configuration is good");
    }
    return good ? EXIT_SUCCESS : CLI_EXIT_CONFIG;
}

static int print_config(const struct cli *cli, struct settings *settings,
        struct settings_errors *errors) {
    struct settings_source source;
    cli_settings_source(cli, &source);
    // The plugins' own tables give their settings defaults and types.
    bool good = kernel_check(settings, &source, errors);
    settings_print(settings, stdout);
    settings_errors_print(errors, stderr);
    return good ? EXIT_SUCCESS : CLI_EXIT_CONFIG;
}

static int act(const struct cli *cli, struct settings *settings,
        struct settings_errors *errors) {
    kernel_log_as(settings);
    if (cli->print_config) {
        return print_config(cli, settings, errors);
    }
    if (cli->preflight) {
        return kernel_preflight(settings, cli->preflight)
                ? EXIT_SUCCESS
                : PREFLIGHT_EXIT_REFUSED;
    }
    return cli->check ? check(cli, settings, errors) : serve(cli, settings);
}

static int with_settings(const struct cli *cli) {
    struct settings_source source;
    struct settings_errors errors;
    settings_errors_init(&errors);
    cli_settings_source(cli, &source);
    struct settings *settings = settings_create(&source, &errors);
    int code = CLI_EXIT_CONFIG;
    if (!settings || !(cli->check || cli->print_config)) {
        settings_errors_print(&errors, stderr);
    }
    if (settings) {
        code = act(cli, settings, &errors);
    }
    settings_destroy(settings);
    settings_errors_finish(&errors);
    return code;
}

int main(int argc, char **argv) {
    struct cli cli;
    if (!cli_parse(&cli, argc, argv)) {
        return CLI_EXIT_USAGE;
    }
    int code = EXIT_SUCCESS;
    if (cli.help) {
        cli_write_help(stdout);
    } else if (cli.version) {
        cli_write_version(stdout);
    } else if (cli.generate) {
        code = cli_generate(cli.generate, stdout) ? code : CLI_EXIT_USAGE;
    } else {
        code = with_settings(&cli);
    }
    cli_finish(&cli);
    return code;
}
