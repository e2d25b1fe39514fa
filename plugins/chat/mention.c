#include "plugins/chat/mention.h"

#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/member.h"
#include "plugins/chat/request.h"
#include "plugins/chat/text.h"

#define NAMES_BYTES ((size_t)50 * (CHAT_ID_MAX + 1))
#define TITLE_BYTES 512
#define TEXT_BYTES  140

static bool is_named(const struct mention *mention, struct nx_str name) {
    size_t at = 0;
    while (at < mention->names.len) {
        struct nx_str other = nx_str_c(mention->names.data + at);
        if (nx_str_eq(other, name)) {
            return true;
        }
        at += other.len + 1;
    }
    return false;
}

static void add(struct mention *mention, const struct request *request,
        const struct conversation *conv, struct nx_str name) {
    if (!nx_str_eq(name, request->user) && member_find(conv, name)
            && !is_named(mention, name)) {
        nx_buf_append(&mention->names, name.ptr, name.len);
        nx_buf_append_char(&mention->names, '\0');
    }
}

void mention_init(struct mention *mention, const struct request *request,
        const struct conversation *conv) {
    const struct nx_json_v1 *json = request->chat->sdk.json;
    nx_buf_init(&mention->names, NAMES_BYTES);
    nx_buf_init(&mention->title, TITLE_BYTES);
    nx_buf_init(&mention->text, TEXT_BYTES);
    if (!request->chat->settings.mention_notifications) {
        return;
    }
    const struct nx_json *names = request_get(request, "mentions");
    size_t count = json->count(names);
    for (size_t i = 0; i < count; i++) {
        add(mention, request, conv, json->str(json->at(names, i)));
    }
    if (mention->names.len == 0) {
        return;
    }
    struct nx_str sender = request_str(request, "username");
    if (sender.len == 0) {
        sender = request->user;
    }
    struct nx_str text = text_cut(request_str(request, "content"), TEXT_BYTES);
    nx_buf_append(&mention->title, sender.ptr, sender.len);
    nx_buf_append_cstr(&mention->title, " mentioned you");
    nx_buf_append(&mention->text, text.ptr, text.len);
}

void mention_finish(struct mention *mention) {
    nx_buf_finish(&mention->names);
    nx_buf_finish(&mention->title);
    nx_buf_finish(&mention->text);
}

static struct nx_str content(const struct nx_buf *buf) {
    return buf->data ? nx_str_n(buf->data, buf->len) : nx_str_c("");
}

static void raise_one(const struct mention *mention, struct conversation *conv,
        struct nx_str sender, const char *message_id, struct nx_str name) {
    struct chat *chat = conv->chat;
    const struct nx_json_v1 *json = chat->sdk.json;
    // user_id is whom to notify, so the sender is not written.
    struct nx_writer *event =
            json->event(chat->host, "notification.raise", nx_str_none());
    if (!event) {
        return;
    }
    json->put_str(event, "user_id", name);
    json->put_str(event, "title", content(&mention->title));
    json->put_str(event, "message", content(&mention->text));
    json->put_str(event, "notification_type", nx_str_c("info"));
    json->put_str(event, "priority", nx_str_c("normal"));
    json->begin_object(event, "data");
    json->put_str(event, "conversation_id", conv->name);
    json->put_str(event, "message_id", nx_str_c(message_id));
    json->end(event);
    (void)chat->sdk.router->emit(
            chat->host, nx_str_c("notification.raise"), sender, event);
}

void mention_raise(const struct mention *mention, struct conversation *conv,
        struct nx_str sender, const char *message_id) {
    if (conv->chat->quiet) {
        return; // between two generations nothing can be raised
    }
    size_t at = 0;
    while (at < mention->names.len) {
        struct nx_str name = nx_str_c(mention->names.data + at);
        raise_one(mention, conv, sender, message_id, name);
        at += name.len + 1;
    }
}
