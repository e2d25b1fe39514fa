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

struct held {
    struct nx_list events; // struct held_event::link; never empty for long
    struct nx_list ready;  // struct sessions::ready, when the wait is over
    nx_session_id session;
    size_t count;
};

static struct held *held_create(nx_session_id session) {
    struct held *held = calloc(1, sizeof(*held));
    if (held) {
        held->session = session;
        nx_list_init(&held->events);
        nx_list_init(&held->ready);
    }
    return held;
}

void held_destroy(struct held *held) {
    struct nx_list *link;
    if (!held) {
        return;
    }
    while ((link = nx_list_take_first(&held->events)) != NULL) {
        free(nx_container_of(link, struct held_event, link));
    }
    nx_list_remove(&held->ready);
    free(held);
}

bool held_make_ready(struct session *session, struct nx_list *ready) {
    struct held *held = session->held;
    if (!held || nx_list_linked(&held->ready)) {
        return false;
    }
    nx_list_append(ready, &held->ready);
    return true;
}

nx_session_id held_take_ready(struct nx_list *ready) {
    struct nx_list *link = nx_list_take_first(ready);
    return link ? nx_container_of(link, struct held, ready)->session : 0;
}

static void pause_reading(const struct session *session, bool paused) {
    const struct transport *transport = &session->core->transport;
    transport->ops->pause(transport->ctx, session->link, paused);
}

void held_keep(struct session *session, const char *data, size_t len) {
    if (!session->held) {
        session->held = held_create(session->id);
    }
    struct held *held = session->held;
    struct held_event *event = held && held->count < HELD_MAX
            ? malloc(sizeof(*event) + len)
            : NULL;
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

// With the last one the session holds none any more.
static struct held_event *take_first(struct session *session) {
    struct held *held = session->held;
    struct nx_list *link = nx_list_take_first(&held->events);
    if (--held->count == 0) {
        held_destroy(held);
        session->held = NULL;
    }
    return nx_container_of(link, struct held_event, link);
}

void held_handle(struct core *core, nx_session_id id) {
    struct session *session = find(core, id);
    while (session && session->held && !session_waits(session)) {
        struct held_event *event = take_first(session);
        bool last = session->held == NULL;
        session_io_handle(session, event->text, event->len);
        free(event);
        session = find(core, id);
        if (session && last) {
            pause_reading(session, false);
        }
    }
}
