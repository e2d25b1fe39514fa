#include "kernel/core/descriptor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/host.h>

#define REQUIRES_MAX 64u // items of info.requires_
#define PREFIXES_MAX 64u
#define NAME_MAX_LEN 64u

__attribute__((format(printf, 2, 3))) static bool refuse(
        char *why, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why, DESCRIPTOR_WHY_MAX, format, args);
    va_end(args);
    return false;
}

// A newer header may have added members; they must ask for nothing.
static bool tail_is_zero(const void *object, size_t known, size_t size) {
    const unsigned char *bytes = object;
    for (size_t i = known; i < size; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

struct extent {
    const char *name;
    size_t first; // bytes in ABI 1.0
    size_t known; // bytes in this server's headers
};

static bool check_size(char *why, const struct extent *extent,
        const void *object, size_t size) {
    const char *name = extent->name;
    if (size < extent->first) {
        return refuse(why,
                "has a struct %s of %zu bytes, at least %zu are needed; "
                "rebuild it with the SDK of this server",
                name, size, extent->first);
    }
    if (size > 4096 || !tail_is_zero(object, extent->known, size)) {
        return refuse(why,
                "uses members of struct %s that this server does not know; "
                "use a newer server, or the SDK of this one",
                name);
    }
    return true;
}

static bool id_is_valid(const char *id) {
    size_t len = id ? strlen(id) : 0;
    return len > 0 && len <= DESCRIPTOR_ID_MAX && id[0] >= 'a' && id[0] <= 'z'
            && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

static bool check_prefixes(char *why, const struct nx_plugin_info *info) {
    for (size_t i = 0; info->prefixes && info->prefixes[i]; i++) {
        if (i >= PREFIXES_MAX) {
            return refuse(why, "claims more than %u prefixes", PREFIXES_MAX);
        }
        if (strlen(info->prefixes[i]) > NAME_MAX_LEN) {
            return refuse(why,
                    "claims the prefix \"%.80s\" of more than %u "
                    "bytes",
                    info->prefixes[i], NAME_MAX_LEN);
        }
    }
    return true;
}

static bool check_settings(char *why, const struct nx_setting *settings) {
    const uint32_t known =
            NX_SETTING_REQUIRED | NX_SETTING_SECRET | NX_SETTING_LIVE;
    for (size_t i = 0; settings && settings[i].key; i++) {
        bool has_kind = settings[i].kind >= NX_SETTING_INT
                && settings[i].kind <= NX_SETTING_BOOL;
        if (!has_kind || (settings[i].flags & ~known) != 0) {
            return refuse(why,
                    "declares the setting \"%.64s\" with a kind or flags that "
                    "this server does not know",
                    settings[i].key);
        }
    }
    return true;
}

static bool check_info(char *why, const struct nx_plugin_info *info) {
    if (!info) {
        return refuse(why, "has no info");
    }
    const struct extent extent = {
            "nx_plugin_info", DESCRIPTOR_INFO_SIZE, sizeof(*info)};
    if (!check_size(why, &extent, info, info->struct_size)) {
        return false;
    }
    if (!id_is_valid(info->id)) {
        return refuse(why,
                "has the id \"%.40s\"; an id is a lower-case letter and up to "
                "%u more letters, digits, '_' and '-'",
                info->id ? info->id : "", DESCRIPTOR_ID_MAX - 1);
    }
    if (!info->version || info->version[0] == '\0'
            || strlen(info->version) > NAME_MAX_LEN) {
        return refuse(why, "states no version of 1 to %u bytes", NAME_MAX_LEN);
    }
    if ((info->flags & ~NX_PLUGIN_OBSERVER) != 0) {
        return refuse(why,
                "sets flags 0x%" PRIx32 " that this server does not know",
                info->flags);
    }
    if (info->state_version_min > info->state_version) {
        return refuse(why,
                "reads states from version %" PRIu32 " but writes %" PRIu32,
                info->state_version_min, info->state_version);
    }
    return check_prefixes(why, info) && check_settings(why, info->settings);
}

bool descriptor_check(
        const struct nx_plugin_entry *entry, char why[DESCRIPTOR_WHY_MAX]) {
    if (entry->magic != NX_PLUGIN_MAGIC) {
        return refuse(why,
                "exports nexus_plugin_v1, but it does not begin with the mark "
                "of a plugin; define it with NX_PLUGIN() of <nexus/sdk.h>");
    }
    if (entry->abi_major != NX_ABI_MAJOR) {
        return refuse(why,
                "was built for plugin ABI %u, this server speaks %u; rebuild "
                "it with the SDK of this server",
                (unsigned)entry->abi_major, NX_ABI_MAJOR);
    }
    const struct extent extent = {
            "nx_plugin_entry", DESCRIPTOR_ENTRY_SIZE, sizeof(*entry)};
    if (!check_size(why, &extent, entry, entry->struct_size)) {
        return false;
    }
    if (entry->reserved0 != 0) {
        return refuse(why, "sets reserved0 of its entry, which must be zero");
    }
    if (!entry->create) {
        return refuse(why, "has no create()");
    }
    return check_info(why, entry->info);
}

bool descriptor_check_instance(
        const struct nx_plugin *instance, char why[DESCRIPTOR_WHY_MAX]) {
    if (!instance) {
        return refuse(why, "create() returned no instance");
    }
    const struct extent extent = {
            "nx_plugin", DESCRIPTOR_INSTANCE_SIZE, sizeof(*instance)};
    if (!check_size(why, &extent, instance, instance->struct_size)) {
        return false;
    }
    if (instance->reserved0 != 0) {
        return refuse(
                why, "sets reserved0 of its instance, which must be zero");
    }
    if (!instance->start || !instance->destroy) {
        return refuse(why, "its instance has no %s()",
                instance->start ? "destroy" : "start");
    }
    return true;
}

struct requirement {
    char name[NAME_MAX_LEN + 1];
    uint32_t version;
    uint32_t minor; // of the ABI that completed the table, 0: any
    bool optional;
};

static bool parse_number(const char **text, uint32_t *out) {
    char *end = NULL;
    if (**text < '0' || **text > '9') {
        return false;
    }
    unsigned long number = strtoul(*text, &end, 10);
    *text = end;
    *out = (uint32_t)number;
    return number <= UINT16_MAX;
}

// "nexus.rooms/1", or "nexus.rooms/1.2": as it is in ABI 1.2; each with a '?'.
static bool parse_requirement(const char *text, struct requirement *out) {
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : 0;
    if (len == 0 || len > NAME_MAX_LEN) {
        return false;
    }
    memcpy(out->name, text, len);
    out->name[len] = '\0';
    out->minor = 0;
    const char *rest = slash + 1;
    if (!parse_number(&rest, &out->version) || out->version == 0) {
        return false;
    }
    if (*rest == '.' && (rest++, !parse_number(&rest, &out->minor))) {
        return false;
    }
    out->optional = *rest == '?';
    return rest[out->optional ? 1 : 0] == '\0';
}

static bool check_requirement(
        char *why, const char *text, const struct nx_host *host) {
    struct requirement need;
    if (!parse_requirement(text, &need)) {
        return refuse(why,
                "requires \"%.80s\", which is not like \"nexus.rooms/1\"",
                text);
    }
    if (need.optional) {
        return true;
    }
    if (host->get_interface(host, need.name, need.version)) {
        return need.minor <= host->abi_minor
                || refuse(why,
                        "requires the interface %s/%" PRIu32
                        " of ABI %u.%" PRIu32 ", this server has that of "
                        "%u.%u; use a newer server, or an older plugin",
                        need.name, need.version, NX_ABI_MAJOR, need.minor,
                        NX_ABI_MAJOR, (unsigned)host->abi_minor);
    }
    // Which is it, an unknown name or a version that is too new?
    for (uint32_t version = need.version; version-- > 1;) {
        if (host->get_interface(host, need.name, version)) {
            return refuse(why,
                    "requires the interface %s in version %" PRIu32
                    ", this server has version %" PRIu32
                    "; use a newer server, or an older plugin",
                    need.name, need.version, version);
        }
    }
    return refuse(why,
            "requires the interface %s/%" PRIu32
            ", which this server does not have",
            need.name, need.version);
}

bool descriptor_check_requires(const struct nx_plugin_info *info,
        const struct nx_host *host, char why[DESCRIPTOR_WHY_MAX]) {
    for (size_t i = 0; info->requires_ && info->requires_[i]; i++) {
        if (i >= REQUIRES_MAX) {
            return refuse(
                    why, "requires more than %u interfaces", REQUIRES_MAX);
        }
        // The empty string stands for an empty list, as with prefixes.
        if (info->requires_[i][0] != '\0'
                && !check_requirement(why, info->requires_[i], host)) {
            return false;
        }
    }
    return true;
}
