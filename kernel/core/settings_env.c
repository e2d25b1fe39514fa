#include "kernel/core/settings_env.h"

#include <string.h>

#include "kernel/core/nearest.h"
#include "kernel/core/plugin_list.h"

#define ENV_NAME_MAX   (SETTING_PATH_MAX + 8)
#define PLUGIN_PREFIX  "NEXUS_PLUGINS_"
#define ENV_ORIGIN_MAX (ENV_NAME_MAX + 4)

// Names that begin with NEXUS_ and configure tests, tools and builds.
static const char *const foreign[] = {
        "NEXUS_BUILD", "NEXUS_SOURCE", "NEXUS_TEST_", "NEXUS_BENCH_", NULL};

// The value when `variable` is "name=value" with this name, else NULL.
static const char *value_of(const char *variable, const char *name) {
    size_t len = strlen(name);
    bool same = strncmp(variable, name, len) == 0 && variable[len] == '=';
    return same && variable[len + 1] != '\0' ? variable + len + 1 : NULL;
}

static const char *find(const char *const *env, const char *name) {
    const char *value = NULL;
    for (; *env != NULL && value == NULL; env++) {
        value = value_of(*env, name);
    }
    return value;
}

static const char *origin_of(struct settings_store *store, const char *name) {
    char origin[ENV_ORIGIN_MAX];
    (void)snprintf(origin, sizeof(origin), "env %s", name);
    const char *kept = settings_store_text(store, origin, strlen(origin));
    return kept == NULL ? "env" : kept;
}

static void apply_row(struct settings *settings, const struct setting *row,
        const char *const *env, struct settings_errors *errors) {
    char name[ENV_NAME_MAX];
    (void)setting_env_name(row->path, name, sizeof(name));
    const char *used = name;
    const char *value = find(env, name);
    if (value == NULL && row->env != NULL) {
        used = row->env;
        value = find(env, row->env);
    }
    if (value != NULL) {
        struct raw_value raw = {
                RAW_TEXT, value, origin_of(settings->store, used)};
        (void)settings_assign(settings, row, &raw, errors);
    }
}

// --- names that match nothing ---------------------------------------------

