#include "kernel/ctl/plugin/plugin_info.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "kernel/core/plugin_file.h"
#include "kernel/ctl/command.h"
#include "kernel/ctl/plugin/plugin_facts.h"
#include "kernel/ctl/print.h"

bool plugin_info_open(const char *path, struct plugin_file *file,
        struct plugin_facts *facts, int *code) {
    char why[PLUGIN_FACTS_WHY_MAX];
    _Static_assert(PLUGIN_FACTS_WHY_MAX >= PLUGIN_FILE_WHY_MAX, "both fit");
    bool read = plugin_file_read(path, file, why);
    if (read && !plugin_facts_read(facts, file->data, file->size, why)) {
        plugin_file_finish(file);
        read = false;
    }
    if (!read) {
        (void)fprintf(stderr, "nexusctl: %s %s\n", path, why);
        *code = access(path, R_OK) == 0 ? CTL_EXIT_FOUND : CTL_EXIT_FAILURE;
    }
    return read;
}

void plugin_info_close(struct plugin_file *file, struct plugin_facts *facts) {
    plugin_facts_finish(facts);
    plugin_file_finish(file);
}

static const char *kind_word(uint32_t kind) {
    switch (kind) {
    case NX_SETTING_INT:
        return "int";
    case NX_SETTING_STRING:
        return "string";
    case NX_SETTING_BOOL:
        return "bool";
    default:
        return "unknown";
    }
}

// --- text -----------------------------------------------------------------

static void print_list(const char *name, const char *const *list) {
    (void)printf("%-16s", name);
    for (size_t i = 0; list[i]; i++) {
        (void)printf(" %s", list[i]);
    }
    (void)puts(list[0] ? "" : " none");
}

static void print_state(const struct plugin_facts *facts) {
    if (facts->state_version == 0) {
        print_text("state", "none");
    } else {
        (void)printf("%-16s format %" PRIu32 ", reads from %" PRIu32 " on\n",
                "state", facts->state_version, facts->state_version_min);
    }
}

static void print_settings(const struct plugin_facts *facts) {
    for (const struct nx_setting *s = facts->settings; s->key; s++) {
        (void)printf("%-16s %s, %s", "setting", s->key, kind_word(s->kind));
        if (s->range) {
            (void)printf(", %s", s->range);
        }
        if ((s->flags & NX_SETTING_REQUIRED) != 0) {
            (void)printf(", required");
        } else if (s->fallback) {
            (void)printf(", default \"%s\"", s->fallback);
        }
        (void)puts((s->flags & NX_SETTING_LIVE) != 0 ? ", live" : "");
    }
}

// Names of symbols and libraries may be anything.
static const char *shown(const char *name) {
    return plugin_facts_is_plain(name) ? name : "?";
}

static void print_exports(const struct plugin_facts *facts) {
    struct elf_symbol symbol;
    (void)printf("%-16s", "exports");
    for (size_t i = 1; elf_dynamic_symbol(&facts->dynamic, i, &symbol); i++) {
        if (elf_symbol_is_exported(&symbol)) {
            (void)printf(" %s", shown(symbol.name));
        }
    }
    (void)puts("");
}

static void print_needs(const struct plugin_facts *facts) {
    const char *name;
    (void)printf("%-16s", "needs");
    for (size_t i = 0; (name = elf_dynamic_text(&facts->dynamic, DT_NEEDED, i));
            i++) {
        (void)printf(" %s", shown(name));
    }
    (void)puts("");
}

static void print_facts(
        const struct plugin_facts *facts, const struct plugin_file *file) {
    print_text("id", facts->id);
    print_text("version", facts->version);
    (void)printf("%-16s %u.%u\n", "abi", (unsigned)facts->abi_major,
            (unsigned)facts->abi_minor);
    print_text("license", facts->license ? facts->license : "-");
    print_text("description", facts->description ? facts->description : "-");
    print_list("prefixes", facts->prefixes);
    print_list("requires", facts->requires_);
    print_state(facts);
    print_settings(facts);
    print_exports(facts);
    print_needs(facts);
    (void)printf("%-16s %zu\n", "size", file->size);
    print_text("sha256", file->sha256);
}

// --- JSON -----------------------------------------------------------------

static json_t *list_json(const char *const *list) {
    json_t *array = json_array();
    for (size_t i = 0; list[i]; i++) {
        (void)json_array_append_new(array, json_string(list[i]));
    }
    return array;
}

static json_t *settings_json(const struct plugin_facts *facts) {
    json_t *array = json_array();
    for (const struct nx_setting *s = facts->settings; s->key; s++) {
        (void)json_array_append_new(array,
                json_pack("{s:s, s:s, s:s?, s:s?, s:s?, s:b, s:b, s:b}", "key",
                        s->key, "kind", kind_word(s->kind), "default",
                        s->fallback, "range", s->range, "help", s->help,
                        "required", (s->flags & NX_SETTING_REQUIRED) != 0,
                        "secret", (s->flags & NX_SETTING_SECRET) != 0, "live",
                        (s->flags & NX_SETTING_LIVE) != 0));
    }
    return array;
}

static json_t *exports_json(const struct plugin_facts *facts) {
    struct elf_symbol symbol;
    json_t *array = json_array();
    for (size_t i = 1; elf_dynamic_symbol(&facts->dynamic, i, &symbol); i++) {
        if (elf_symbol_is_exported(&symbol)) {
            (void)json_array_append_new(array, json_string(shown(symbol.name)));
        }
    }
    return array;
}

static json_t *needs_json(const struct plugin_facts *facts) {
    const char *name;
    json_t *array = json_array();
    for (size_t i = 0; (name = elf_dynamic_text(&facts->dynamic, DT_NEEDED, i));
            i++) {
        (void)json_array_append_new(array, json_string(shown(name)));
    }
    return array;
}

static json_t *facts_json(
        const struct plugin_facts *facts, const struct plugin_file *file) {
    char abi[16];
    (void)snprintf(abi, sizeof(abi), "%u.%u", (unsigned)facts->abi_major,
            (unsigned)facts->abi_minor);
    return json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:o, s:o, s:I, s:I, s:b,"
                     " s:o, s:o, s:o, s:I, s:s}",
            "id", facts->id, "version", facts->version, "abi", abi, "license",
            facts->license, "description", facts->description, "prefixes",
            list_json(facts->prefixes), "requires", list_json(facts->requires_),
            "state_version", (json_int_t)facts->state_version,
            "state_version_min", (json_int_t)facts->state_version_min,
            "observer", (facts->flags & NX_PLUGIN_OBSERVER) != 0, "settings",
            settings_json(facts), "exports", exports_json(facts), "needs",
            needs_json(facts), "size", (json_int_t)file->size, "sha256",
            file->sha256);
}

// --- the command ----------------------------------------------------------

int plugin_info(const struct ctl_options *options) {
    struct plugin_file file;
    struct plugin_facts facts;
    int code = EXIT_SUCCESS;
    if (!plugin_info_open(options->argument, &file, &facts, &code)) {
        return code;
    }
    const char *differs = plugin_facts_difference(&facts);
    if (differs) {
        (void)fprintf(stderr,
                "nexusctl: warning: the manifest of %s states another %s than "
                "its entry; write both with NX_PLUGIN() of <nexus/sdk.h>\n",
                options->argument, differs);
    }
    if (options->json) {
        code = print_json(facts_json(&facts, &file));
    } else {
        print_facts(&facts, &file);
    }
    plugin_info_close(&file, &facts);
    return code;
}
