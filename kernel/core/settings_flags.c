#include "kernel/core/settings_flags.h"

#include <string.h>

#define ORIGIN "--set"
#define PREFIX "plugins."

static void unknown_plugin(const struct settings_store *store, const char *path,
        int name_len, struct settings_errors *errors) {
    const char *name = path + strlen(PREFIX);
    settings_errors_add(errors,
            ORIGIN ": %s: plugin \"%.*s\" is not in the plugin list%s", path,
            name_len, name, store->plugin_count == 0 ? ", which is empty" : "");
}

// plugins.<name>.<key>: kept until the plugin's table is known.
static void apply_plugin(struct settings_store *store, const char *path,
        const struct raw_value *raw, struct settings_errors *errors) {
    const char *name = path + strlen(PREFIX);
    size_t len = strcspn(name, ".");
    if (len == 0 || name[len] == '\0' || name[len + 1] == '\0') {
        settings_errors_add(errors,
                ORIGIN ": %s: a plugin's setting is plugins.<name>.<key>",
                path);
        return;
    }
    const char *key = name + len + 1;
    struct plugin_record *record = settings_store_plugin(store, name, len);
    if (record == NULL) {
        unknown_plugin(store, path, (int)len, errors);
    } else if (strcmp(key, "name") == 0) {
        settings_errors_add(errors,
                ORIGIN ": %s: the name of a plugin cannot be set", path);
    } else if (!settings_store_add(store, &record->raws, key, raw)) {
        settings_errors_add(errors, ORIGIN ": out of memory");
    }
}

static void apply(struct settings *settings, const char *set,
        struct settings_errors *errors) {
    char path[SETTING_PATH_MAX];
    size_t len = strcspn(set, "=");
    if (len == 0 || len >= sizeof(path) || set[len] == '\0') {
        settings_errors_add(errors,
                ORIGIN ": \"%.60s\" is not of the form path=value", set);
        return;
    }
    memcpy(path, set, len);
    path[len] = '\0';
    struct raw_value raw = {RAW_TEXT, set + len + 1, ORIGIN};
    const struct setting *row = setting_find(path);
    if (strncmp(path, PREFIX, strlen(PREFIX)) == 0) {
        apply_plugin(settings->store, path, &raw, errors);
    } else if (row == NULL) {
        settings_unknown(path, ORIGIN, errors);
    } else {
        (void)settings_assign(settings, row, &raw, errors);
    }
}

void settings_flags_apply(struct settings *settings, const char *const *sets,
        size_t count, struct settings_errors *errors) {
    for (size_t i = 0; i < count; i++) {
        apply(settings, sets[i], errors);
    }
}
