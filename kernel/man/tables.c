#include "kernel/man/tables.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/plugin.h>

#include "kernel/cli.h"
#include "kernel/core/setting.h"
#include "kernel/ctl/command.h"
#include "kernel/man/mdoc.h"
#include "kernel/plugin_tables.h"

// --- options and commands -------------------------------------------------

// word is without its dashes.
static void write_option(char letter, const char *word, const char *argument,
        const char *help, FILE *out) {
    (void)fprintf(out, ".It Fl %c , Fl -%s", letter, word);
    if (argument) {
        (void)fprintf(out, " Ar %s", argument);
    }
    (void)fputc('\n', out);
    mdoc_sentences(help, out);
}

static bool write_nexusd_options(FILE *out) {
    const struct cli_option *row;
    for (size_t i = 0; (row = cli_option(i)) != NULL; i++) {
        write_option(row->letter, row->word, row->argument, row->help, out);
    }
    return true;
}

static bool write_nexusctl_options(FILE *out) {
    const struct options_row *row;
    for (size_t i = 0; (row = options_row(i)) != NULL; i++) {
        write_option(row->letter, row->word + strlen("--"), row->argument,
                row->help, out);
    }
    return true;
}

// "[LEVEL]" is one that need not be there.
static void write_argument(const char *argument, FILE *out) {
    if (argument[0] == '[') {
        (void)fprintf(
                out, " Oo Ar %.*s Oc", (int)strlen(argument) - 2, argument + 1);
    } else {
        (void)fprintf(out, " Ar %s", argument);
    }
}

// Those that only some commands have.
static void write_own_options(unsigned bits, FILE *out) {
    const unsigned common = OPTION_DATA_DIR | OPTION_CONFIG | OPTION_SOCKET
            | OPTION_JSON | OPTION_HELP | OPTION_VERSION;
    const struct options_row *row;
    for (size_t i = 0; (row = options_row(i)) != NULL; i++) {
        if ((bits & ~common & (1u << i)) == 0) {
            continue;
        }
        (void)fprintf(out, " Oo Fl -%s", row->word + strlen("--"));
        if (row->argument) {
            (void)fprintf(out, " Ar %s", row->argument);
        }
        (void)fputs(" Oc", out);
    }
}

static bool write_nexusctl_commands(FILE *out) {
    for (const struct command *c = commands; c->name; c++) {
        (void)fprintf(out, ".It Ic %s%s%s", c->group ? c->group : "",
                c->group ? " " : "", c->name);
        if (c->argument) {
            write_argument(c->argument, out);
        }
        write_own_options(c->options, out);
        (void)fputc('\n', out);
        mdoc_sentences(c->help, out);
    }
    return true;
}

// --- settings -------------------------------------------------------------

static const char list_begin[] = ".Bl -tag -width Ds\n";
static const char list_end[] = ".El\n";

static void write_default(const struct setting *row, FILE *out) {
    (void)fputs(" =", out);
    if (row->kind == NX_SETTING_STRING) {
        (void)fputs(" Qq", out);
        if (row->fallback[0] != '\0') {
            mdoc_word(row->fallback, out);
        }
    } else {
        mdoc_word(row->fallback, out);
    }
    (void)fputc('\n', out);
}

// Any text needs no words.
static const char *write_range(const struct setting *row, FILE *out) {
    if (row->kind == NX_SETTING_BOOL) {
        (void)fputs("true or false", out);
    } else if (row->range) {
        setting_write_range(row, out);
    } else {
        return "";
    }
    return "; ";
}

// A sentence below the meaning: what is allowed, and how else it is set.
static void write_facts(const struct setting *row, FILE *out) {
    char *text = NULL;
    size_t len = 0;
    FILE *facts = open_memstream(&text, &len);
    if (!facts) {
        return;
    }
    const char *comma = write_range(row, facts);
    if (row->env) {
        (void)fprintf(facts, "%s%s in the environment, too", comma, row->env);
        comma = "; ";
    }
    if ((row->flags & NX_SETTING_LIVE) != 0) {
        (void)fprintf(facts, "%slive", comma);
    }
    if (fclose(facts) == 0 && len > 0) {
        mdoc_sentences(text, out);
    }
    free(text);
}

static void write_setting(const struct setting *row, FILE *out) {
    (void)fprintf(out, ".It Ic %s", row->path);
    write_default(row, out);
    mdoc_sentences(row->help, out);
    write_facts(row, out);
}

static size_t group_len(const char *path) {
    const char *dot = strchr(path, '.');
    return dot ? (size_t)(dot - path) : 0;
}

static bool write_settings(FILE *out) {
    const char *group = NULL;
    size_t group_size = 0;
    for (size_t i = 0; i < setting_count(); i++) {
        const struct setting *row = setting_row(i);
        size_t len = group_len(row->path);
        bool same = group && len == group_size
                && memcmp(group, row->path, len) == 0;
        if (!same) {
            (void)fprintf(out, "%s.Ss %.*s\n%s", group ? list_end : "",
                    len == 0 ? 7 : (int)len, len == 0 ? "folders" : row->path,
                    list_begin);
        }
        group = row->path;
        group_size = len;
        write_setting(row, out);
    }
    (void)fputs(list_end, out);
    return true;
}

static void write_plugin(
        const char *name, const struct nx_setting *table, FILE *out) {
    (void)fprintf(out, ".Ss %s\n", name);
    if (!table || !table[0].key) {
        (void)fputs("No settings.\n", out);
        return;
    }
    (void)fputs(list_begin, out);
    for (const struct nx_setting *from = table; from->key; from++) {
        const struct setting row = {
                .path = from->key,
                .kind = from->kind,
                .flags = from->flags,
                .fallback = from->fallback ? from->fallback : "",
                .range = from->range,
                .help = from->help,
        };
        write_setting(&row, out);
    }
    (void)fputs(list_end, out);
}

static bool write_plugins(FILE *out) {
    return plugin_tables_write(write_plugin, out);
}

// --- all of them ----------------------------------------------------------

bool tables_write(const char *name, FILE *out) {
    static const struct {
        const char *name;
        bool (*write)(FILE *out);
    } tables[] = {
            {"nexusd-options", write_nexusd_options},
            {"nexusctl-options", write_nexusctl_options},
            {"nexusctl-commands", write_nexusctl_commands},
            {"settings", write_settings},
            {"plugins", write_plugins},
    };
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        if (strcmp(tables[i].name, name) == 0) {
            return tables[i].write(out);
        }
    }
    (void)fprintf(stderr, "nexus-man: there is no table '%s'\n", name);
    return false;
}
