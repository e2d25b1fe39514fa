#include "plugins/notify/state.h"

#include <string.h>

#include "plugins/notify/device.h"
#include "plugins/notify/expiry.h"
#include "plugins/notify/notify.h"
#include "plugins/notify/receipt.h"
#include "plugins/notify/recipient.h"

// Of one record: more cannot be in flight, nor kept of one user.
#define COUNT_MAX 4096u

// What a record tells.
enum what {
    WHAT_FLIGHTS,  // of a session
    WHAT_RECEIVED, // by a user
    WHAT_EXPIRY,   // one number: UTC in milliseconds
};

// ---- saving ----

// Remembers the first failure, so that a row of writes needs one check.
struct target {
    const struct nx_state_writer *writer;
    nx_status status;
};

static void put(struct target *target, const void *data, size_t len) {
    if (target->status == NX_OK) {
        target->status = target->writer->write(target->writer, data, len);
    }
}

static void put_head(struct target *target, enum what what, uint64_t session,
        const struct recipient *recipient, size_t count) {
    unsigned char kind = (unsigned char)what;
    unsigned char user_len = (unsigned char)recipient->name_len;
    uint32_t number = (uint32_t)count;
    put(target, &kind, sizeof(kind));
    put(target, &session, sizeof(session));
    put(target, &user_len, sizeof(user_len));
    put(target, recipient->name, user_len);
    put(target, &number, sizeof(number));
}

static void put_device(struct target *target, const struct device *device) {
    if (device->flight_count == 0) {
        return;
    }
    put_head(target, WHAT_FLIGHTS, device->session, device->recipient,
            device->flight_count);
    nx_list_for_each (link, &device->flights) {
        const struct flight *flight =
                nx_container_of(link, struct flight, link);
        put(target, &flight->seq, sizeof(flight->seq));
    }
}

static void put_recipient(
        struct target *target, const struct recipient *recipient) {
    const struct seqs *seqs = &recipient->received;
    uint64_t at_ms = (uint64_t)recipient->timer_ms;
    if (seqs->count > 0) {
        put_head(target, WHAT_RECEIVED, 0, recipient, seqs->count);
        put(target, seqs->numbers, seqs->count * sizeof(*seqs->numbers));
    }
    if (recipient->timer != 0) {
        put_head(target, WHAT_EXPIRY, 0, recipient, 1);
        put(target, &at_ms, sizeof(at_ms));
    }
}

nx_status state_save(
        const struct notify *notify, const struct nx_state_writer *writer) {
    struct target target = {.writer = writer, .status = NX_OK};
    size_t cursor = 0;
    const struct device *device;
    const struct recipient *recipient;
    while ((device = nx_strmap_next(notify->devices, &cursor, NULL, NULL))) {
        put_device(&target, device);
    }
    cursor = 0;
    while ((recipient =
                    nx_strmap_next(notify->recipients, &cursor, NULL, NULL))) {
        put_recipient(&target, recipient);
    }
    return target.status;
}

// ---- restoring ----

// Short reads are normal. False at the end.
static bool read_all(
        const struct nx_state_reader *reader, void *out, size_t len) {
    char *at = out;
    while (len > 0) {
        size_t size = reader->read(reader, at, len);
        if (size == 0) {
            return false;
        }
        at += size;
        len -= size;
    }
    return true;
}

struct record {
    unsigned char what;
    uint64_t session;
    struct nx_str user;
    uint32_t count;
    char name[NOTIFY_USER_MAX];
};

static bool read_head(
        const struct nx_state_reader *reader, struct record *record) {
    unsigned char user_len = 0;
    if (!read_all(reader, &record->session, sizeof(record->session))
            || !read_all(reader, &user_len, sizeof(user_len))
            || user_len > NOTIFY_USER_MAX
            || !read_all(reader, record->name, user_len)) {
        return false;
    }
    record->user = nx_str_n(record->name, user_len);
    return read_all(reader, &record->count, sizeof(record->count))
            && record->count <= COUNT_MAX;
}

static bool restore_number(struct recipient *recipient, struct device *device,
        const struct record *record, uint64_t number) {
    switch (record->what) {
    case WHAT_FLIGHTS:
        return device_note_flight(device, number);
    case WHAT_RECEIVED:
        receipt_note(recipient, number);
        return true;
    default: // WHAT_EXPIRY
        expiry_set(recipient, (int64_t)number);
        return true;
    }
}

static nx_status restore_record(struct notify *notify,
        const struct record *record, const struct nx_state_reader *reader) {
    struct recipient *recipient = recipient_obtain(notify, record->user);
    struct device *device = recipient && record->what == WHAT_FLIGHTS
            ? device_obtain(notify, record->session, record->user)
            : NULL;
    if (!recipient || (record->what == WHAT_FLIGHTS && !device)) {
        return NX_ERR_NO_MEMORY;
    }
    for (uint32_t i = 0; i < record->count; i++) {
        uint64_t number;
        if (!read_all(reader, &number, sizeof(number))) {
            return NX_ERR_INVALID;
        }
        if (!restore_number(recipient, device, record, number)) {
            return NX_ERR_NO_MEMORY;
        }
    }
    return NX_OK;
}

nx_status state_restore(
        struct notify *notify, const struct nx_state_reader *reader) {
    struct record record;
    nx_status status = NX_OK;
    while (status == NX_OK
            && read_all(reader, &record.what, sizeof(record.what))) {
        if (record.what > WHAT_EXPIRY || !read_head(reader, &record)) {
            return NX_ERR_INVALID;
        }
        status = restore_record(notify, &record, reader);
    }
    return status;
}
