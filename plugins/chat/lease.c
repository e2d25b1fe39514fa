#include "plugins/chat/lease.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/error.h>

#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"

#define ROOM   "chat:"
#define TYPING "typing:"

// What a saved lease begins with, in the byte order of the machine: it is
// read by another instance in the same process. Three names follow.
struct saved {
    uint64_t session;
    uint64_t remaining_ms;
    uint32_t conversation_len;
    uint32_t user_len;
    uint32_t username_len;
    uint32_t reserved0;
};

bool lease_key_make(
        struct lease_key *key, struct nx_str conversation, struct nx_str user) {
    if (conversation.len + user.len + 1 > sizeof(key->text)) {
        return false;
    }
    memcpy(key->text, conversation.ptr, conversation.len);
    key->text[conversation.len] = '\0';
    memcpy(key->text + conversation.len + 1, user.ptr, user.len);
    key->len = conversation.len + 1 + user.len;
    return true;
}

static char *append(char *at, const char *text, size_t len) {
    if (len > 0) {
        memcpy(at, text, len);
    }
    return at + len;
}

struct lease *lease_new(struct nx_str conversation, struct nx_str user,
        struct nx_str username) {
    struct lease_key key;
    if (!lease_key_make(&key, conversation, user)) {
        return NULL;
    }
    const size_t room_len = sizeof(ROOM) - 1 + conversation.len;
    const size_t word_len = sizeof(TYPING) - 1;
    struct lease *lease = calloc(
            1, sizeof(*lease) + room_len + word_len + key.len + username.len);
    if (!lease) {
        return NULL;
    }
    nx_list_init(&lease->link);

    char *at = lease->text;
    lease->room_name = nx_str_n(at, room_len);
    at = append(at, ROOM, sizeof(ROOM) - 1);
    lease->conversation = nx_str_n(at, conversation.len);
    at = append(at, conversation.ptr, conversation.len);

    lease->coalesce_key = nx_str_n(at, word_len + key.len);
    at = append(at, TYPING, word_len);
    lease->key = nx_str_n(at, key.len);
    at = append(at, key.text, key.len);
    lease->user = nx_str_n(at - user.len, user.len);

    lease->username = nx_str_n(at, username.len);
    append(at, username.ptr, username.len);
    return lease;
}

nx_status lease_write(const struct lease *lease, uint64_t now_ms,
        const struct nx_state_writer *writer) {
    struct saved saved = {
            .session = lease->session,
            .remaining_ms =
                    lease->ends_ms > now_ms ? lease->ends_ms - now_ms : 0,
            .conversation_len = (uint32_t)lease->conversation.len,
            .user_len = (uint32_t)lease->user.len,
            .username_len = (uint32_t)lease->username.len,
    };
    struct nx_str names[] = {lease->conversation, lease->user, lease->username};
    nx_status status = writer->write(writer, &saved, sizeof(saved));
    for (size_t i = 0; i < 3 && status == NX_OK; i++) {
        status = writer->write(writer, names[i].ptr, names[i].len);
    }
    return status;
}

// Fills buf as far as there are bytes; returns how many.
static size_t read_fully(
        const struct nx_state_reader *reader, char *buf, size_t len) {
    size_t done = 0;
    while (done < len) {
        size_t got = reader->read(reader, buf + done, len - done);
        if (got == 0) {
            break;
        }
        done += got;
    }
    return done;
}

nx_status lease_read(const struct nx_state_reader *reader, uint64_t now_ms,
        struct lease **out) {
    struct saved saved;
    char conversation[CONVERSATION_MAX];
    char user[CHAT_ID_MAX];
    char username[CHAT_TEXT_MAX];
    *out = NULL;
    size_t got = read_fully(reader, (char *)&saved, sizeof(saved));
    if (got == 0) {
        return NX_OK;
    }
    if (got < sizeof(saved) || saved.conversation_len > sizeof(conversation)
            || saved.user_len > sizeof(user)
            || saved.username_len > sizeof(username)) {
        return NX_ERR_INVALID;
    }
    got = read_fully(reader, conversation, saved.conversation_len);
    got += read_fully(reader, user, saved.user_len);
    got += read_fully(reader, username, saved.username_len);
    if (got
            != (size_t)saved.conversation_len + saved.user_len
                    + saved.username_len) {
        return NX_ERR_INVALID;
    }
    *out = lease_new(nx_str_n(conversation, saved.conversation_len),
            nx_str_n(user, saved.user_len),
            nx_str_n(username, saved.username_len));
    if (!*out) {
        return NX_ERR_NO_MEMORY;
    }
    (*out)->session = saved.session;
    (*out)->ends_ms = now_ms + saved.remaining_ms;
    (*out)->told_ms = now_ms;
    return NX_OK;
}
