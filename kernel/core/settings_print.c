#include "kernel/core/settings_print.h"

#include <string.h>

#include "kernel/core/plugin_list.h"
#include "kernel/core/plugin_settings.h"
#include "kernel/core/settings_store.h"

#define MASK "\"***\""

// --- the server's own -----------------------------------------------------

static size_t group_len(const char *path) {
    const char *dot = strchr(path, '.');
    return dot == NULL ? 0 : (size_t)(dot - path);
}

// Ends the group that is open and begins the next, if they differ.
static void switch_group(const char *from, const char *to, FILE *out) {
    size_t from_len = group_len(from);
    size_t to_len = group_len(to);
    if (from_len == to_len && memcmp(from, to, to_len) == 0) {
        return;
    }
    if (from_len > 0) {
        (void)fputs("};\n", out);
    }
    if (to_len > 0) {
        (void)fprintf(out, "%.*s = {\n", (int)to_len, to);
    }
}

static void print_row(
        const struct settings *settings, const struct setting *row, FILE *out) {
    size_t len = group_len(row->path);
    struct setting_value value;
    settings_value(settings, row, &value);
    (void)fprintf(out, "%s%s = ", len > 0 ? "    " : "",
            row->path + (len > 0 ? len + 1 : 0));
    if ((row->flags & NX_SETTING_SECRET) != 0) {
        (void)fputs(MASK, out);
    } else {
        setting_write_value(row->kind, &value, out);
    }
    (void)fprintf(
            out, "; # %s\n", settings->store->origins[row - setting_row(0)]);
}

// --- plugins --------------------------------------------------------------

// Whether a later raw setting of the list says something else.
static bool overruled(
        const struct nx_list *raws, const struct raw_setting *raw) {
    return settings_store_last(raws, raw->key) != raw;
}

static void print_raw(const struct raw_setting *raw, FILE *out) {
    (void)fprintf(out, "        %s = ", raw->key);
    switch (raw->value.kind) {
    case RAW_INT:
    case RAW_BOOL:
        (void)fputs(raw->value.text, out);
        break;
    case RAW_FLOAT:
    case RAW_TEXT:
    case RAW_STRING:
    case RAW_GROUP:
    case RAW_LIST:
        (void)fputs(MASK, out);
        break;
    }
    (void)fprintf(out, "; # %s\n", raw->value.origin);
}

static void print_raws(const struct plugin_record *record, FILE *out) {
    nx_list_for_each (pos, &record->raws) {
        const struct raw_setting *raw =
                nx_container_of(pos, struct raw_setting, link);
        if (!plugin_list_reserved(raw->key) && !overruled(&record->raws, raw)) {
            print_raw(raw, out);
        }
    }
}

static void print_text(const char *key, const char *text, FILE *out) {
    if (text != NULL) {
        (void)fprintf(out, "        %s = ", key);
        setting_write_string(text, out);
        (void)fputs(";\n", out);
    }
}

static void print_plugin(const struct settings *settings,
        const struct plugin_record *record, FILE *out) {
    const struct plugin_entry *entry = &record->entry;
    const struct nx_config *config =
            plugin_settings_find(settings, entry->name);
    (void)fprintf(out, "    { # %s\n", entry->origin);
    print_text("name", entry->name, out);
    print_text("path", entry->path, out);
    print_text("sha256", entry->sha256, out);
    print_text("on_crash", entry->on_crash, out);
    if (config != NULL) {
        plugin_settings_print(config, "        ", out);
    } else {
        print_raws(record, out);
    }
    (void)fputs("    }", out);
}

void settings_print(const struct settings *settings, FILE *out) {
    const char *group = "";
    for (size_t i = 0; i < setting_count(); i++) {
        const struct setting *row = setting_row(i);
        switch_group(group, row->path, out);
        group = row->path;
        print_row(settings, row, out);
    }
    switch_group(group, "", out);
    (void)fputs("plugins = (\n", out);
    for (size_t i = 0; i < settings_plugin_count(settings); i++) {
        (void)fputs(i > 0 ? ",\n" : "", out);
        print_plugin(settings, &settings->store->plugins[i], out);
    }
    (void)fputs("\n);\n", out);
}
