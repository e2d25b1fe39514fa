#include "kernel/core/held.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/core/close.h"
#include "kernel/core/core.h"
#include "kernel/core/session.h"
#include "kernel/core/session_io.h"

struct held_event {
    struct nx_list link; // struct held::events
    size_t len;
    char text[];
};

void held_init(struct held *held) {
    nx_list_init(&held->events);
    held->count = 0;
}

void held_finish(struct held *held) {
    struct nx_list *link;
    while ((link = nx_list_take_first(&held->events)) != NULL) {
        free(nx_container_of(link, struct held_event, link));
    }
    held->count = 0;
}

bool held_any(const struct held *held) {
    return held->count > 0;
}

static void pause_reading(const struct session *session, bool paused) {
    const struct transport *transport = &session->core->transport;
    transport->ops->pause(transport->ctx, session->link, paused);
}

void held_keep(struct held *held, struct session *session, const char *data,
        size_t len) {
    struct held_event *event =
            held->count < HELD_MAX ? malloc(sizeof(*event) + len) : NULL;
    if (!event) {
        session_close(session, CLOSE_OVERLOADED, NULL);
        return;
    }
    memcpy(event->text, data, len);
    event->len = len;
    nx_list_init(&event->link);
    nx_list_append(&held->events, &event->link);
    held->count++;
    pause_reading(session, true);
}

void held_release(struct held *held, struct core *core, nx_session_id id) {
    bool paused = held->count > 0;
    struct nx_list *link;
    while ((link = nx_list_take_first(&held->events)) != NULL) {
        struct held_event *event =
                nx_container_of(link, struct held_event, link);
        session_io_message(core, id, event->text, event->len, false);
        free(event);
    }
    held->count = 0;
    const struct session *session = sessions_open(core->sessions, id);
    if (session && paused) {
        pause_reading(session, false);
    }
}
