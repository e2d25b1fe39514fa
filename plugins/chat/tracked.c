#include "plugins/chat/tracked.h"

#include <stdlib.h>
#include <string.h>

#include "plugins/chat/behind.h"
#include "plugins/chat/chat.h"

struct tracked {
    struct call call;
    struct chat *chat;
    struct nx_str conversation; // in text, like the strings of the proof
    struct proof proof;
    char text[];
};

static struct tracked *new_tracked(
        struct chat *chat, const struct tracked_proof *from) {
    const struct proof *proof = &from->proof;
    struct nx_str conversation = from->conversation;
    struct tracked *tracked = calloc(1,
            sizeof(*tracked) + conversation.len + proof->user.len
                    + proof->device.len);
    if (!tracked) {
        return NULL;
    }
    char *user = tracked->text + conversation.len;
    char *device = user + proof->user.len;
    memcpy(tracked->text, conversation.ptr, conversation.len);
    memcpy(user, proof->user.ptr, proof->user.len);
    tracked->chat = chat;
    tracked->conversation = nx_str_n(tracked->text, conversation.len);
    tracked->proof = *proof;
    tracked->proof.user = nx_str_n(user, proof->user.len);
    if (proof->device.ptr) {
        memcpy(device, proof->device.ptr, proof->device.len);
        tracked->proof.device = nx_str_n(device, proof->device.len);
    }
    return tracked;
}

static void ended(
        void *user, nx_session_id session, uint64_t cookie, uint32_t outcome) {
    (void)cookie;
    struct tracked *tracked = user;
    call_end(&tracked->call);
    if (outcome == NX_TRACKED_RECEIVED) {
        behind_remove(tracked->chat, session, tracked->conversation);
        receipt_add(tracked->chat, tracked->conversation, &tracked->proof);
    }
    free(tracked);
}

nx_status tracked_send(struct chat *chat, struct nx_writer *event,
        const struct tracked_proof *proof) {
    struct tracked *tracked = new_tracked(chat, proof);
    if (!tracked) {
        chat->sdk.json->discard(event);
        return NX_ERR_NO_MEMORY;
    }
    nx_status status = behind_add(chat, proof->session, proof->conversation);
    if (status != NX_OK) {
        chat->sdk.json->discard(event);
        free(tracked);
        return status;
    }
    status = chat->sdk.send->tracked(chat->host, proof->session, event, NULL,
            proof->proof.upto, ended, tracked);
    if (status != NX_OK) {
        behind_remove(chat, proof->session, proof->conversation);
        free(tracked);
        return status;
    }
    call_begin_late(chat, &tracked->call);
    return NX_OK;
}
