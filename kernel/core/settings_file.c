#include "kernel/core/settings_file.h"

#include <libconfig.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/core/plugin_list.h"
#include "kernel/core/settings_text.h"

#define NESTING_MAX 8 // groups within groups

struct walk {
    struct settings_store *store;
    const char *file;
    struct settings_errors *errors;
    char path[SETTING_PATH_MAX];
    size_t nesting;
};

static const char *place_of(
        const struct walk *walk, const config_setting_t *node) {
    const char *place = settings_store_place(
            walk->store, walk->file, config_setting_source_line(node));
    return place == NULL ? walk->file : place;
}

// Numbers and booleans as text; buf is used where they have none of their own.
static void fill_value(
        const config_setting_t *node, struct raw_value *raw, char buf[64]) {
    raw->text = buf;
    buf[0] = '\0';
    switch (config_setting_type(node)) {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        raw->kind = RAW_INT;
        (void)snprintf(buf, 64, "%lld", config_setting_get_int64(node));
        break;
    case CONFIG_TYPE_BOOL:
        raw->kind = RAW_BOOL;
        raw->text = config_setting_get_bool(node) ? "true" : "false";
        break;
    case CONFIG_TYPE_STRING:
        raw->kind = RAW_STRING;
        raw->text = config_setting_get_string(node);
        break;
    case CONFIG_TYPE_FLOAT:
        raw->kind = RAW_FLOAT;
        (void)snprintf(buf, 64, "%g", config_setting_get_float(node));
        break;
    case CONFIG_TYPE_GROUP:
        raw->kind = RAW_GROUP;
        break;
    default:
        raw->kind = RAW_LIST;
        break;
    }
}

static void add_value(const struct walk *walk, struct nx_list *list,
        const char *key, const config_setting_t *node) {
    char buf[64];
    struct raw_value raw = {.origin = place_of(walk, node)};
    fill_value(node, &raw, buf);
    if (!settings_store_add(walk->store, list, key, &raw)) {
        settings_errors_add(walk->errors, "%s: out of memory", raw.origin);
    }
}

// --- the plugin list ------------------------------------------------------

static void walk_plugin(struct walk *walk, const config_setting_t *group) {
    const char *origin = place_of(walk, group);
    const char *name = NULL;
    if (!config_setting_is_group(group)) {
        settings_errors_add(walk->errors,
                "%s: each line of plugins must be a group, { name = \"...\"; }",
                origin);
        return;
    }
    if (config_setting_lookup_string(group, "name", &name) != CONFIG_TRUE) {
        settings_errors_add(walk->errors,
                "%s: this line of plugins has no name = \"...\"", origin);
        return;
    }
    struct plugin_record *record =
            plugin_list_add(walk->store, name, origin, walk->errors);
    for (int i = 0; record != NULL && i < config_setting_length(group); i++) {
        const config_setting_t *node =
                config_setting_get_elem(group, (unsigned)i);
        if (strcmp(config_setting_name(node), "name") != 0) {
            add_value(walk, &record->raws, config_setting_name(node), node);
        }
    }
}

static void walk_plugins(struct walk *walk, const config_setting_t *list) {
    // "[]" is an array and "()" a list; empty they are the same to people.
    bool empty =
            config_setting_is_array(list) && config_setting_length(list) == 0;
    if (!config_setting_is_list(list) && !empty) {
        settings_errors_add(walk->errors,
                "%s: plugins must be a list of groups, ( { name = \"...\"; } )",
                place_of(walk, list));
        return;
    }
    for (int i = 0; i < config_setting_length(list); i++) {
        walk_plugin(walk, config_setting_get_elem(list, (unsigned)i));
    }
}

// --- everything else ------------------------------------------------------

// Appends ".name" to the path; false when it is too long for any setting.
static bool enter(struct walk *walk, const char *name) {
    size_t len = strlen(walk->path);
    size_t room = sizeof(walk->path) - len;
    int more =
            snprintf(walk->path + len, room, "%s%s", len == 0 ? "" : ".", name);
    return more >= 0 && (size_t)more < room && walk->nesting < NESTING_MAX;
}

static void walk_group(struct walk *walk, const config_setting_t *group);

// NOLINTNEXTLINE(misc-no-recursion): NESTING_MAX bounds it
static void walk_node(struct walk *walk, const config_setting_t *node) {
    size_t len = strlen(walk->path);
    if (!enter(walk, config_setting_name(node))) {
        settings_errors_add(walk->errors,
                "%s: no setting has a name this long or this deep",
                place_of(walk, node));
    } else if (strcmp(walk->path, "plugins") == 0) {
        walk_plugins(walk, node);
    } else if (config_setting_is_group(node)
            && config_setting_length(node) > 0) {
        walk_group(walk, node);
    } else {
        add_value(walk, &walk->store->file, walk->path, node);
    }
    walk->path[len] = '\0';
}

// NOLINTNEXTLINE(misc-no-recursion): NESTING_MAX bounds it
static void walk_group(struct walk *walk, const config_setting_t *group) {
    walk->nesting++;
    for (int i = 0; i < config_setting_length(group); i++) {
        walk_node(walk, config_setting_get_elem(group, (unsigned)i));
    }
    walk->nesting--;
}

static void explain(const config_t *config, const char *file,
        struct settings_errors *errors) {
    const char *text = config_error_text(config);
    if (text == NULL) {
        text = "syntax error";
    } else if (strcmp(text, "cannot open include file") == 0) {
        text = "@include is not supported";
    }
    settings_errors_add(
            errors, "%s:%d: %s", file, config_error_line(config), text);
}

void settings_file_read(struct settings_store *store, const char *file,
        struct settings_errors *errors) {
    char *text = settings_text_read(file, errors);
    if (text == NULL) {
        return;
    }
    config_t config;
    config_init(&config);
    // No file is below this: an @include of a folder would end the process.
    config_set_include_dir(&config, "/dev/null");
    if (config_read_string(&config, text) == CONFIG_TRUE) {
        struct walk walk = {store, file, errors, "", 0};
        walk_group(&walk, config_root_setting(&config));
    } else {
        explain(&config, file, errors);
    }
    config_destroy(&config);
    free(text);
}
