#include <string.h>

#include "kernel/base/columns.h"
#include "kernel/ctl/check/plugin_check.h"
#include "kernel/ctl/command.h"
#include "kernel/ctl/lists.h"
#include "kernel/ctl/plugin/plugin_info.h"
#include "kernel/ctl/plugin/plugin_new.h"
#include "kernel/ctl/server.h"
#include "kernel/ctl/store.h"
#include "kernel/ctl/tail.h"

#define FILES  (OPTION_DATA_DIR | OPTION_CONFIG | OPTION_JSON)
#define SERVER (FILES | OPTION_SOCKET)

const struct command commands[] = {
        {NULL, "status", NULL, SERVER, "what the server is and does",
                server_status},
        {NULL, "sessions", NULL, SERVER | OPTION_USER | OPTION_LIMIT,
                "who is connected", lists_sessions},
        {NULL, "kick", "[SESSION]", SERVER | OPTION_USER | OPTION_REASON,
                "end a session, or all of --user, with 4413", server_kick},
        {NULL, "rooms", NULL, SERVER | OPTION_PREFIX | OPTION_LIMIT,
                "the rooms that have members", lists_rooms},
        {NULL, "plugins", NULL, SERVER, "the plugins, and what they cost",
                lists_plugins},
        {NULL, "log-level", "[LEVEL]", SERVER,
                "say or change what is logged, until a start or reload",
                server_log_level},
        {NULL, "reload", NULL, SERVER,
                "read the settings again and exchange plugins; exit code 1 "
                "when refused",
                server_reload},
        {NULL, "drain", NULL, SERVER,
                "send all clients away, then stop the server", server_drain},
        {NULL, "tail", NULL, SERVER | OPTION_TYPE | OPTION_USER | OPTION_COUNT,
                "show events as they come and go", tail},
        {"store", "check", NULL, FILES,
                "examine the database; exit code 1 when something is wrong",
                store_check},
        {"store", "stats", NULL, FILES, "say what is stored, and how much",
                store_stats},
        {"store", "export", NULL, FILES,
                "write everything as JSON Lines to stdout", store_export},
        {"store", "backup", "FILE", FILES,
                "copy the database to a new file, of a running server too",
                store_backup},
        {"store", "vacuum", NULL, FILES,
                "give unused space back; no server may run", store_vacuum},
        {"plugin", "new", "NAME", OPTION_DIR | OPTION_PREFIX | OPTION_LANG,
                "begin a plugin in a new folder", plugin_new},
        {"plugin", "info", "FILE", OPTION_JSON,
                "say what a plugin's file is, without loading it", plugin_info},
        {"plugin", "check", "FILE",
                OPTION_JSON | OPTION_CONFIG | OPTION_SET | OPTION_TIME_LIMIT,
                "try a plugin in child processes; exit code 1 when something "
                "is wrong",
                plugin_check},
        {"plugin", "release", "PLUGIN", SERVER,
                "let it out of quarantine, and load it as reload does",
                server_release},
        {NULL, NULL, NULL, 0, NULL, NULL},
};

int command_words(const struct command *command) {
    return command->group ? 2 : 1;
}

bool command_needs_argument(const struct command *command) {
    return command->argument && command->argument[0] != '[';
}

static bool is_meant(
        const struct command *command, int count, char *const *words) {
    int wanted = command_words(command);
    return count >= wanted
            && (!command->group || strcmp(command->group, words[0]) == 0)
            && strcmp(command->name, words[wanted - 1]) == 0;
}

const struct command *command_find(int count, char *const *words) {
    for (const struct command *c = commands; c->name; c++) {
        if (is_meant(c, count, words)) {
            return c;
        }
    }
    return NULL;
}

void command_write_help(FILE *out) {
    (void)fputs("usage: nexusctl <command> [options]\n\n", out);
    for (const struct command *c = commands; c->name; c++) {
        char left[48];
        (void)snprintf(left, sizeof(left), "%s%s%s%s%s",
                c->group ? c->group : "", c->group ? " " : "", c->name,
                c->argument ? " " : "", c->argument ? c->argument : "");
        columns_write(left, COMMAND_INDENT, c->help, out);
    }
    (void)fputs("\n", out);
    options_write_help(out);
}
