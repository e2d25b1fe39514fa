#include "plugins/chat/dm.h"

#include <string.h>

#include "plugins/chat/text.h"

static const struct nx_str prefix = {"dm:", 3};

bool dm_is(struct nx_str conversation) {
    return conversation.len >= prefix.len
            && memcmp(conversation.ptr, prefix.ptr, prefix.len) == 0;
}

static bool sorted(struct nx_str a, struct nx_str b) {
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter > 0 ? memcmp(a.ptr, b.ptr, shorter) : 0;
    return order < 0 || (order == 0 && a.len <= b.len);
}

bool dm_name(
        struct nx_str a, struct nx_str b, char *out, size_t size, size_t *len) {
    if (a.len == 0 || b.len == 0 || size < prefix.len) {
        return false;
    }
    if (!sorted(a, b)) {
        struct nx_str swap = a;
        a = b;
        b = swap;
    }
    size_t at = prefix.len;
    memcpy(out, prefix.ptr, prefix.len);
    if (!text_escape(out, size, &at, a, ":") || at == size) {
        return false;
    }
    out[at++] = ':';
    if (!text_escape(out, size, &at, b, ":")) {
        return false;
    }
    *len = at;
    return true;
}

bool dm_peer(struct nx_str conversation, struct nx_str user, char *out,
        size_t size, size_t *len) {
    if (!dm_is(conversation)) {
        return false;
    }
    const char *first = conversation.ptr + prefix.len;
    const char *end = conversation.ptr + conversation.len;
    const char *colon = memchr(first, ':', (size_t)(end - first));
    if (!colon) {
        return false;
    }
    // One of the two is the user; the other is the peer only if the pair
    // gives the very same name again.
    struct nx_str parts[2] = {
            {first, (size_t)(colon - first)},
            {colon + 1, (size_t)(end - colon - 1)},
    };
    for (int i = 0; i < 2; i++) {
        char name[DM_NAME_MAX];
        size_t name_len;
        if (!text_unescape(parts[i], out, size, len)) {
            continue;
        }
        struct nx_str peer = {out, *len};
        if (dm_name(user, peer, name, sizeof(name), &name_len)
                && name_len == conversation.len
                && memcmp(name, conversation.ptr, name_len) == 0) {
            return true;
        }
    }
    return false;
}
