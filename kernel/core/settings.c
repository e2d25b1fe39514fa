#include "kernel/core/settings.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/core/nearest.h"
#include "kernel/core/plugin_list.h"
#include "kernel/core/plugin_settings.h"
#include "kernel/core/settings_check.h"
#include "kernel/core/settings_env.h"
#include "kernel/core/settings_file.h"
#include "kernel/core/settings_flags.h"
#include "kernel/core/settings_store.h"

// --- names ----------------------------------------------------------------

// Whether path is a group of settings: "limits" of "limits.rooms".
static bool is_group(const char *path) {
    size_t len = strlen(path);
    for (size_t i = 0; i < setting_count(); i++) {
        const char *known = setting_row(i)->path;
        if (strncmp(known, path, len) == 0 && known[len] == '.') {
            return true;
        }
    }
    return false;
}

static const char *last_part(const char *path) {
    const char *dot = strrchr(path, '.');
    return dot == NULL ? path : dot + 1;
}

// A typing error first; else the right name in the wrong group.
static const char *meant(const char *path) {
    struct nearest nearest;
    nearest_init(&nearest, path);
    for (size_t i = 0; i < setting_count(); i++) {
        nearest_offer(&nearest, setting_row(i)->path);
    }
    for (size_t i = 0; i < setting_count() && nearest.best == NULL; i++) {
        const char *known = setting_row(i)->path;
        if (strcmp(last_part(known), last_part(path)) == 0) {
            nearest.best = known;
        }
    }
    return nearest.best;
}

void settings_unknown(
        const char *path, const char *origin, struct settings_errors *errors) {
    const char *best = meant(path);
    if (is_group(path)) {
        settings_errors_add(errors,
                "%s: %s is a group of settings, %s = { ... }, and no value",
                origin, path, path);
    } else if (best != NULL) {
        settings_errors_add(errors,
                "%s: unknown setting \"%s\", did you mean \"%s\"?", origin,
                path, best);
    } else {
        settings_errors_add(errors, "%s: unknown setting \"%s\"", origin, path);
    }
}

// --- values ---------------------------------------------------------------

static void store_value(struct settings *settings,
        const struct setting *setting, const struct setting_value *value) {
    void *member = (char *)settings + setting->offset;
    if (setting->kind == NX_SETTING_INT) {
        *(int64_t *)member = value->number;
    } else if (setting->kind == NX_SETTING_BOOL) {
        *(bool *)member = value->number != 0;
    } else {
        *(const char **)member = value->text;
    }
}

static size_t index_of(const struct setting *setting) {
    return (size_t)(setting - setting_row(0));
}

bool settings_assign(struct settings *settings, const struct setting *setting,
        const struct raw_value *raw, struct settings_errors *errors) {
    struct setting_value value;
    if (!setting_read(setting, raw, &value, errors)) {
        return false;
    }
    if (value.text != NULL) {
        value.text = settings_store_text(
                settings->store, value.text, strlen(value.text));
        if (value.text == NULL) {
            settings_errors_add(errors, "%s: out of memory", raw->origin);
            return false;
        }
    }
    store_value(settings, setting, &value);
    settings->store->origins[index_of(setting)] = raw->origin;
    return true;
}

void settings_value(const struct settings *settings,
        const struct setting *setting, struct setting_value *value) {
    const void *member = (const char *)settings + setting->offset;
    value->number = 0;
    value->text = NULL;
    if (setting->kind == NX_SETTING_INT) {
        value->number = *(const int64_t *)member;
    } else if (setting->kind == NX_SETTING_BOOL) {
        value->number = *(const bool *)member ? 1 : 0;
    } else {
        value->text = *(const char *const *)member;
    }
}

// --- layers ---------------------------------------------------------------

static void apply_defaults(
        struct settings *settings, struct settings_errors *errors) {
    for (size_t i = 0; i < setting_count(); i++) {
        const struct setting *row = setting_row(i);
        struct raw_value raw = {RAW_TEXT, row->fallback, "default"};
        (void)settings_assign(settings, row, &raw, errors);
    }
}

