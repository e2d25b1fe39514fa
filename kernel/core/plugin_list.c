#include "kernel/core/plugin_list.h"

#include <ctype.h>
#include <string.h>

#include "kernel/core/settings_env.h"

#define NAME_MAX_LEN  48
#define SHA256_DIGITS 64
#define FNV_START     UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME     UINT64_C(0x100000001b3)

// [a-z][a-z0-9_-]*: a file name, a path component and an environment name.
static bool is_name(const char *name) {
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    return name[len] == '\0' && len <= NAME_MAX_LEN && *name >= 'a'
            && *name <= 'z';
}

struct plugin_record *plugin_list_add(struct settings_store *store,
        const char *name, const char *origin, struct settings_errors *errors) {
    if (!is_name(name)) {
        settings_errors_add(errors,
                "%s: a plugin's name must be up to %d of a-z, 0-9, _ and -, "
                "beginning with a letter, not \"%s\"",
                origin, NAME_MAX_LEN, name);
        return NULL;
    }
    struct plugin_record *record =
            settings_store_plugin(store, name, strlen(name));
    if (record != NULL) {
        settings_errors_add(errors,
                "%s: plugin \"%s\" is in the list twice, first at %s", origin,
                name, record->entry.origin);
        return NULL;
    }
    if (store->plugin_count == SETTINGS_PLUGINS_MAX) {
        settings_errors_add(errors, "%s: more than %d plugins in the list",
                origin, SETTINGS_PLUGINS_MAX);
        return NULL;
    }
    record = &store->plugins[store->plugin_count];
    record->entry.origin = origin;
    record->entry.name = settings_store_text(store, name, strlen(name));
    if (record->entry.name == NULL) {
        settings_errors_add(errors, "%s: out of memory", origin);
        return NULL;
    }
    nx_list_init(&record->raws);
    store->plugin_count++;
    return record;
}

bool plugin_list_reserved(const char *key) {
    return strcmp(key, "name") == 0 || strcmp(key, "path") == 0
            || strcmp(key, "sha256") == 0 || strcmp(key, "on_crash") == 0;
}

bool plugin_list_lookup(struct settings_store *store, const char *name,
        const char *key, struct raw_value *raw) {
    struct plugin_record *record =
            settings_store_plugin(store, name, strlen(name));
    const struct raw_setting *said =
            record == NULL ? NULL : settings_store_last(&record->raws, key);
    bool by_flag = said != NULL && said->value.kind == RAW_TEXT;
    if (!by_flag && settings_env_plugin(store, name, key, raw)) {
        return true;
    }
    if (said != NULL) {
        *raw = said->value;
    }
    return said != NULL;
}

// --- the reserved keys ----------------------------------------------------

static bool read_reserved(struct settings_store *store,
        const struct plugin_entry *entry, const char *key, const char *range,
        struct raw_value *raw, struct settings_errors *errors) {
    char path[SETTING_PATH_MAX];
    (void)snprintf(path, sizeof(path), "plugins.%s.%s", entry->name, key);
    const struct setting setting = {.path = path,
            .kind = NX_SETTING_STRING,
            .flags = SETTING_FILLED,
            .range = range};
    struct setting_value value;
    return plugin_list_lookup(store, entry->name, key, raw)
            && setting_read(&setting, raw, &value, errors);
}

static void fill_sha256(struct settings_store *store,
        struct plugin_entry *entry, const struct raw_value *raw,
        struct settings_errors *errors) {
    char *digits = settings_store_alloc(store, strlen(raw->text) + 1);
    if (digits == NULL) {
        settings_errors_add(errors, "%s: out of memory", raw->origin);
        return;
    }
    size_t len = 0;
    for (; isxdigit((unsigned char)raw->text[len]); len++) {
        digits[len] = (char)tolower((unsigned char)raw->text[len]);
    }
    if (len != SHA256_DIGITS || raw->text[len] != '\0') {
        settings_errors_add(errors,
                "%s: plugins.%s.sha256 must be %d hexadecimal digits",
                raw->origin, entry->name, SHA256_DIGITS);
        return;
    }
    entry->sha256 = digits;
}

static uint64_t mix(uint64_t hash, const char *text) {
    do {
        hash = (hash ^ (unsigned char)*text) * FNV_PRIME;
    } while (*text++ != '\0');
    return hash;
}

// How a crash is dealt with is no change of the plugin.
static uint64_t mark_of(const struct plugin_record *record) {
    uint64_t hash = FNV_START;
    nx_list_for_each (link, &record->raws) {
        const struct raw_setting *raw =
                nx_container_of(link, struct raw_setting, link);
        if (strcmp(raw->key, "on_crash") != 0) {
            hash = mix(mix(hash, raw->key), raw->value.text);
        }
    }
    return hash;
}

void plugin_list_finish(
        struct settings_store *store, struct settings_errors *errors) {
    for (size_t i = 0; i < store->plugin_count; i++) {
        struct plugin_entry *entry = &store->plugins[i].entry;
        struct raw_value raw;
        entry->mark = mark_of(&store->plugins[i]);
        if (read_reserved(store, entry, "on_crash", PLUGIN_LIST_ON_CRASH, &raw,
                    errors)) {
            entry->on_crash = raw.text;
        }
        if (read_reserved(store, entry, "path", NULL, &raw, errors)) {
            entry->path = raw.text;
        }
        if (read_reserved(store, entry, "sha256", NULL, &raw, errors)) {
            fill_sha256(store, entry, &raw, errors);
        }
    }
}
