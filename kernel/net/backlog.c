#include "kernel/net/backlog.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/util/buf.h>

// More than a message may be, and a read beside it.
#define BACKLOG_MAX ((size_t)64 << 20)

struct backlog {
    struct nx_buf records; // struct record and its bytes, one after the other
    size_t at;             // of the oldest
};

struct record {
    size_t len;
    bool binary;
    bool packed;
};

struct backlog *backlog_create(void) {
    struct backlog *backlog = calloc(1, sizeof(*backlog));
    if (backlog) {
        nx_buf_init(&backlog->records, BACKLOG_MAX);
    }
    return backlog;
}

void backlog_destroy(struct backlog *backlog) {
    if (backlog) {
        nx_buf_finish(&backlog->records);
        free(backlog);
    }
}

bool backlog_add(
        struct backlog *backlog, const struct backlog_message *message) {
    // Zeroed, so that the padding is.
    struct record record;
    memset(&record, 0, sizeof(record));
    record.len = message->len;
    record.binary = message->binary;
    record.packed = message->packed;
    size_t before = backlog->records.len;
    if (nx_buf_append(&backlog->records, &record, sizeof(record))
            && nx_buf_append(&backlog->records, message->data, message->len)) {
        return true;
    }
    backlog->records.len = before;
    backlog->records.failed = false;
    return false;
}

bool backlog_next(struct backlog *backlog, struct backlog_message *message) {
    struct record record;
    if (backlog_empty(backlog)) {
        return false;
    }
    memcpy(&record, backlog->records.data + backlog->at, sizeof(record));
    backlog->at += sizeof(record);
    message->data = backlog->records.data + backlog->at;
    message->len = record.len;
    message->binary = record.binary;
    message->packed = record.packed;
    backlog->at += record.len;
    return true;
}

bool backlog_empty(const struct backlog *backlog) {
    return backlog->at == backlog->records.len;
}
