#include "kernel/core/quarantine.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/base/log.h"
#include "kernel/core/core.h"
#include "kernel/core/crash_notes.h"
#include "kernel/core/crash_report.h"
#include "kernel/core/loader.h"
#include "kernel/core/plugin.h"
#include "kernel/core/plugins.h"
#include "kernel/core/plugins_set.h"
#include "kernel/core/settings.h"
#include "kernel/core/settings_store.h"

#define MODULE    "quarantine"
#define MS_IN_S   1000
#define HINT_SIZE 96

struct quarantine {
    struct crash_notes *notes;
    struct quarantine_item items[SETTINGS_PLUGINS_MAX];
    size_t count;
};

// What the notes say of one file with one version of its settings.
struct record {
    struct quarantine_item item;
    uint32_t traits;
    bool noted; // as being in quarantine
};

enum verdict {
    FREE,
    SPARED_BY_SETTING, // on_crash is "restart"
    SPARED_BY_ROLE,
    OUT,
};

// Takes the notes.
static struct quarantine *create(struct crash_notes *notes) {
    struct quarantine *quarantine =
            notes ? calloc(1, sizeof(*quarantine)) : NULL;
    if (!quarantine) {
        crash_notes_close(notes);
        return NULL;
    }
    quarantine->notes = notes;
    return quarantine;
}

struct quarantine *quarantine_create(const char *dir) {
    struct quarantine *quarantine = create(crash_notes_open(dir));
    if (quarantine) {
        crash_notes_expect(quarantine->notes);
    }
    return quarantine;
}

struct quarantine *quarantine_peek(const char *dir) {
    return create(crash_notes_peek(dir));
}

void quarantine_destroy(struct quarantine *quarantine) {
    if (quarantine) {
        crash_notes_close(quarantine->notes);
        free(quarantine);
    }
}

// --- judging --------------------------------------------------------------

static bool is_of(const struct crash_note *note, const char *name) {
    return note && strcmp(note->name, name) == 0;
}

static bool has_notes(const struct quarantine *quarantine, const char *name) {
    for (size_t i = 0; i < CRASH_NOTES_MAX; i++) {
        if (is_of(crash_notes_get(quarantine->notes, i), name)) {
            return true;
        }
    }
    return false;
}

// A clock that was put back must not make crashes forgotten.
static bool is_recent(const struct crash_note *note, const struct core *core,
        const struct settings *settings) {
    int64_t since_ms =
            clock_wall_ms(&core->clock) - settings->crash_window * MS_IN_S;
    return note->kind == CRASH_NOTE_CRASH && note->at_ms >= since_ms;
}

static void take_note(
        struct record *record, const struct crash_note *note, bool recent) {
    bool crash = note->kind == CRASH_NOTE_CRASH;
    record->noted |= !crash;
    record->traits |= note->traits;
    record->item.crashes += recent ? 1 : 0;
    if (note->seq > record->item.last.seq) {
        record->item.last = *note;
    }
}

// sha256 as for quarantine_keeps_out().
static void look_up(const struct quarantine *quarantine,
        const struct core *core, const struct settings *settings,
        const struct plugin_entry *entry, const char *sha256,
        struct record *record) {
    char found[SHA256_HEX_SIZE];
    memset(record, 0, sizeof(*record));
    if (!has_notes(quarantine, entry->name)) {
        return;
    }
    if (!sha256) {
        sha256 = loader_hash(core->plugins->loader, entry, found) ? found : "";
    }
    for (size_t i = 0; i < CRASH_NOTES_MAX; i++) {
        const struct crash_note *note = crash_notes_get(quarantine->notes, i);
        if (is_of(note, entry->name) && note->settings == entry->mark
                && strcmp(note->sha256, sha256) == 0) {
            take_note(record, note, is_recent(note, core, settings));
        }
    }
}

static enum verdict judge(const struct settings *settings,
        const struct plugin_entry *entry, const struct record *record) {
    if (!record->noted
            && record->item.crashes < (uint32_t)settings->crash_limit) {
        return FREE;
    }
    const char *policy =
            entry->on_crash ? entry->on_crash : settings->crash_on_crash;
    if (strcmp(policy, "quarantine") != 0) {
        return SPARED_BY_SETTING;
    }
    uint32_t binding = entry->on_crash
            ? WHERE_ENGINE
            : WHERE_ENGINE | WHERE_GUARD | WHERE_UNTOLD;
    return (record->traits & binding) != 0 ? SPARED_BY_ROLE : OUT;
}

bool quarantine_keeps_out(const struct quarantine *quarantine,
        const struct core *core, const struct settings *settings,
        const struct plugin_entry *entry, const char *sha256) {
    struct record record;
    if (!quarantine) {
        return false;
    }
    look_up(quarantine, core, settings, entry, sha256, &record);
    return judge(settings, entry, &record) == OUT;
}

// --- saying so ------------------------------------------------------------

static void log_out(
        const struct quarantine_item *item, const struct settings *settings) {
    char hint[HINT_SIZE];
    (void)snprintf(
            hint, sizeof(hint), "nexusctl plugin release %s", item->last.name);
    log_error(MODULE, "a plugin is left out because it crashes the server",
            LOG_STR("plugin", item->last.name),
            LOG_STR("version", item->last.version),
            LOG_UINT("crashes", item->crashes),
            LOG_INT("window", settings->crash_window),
            LOG_STR("signal", crash_report_signal(item->last.signo)),
            LOG_STR("callback", item->last.callback),
            LOG_STR("event", item->last.event), LOG_STR("release", hint));
}

