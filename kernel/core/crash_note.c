#include "kernel/core/crash_note.h"

#include <stddef.h>
#include <string.h>

#define FNV_START UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

_Static_assert(sizeof(struct crash_note) == 512, "a note is one sector");
_Static_assert(sizeof(((struct crash_note *)0)->name) >= WHERE_NAME_MAX
                && sizeof(((struct crash_note *)0)->sha256) >= SHA256_HEX_SIZE
                && sizeof(((struct crash_note *)0)->event) >= WHERE_EVENT_MAX
                && sizeof(((struct crash_note *)0)->claims) >= WHERE_CLAIMS_MAX,
        "a note holds all that is known");

static const char magic[8] = {'N', 'X', 'N', 'O', 'T', 'E', '1', '\n'};

// Guards against accidents, not against people.
static uint64_t check_of(const struct crash_note *note) {
    const unsigned char *bytes = (const unsigned char *)note;
    uint64_t hash = FNV_START;
    for (size_t i = 0; i < offsetof(struct crash_note, check); i++) {
        hash = (hash ^ bytes[i]) * FNV_PRIME;
    }
    return hash;
}

void crash_note_seal(struct crash_note *note) {
    memcpy(note->magic, magic, sizeof(magic));
    note->check = check_of(note);
}

static bool ends(const char *text, size_t size) {
    return memchr(text, '\0', size) != NULL;
}

bool crash_note_good(const struct crash_note *note) {
    bool known = note->kind == CRASH_NOTE_CRASH
            || note->kind == CRASH_NOTE_QUARANTINE;
    return memcmp(note->magic, magic, sizeof(magic)) == 0 && known
            && note->check == check_of(note)
            && ends(note->name, sizeof(note->name))
            && ends(note->sha256, sizeof(note->sha256))
            && ends(note->callback, sizeof(note->callback))
            && ends(note->event, sizeof(note->event))
            && ends(note->version, sizeof(note->version))
            && ends(note->claims, sizeof(note->claims));
}

void crash_note_name(
        struct crash_note *note, const struct where_plugin *plugin) {
    memcpy(note->name, plugin->name, sizeof(plugin->name));
    memcpy(note->sha256, plugin->sha256, sizeof(plugin->sha256));
    memcpy(note->version, plugin->version, sizeof(plugin->version));
    memcpy(note->claims, plugin->claims, sizeof(plugin->claims));
    note->settings = plugin->settings;
    note->traits = plugin->traits;
}
