#include "plugins/notify/key.h"

#include <assert.h>
#include <string.h>

#include <nexus/util/str.h>

// In no user id, and in no Idempotency-Key.
#define SEPARATOR "\x1f"

struct nx_str key_text(const struct key *key) {
    return nx_str_n(key->text, key->len);
}

static void add(struct key *key, struct nx_str part) {
    assert(part.len <= KEY_MAX - key->len);
    if (part.len > 0) {
        memcpy(key->text + key->len, part.ptr, part.len);
        key->len += part.len;
    }
}

void key_inbox(struct key *key, struct nx_str user) {
    key->len = 0;
    add(key, nx_str_c(KEY_INBOXES));
    add(key, user);
}

void key_idempotency(struct key *key, const char *call, struct nx_str user,
        struct nx_str idempotency_key) {
    key->len = 0;
    add(key, nx_str_c("k/"));
    add(key, nx_str_c(call));
    add(key, nx_str_c(SEPARATOR));
    add(key, user);
    add(key, nx_str_c(SEPARATOR));
    add(key, idempotency_key);
}

void key_broadcast(struct key *key, struct nx_str id) {
    key->len = 0;
    add(key, nx_str_c(KEY_BROADCASTS));
    add(key, id);
}

struct nx_str key_inbox_user(struct nx_str key) {
    size_t prefix = sizeof(KEY_INBOXES) - 1;
    return nx_str_n(key.ptr + prefix, key.len - prefix);
}
