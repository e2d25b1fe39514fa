#include "plugins/presence/userlist.h"

#include <stdio.h>

#include "plugins/presence/presence.h"
#include "plugins/presence/refuse.h"

#define FIELD_SIZE 32

// C0, DEL, and C1 as two bytes of UTF-8.
static bool is_control(unsigned char before, unsigned char byte) {
    return byte < 0x20 || byte == 0x7f
            || (before == 0xc2 && byte >= 0x80 && byte <= 0x9f);
}

bool userlist_is_name(struct nx_str name) {
    unsigned char before = 0;
    for (size_t i = 0; i < name.len; i++) {
        unsigned char byte = (unsigned char)name.ptr[i];
        if (is_control(before, byte)) {
            return false;
        }
        before = byte;
    }
    return name.len > 0 && name.len <= PRESENCE_USER_MAX;
}

// The list while it is walked.
struct reading {
    struct presence *presence;
    const struct nx_event *ev;
    uint32_t flags;
    struct query *query;
    struct nx_strmap *seen;
    size_t at;
    bool refused;
};

static int32_t refuse_item(struct reading *reading, const char *why) {
    char field[FIELD_SIZE] = "user_id";
    if (reading->seen) {
        (void)snprintf(field, sizeof(field), "user_ids.%zu", reading->at);
    }
    char message[REFUSE_TEXT_SIZE];
    (void)snprintf(message, sizeof(message), "%s %s", field, why);
    refuse_field(reading->presence, reading->ev->op, field, message);
    reading->refused = true;
    return 1;
}

static int32_t check_name(struct reading *reading, const struct nx_json *item) {
    struct nx_str name = reading->presence->sdk.json->str(item);
    if (!userlist_is_name(name)) {
        return refuse_item(reading,
                "must be a string of 1 to 128 bytes without control "
                "characters");
    }
    if ((reading->flags & USERLIST_OTHER)
            && nx_str_eq(name, reading->ev->user)) {
        return refuse_item(reading, "is yourself");
    }
    return 0;
}

static int32_t check_item(
        void *user, struct nx_str key, const struct nx_json *item) {
    (void)key;
    struct reading *reading = user;
    if (check_name(reading, item) != 0) {
        return 1;
    }
    struct nx_str name = reading->presence->sdk.json->str(item);
    if (nx_strmap_get(reading->seen, name.ptr, name.len)) {
        return refuse_item(reading, "is there twice");
    }
    (void)nx_strmap_put(reading->seen, name.ptr, name.len, reading);
    reading->at++;
    return 0;
}

static int32_t add_item(
        void *user, struct nx_str key, const struct nx_json *item) {
    (void)key;
    struct reading *reading = user;
    struct presence *presence = reading->presence;
    nx_status status = query_add(reading->query, presence->sdk.json->str(item));
    if (status != NX_OK) {
        refuse_users(presence, reading->ev->op);
        reading->refused = true;
    }
    return status != NX_OK;
}

// How many the list may name is the limit of subscriptions, so that no
// answer is larger than that to a subscription.
static bool is_too_long(struct reading *reading, size_t count) {
    struct presence *presence = reading->presence;
    uint32_t limit = presence->settings.subscriptions;
    if (count <= limit) {
        return false;
    }
    const struct refuse_limit met = {
            .status = NX_ERR_LIMIT, .setting = "subscriptions"};
    char message[REFUSE_TEXT_SIZE];
    (void)snprintf(message, sizeof(message),
            "user_ids has %zu users, %u are allowed; nothing was done", count,
            (unsigned)limit);
    refuse_limit(presence, reading->ev->op, &met, message);
    return true;
}

static bool check_list(struct reading *reading, const struct nx_json *list) {
    const struct nx_json_v1 *json = reading->presence->sdk.json;
    if (is_too_long(reading, json->count(list))) {
        return false;
    }
    reading->seen = nx_strmap_create(json->count(list) + 1);
    if (!reading->seen) {
        refuse_status(reading->presence, reading->ev->op, NX_ERR_NO_MEMORY);
        return false;
    }
    json->each(list, check_item, reading);
    nx_strmap_destroy(reading->seen, NULL);
    return !reading->refused;
}

static struct query *fill(struct reading *reading, const struct nx_json *list,
        const struct nx_json *one, query_fn done) {
    struct presence *presence = reading->presence;
    const struct nx_json_v1 *json = presence->sdk.json;
    struct query *query =
            query_create(presence, list ? json->count(list) : 1, done);
    if (!query) {
        refuse_status(presence, reading->ev->op, NX_ERR_NO_MEMORY);
        return NULL;
    }
    reading->query = query;
    query->op = reading->ev->op;
    query->session = reading->ev->session;
    if (list) {
        json->each(list, add_item, reading);
    } else {
        (void)add_item(reading, nx_str_none(), one);
    }
    if (reading->refused) {
        query_destroy(query);
        return NULL;
    }
    return query;
}

struct query *userlist_read(struct presence *presence,
        const struct nx_event *ev, uint32_t flags, query_fn done) {
    const struct nx_json_v1 *json = presence->sdk.json;
    struct reading reading = {.presence = presence, .ev = ev, .flags = flags};
    const struct nx_json *list = json->get(ev->json, "user_ids");
    const struct nx_json *one =
            (flags & USERLIST_ONE) ? json->get(ev->json, "user_id") : NULL;
    if ((list != NULL) == (one != NULL)) {
        refuse_field(presence, ev->op, "user_ids",
                "give either user_id or user_ids");
        return NULL;
    }
    if (one ? check_name(&reading, one) != 0 : !check_list(&reading, list)) {
        return NULL;
    }
    return fill(&reading, list, one, done);
}
