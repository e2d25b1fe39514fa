#include "plugins/chat/key.h"

#include <string.h>

#include "plugins/chat/text.h"

static void begin(struct key *key, char kind) {
    key->failed = false;
    key->text[0] = kind;
    key->text[1] = '/';
    key->len = 2;
}

static void append_name(struct key *key, struct nx_str name) {
    if (!text_escape(key->text, sizeof(key->text), &key->len, name, "/")) {
        key->failed = true;
    }
}

static void append_slash(struct key *key) {
    if (key->len == sizeof(key->text)) {
        key->failed = true;
        return;
    }
    key->text[key->len++] = '/';
}

static void make_pair(
        struct key *key, char kind, struct nx_str first, struct nx_str second) {
    begin(key, kind);
    append_name(key, first);
    append_slash(key);
    append_name(key, second);
}

void key_conversation(struct key *key, struct nx_str conversation) {
    begin(key, 'c');
    append_name(key, conversation);
}

void key_member(
        struct key *key, struct nx_str conversation, struct nx_str user) {
    make_pair(key, 'm', conversation, user);
}

void key_index(
        struct key *key, struct nx_str user, struct nx_str conversation) {
    make_pair(key, 'u', user, conversation);
}

void key_devices(struct key *key, struct nx_str user) {
    begin(key, 'd');
    append_name(key, user);
}

void key_number(struct key *key, uint64_t number) {
    char hex[TEXT_HEX_SIZE];
    begin(key, 'k');
    text_hex(number, hex);
    memcpy(key->text + key->len, hex, TEXT_HEX_SIZE - 1);
    key->len += TEXT_HEX_SIZE - 1;
}

struct nx_str key_text(const struct key *key) {
    struct nx_str text = {key->text, key->len};
    struct nx_str none = {NULL, 0};
    return key->failed ? none : text;
}

bool key_last_name(struct nx_str key, char *out, size_t size, size_t *len) {
    const char *slash = memrchr(key.ptr, '/', key.len);
    if (!slash) {
        return false;
    }
    struct nx_str name = {slash + 1, (size_t)(key.ptr + key.len - slash - 1)};
    return name.len > 0 && text_unescape(name, out, size, len);
}
