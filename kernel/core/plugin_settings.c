#include "kernel/core/plugin_settings.h"

#include <string.h>

#include "kernel/base/log.h"
#include "kernel/core/nearest.h"
#include "kernel/core/plugin_list.h"
#include "kernel/core/settings_env.h"
#include "kernel/core/settings_store.h"

#define FLAGS_OF_PLUGINS \
    (NX_SETTING_REQUIRED | NX_SETTING_SECRET | NX_SETTING_LIVE)

struct config_value {
    const char *key;
    uint32_t kind;
    uint32_t flags;
    struct setting_value value;
    const char *origin;
};

struct nx_config {
    struct nx_list link;             // struct settings_store::configs
    const struct settings *settings; // it was resolved from, owns it
    const char *plugin;
    const char *data_dir; // of the settings
    size_t count;
    struct config_value values[];
};

// --- resolving ------------------------------------------------------------

struct resolve {
    struct settings_store *store;
    const char *plugin;
    const struct nx_setting *table;
    struct settings_errors *errors;
};

static size_t count_rows(const struct nx_setting *table) {
    size_t count = 0;
    while (table != NULL && table[count].key != NULL) {
        count++;
    }
    return count;
}

static const char *place_in_list(const struct resolve *resolve) {
    const struct plugin_record *record = settings_store_plugin(
            resolve->store, resolve->plugin, strlen(resolve->plugin));
    return record == NULL ? "plugins" : record->entry.origin;
}

// The highest layer that says something; else the default.
static bool lookup(const struct resolve *resolve, const struct nx_setting *row,
        struct raw_value *raw) {
    if (plugin_list_lookup(resolve->store, resolve->plugin, row->key, raw)) {
        return true;
    }
    *raw = (struct raw_value){RAW_TEXT, row->fallback, "default"};
    return row->fallback != NULL;
}

static bool copy_texts(const struct resolve *resolve,
        const struct nx_setting *row, struct config_value *out) {
    const char *text = out->value.text == NULL ? "" : out->value.text;
    out->key = settings_store_text(resolve->store, row->key, strlen(row->key));
    out->value.text = settings_store_text(resolve->store, text, strlen(text));
    if (out->key == NULL || out->value.text == NULL) {
        settings_errors_add(
                resolve->errors, "%s: out of memory", resolve->plugin);
        return false;
    }
    return true;
}

static bool resolve_row(const struct resolve *resolve,
        const struct nx_setting *row, struct config_value *out) {
    char path[SETTING_PATH_MAX];
    (void)snprintf(
            path, sizeof(path), "plugins.%s.%s", resolve->plugin, row->key);
    const struct setting setting = {.path = path,
            .kind = row->kind,
            .flags = row->flags & FLAGS_OF_PLUGINS,
            .range = row->range};
    struct raw_value raw;
    out->kind = setting.kind;
    out->flags = setting.flags;
    if (plugin_list_reserved(row->key)) {
        settings_errors_add(resolve->errors,
                "%s: plugin \"%s\" declares the setting \"%s\", a name that "
                "belongs to the server",
                place_in_list(resolve), resolve->plugin, row->key);
        return false;
    }
    if (lookup(resolve, row, &raw)) {
        if (!setting_read(&setting, &raw, &out->value, resolve->errors)) {
            return false;
        }
    } else if ((setting.flags & NX_SETTING_REQUIRED) != 0) {
        settings_errors_add(resolve->errors, "%s: %s is required and not set",
                place_in_list(resolve), path);
        return false;
    }
    out->origin = raw.origin;
    return copy_texts(resolve, row, out);
}

static void check_key(
        const struct resolve *resolve, const struct raw_setting *raw) {
    struct nearest nearest;
    nearest_init(&nearest, raw->key);
    size_t count = count_rows(resolve->table);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(resolve->table[i].key, raw->key) == 0) {
            return;
        }
        nearest_offer(&nearest, resolve->table[i].key);
    }
    if (plugin_list_reserved(raw->key)) {
        return;
    }
    nearest_offer(&nearest, "path");
    nearest_offer(&nearest, "sha256");
    if (nearest.best != NULL) {
        settings_errors_add(resolve->errors,
                "%s: plugin \"%s\" has no setting \"%s\", did you mean \"%s\"?",
                raw->value.origin, resolve->plugin, raw->key, nearest.best);
    } else {
        settings_errors_add(resolve->errors,
                "%s: plugin \"%s\" has no setting \"%s\"", raw->value.origin,
                resolve->plugin, raw->key);
    }
}

static void check_keys(const struct resolve *resolve) {
    struct plugin_record *record = settings_store_plugin(
            resolve->store, resolve->plugin, strlen(resolve->plugin));
    if (record == NULL) {
        return;
    }
    nx_list_for_each (pos, &record->raws) {
        check_key(resolve, nx_container_of(pos, struct raw_setting, link));
    }
}

struct nx_config *plugin_settings_resolve(struct settings *settings,
        const char *name, const struct nx_setting *table,
        struct settings_errors *errors) {
    const struct resolve resolve = {settings->store, name, table, errors};
    size_t before = errors->count;
    size_t count = count_rows(table);
    struct nx_config *config = settings_store_alloc(settings->store,
            sizeof(*config) + count * sizeof(config->values[0]));
    const char *plugin =
            settings_store_text(settings->store, name, strlen(name));
    if (config == NULL || plugin == NULL) {
        settings_errors_add(errors, "%s: out of memory", name);
        return NULL;
    }
    config->settings = settings;
    config->plugin = plugin;
    config->data_dir = settings->data_dir;
    config->count = count;
    for (size_t i = 0; i < count; i++) {
        (void)resolve_row(&resolve, &table[i], &config->values[i]);
    }
    check_keys(&resolve);
    settings_env_check_plugin(settings->store, name, table, errors);
    if (errors->count != before) {
        return NULL;
    }
    nx_list_append(&settings->store->configs, &config->link);
    return config;
}

