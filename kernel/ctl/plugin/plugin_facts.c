#include "kernel/ctl/plugin/plugin_facts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kernel/core/descriptor.h"

#define SYMBOL  "nexus_plugin_v1"
#define SECTION ".nexus.info"

__attribute__((format(printf, 2, 3))) static bool refuse(
        char *why, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why, PLUGIN_FACTS_WHY_MAX, format, args);
    va_end(args);
    return false;
}

// --- the entry ------------------------------------------------------------

bool plugin_facts_is_plain(const char *text) {
    if (strnlen(text, PLUGIN_FACTS_TEXT + 1) > PLUGIN_FACTS_TEXT) {
        return false;
    }
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            return false;
        }
    }
    json_t *string = json_string(text);
    json_decref(string);
    return string != NULL;
}

// The text behind the pointer at an address; *out is NULL for a null pointer.
static bool read_text(
        const struct plugin_facts *facts, uint64_t address, const char **out) {
    uint64_t to = 0;
    *out = NULL;
    if (!elf_dynamic_pointer(&facts->dynamic, address, &to)) {
        return false;
    }
    *out = to != 0 ? elf_file_text(&facts->elf, to) : NULL;
    return to == 0 || (*out && plugin_facts_is_plain(*out));
}

// The texts of a NULL-ended array of pointers, behind the pointer at an
// address; empty ones are left out.
static bool read_list(const struct plugin_facts *facts, uint64_t address,
        const char *out[PLUGIN_FACTS_LIST + 1]) {
    uint64_t list = 0;
    size_t count = 0;
    out[0] = NULL;
    if (!elf_dynamic_pointer(&facts->dynamic, address, &list)) {
        return false;
    }
    for (uint64_t i = 0; list != 0; i++) {
        const char *text = NULL;
        if (count == PLUGIN_FACTS_LIST
                || !read_text(facts, list + i * sizeof(uint64_t), &text)) {
            return false;
        }
        if (!text) {
            break;
        }
        if (text[0] != '\0') {
            out[count++] = text;
        }
    }
    out[count] = NULL;
    return true;
}

static bool read_setting(const struct plugin_facts *facts, uint64_t address,
        struct nx_setting *out) {
#define AT(member) (address + offsetof(struct nx_setting, member))
    const void *found = elf_file_at(&facts->elf, address, sizeof(*out));
    if (!found) {
        return false;
    }
    memcpy(out, found, sizeof(*out));
    return read_text(facts, AT(key), &out->key)
            && read_text(facts, AT(fallback), &out->fallback)
            && read_text(facts, AT(range), &out->range)
            && read_text(facts, AT(help), &out->help);
#undef AT
}

static bool read_settings(struct plugin_facts *facts, uint64_t address) {
    uint64_t list = 0;
    struct nx_setting *out = facts->settings;
    out[0] = (struct nx_setting){0};
    if (!elf_dynamic_pointer(&facts->dynamic, address, &list)) {
        return false;
    }
    for (size_t i = 0; list != 0 && i <= PLUGIN_FACTS_LIST; i++) {
        if (!read_setting(facts, list + i * sizeof(*out), &out[i])) {
            return false;
        }
        if (!out[i].key) {
            return true;
        }
    }
    return list == 0;
}

static bool read_info(struct plugin_facts *facts, uint64_t address, char *why) {
#define AT(member) (address + offsetof(struct nx_plugin_info, member))
    struct nx_plugin_info info;
    // All that is looked at here was there in ABI 1.0.
    const void *found = elf_file_at(&facts->elf, address, DESCRIPTOR_INFO_SIZE);
    if (!found) {
        return refuse(why, "has an entry without info");
    }
    memcpy(&info, found, DESCRIPTOR_INFO_SIZE);
    if (info.struct_size < DESCRIPTOR_INFO_SIZE) {
        return refuse(why,
                "has a struct nx_plugin_info of %u bytes, at least %zu are "
                "needed; rebuild it with the SDK",
                info.struct_size, DESCRIPTOR_INFO_SIZE);
    }
    facts->flags = info.flags;
    facts->state_version = info.state_version;
    facts->state_version_min = info.state_version_min;
    bool read = read_text(facts, AT(id), &facts->id)
            && read_text(facts, AT(version), &facts->version)
            && read_text(facts, AT(license), &facts->license)
            && read_text(facts, AT(description), &facts->description)
            && read_list(facts, AT(prefixes), facts->prefixes)
            && read_list(facts, AT(requires_), facts->requires_)
            && read_settings(facts, AT(settings));
    if (!read) {
        return refuse(why,
                "has an info that cannot be read from the file; write it as "
                "constants, with NX_PLUGIN() of <nexus/sdk.h>");
    }
    return (facts->id && facts->version)
            || refuse(why, "states no id or no version");
#undef AT
}