static void apply_file(struct settings *settings, const char *file,
        struct settings_errors *errors) {
    settings_file_read(settings->store, file, errors);
    nx_list_for_each (pos, &settings->store->file) {
        const struct raw_setting *raw =
                nx_container_of(pos, struct raw_setting, link);
        const struct setting *row = setting_find(raw->key);
        bool empty_group = raw->value.kind == RAW_GROUP && is_group(raw->key);
        if (row != NULL) {
            (void)settings_assign(settings, row, &raw->value, errors);
        } else if (!empty_group) {
            settings_unknown(raw->key, raw->value.origin, errors);
        }
    }
}

static void add_default_plugins(
        struct settings *settings, struct settings_errors *errors) {
#define PLUGIN_NAME(name) name,
    static const char *const plugins[] = {
            PLUGIN_LIST_DEFAULTS(PLUGIN_NAME, PLUGIN_NAME)};
#undef PLUGIN_NAME
    for (size_t i = 0; i < sizeof(plugins) / sizeof(plugins[0]); i++) {
        (void)plugin_list_add(settings->store, plugins[i], "default", errors);
    }
}

static void apply_layers(struct settings *settings,
        const struct settings_source *source, struct settings_errors *errors) {
    apply_defaults(settings, errors);
    if (source->file != NULL) {
        apply_file(settings, source->file, errors);
    } else {
        add_default_plugins(settings, errors);
    }
    settings_env_apply(settings, source->env, errors);
    settings_flags_apply(settings, source->sets, source->set_count, errors);
    plugin_list_finish(settings->store, errors);
}

struct settings *settings_create(
        const struct settings_source *source, struct settings_errors *errors) {
    size_t before = errors->count;
    struct settings *settings = calloc(1, sizeof(*settings));
    struct settings_store *store = settings_store_create();
    if (settings == NULL || store == NULL) {
        settings_errors_add(errors, "settings: out of memory");
        settings_store_destroy(store);
        free(settings);
        return NULL;
    }
    settings->store = store;
    apply_layers(settings, source, errors);
    // Values that were refused are not there to be compared.
    if (errors->count == before) {
        settings_check(settings, errors);
    }
    if (errors->count != before) {
        settings_destroy(settings);
        return NULL;
    }
    return settings;
}

void settings_destroy(struct settings *settings) {
    if (settings == NULL) {
        return;
    }
    settings_store_destroy(settings->store);
    free(settings);
}

// --- questions ------------------------------------------------------------

size_t settings_plugin_count(const struct settings *settings) {
    return settings->store->plugin_count;
}

const struct plugin_entry *settings_plugin(
        const struct settings *settings, size_t i) {
    return &settings->store->plugins[i].entry;
}

const char *settings_origin(const struct settings *settings, const char *path) {
    const struct setting *row = setting_find(path);
    return row == NULL ? NULL : settings->store->origins[index_of(row)];
}

static bool same_value(const struct settings *a, const struct settings *b,
        const struct setting *setting) {
    struct setting_value left;
    struct setting_value right;
    settings_value(a, setting, &left);
    settings_value(b, setting, &right);
    if (setting->kind == NX_SETTING_STRING) {
        return strcmp(left.text, right.text) == 0;
    }
    return left.number == right.number;
}

void settings_exchange(struct settings *a, struct settings *b) {
    struct settings kept = *a;
    *a = *b;
    *b = kept;
    plugin_settings_moved(a);
    plugin_settings_moved(b);
}

bool settings_differ(const struct settings *a, const struct settings *b) {
    for (size_t i = 0; i < setting_count(); i++) {
        if (!same_value(a, b, setting_row(i))) {
            return true;
        }
    }
    return false;
}

bool settings_check_live(const struct settings *running,
        const struct settings *wanted, struct settings_errors *errors) {
    bool possible = true;
    for (size_t i = 0; i < setting_count(); i++) {
        const struct setting *row = setting_row(i);
        if ((row->flags & NX_SETTING_LIVE) == 0
                && !same_value(running, wanted, row)) {
            settings_errors_add(errors,
                    "%s: %s cannot change while the server runs; restart it",
                    settings_origin(wanted, row->path), row->path);
            possible = false;
        }
    }
    return possible;
}

const char *settings_plugin_value(
        const struct settings *settings, const char *name, const char *key) {
    struct raw_value raw;
    return plugin_list_lookup(settings->store, name, key, &raw) ? raw.text
                                                                : NULL;
}
