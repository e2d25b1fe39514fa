#include "kernel/ctl/check/check_sets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/core/settings.h"
#include "kernel/ctl/plugin/plugin_facts.h"

static bool add(struct check_sets *sets, const char *id, const char *key,
        const char *rest) {
    char *text = NULL;
    bool whole = id[0] == '\0';
    if (sets->count == CHECK_SETS_MAX
            || asprintf(&text, "%s%s%s%s%s", whole ? "" : "plugins.", id,
                       whole ? "" : ".", key, rest)
                    < 0) {
        (void)fputs("nexusctl: too many settings\n", stderr);
        return false;
    }
    sets->texts[sets->count++] = text;
    return true;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

// The line that names the file, else the one that is named as the plugin.
static const struct plugin_entry *find_line(const struct settings *settings,
        const char *file, const struct plugin_facts *facts) {
    const struct plugin_entry *named = NULL;
    for (size_t i = 0; i < settings_plugin_count(settings); i++) {
        const struct plugin_entry *entry = settings_plugin(settings, i);
        if (entry->path
                && strcmp(base_name(entry->path), base_name(file)) == 0) {
            return entry;
        }
        if (strcmp(entry->name, facts->id) == 0) {
            named = entry;
        }
    }
    return named;
}

static bool add_line(struct check_sets *sets, const struct settings *settings,
        const char *name, const struct plugin_facts *facts) {
    bool good = true;
    for (const struct nx_setting *s = facts->settings; s->key && good; s++) {
        const char *value = settings_plugin_value(settings, name, s->key);
        char *rest = NULL;
        if (value && asprintf(&rest, "=%s", value) >= 0) {
            good = add(sets, facts->id, s->key, rest);
            free(rest);
        }
    }
    return good;
}

static bool add_config(struct check_sets *sets,
        const struct ctl_options *options, const struct plugin_facts *facts) {
    const struct settings_source source = {.file = options->config};
    struct settings_errors errors;
    settings_errors_init(&errors);
    struct settings *settings = settings_create(&source, &errors);
    settings_errors_print(&errors, stderr);
    settings_errors_finish(&errors);
    if (!settings) {
        return false;
    }
    const struct plugin_entry *line =
            find_line(settings, options->argument, facts);
    bool good = line && add_line(sets, settings, line->name, facts);
    if (!line) {
        (void)fprintf(stderr,
                "nexusctl: %s has no plugin %s, neither by name nor by path\n",
                options->config, facts->id);
    }
    settings_destroy(settings);
    return good;
}

bool check_sets_init(struct check_sets *sets, const struct ctl_options *options,
        const struct plugin_facts *facts) {
    sets->count = 0;
    bool good = !options->config || add_config(sets, options, facts);
    for (size_t i = 0; i < options->set_count && good; i++) {
        const char *set = options->sets[i];
        size_t key = strcspn(set, "=");
        bool own = memchr(set, '.', key) == NULL;
        good = add(sets, own ? facts->id : "", set, "");
    }
    if (!good) {
        check_sets_finish(sets);
    }
    return good;
}

void check_sets_finish(struct check_sets *sets) {
    for (size_t i = 0; i < sets->count; i++) {
        free(sets->texts[i]);
    }
    sets->count = 0;
}
