#include "kernel/core/resume_copy.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/engine.h>
#include <nexus/util/buf.h>

#include "kernel/base/log.h"
#include "kernel/core/core.h"
#include "kernel/core/pack.h"
#include "kernel/core/resume_table.h"
#include "kernel/core/session.h"
#include "kernel/core/users.h"

#define VERSION        1u
#define DEVICE_MAX     128

#define HAS_FORMER     1u
#define DEVICE_MADE_UP 2u

static struct nx_str str(const char *text) {
    const struct nx_str str = {text, strlen(text)};
    return str;
}

bool resume_copy_write(const struct resume_entry *entry, struct nx_buf *out) {
    const struct session *session = entry->session == 0
            ? NULL
            : sessions_find(entry->resume->core->sessions, entry->session);
    struct resume_record now;
    resume_record_init(&now);
    bool good = !session || resume_record_take(&now, session);
    pack_u8(out, VERSION);
    pack_u8(out,
            (uint8_t)((entry->has_former ? HAS_FORMER : 0)
                    | (entry->device_made_up ? DEVICE_MADE_UP : 0)));
    pack_raw(out, entry->hash, sizeof(entry->hash));
    pack_raw(out, entry->former, sizeof(entry->former));
    pack_u64(out, session ? 0 : (uint64_t)entry->until_ms);
    pack_str(out, str(entry->user));
    pack_str(out, str(entry->device));
    resume_record_write(session ? &now : &entry->record, out);
    resume_record_finish(&now);
    return good && !out->failed;
}

static bool read_owner(struct resume_entry *entry, struct nx_bytes *bytes) {
    struct nx_str user;
    struct nx_str device;
    if (!unpack_str(bytes, &user) || user.len == 0 || user.len > USER_NAME_MAX
            || !unpack_str(bytes, &device) || device.len > DEVICE_MAX) {
        return false;
    }
    entry->user = strndup(user.ptr, user.len);
    entry->device = strndup(device.ptr, device.len);
    return entry->user && entry->device;
}

static bool read_entry(struct resume_entry *entry, struct nx_bytes *bytes) {
    uint8_t version;
    uint8_t flags;
    uint64_t until_ms;
    if (!unpack_u8(bytes, &version) || version != VERSION
            || !unpack_u8(bytes, &flags)
            || !unpack_raw(bytes, entry->hash, sizeof(entry->hash))
            || !unpack_raw(bytes, entry->former, sizeof(entry->former))
            || !unpack_u64(bytes, &until_ms) || until_ms > INT64_MAX) {
        return false;
    }
    entry->has_former = (flags & HAS_FORMER) != 0;
    entry->device_made_up = (flags & DEVICE_MADE_UP) != 0;
    entry->until_ms = (int64_t)until_ms;
    return read_owner(entry, bytes) && resume_record_read(&entry->record, bytes)
            && bytes->len == 0;
}

struct resume_entry *resume_copy_read(
        struct resume *resume, const struct nx_fact *fact) {
    struct resume_entry *entry = resume_entry_create(resume, fact->key);
    if (!entry) {
        return NULL;
    }
    struct nx_bytes bytes = fact->value;
    if (!read_entry(entry, &bytes)) {
        log_warn("resume", "a stored session is not understood",
                LOG_STR("session", entry->id));
        entry->written = true; // so that it goes
        resume_entry_drop(entry);
        return NULL;
    }
    return entry;
}
