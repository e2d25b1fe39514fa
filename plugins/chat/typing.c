#include "plugins/chat/typing.h"

#include <stdlib.h>
#include <string.h>

#include "plugins/chat/attendance.h"
#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/handlers.h"
#include "plugins/chat/lease.h"

// A renewal is passed on no more often than this.
#define RENEWAL_MS 2000

nx_status typing_init(struct typing *typing) {
    nx_list_init(&typing->by_age);
    typing->timer = 0;
    typing->leases = nx_strmap_create(TYPING_MAX);
    return typing->leases ? NX_OK : NX_ERR_NO_MEMORY;
}

void typing_finish(struct typing *typing) {
    nx_strmap_destroy(typing->leases, free);
    typing->leases = NULL;
}

static struct lease *find(const struct chat *chat, struct nx_str conversation,
        struct nx_str user) {
    struct lease_key key;
    return lease_key_make(&key, conversation, user)
            ? nx_strmap_get(chat->typing.leases, key.text, key.len)
            : NULL;
}

static void tell(struct chat *chat, const struct lease *lease, bool is_typing) {
    const struct nx_json_v1 *json = chat->sdk.json;
    nx_room_id room = chat->sdk.rooms->find(chat->host, lease->room_name);
    if (room == 0) {
        return;
    }
    struct nx_writer *event =
            json->event(chat->host, "chat.typing", lease->user);
    if (!event) {
        return;
    }
    json->put_str(event, "conversation_id", lease->conversation);
    json->put_bool(event, "is_typing", is_typing);
    if (lease->username.len > 0) {
        json->put_str(event, "username", lease->username);
    }
    struct nx_send_opts opts = {
            .struct_size = sizeof(opts),
            .cls = NX_CLASS_DROPPABLE,
            .except = lease->session,
            .coalesce_key = lease->coalesce_key,
    };
    (void)chat->sdk.send->to_room(chat->host, room, event, &opts, NULL);
}

static void count(struct chat *chat) {
    chat->sdk.metrics->set(chat->host, chat->metrics.typing,
            (double)nx_strmap_count(chat->typing.leases));
}

static void end(struct chat *chat, struct lease *lease) {
    tell(chat, lease, false);
    nx_list_remove(&lease->link);
    nx_strmap_remove(chat->typing.leases, lease->key.ptr, lease->key.len);
    free(lease);
    count(chat);
}

static void expire(void *user, nx_timer_id timer) {
    (void)timer;
    struct chat *chat = user;
    uint64_t now = chat->sdk.timers->now_ms(chat->host);
    chat->typing.timer = 0;
    struct nx_list *link;
    while ((link = nx_list_take_first(&chat->typing.by_age))) {
        struct lease *lease = nx_container_of(link, struct lease, link);
        if (lease->ends_ms > now) {
            nx_list_prepend(&chat->typing.by_age, link);
            break;
        }
        end(chat, lease);
    }
    typing_start(chat);
}

void typing_start(struct chat *chat) {
    struct typing *typing = &chat->typing;
    if (chat->quiet || typing->timer != 0 || nx_list_empty(&typing->by_age)) {
        return;
    }
    const struct lease *first =
            nx_container_of(typing->by_age.next, struct lease, link);
    uint64_t now = chat->sdk.timers->now_ms(chat->host);
    uint64_t delay = first->ends_ms > now ? first->ends_ms - now : 0;
    (void)chat->sdk.timers->set(
            chat->host, delay, 0, expire, chat, &typing->timer);
}

// All leases are equally long, so the newest one always ends last.
static void renew(struct chat *chat, struct lease *lease) {
    uint64_t now = chat->sdk.timers->now_ms(chat->host);
    lease->ends_ms = now + chat->settings.typing_lease_ms;
    nx_list_remove(&lease->link);
    nx_list_append(&chat->typing.by_age, &lease->link);
    if (lease->told_ms == 0 || now - lease->told_ms >= RENEWAL_MS) {
        lease->told_ms = now;
        tell(chat, lease, true);
    }
    typing_start(chat);
}

static void begin(const struct request *request, struct conversation *conv) {
    struct chat *chat = request->chat;
    struct lease *lease = find(chat, conv->name, request->user);
    if (!lease) {
        lease = lease_new(
                conv->name, request->user, request_str(request, "username"));
        if (!lease) {
            return;
        }
        if (!nx_strmap_put(chat->typing.leases, lease->key.ptr, lease->key.len,
                    lease)) {
            free(lease);
            return;
        }
        count(chat);
    }
    lease->session = request->session;
    renew(chat, lease);
}

void typing_stop(struct conversation *conv, struct nx_str user) {
    struct chat *chat = conv->chat;
    struct lease *lease = find(chat, conv->name, user);
    if (lease) {
        end(chat, lease);
    }
}

void typing_left(struct chat *chat, struct nx_str conversation,
        struct nx_str user, nx_session_id session) {
    struct lease *lease = find(chat, conversation, user);
    if (lease && lease->session == session) {
        end(chat, lease);
    }
}

int32_t typing_handle(const struct request *request, struct conversation *conv,
        struct member *self) {
    (void)self;
    struct chat *chat = request->chat;
    int32_t is_typing = 0;
    (void)chat->sdk.json->boolean(
            request_get(request, "is_typing"), &is_typing);
    if (is_typing) {
        (void)attendance_enter(conv, request->session);
        begin(request, conv);
    } else {
        typing_stop(conv, request->user);
    }
    return request_ack(request, NULL);
}

nx_status typing_save(
        const struct chat *chat, const struct nx_state_writer *writer) {
    uint64_t now = chat->sdk.timers->now_ms(chat->host);
    nx_list_for_each (link, &chat->typing.by_age) {
        const struct lease *lease = nx_container_of(link, struct lease, link);
        nx_status status = lease_write(lease, now, writer);
        if (status != NX_OK) {
            return status;
        }
    }
    return NX_OK;
}

nx_status typing_restore(
        struct chat *chat, const struct nx_state_reader *reader) {
    uint64_t now = chat->sdk.timers->now_ms(chat->host);
    struct lease *lease;
    nx_status status;
    while ((status = lease_read(reader, now, &lease)) == NX_OK && lease) {
        uint64_t longest = now + chat->settings.typing_lease_ms;
        if (lease->ends_ms > longest) {
            lease->ends_ms = longest; // the setting has changed
        }
        if (nx_strmap_put(chat->typing.leases, lease->key.ptr, lease->key.len,
                    lease)) {
            nx_list_append(&chat->typing.by_age, &lease->link);
        } else {
            free(lease);
        }
    }
    return status;
}