static bool begins_with(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_foreign(const char *name) {
    for (size_t i = 0; foreign[i] != NULL; i++) {
        size_t len = strlen(foreign[i]);
        bool prefix = foreign[i][len - 1] == '_';
        if (strncmp(name, foreign[i], len) == 0
                && (prefix || name[len] == '\0')) {
            return true;
        }
    }
    return false;
}

static void warn_unknown(const char *name, struct settings_errors *errors) {
    struct nearest nearest;
    char best[ENV_NAME_MAX] = "";
    nearest_init(&nearest, name);
    for (size_t i = 0; i < setting_count(); i++) {
        char known[ENV_NAME_MAX];
        size_t distance = nearest.distance;
        (void)setting_env_name(setting_row(i)->path, known, sizeof(known));
        nearest_offer(&nearest, known);
        if (nearest.distance < distance) {
            memcpy(best, known, sizeof(best));
        }
    }
    settings_errors_warn(errors,
            "env %s: there is no such setting%s%s%s; it has no effect", name,
            *best != '\0' ? ", did you mean " : "", best,
            *best != '\0' ? "?" : "");
}

static bool is_known(const char *name) {
    char known[ENV_NAME_MAX];
    for (size_t i = 0; i < setting_count(); i++) {
        if (setting_env_name(setting_row(i)->path, known, sizeof(known))
                && strcmp(known, name) == 0) {
            return true;
        }
    }
    return false;
}

// The prefix all variables of a plugin have.
static void plugin_prefix(const char *plugin, char out[ENV_NAME_MAX]) {
    char path[SETTING_PATH_MAX];
    (void)snprintf(path, sizeof(path), "plugins.%s.", plugin);
    if (!setting_env_name(path, out, ENV_NAME_MAX)) {
        out[0] = '\0';
    }
}

// The plugin of the list that a variable belongs to, NULL when there is none.
// Of "a" and "a_b" it is the longer name.
static const char *plugin_of(
        const struct settings_store *store, const char *variable) {
    const char *found = NULL;
    size_t found_len = 0;
    for (size_t i = 0; i < store->plugin_count; i++) {
        char prefix[ENV_NAME_MAX];
        const char *name = store->plugins[i].entry.name;
        plugin_prefix(name, prefix);
        if (begins_with(variable, prefix) && strlen(prefix) > found_len) {
            found = name;
            found_len = strlen(prefix);
        }
    }
    return found;
}

static void check_name(const struct settings_store *store, const char *variable,
        struct settings_errors *errors) {
    char name[ENV_NAME_MAX];
    size_t len = strcspn(variable, "=");
    if (len >= sizeof(name) || !begins_with(variable, "NEXUS_")) {
        return;
    }
    memcpy(name, variable, len);
    name[len] = '\0';
    if (is_foreign(name)) {
        return;
    }
    if (begins_with(name, PLUGIN_PREFIX)) {
        if (plugin_of(store, name) == NULL) {
            settings_errors_warn(errors,
                    "env %s: it names no plugin of the list; it has no effect",
                    name);
        }
    } else if (!is_known(name)) {
        warn_unknown(name, errors);
    }
}

static void keep_plugin_variables(struct settings_store *store,
        const char *const *env, struct settings_errors *errors) {
    size_t count = 0;
    while (env[count] != NULL) {
        count++;
    }
    store->env = settings_store_alloc(store, (count + 1) * sizeof(*store->env));
    for (; store->env != NULL && *env != NULL; env++) {
        const char *kept = NULL;
        if (begins_with(*env, PLUGIN_PREFIX)) {
            kept = settings_store_text(store, *env, strlen(*env));
        }
        if (kept != NULL) {
            store->env[store->env_count++] = kept;
        }
    }
    if (store->env == NULL) {
        settings_errors_add(errors, "env: out of memory");
    }
}

void settings_env_apply(struct settings *settings, const char *const *env,
        struct settings_errors *errors) {
    if (env == NULL) {
        return;
    }
    for (size_t i = 0; i < setting_count(); i++) {
        apply_row(settings, setting_row(i), env, errors);
    }
    keep_plugin_variables(settings->store, env, errors);
    for (; *env != NULL; env++) {
        check_name(settings->store, *env, errors);
    }
}

// --- plugins --------------------------------------------------------------

// The name of the variable of plugins.<plugin>.<key>.
static bool variable_of(
        const char *plugin, const char *key, char out[ENV_NAME_MAX]) {
    char path[SETTING_PATH_MAX];
    int len = snprintf(path, sizeof(path), "plugins.%s.%s", plugin, key);
    return len > 0 && (size_t)len < sizeof(path)
            && setting_env_name(path, out, ENV_NAME_MAX);
}

bool settings_env_plugin(struct settings_store *store, const char *name,
        const char *key, struct raw_value *raw) {
    char variable[ENV_NAME_MAX];
    if (!variable_of(name, key, variable)) {
        return false;
    }
    for (size_t i = 0; i < store->env_count; i++) {
        const char *value = value_of(store->env[i], variable);
        if (value != NULL) {
            raw->kind = RAW_TEXT;
            raw->text = value;
            raw->origin = origin_of(store, variable);
            return true;
        }
    }
    return false;
}

static bool is_variable_of(
        const char *variable, const char *plugin, const char *key) {
    char name[ENV_NAME_MAX];
    return variable_of(plugin, key, name) && begins_with(variable, name)
            && variable[strlen(name)] == '=';
}

static bool in_table(const char *plugin, const char *variable,
        const struct nx_setting *table) {
    for (; table != NULL && table->key != NULL; table++) {
        if (is_variable_of(variable, plugin, table->key)) {
            return true;
        }
    }
    return is_variable_of(variable, plugin, "path")
            || is_variable_of(variable, plugin, "sha256");
}

void settings_env_check_plugin(const struct settings_store *store,
        const char *name, const struct nx_setting *table,
        struct settings_errors *errors) {
    for (size_t i = 0; i < store->env_count; i++) {
        const char *variable = store->env[i];
        const char *owner = plugin_of(store, variable);
        if (owner != NULL && strcmp(owner, name) == 0
                && !in_table(name, variable, table)) {
            settings_errors_warn(errors,
                    "env %.*s: plugin \"%s\" has no such setting; it has no "
                    "effect",
                    (int)strcspn(variable, "="), variable, name);
        }
    }
}
