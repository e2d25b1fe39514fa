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
    nx_list_init(&held->ready);
    held->count = 0;
}

static struct held_event *take_first(struct held *held) {
    struct nx_list *link = nx_list_take_first(&held->events);
    held->count -= link ? 1 : 0;
    return link ? nx_container_of(link, struct held_event, link) : NULL;
}

void held_finish(struct held *held) {
    struct held_event *event;
    nx_list_remove(&held->ready);
    while ((event = take_first(held)) != NULL) {
        free(event);
    }
}

bool held_any(const struct held *held) {
    return held->count > 0;
}

static void pause_reading(const struct session *session, bool paused) {
    const struct transport *transport = &session->core->transport;
    transport->ops->pause(transport->ctx, session->link, paused);
}

void held_keep(struct session *session, const char *data, size_t len) {
    struct held *held = &session->held;
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

// One that has not been greeted yet may have had to wait as well.
static struct session *find(const struct core *core, nx_session_id id) {
    struct session *session = sessions_find(core->sessions, id);
    return session && session->state < SESSION_CLOSING ? session : NULL;
}

void held_handle(struct core *core, nx_session_id id) {
    struct session *session = find(core, id);
    while (session && held_any(&session->held) && !session_waits(session)) {
        struct held_event *event = take_first(&session->held);
        bool last = !held_any(&session->held);
        session_io_handle(session, event->text, event->len);
        free(event);
        session = find(core, id);
        if (session && last) {
            pause_reading(session, false);
        }
    }
}
