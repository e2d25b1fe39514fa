#include <string.h>

#include "kernel/ctl/command.h"
#include "kernel/ctl/store.h"

const struct command commands[] = {
        {"store", "check", NULL,
                "examine the database; exit code 1 when something is wrong",
                store_check},
        {"store", "stats", NULL, "say what is stored, and how much",
                store_stats},
        {"store", "export", NULL, "write everything as JSON Lines to stdout",
                store_export},
        {"store", "backup", "FILE",
                "copy the database to a new file, of a running server too",
                store_backup},
        {"store", "vacuum", NULL, "give unused space back; no server may run",
                store_vacuum},
        {NULL, NULL, NULL, NULL, NULL},
};

const struct command *command_find(const char *group, const char *name) {
    for (const struct command *c = commands; c->group; c++) {
        if (strcmp(c->group, group) == 0 && strcmp(c->name, name) == 0) {
            return c;
        }
    }
    return NULL;
}

void command_write_help(FILE *out) {
    (void)fputs("usage: nexusctl <group> <command> [options]\n\n", out);
    for (const struct command *c = commands; c->group; c++) {
        (void)fprintf(out, "  %s %-7s %-5s %s\n", c->group, c->name,
                c->argument ? c->argument : "", c->help);
    }
    (void)fputs("\n"
                "  -d, --data-dir DIR  the server's data_dir\n"
                "  -c, --config FILE   take the folders from the server's "
                "settings; without\n"
                "                      either, from /etc/nexus/nexus.conf if "
                "it exists\n"
                "  -j, --json          answer in JSON\n"
                "  -h, --help          this text\n"
                "  -V, --version       the version\n",
            out);
}