static bool read_entry(struct plugin_facts *facts, char *why) {
    struct elf_symbol symbol;
    struct nx_plugin_entry entry;
    if (!elf_dynamic_open(&facts->dynamic, &facts->elf)
            || !elf_dynamic_find_symbol(&facts->dynamic, SYMBOL, &symbol)) {
        return refuse(why,
                "exports no " SYMBOL
                "; it is not a plugin, or one for another major version");
    }
    const void *found = elf_file_at(&facts->elf, symbol.address, sizeof(entry));
    if (found) {
        memcpy(&entry, found, sizeof(entry));
    }
    if (!found || entry.magic != NX_PLUGIN_MAGIC) {
        return refuse(why,
                "exports " SYMBOL
                ", but it does not begin with the mark of a plugin; define it "
                "with NX_PLUGIN() of <nexus/sdk.h>");
    }
    facts->abi_major = entry.abi_major;
    facts->abi_minor = entry.abi_minor;
    if (entry.abi_major != NX_ABI_MAJOR || entry.struct_size < sizeof(entry)) {
        return refuse(why,
                "was built for plugin ABI %u, this program knows %u; rebuild "
                "it with the SDK of this version",
                (unsigned)entry.abi_major, NX_ABI_MAJOR);
    }
    uint64_t info = 0;
    uint64_t at = symbol.address + offsetof(struct nx_plugin_entry, info);
    if (!elf_dynamic_pointer(&facts->dynamic, at, &info)) {
        info = 0;
    }
    return read_info(facts, info, why);
}

// --- the manifest ---------------------------------------------------------

static const char *find_text(
        const char *in, size_t size, const char *text, size_t len) {
    return memmem(in, size, text, len);
}

static bool read_manifest(struct plugin_facts *facts, char *why) {
    Elf64_Shdr section;
    const char *content = elf_file_find_section(&facts->elf, SECTION, &section)
            ? elf_file_content(&facts->elf, &section)
            : NULL;
    if (!content) {
        return refuse(why,
                "has no section " SECTION
                "; define it with NX_PLUGIN() of <nexus/sdk.h>");
    }
    size_t mark = sizeof(NX_MANIFEST_BEGIN) - 1;
    const char *begin =
            find_text(content, section.sh_size, NX_MANIFEST_BEGIN, mark);
    const char *text = begin ? begin + mark : NULL;
    const char *end = text
            ? find_text(text, (size_t)(content + section.sh_size - text),
                    NX_MANIFEST_END, sizeof(NX_MANIFEST_END) - 1)
            : NULL;
    json_error_t error;
    facts->manifest = end ? json_loadb(text, (size_t)(end - text),
                              JSON_REJECT_DUPLICATES, &error)
                          : NULL;
    if (!json_is_object(facts->manifest)) {
        json_decref(facts->manifest);
        return refuse(why,
                "has a section " SECTION " that is no manifest; define it "
                "with NX_PLUGIN() of <nexus/sdk.h>");
    }
    return true;
}

static bool agrees(const json_t *manifest, const char *key, const char *text) {
    const char *said = json_string_value(json_object_get(manifest, key));
    return said && strcmp(said, text) == 0;
}

// Empty texts stand for an empty list.
static bool lists_agree(
        const json_t *manifest, const char *key, const char *const *list) {
    const json_t *said = json_object_get(manifest, key);
    size_t count = 0;
    size_t i;
    const json_t *item;
    json_array_foreach(said, i, item) {
        const char *text = json_string_value(item);
        if (text && text[0] == '\0') {
            continue;
        }
        if (!text || !list[count] || strcmp(text, list[count]) != 0) {
            return false;
        }
        count++;
    }
    return !list[count];
}

const char *plugin_facts_difference(const struct plugin_facts *facts) {
    if (!agrees(facts->manifest, "id", facts->id)) {
        return "id";
    }
    if (!agrees(facts->manifest, "version", facts->version)) {
        return "version";
    }
    if (!lists_agree(facts->manifest, "prefixes", facts->prefixes)) {
        return "prefixes";
    }
    return lists_agree(facts->manifest, "requires", facts->requires_)
            ? NULL
            : "requires";
}

// --- the whole ------------------------------------------------------------

bool plugin_facts_read(struct plugin_facts *facts, const void *data,
        size_t size, char why[PLUGIN_FACTS_WHY_MAX]) {
    *facts = (struct plugin_facts){.id = NULL};
    const char *wrong = elf_file_open(&facts->elf, data, size);
    if (wrong) {
        return refuse(why, "%s", wrong);
    }
    return read_entry(facts, why) && read_manifest(facts, why);
}

void plugin_facts_finish(struct plugin_facts *facts) {
    json_decref(facts->manifest);
    facts->manifest = NULL;
}
