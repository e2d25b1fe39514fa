#include "plugins/chat/gap.h"

#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/text.h"

struct nx_writer *gap_event(const struct chat *chat, const struct gap *gap) {
    const struct nx_json_v1 *json = chat->sdk.json;
    struct nx_writer *event =
            json->event(chat->host, "system.gap", nx_str_none());
    if (!event) {
        return NULL;
    }
    char room[ROOM_NAME_MAX];
    char epoch[TEXT_HEX_SIZE];
    text_hex(gap->epoch, epoch);
    json->put_str(event, "room", conversation_room(gap->conversation, room));
    json->put_str(event, "conversation_id", gap->conversation);
    json->put_str(event, "epoch", nx_str_c(epoch));
    json->put_u64(event, "from", gap->from);
    json->put_u64(event, "to", gap->to);
    json->put_str(event, "reason", nx_str_c(gap->reason));
    chat_count(chat, chat->metrics.gaps);
    chat->sdk.metrics->add(chat->host, chat->metrics.gap_records,
            (double)(gap->to + 1 - gap->from));
    return event;
}