struct nx_config *plugin_settings_find(
        const struct settings *settings, const char *name) {
    struct nx_config *found = NULL;
    nx_list_for_each (pos, &settings->store->configs) {
        struct nx_config *config = nx_container_of(pos, struct nx_config, link);
        if (strcmp(config->plugin, name) == 0) {
            found = config;
        }
    }
    return found;
}

void plugin_settings_moved(const struct settings *settings) {
    nx_list_for_each (pos, &settings->store->configs) {
        nx_container_of(pos, struct nx_config, link)->settings = settings;
    }
}

// --- reading --------------------------------------------------------------

static const struct config_value *find(
        const struct nx_config *config, const char *key) {
    for (size_t i = 0; i < config->count; i++) {
        if (strcmp(config->values[i].key, key) == 0) {
            return &config->values[i];
        }
    }
    return NULL;
}

static const struct config_value *find_kind(
        const struct nx_config *config, const char *key, uint32_t kind) {
    const struct config_value *value = find(config, key);
    if (value != NULL && value->kind == kind) {
        return value;
    }
    log_error("plugin", "asked for a setting it does not declare like this",
            LOG_STR("plugin", config->plugin), LOG_STR("key", key));
    return NULL;
}

struct nx_str plugin_settings_data_dir(const struct nx_config *config) {
    struct nx_str folder = {config->data_dir, strlen(config->data_dir)};
    return folder;
}

int64_t plugin_settings_get_int(
        const struct nx_config *config, const char *key) {
    const struct config_value *value = find_kind(config, key, NX_SETTING_INT);
    return value == NULL ? 0 : value->value.number;
}

int32_t plugin_settings_get_bool(
        const struct nx_config *config, const char *key) {
    const struct config_value *value = find_kind(config, key, NX_SETTING_BOOL);
    return value != NULL && value->value.number != 0;
}

struct nx_str plugin_settings_get_str(
        const struct nx_config *config, const char *key) {
    const struct config_value *value =
            find_kind(config, key, NX_SETTING_STRING);
    struct nx_str text = {"", 0};
    if (value != NULL) {
        text.ptr = value->value.text;
        text.len = strlen(value->value.text);
    }
    return text;
}

int64_t plugin_settings_get_server_int(
        const struct nx_config *config, const char *path) {
    const struct setting *row = setting_find(path);
    if (row == NULL || row->kind != NX_SETTING_INT) {
        log_error("plugin", "asked for a number the server does not have",
                LOG_STR("plugin", config->plugin), LOG_STR("key", path));
        return 0;
    }
    int64_t number;
    memcpy(&number, (const char *)config->settings + row->offset,
            sizeof(number));
    return number;
}

void plugin_settings_problem(
        struct nx_diag *diag, const char *key, struct nx_str message) {
    const struct nx_config *config = diag->config;
    const struct config_value *value = key == NULL ? NULL : find(config, key);
    int len = message.len > SETTINGS_ERROR_TEXT_MAX ? SETTINGS_ERROR_TEXT_MAX
                                                    : (int)message.len;
    const char *text = message.ptr == NULL ? "" : message.ptr;
    if (value != NULL) {
        settings_errors_add(diag->errors, "%s: plugins.%s.%s: %.*s",
                value->origin, config->plugin, key, len, text);
    } else {
        settings_errors_add(
                diag->errors, "plugins.%s: %.*s", config->plugin, len, text);
    }
}

void plugin_settings_print(
        const struct nx_config *config, const char *indent, FILE *out) {
    for (size_t i = 0; i < config->count; i++) {
        const struct config_value *value = &config->values[i];
        (void)fprintf(out, "%s%s = ", indent, value->key);
        if ((value->flags & NX_SETTING_SECRET) != 0) {
            (void)fputs("\"***\"", out);
        } else {
            setting_write_value(value->kind, &value->value, out);
        }
        (void)fprintf(out, "; # %s\n", value->origin);
    }
}

// --- comparing ------------------------------------------------------------

static bool same_value(
        const struct config_value *a, const struct config_value *b) {
    return a->kind == b->kind && a->value.number == b->value.number
            && strcmp(a->value.text, b->value.text) == 0;
}

static enum plugin_settings_change compare_value(
        const struct nx_config *running, const struct config_value *wanted) {
    const struct config_value *old = find(running, wanted->key);
    if (old != NULL && same_value(old, wanted)) {
        return PLUGIN_SETTINGS_SAME;
    }
    if (old != NULL && (wanted->flags & NX_SETTING_LIVE) != 0) {
        return PLUGIN_SETTINGS_LIVE;
    }
    return PLUGIN_SETTINGS_RESTART;
}

enum plugin_settings_change plugin_settings_compare(
        const struct nx_config *running, const struct nx_config *wanted) {
    enum plugin_settings_change change = PLUGIN_SETTINGS_SAME;
    // Keys are unique: equal counts and every wanted key found is equal sets.
    if (running->count != wanted->count) {
        return PLUGIN_SETTINGS_RESTART;
    }
    for (size_t i = 0; i < wanted->count; i++) {
        enum plugin_settings_change one =
                compare_value(running, &wanted->values[i]);
        change = one > change ? one : change;
    }
    return change;
}
