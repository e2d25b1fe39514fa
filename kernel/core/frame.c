#include "kernel/core/frame.h"

#include <stdio.h>
#include <string.h>

#include <nexus/error.h>

#include "kernel/base/payload.h"
#include "kernel/core/writer.h"

// ,"<field>":<20 digits>} for the longest field a kind may choose.
#define OFFSET_TEXT_MAX 96

nx_status frame_of_event(struct nx_writer *event, struct payload **out) {
    struct nx_str text = writer_text(event);
    nx_status status = writer_status(event);
    if (status == NX_OK) {
        *out = payload_create(PAYLOAD_TEXT, text.ptr, text.len);
        status = *out ? NX_OK : NX_ERR_NO_MEMORY;
    }
    writer_discard(event);
    return status;
}

struct payload *frame_of_record(
        const struct nx_record *record, const char *offset_field) {
    size_t len = record->payload.len;
    if (!offset_field || record->offset == 0 || len < 2) {
        return payload_create(PAYLOAD_TEXT, record->payload.ptr, len);
    }
    // The record is a JSON object: its last byte is the closing brace, in
    // front of which the offset goes.
    char tail[OFFSET_TEXT_MAX];
    int tail_len =
            snprintf(tail, sizeof(tail), "%s\"%s\":%llu}", len > 2 ? "," : "",
                    offset_field, (unsigned long long)record->offset);
    if (tail_len < 0 || (size_t)tail_len >= sizeof(tail)) {
        return NULL;
    }
    struct payload *payload =
            payload_alloc(PAYLOAD_TEXT, len - 1 + (size_t)tail_len);
    if (!payload) {
        return NULL;
    }
    char *body = payload_body_mut(payload);
    memcpy(body, record->payload.ptr, len - 1);
    memcpy(body + len - 1, tail, (size_t)tail_len);
    return payload;
}
