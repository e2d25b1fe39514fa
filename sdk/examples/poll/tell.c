// tell - what the members of a room are told of its polls.

#include "poll.h"

static void put_counts(const struct ballot *ballot, struct nx_writer *writer) {
    const struct nx_json_v1 *json = ballot->polls->sdk.json;
    json->put_str(writer, "poll_id", nx_str_c(ballot->id));
    json->put_bool(writer, "closed", ballot->closed);
    json->put_u64(writer, "votes", nx_strmap_count(ballot->votes));
    json->begin_array(writer, "counts");
    for (uint32_t i = 0; i < ballot->option_count; i++) {
        json->put_u64(writer, NULL, ballot->counts[i]);
    }
    json->end(writer);
}

void tell_put_whole(const struct ballot *ballot, struct nx_writer *writer) {
    static const char *const internal[] = {"author", "closed", NULL};
    const struct nx_sdk *sdk = &ballot->polls->sdk;
    put_counts(ballot, writer);
    sdk->json->put_members(writer,
            sdk->json->parse(sdk->host, nx_str_c(ballot->fact)), internal);
}

static void announce(const struct ballot *ballot, const char *type) {
    const struct nx_sdk *sdk = &ballot->polls->sdk;
    nx_room_id room = sdk->rooms->find(sdk->host, nx_str_c(ballot->room));
    struct nx_writer *event = room
            ? sdk->json->event(sdk->host, type, nx_str_c(ballot->author))
            : NULL;
    if (event) {
        tell_put_whole(ballot, event);
        (void)sdk->send->to_room(sdk->host, room, event, NULL, NULL);
    }
}

void tell_created(struct ballot *ballot) {
    announce(ballot, "poll.created");
}

void tell_closed(struct ballot *ballot) {
    nx_list_remove(&ballot->changed); // the result says it all
    announce(ballot, "poll.result");
}

static void send_counts(const struct ballot *ballot) {
    const struct nx_sdk *sdk = &ballot->polls->sdk;
    // A client that is slow gets the newest counts only.
    const struct nx_send_opts opts = {
            .struct_size = sizeof(opts),
            .cls = NX_CLASS_DROPPABLE,
            .coalesce_key = nx_str_c(ballot->id),
    };
    nx_room_id room = sdk->rooms->find(sdk->host, nx_str_c(ballot->room));
    struct nx_writer *event = room
            ? sdk->json->event(sdk->host, "poll.counts", nx_str_none())
            : NULL;
    if (event) {
        put_counts(ballot, event);
        (void)sdk->send->to_room(sdk->host, room, event, &opts, NULL);
    }
}

void tell_counts(struct polls *polls) {
    struct nx_list *link;
    while ((link = nx_list_take_first(&polls->changed))) {
        send_counts(nx_container_of(link, struct ballot, changed));
    }
}

static void counts_timer(void *user, nx_timer_id timer) {
    (void)timer;
    struct polls *polls = user;
    polls->counts_due = false;
    tell_counts(polls);
}

// However many votes come: one event to a room in each interval.
void tell_voted(struct ballot *ballot) {
    struct polls *polls = ballot->polls;
    const struct nx_sdk *sdk = &polls->sdk;
    sdk->metrics->add(sdk->host, polls->votes, 1);
    if (ballot->closed) {
        return;
    }
    if (!nx_list_linked(&ballot->changed)) {
        nx_list_append(&polls->changed, &ballot->changed);
    }
    if (!polls->counts_due) {
        polls->counts_due =
                sdk->timers->set(sdk->host, (uint64_t)polls->counts_ms, 0,
                        counts_timer, polls, NULL)
                == NX_OK;
    }
}
