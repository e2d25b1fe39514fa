#include "kernel/net/inflated.h"

#include "kernel/core/close.h"
#include "kernel/core/json_text.h"
#include "kernel/core/packer.h"
#include "kernel/net/backlog.h"

uint16_t inflated_replace(struct packer *packer,
        struct backlog_message *message, size_t limit, const char **why) {
    const struct nx_bytes body = {message->data, message->len};
    struct nx_bytes out;
    switch (packer_unpack(packer, body, limit, &out)) {
    case DEFLATER_OK:
        message->data = out.ptr;
        message->len = out.len;
        message->packed = false;
        *why = "the message is not valid UTF-8";
        return message->binary || json_text_is_utf8(out.ptr, out.len)
                ? 0
                : CLOSE_INVALID_UTF8;
    case DEFLATER_TOO_LONG:
        *why = "the message is too long";
        return CLOSE_TOO_LARGE;
    case DEFLATER_NO_MEMORY:
        *why = "the server is out of memory";
        return CLOSE_OVERLOADED;
    case DEFLATER_FUTILE:
    case DEFLATER_BROKEN:
        break;
    }
    *why = "the message is not compressed well";
    return CLOSE_PROTOCOL_ERROR;
}