static void log_spared(const struct plugin_entry *entry,
        const struct record *record, enum verdict verdict) {
    const char *why = "on_crash is \"restart\"";
    if (verdict == SPARED_BY_ROLE) {
        why = (record->traits & WHERE_ENGINE) != 0
                ? "it keeps what is stored"
                : "it may be what decides who may do what; on_crash = "
                  "\"quarantine\" in its line leaves it out";
    }
    log_error(MODULE, "a plugin crashes the server and is loaded all the same",
            LOG_STR("plugin", entry->name),
            LOG_UINT("crashes", record->item.crashes), LOG_STR("reason", why));
}

static bool runs(const struct core *core, const char *name) {
    for (size_t i = 0; i < plugins_count(core->plugins); i++) {
        if (strcmp(plugins_name(core->plugins, i), name) == 0) {
            return true;
        }
    }
    return false;
}

static void hold(struct quarantine *quarantine, const struct core *core,
        const struct record *record) {
    struct quarantine_item *item = &quarantine->items[quarantine->count++];
    *item = record->item;
    log_out(item, core->settings);
    if (!record->noted) {
        struct crash_note note = record->item.last;
        note.kind = CRASH_NOTE_QUARANTINE;
        note.traits = record->traits;
        (void)crash_notes_add(quarantine->notes, &note);
    }
}

void quarantine_judge(struct quarantine *quarantine, const struct core *core) {
    if (!quarantine) {
        return;
    }
    const struct settings *settings = core->settings;
    quarantine->count = 0;
    for (size_t i = 0; i < settings_plugin_count(settings); i++) {
        const struct plugin_entry *entry = settings_plugin(settings, i);
        struct record record;
        if (runs(core, entry->name)) {
            continue;
        }
        look_up(quarantine, core, settings, entry, NULL, &record);
        enum verdict verdict = judge(settings, entry, &record);
        if (verdict == OUT) {
            hold(quarantine, core, &record);
        } else if (verdict != FREE) {
            log_spared(entry, &record, verdict);
        }
    }
    crash_notes_expect(quarantine->notes);
}

// --- letting out ----------------------------------------------------------

static bool was_out(const struct quarantine *quarantine, const char *name) {
    for (size_t i = 0; i < CRASH_NOTES_MAX; i++) {
        const struct crash_note *note = crash_notes_get(quarantine->notes, i);
        if (is_of(note, name) && note->kind == CRASH_NOTE_QUARANTINE) {
            return true;
        }
    }
    return false;
}

static void forget(struct quarantine *quarantine, const char *name) {
    (void)crash_notes_forget(quarantine->notes, name);
    crash_notes_expect(quarantine->notes);
}

void quarantine_settle(struct quarantine *quarantine, const struct core *core) {
    if (!quarantine) {
        return;
    }
    for (size_t i = 0; i < plugins_count(core->plugins); i++) {
        const char *name = plugins_name(core->plugins, i);
        if (was_out(quarantine, name)) {
            log_info(MODULE, "a plugin is back: its file or settings changed",
                    LOG_STR("plugin", name));
            forget(quarantine, name);
        }
    }
}

// Its place, or the count.
static size_t find_item(const struct quarantine *quarantine, const char *name) {
    size_t i = 0;
    while (i < quarantine_count(quarantine)
            && strcmp(quarantine->items[i].last.name, name) != 0) {
        i++;
    }
    return i;
}

bool quarantine_holds(const struct quarantine *quarantine, const char *name) {
    return find_item(quarantine, name) < quarantine_count(quarantine);
}

bool quarantine_release(struct quarantine *quarantine, const char *name) {
    size_t i = find_item(quarantine, name);
    if (i == quarantine_count(quarantine)) {
        return false;
    }
    size_t behind = --quarantine->count - i;
    memmove(&quarantine->items[i], &quarantine->items[i + 1],
            behind * sizeof(quarantine->items[0]));
    log_info(MODULE, "a plugin is released", LOG_STR("plugin", name));
    forget(quarantine, name);
    return true;
}

// --- looking --------------------------------------------------------------

size_t quarantine_count(const struct quarantine *quarantine) {
    return quarantine ? quarantine->count : 0;
}

const struct quarantine_item *quarantine_get(
        const struct quarantine *quarantine, size_t i) {
    return &quarantine->items[i];
}

// As the router does: a prefix that ends in '.' covers what begins with it.
static bool claims(const struct crash_note *note, struct nx_str type) {
    const char *at = note->claims;
    while (*at != '\0') {
        size_t len = strcspn(at, ",");
        bool group = len > 0 && at[len - 1] == '.';
        if (len > 0 && type.len >= len && memcmp(type.ptr, at, len) == 0
                && (group || type.len == len)) {
            return true;
        }
        at += len + (at[len] == ',' ? 1 : 0);
    }
    return false;
}

const struct quarantine_item *quarantine_find(
        const struct quarantine *quarantine, struct nx_str type) {
    for (size_t i = 0; i < quarantine_count(quarantine); i++) {
        if (claims(&quarantine->items[i].last, type)) {
            return &quarantine->items[i];
        }
    }
    return NULL;
}

uint32_t quarantine_crashes(const struct quarantine *quarantine,
        const struct core *core, const char *name) {
    uint32_t crashes = 0;
    for (size_t i = 0; quarantine && i < CRASH_NOTES_MAX; i++) {
        const struct crash_note *note = crash_notes_get(quarantine->notes, i);
        crashes += is_of(note, name) && is_recent(note, core, core->settings)
                ? 1
                : 0;
    }
    return crashes;
}
