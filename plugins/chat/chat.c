#include "plugins/chat/chat.h"

#include <stdlib.h>
#include <sys/random.h>

#include "plugins/chat/conversation.h"

void call_begin(
        struct chat *chat, struct call *call, struct conversation *conv) {
    nx_list_append(&chat->calls, &call->link);
    call->conversation = conv;
    if (conv) {
        conversation_hold(conv);
    }
}

void call_begin_late(struct chat *chat, struct call *call) {
    nx_list_append(&chat->late_calls, &call->link);
    call->conversation = NULL;
}

void call_end(struct call *call) {
    nx_list_remove(&call->link);
    if (call->conversation) {
        conversation_release(call->conversation);
    }
}

void call_drop_all(struct chat *chat) {
    struct nx_list *link;
    nx_list_splice(&chat->calls, &chat->late_calls);
    while ((link = nx_list_take_first(&chat->calls))) {
        struct call *call = nx_container_of(link, struct call, link);
        if (call->drop) {
            call->drop(call);
        } else {
            free(call);
        }
    }
}

int64_t chat_now(const struct chat *chat) {
    return chat->sdk.timers->wall_ms(chat->host);
}

void chat_count(const struct chat *chat, nx_metric_id metric) {
    chat->sdk.metrics->add(chat->host, metric, 1);
}

uint64_t chat_random(void) {
    uint64_t number = 0;
    // Eight bytes come whole once the system has booted.
    while (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number)) {
    }
    return number;
}

int32_t chat_refuse(const struct chat *chat, nx_op_id op, nx_status status,
        const char *message) {
    struct nx_failure failure = {
            .struct_size = sizeof(failure),
            .status = status,
            .message = nx_str_c(message),
    };
    (void)chat->sdk.router->fail(chat->host, op, &failure);
    return NX_DONE;
}

void chat_fail(const struct chat *chat, nx_op_id op, nx_status status) {
    struct nx_failure failure = {
            .struct_size = sizeof(failure),
            .status = status,
    };
    (void)chat->sdk.router->fail(chat->host, op, &failure);
}
