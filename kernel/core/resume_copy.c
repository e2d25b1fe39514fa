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

#define VERSION        2u
#define DEVICE_MAX     128

#define HAS_FORMER     1u
#define DEVICE_MADE_UP 2u

static struct nx_str str(const char *text) {
    const struct nx_str str = {text, strlen(text)};
    return str;
}

static void write_tokens(const struct resume_entry *entry, bool device_made_up,
        struct nx_buf *out) {
    pack_u8(out, VERSION);
    pack_u8(out,
            (uint8_t)((entry->has_former ? HAS_FORMER : 0)
                    | (device_made_up ? DEVICE_MADE_UP : 0)));
    pack_raw(out, entry->hash, sizeof(entry->hash));
    pack_raw(out, entry->former, sizeof(entry->former));
}

static void write_away(const struct resume_entry *entry, struct nx_buf *out) {
    const struct resume_away *away = entry->away;
    write_tokens(entry, away->device_made_up, out);
    pack_u64(out, (uint64_t)away->until_ms);
    pack_str(out, str(away->user));
    pack_str(out, str(away->device));
    resume_record_write(&away->record, out);
}

static bool write_connected(
        const struct resume_entry *entry, struct nx_buf *out) {
    const struct session *session =
            sessions_find(entry->resume->core->sessions, entry->session);
    struct resume_record now;
    resume_record_init(&now);
    bool good = session && session->user && resume_record_take(&now, session);
    if (good) {
        write_tokens(entry, session->device_made_up, out);
        pack_u64(out, 0);
        pack_str(out, user_name(session->user));
        pack_str(out, str(session->device));
        resume_record_write(&now, out);
    }
    resume_record_finish(&now);
    return good;
}

bool resume_copy_write(const struct resume_entry *entry, struct nx_buf *out) {
    bool good = true;
    if (entry->away) {
        write_away(entry, out);
    } else {
        good = write_connected(entry, out);
    }
    return good && !out->failed;
}

static bool read_owner(struct resume_entry *entry, struct nx_bytes *bytes) {
    struct nx_str user;
    struct nx_str device;
    return unpack_str(bytes, &user) && user.len > 0 && user.len <= USER_NAME_MAX
            && unpack_str(bytes, &device) && device.len <= DEVICE_MAX
            && resume_entry_set_away(entry, user, device);
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
    if (!read_owner(entry, bytes)) {
        return false;
    }
    entry->away->device_made_up = (flags & DEVICE_MADE_UP) != 0;
    entry->away->until_ms = (int64_t)until_ms;
    return resume_record_read(&entry->away->record, bytes) && bytes->len == 0;
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
