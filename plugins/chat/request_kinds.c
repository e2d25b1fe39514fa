#include <string.h>

#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/handlers.h"
#include "plugins/chat/request.h"

// Everything a client may send, in one place. Limits that are settings are
// checked by the functions themselves.

#define MESSAGE_ID_FIELD 64

#define CONVERSATION_FIELD \
    { "conversation_id", NX_JSON_STRING, NX_FIELD_NAME, 1, CONVERSATION_MAX }
#define CONVERSATION_REQUIRED \
    { \
        "conversation_id", NX_JSON_STRING, NX_FIELD_REQUIRED | NX_FIELD_NAME, \
                1, CONVERSATION_MAX \
    }
#define USERNAME_FIELD \
    { "username", NX_JSON_STRING, 0, 0, CHAT_TEXT_MAX }
#define FIELDS_END \
    { NULL, 0, 0, 0, 0 }

static const struct nx_field message_fields[] = {
        CONVERSATION_FIELD,
        {"recipient_id", NX_JSON_STRING, NX_FIELD_NAME, 1, CHAT_ID_MAX},
        {"content", NX_JSON_STRING, NX_FIELD_REQUIRED, 0, 0},
        {"content_type", NX_JSON_STRING, NX_FIELD_NAME, 1, CHAT_TEXT_MAX},
        {"mentions", NX_JSON_ARRAY, 0, 0, 50},
        {"attachments", NX_JSON_ARRAY, 0, 0, 10},
        {"reply_to", NX_JSON_STRING | NX_JSON_NULL, NX_FIELD_NAME, 1,
                MESSAGE_ID_FIELD},
        {"metadata", NX_JSON_OBJECT | NX_JSON_NULL, 0, 0, 100},
        {"client_id", NX_JSON_STRING, 0, 1, 64},
        USERNAME_FIELD,
        FIELDS_END,
};

static const struct nx_field edit_fields[] = {
        CONVERSATION_FIELD,
        {"message_id", NX_JSON_STRING, NX_FIELD_REQUIRED | NX_FIELD_NAME, 1,
                MESSAGE_ID_FIELD},
        {"content", NX_JSON_STRING, NX_FIELD_REQUIRED, 0, 0},
        {"content_type", NX_JSON_STRING, NX_FIELD_NAME, 1, CHAT_TEXT_MAX},
        FIELDS_END,
};

static const struct nx_field delete_fields[] = {
        CONVERSATION_FIELD,
        {"message_id", NX_JSON_STRING, NX_FIELD_REQUIRED | NX_FIELD_NAME, 1,
                MESSAGE_ID_FIELD},
        FIELDS_END,
};

// chat.read and chat.delivered
static const struct nx_field mark_fields[] = {
        CONVERSATION_FIELD,
        {"message_id", NX_JSON_STRING, NX_FIELD_NAME, 1, MESSAGE_ID_FIELD},
        {"seq", NX_JSON_INT, 0, 1, INT64_MAX},
        FIELDS_END,
};

static const struct nx_field typing_fields[] = {
        CONVERSATION_FIELD,
        {"recipient_id", NX_JSON_STRING, NX_FIELD_NAME, 1, CHAT_ID_MAX},
        {"is_typing", NX_JSON_BOOL, NX_FIELD_REQUIRED, 0, 0},
        USERNAME_FIELD,
        FIELDS_END,
};

static const struct nx_field history_fields[] = {
        CONVERSATION_FIELD,
        {"recipient_id", NX_JSON_STRING, NX_FIELD_NAME, 1, CHAT_ID_MAX},
        {"before", NX_JSON_INT, 0, 1, INT64_MAX},
        {"after", NX_JSON_INT, 0, 0, INT64_MAX},
        {"limit", NX_JSON_INT, 0, 1, 100},
        FIELDS_END,
};

static const struct nx_field changes_fields[] = {
        CONVERSATION_FIELD,
        {"recipient_id", NX_JSON_STRING, NX_FIELD_NAME, 1, CHAT_ID_MAX},
        {"since", NX_JSON_OBJECT, NX_FIELD_REQUIRED, 0, 0},
        {"limit", NX_JSON_INT, 0, 1, 100},
        FIELDS_END,
};

static const struct nx_field join_fields[] = {
        CONVERSATION_FIELD,
        {"recipient_id", NX_JSON_STRING, NX_FIELD_NAME, 1, CHAT_ID_MAX},
        {"since", NX_JSON_OBJECT, 0, 0, 0},
        USERNAME_FIELD,
        FIELDS_END,
};

// chat.leave and chat.members
static const struct nx_field conversation_fields[] = {
        CONVERSATION_REQUIRED,
        FIELDS_END,
};

static const struct nx_field invite_fields[] = {
        CONVERSATION_REQUIRED,
        {"user_id", NX_JSON_STRING, NX_FIELD_REQUIRED | NX_FIELD_NAME, 1,
                CHAT_ID_MAX},
        FIELDS_END,
};

static const struct nx_field list_fields[] = {
        {"limit", NX_JSON_INT, 0, 1, 100},
        {"after", NX_JSON_STRING, NX_FIELD_NAME, 1, CONVERSATION_MAX},
        FIELDS_END,
};

static const struct request_kind kinds[] = {
        {"chat.message", message_fields, REQUEST_FOUNDS | REQUEST_JOINS,
                message_send},
        {"chat.edit", edit_fields, REQUEST_MESSAGE, edit_send},
        {"chat.delete", delete_fields, REQUEST_MESSAGE, edit_delete},
        {"chat.typing", typing_fields, REQUEST_FOUNDS | REQUEST_JOINS,
                typing_handle},
        {"chat.read", mark_fields, REQUEST_JOINS | REQUEST_MESSAGE, read_mark},
        {"chat.delivered", mark_fields, REQUEST_JOINS | REQUEST_MESSAGE,
                receipt_mark},
        {"chat.history", history_fields, REQUEST_JOINS | REQUEST_LOG,
                history_get},
        {"chat.changes", changes_fields, REQUEST_JOINS | REQUEST_LOG,
                changes_get},
        {"chat.join", join_fields, REQUEST_FOUNDS | REQUEST_JOINS, join_handle},
        {"chat.leave", conversation_fields, 0, roster_leave},
        {"chat.members", conversation_fields, REQUEST_JOINS, roster_list},
        {"chat.invite", invite_fields, REQUEST_FOUNDS | REQUEST_JOINS,
                roster_invite},
        {"chat.list", list_fields, REQUEST_USER, list_get},
};

const struct request_kind *request_kind_find(struct nx_str type) {
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (nx_str_is(type, kinds[i].type)) {
            return &kinds[i];
        }
    }
    return NULL;
}
