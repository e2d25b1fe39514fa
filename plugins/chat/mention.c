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

// A notification has no control characters. C1 has two bytes in UTF-8.
static bool is_control(struct nx_str text, size_t at) {
    unsigned char c = (unsigned char)text.ptr[at];
    return c < 0x20 || c == 0x7f
            || (c == 0xc2 && at + 1 < text.len
                    && (unsigned char)text.ptr[at + 1] < 0xa0);
}

// Appends the text with a space for each of them; false when nothing is left
// to be seen.
static bool append_clean(struct nx_buf *out, struct nx_str text) {
    bool visible = false;
    for (size_t i = 0; i < text.len; i++) {
        bool control = is_control(text, i);
        i += control && (unsigned char)text.ptr[i] == 0xc2 ? 1 : 0;
        visible = visible || (!control && text.ptr[i] != ' ');
        nx_buf_append_char(out, control ? ' ' : text.ptr[i]);
    }
    return visible;
}

static void write_title(
        struct mention *mention, const struct request *request) {
    if (!append_clean(&mention->title, request_str(request, "username"))) {
        nx_buf_clear(&mention->title);
        (void)append_clean(&mention->title, request->user);
    }
    nx_buf_append_cstr(&mention->title, " mentioned you");
}

static void write_text(struct mention *mention, const struct request *request) {
    struct nx_str text = text_cut(request_str(request, "content"), TEXT_BYTES);
    if (!append_clean(&mention->text, text)) {
        nx_buf_clear(&mention->text);
        nx_buf_append_cstr(&mention->text, "(no text)");
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
    write_title(mention, request);
    write_text(mention, request);
}

void mention_finish(struct mention *mention) {
    nx_buf_finish(&mention->names);
    nx_buf_finish(&mention->title);
    nx_buf_finish(&mention->text);
}

static struct nx_str content(const struct nx_buf *buf) {
    return nx_str_n(buf->data, buf->len);
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
