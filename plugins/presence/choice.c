#include "plugins/presence/choice.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/util/str.h>

struct choice *choice_create(
        enum status status, struct nx_str message, struct nx_str location) {
    struct choice *choice =
            calloc(1, sizeof(*choice) + message.len + location.len + 1);
    if (!choice) {
        return NULL;
    }
    choice->status = status;
    choice->message = nx_str_n(choice->text, message.len);
    choice->location = nx_str_n(choice->text + message.len, location.len);
    if (message.len > 0) {
        memcpy(choice->text, message.ptr, message.len);
    }
    if (location.len > 0) {
        memcpy(choice->text + message.len, location.ptr, location.len);
    }
    return choice;
}

enum status choice_status(const struct choice *choice) {
    return choice ? choice->status : STATUS_ONLINE;
}

struct nx_str choice_message(const struct choice *choice) {
    return choice ? choice->message : nx_str_none();
}

struct nx_str choice_location(const struct choice *choice) {
    return choice ? choice->location : nx_str_none();
}

bool choice_same_texts(const struct choice *a, const struct choice *b) {
    return nx_str_eq(choice_message(a), choice_message(b))
            && nx_str_eq(choice_location(a), choice_location(b));
}

bool choice_same(const struct choice *a, const struct choice *b) {
    return choice_status(a) == choice_status(b) && choice_same_texts(a, b);
}
