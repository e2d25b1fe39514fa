#include "plugins/chat/arrival.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/util/strmap.h>

#include "plugins/chat/backlog.h"
#include "plugins/chat/behind.h"
#include "plugins/chat/chat.h"
#include "plugins/chat/device.h"
#include "plugins/chat/stop.h"
#include "plugins/chat/way.h"

#define RUNNING_MAX 64
#define RETRY_MS    1000
#define TRIES_MAX   6

// How long a client that has much to read is left alone.
#define PAUSE_MS     1
#define PAUSE_MAX_MS 1000

// Conversations that a session wants to enter while it arrives.
#define LATER_MAX    1000

#define SESSIONS_MAX ((size_t)1 << 24)

// On the session: it has been through here.
#define MARK "arrived"

struct arrival {
    struct nx_list link; // struct arrivals: waiting, running or paused
    struct chat *chat;
    nx_session_id session;
    bool found; // the stops are ready
    bool index; // the stops come from the user's index
    unsigned tries;
    unsigned pauses;
    int64_t used_at;
    struct stops stops;
    size_t at;          // the stop it enters
    struct stops later; // to be entered when it is through with these
    struct nx_str user; // in text
    struct nx_str device;
    char text[];
};

static void free_arrival(struct arrival *arrival) {
    nx_list_remove(&arrival->link);
    stops_finish(&arrival->stops);
    stops_finish(&arrival->later);
    free(arrival);
}

nx_status arrivals_init(struct arrivals *arrivals) {
    memset(arrivals, 0, sizeof(*arrivals));
    nx_list_init(&arrivals->waiting);
    nx_list_init(&arrivals->running);
    nx_list_init(&arrivals->paused);
    arrivals->by_session = nx_strmap_create(SESSIONS_MAX);
    return arrivals->by_session ? NX_OK : NX_ERR_NO_MEMORY;
}

static void free_list(struct nx_list *list) {
    nx_list_for_each_safe (link, next, list) {
        free_arrival(nx_container_of(link, struct arrival, link));
    }
}

void arrivals_finish(struct arrivals *arrivals) {
    free_list(&arrivals->waiting);
    free_list(&arrivals->running);
    free_list(&arrivals->paused);
    nx_strmap_destroy(arrivals->by_session, NULL);
}

static struct arrival *find(const struct chat *chat, nx_session_id session) {
    return nx_strmap_get(
            chat->arrivals.by_session, (const char *)&session, sizeof(session));
}

static void forget(struct arrival *arrival) {
    (void)nx_strmap_remove(arrival->chat->arrivals.by_session,
            (const char *)&arrival->session, sizeof(arrival->session));
    free_arrival(arrival);
}

static void mark(const struct arrival *arrival) {
    struct chat *chat = arrival->chat;
    (void)chat->sdk.users->data_set(
            chat->host, arrival->session, MARK, nx_bytes_n("1", 1));
}

// Ends it, or puts it back in line with what came up meanwhile. The next one
// starts when the callback ends: pump().
static void finish(struct arrival *arrival) {
    struct chat *chat = arrival->chat;
    chat->arrivals.running_count--;
    if (chat->quiet) {
        arrival_again(chat, arrival->session);
        forget(arrival);
        return;
    }
    if (arrival->later.count == 0) {
        mark(arrival);
        forget(arrival);
        return;
    }
    stops_finish(&arrival->stops);
    arrival->stops = arrival->later;
    stops_init(&arrival->later);
    arrival->index = false;
    arrival->found = false;
    arrival->tries = 0;
    nx_list_remove(&arrival->link);
    nx_list_prepend(&chat->arrivals.waiting, &arrival->link);
}

static void retry(void *user, nx_timer_id timer);

static bool is_passing(nx_status status) {
    return status == NX_ERR_AGAIN || status == NX_ERR_ENGINE_BUSY
            || status == NX_ERR_ENGINE_UNAVAILABLE
            || status == NX_ERR_OVERLOADED || status == NX_ERR_NO_MEMORY
            || status == NX_ERR_TIMEOUT;
}

// Storage did not answer: again in a moment, or never.
static void fail(struct arrival *arrival, nx_status status) {
    struct chat *chat = arrival->chat;
    if (!chat->quiet && is_passing(status) && arrival->tries < TRIES_MAX) {
        uint64_t delay = (uint64_t)RETRY_MS << arrival->tries++;
        arrival->found = false;
        if (chat->sdk.timers->set(chat->host, delay, 0, retry, arrival, NULL)
                == NX_OK) {
            return;
        }
    }
    if (status != NX_ERR_GONE) {
        nx_logf(&chat->sdk, NX_LOG_WARN,
                "a session could not enter its conversations: %s",
                nx_err_word(status));
    }
    finish(arrival);
}

static void pump(struct chat *chat);
static void proceed(struct arrival *arrival);

// ---- pausing ----

static bool is_full(const struct arrival *arrival) {
    struct chat *chat = arrival->chat;
    return chat->sdk.send->queued_bytes(chat->host, arrival->session)
            > chat->settings.window_bytes / 2;
}

static void pause_over(void *user, nx_timer_id timer);

static bool pause_again(struct arrival *arrival) {
    struct chat *chat = arrival->chat;
    uint64_t delay = PAUSE_MAX_MS;
    if (arrival->pauses < 10) {
        delay = (uint64_t)PAUSE_MS << arrival->pauses++;
    }
    return chat->sdk.timers->set(
                   chat->host, delay, 0, pause_over, arrival, NULL)
            == NX_OK;
}

// The client goes on reading: back in line, at its head.
static void pause_over(void *user, nx_timer_id timer) {
    (void)timer;
    struct arrival *arrival = user;
    struct chat *chat = arrival->chat;
    if (!chat->quiet && is_full(arrival) && pause_again(arrival)) {
        return;
    }
    if (chat->quiet) {
        arrival_again(chat, arrival->session);
        forget(arrival);
        return;
    }
    nx_list_remove(&arrival->link);
    nx_list_prepend(&chat->arrivals.waiting, &arrival->link);
    pump(chat);
}

// Makes room for others until the client has read what it was sent.
static void pause(struct arrival *arrival) {
    struct chat *chat = arrival->chat;
    arrival->pauses = 0;
    if (chat->quiet) {
        finish(arrival);
        return;
    }
    if (!pause_again(arrival)) {
        fail(arrival, NX_ERR_NO_MEMORY);
        return;
    }
    nx_list_remove(&arrival->link);
    nx_list_append(&chat->arrivals.paused, &arrival->link);
    chat->arrivals.running_count--;
}

// ---- entering ----

static void entered(void *user, nx_status status) {
    struct arrival *arrival = user;
    struct chat *chat = arrival->chat;
    if (chat->finishing) {
        return;
    }
    if (status == NX_ERR_AGAIN) {
        pause(arrival);
    } else if (status == NX_ERR_LIMIT || status == NX_ERR_GONE) {
        finish(arrival); // no room for more rooms, or nobody there
    } else if (is_passing(status)) {
        fail(arrival, status);
    } else {
        arrival->at++; // NOT_FOUND: a membership that has ended
        proceed(arrival);
    }
    pump(chat);
}

static nx_status enter(struct arrival *arrival, struct stop *stop) {
    struct backlog_order order = {
            .session = arrival->session,
            .user = arrival->user,
            .device = arrival->device,
            .stop = stop,
            .fn = entered,
            .ctx = arrival,
    };
    return backlog_send(arrival->chat, &order);
}

// The next conversation, until one has to be waited for.
static void proceed(struct arrival *arrival) {
    for (; arrival->at < arrival->stops.count; arrival->at++) {
        struct stop *stop = arrival->stops.list[arrival->at];
        if (arrival->chat->quiet) {
            break;
        }
        if (stop->skip) {
            continue;
        }
        if (is_full(arrival)) {
            pause(arrival);
            return;
        }
        nx_status status = enter(arrival, stop);
        if (status == NX_OK) {
            return;
        }
        if (status != NX_ERR_NOT_FOUND && status != NX_ERR_EXISTS) {
            fail(arrival, status);
            return;
        }
    }
    finish(arrival);
}

static void way_found(void *user, nx_status status) {
    struct arrival *arrival = user;
    struct chat *chat = arrival->chat;
    if (chat->finishing) {
        return;
    }
    if (status == NX_OK) {
        arrival->found = true;
        arrival->at = 0;
        proceed(arrival);
    } else {
        fail(arrival, status);
    }
    pump(chat);
}

static nx_status start(struct arrival *arrival) {
    struct device_ref device;
    if (!device_of(arrival->chat, arrival->session, &device)) {
        return NX_ERR_GONE; // while it was in line
    }
    if (arrival->found) {
        proceed(arrival); // comes back from a pause
        return NX_OK;
    }
    if (arrival->index) {
        stops_finish(&arrival->stops);
    }
    const struct way_order order = {
            .session = arrival->session,
            .user = arrival->user,
            .device = arrival->device,
            .used_at = arrival->used_at,
            .stops = &arrival->stops,
            .fn = way_found,
            .ctx = arrival,
    };
    nx_status status = way_find(arrival->chat, &order);
    if (status != WAY_FOUND) {
        return status;
    }
    arrival->found = true;
    arrival->at = 0;
    proceed(arrival);
    return NX_OK;
}

static void retry(void *user, nx_timer_id timer) {
    (void)timer;
    struct arrival *arrival = user;
    struct chat *chat = arrival->chat;
    nx_status status = start(arrival);
    if (status != NX_OK) {
        fail(arrival, status);
    }
    pump(chat);
}

// ---- the line ----

static void pump(struct chat *chat) {
    struct arrivals *arrivals = &chat->arrivals;
    while (!chat->quiet && arrivals->running_count < RUNNING_MAX
            && !nx_list_empty(&arrivals->waiting)) {
        struct nx_list *link = nx_list_take_first(&arrivals->waiting);
        struct arrival *arrival = nx_container_of(link, struct arrival, link);
        nx_list_append(&arrivals->running, link);
        arrivals->running_count++;
        nx_status status = start(arrival);
        if (status != NX_OK) {
            fail(arrival, status);
        }
    }
}

static struct arrival *new_arrival(struct chat *chat, nx_session_id session,
        const struct device_ref *device) {
    struct arrival *arrival =
            calloc(1, sizeof(*arrival) + device->user.len + device->id.len);
    if (!arrival) {
        return NULL;
    }
    arrival->chat = chat;
    arrival->session = session;
    arrival->used_at = device->used_at;
    memcpy(arrival->text, device->user.ptr, device->user.len);
    arrival->user = nx_str_n(arrival->text, device->user.len);
    if (device->id.ptr) {
        char *id = arrival->text + device->user.len;
        memcpy(id, device->id.ptr, device->id.len);
        arrival->device = nx_str_n(id, device->id.len);
    }
    nx_list_init(&arrival->link);
    stops_init(&arrival->stops);
    stops_init(&arrival->later);
    return arrival;
}

// A new arrival at the end of the line, or NULL.
static struct arrival *enqueue(struct chat *chat, nx_session_id session) {
    struct device_ref device;
    if (!device_of(chat, session, &device) || device.user.len > CHAT_ID_MAX) {
        return NULL;
    }
    struct arrival *arrival = new_arrival(chat, session, &device);
    if (arrival
            && !nx_strmap_put(chat->arrivals.by_session,
                    (const char *)&arrival->session, sizeof(arrival->session),
                    arrival)) {
        free_arrival(arrival);
        return NULL;
    }
    if (arrival) {
        nx_list_append(&chat->arrivals.waiting, &arrival->link);
    }
    return arrival;
}

static void add_later(void *user, struct nx_str conversation) {
    struct arrival *arrival = user;
    if (arrival->later.count < LATER_MAX
            && !stops_have(&arrival->later, conversation)) {
        (void)stops_add(&arrival->later, conversation);
    }
}

static void mark_behind(void *user, struct nx_str conversation) {
    bool *behind = user;
    (void)conversation;
    *behind = true;
}

// Who enters no conversations at log-in, or not all of them, still has to begin
// again in those where its backlog got lost.
static void take_up(struct chat *chat, nx_session_id session) {
    bool index = chat->settings.rooms_at_login > 0;
    bool behind = false;
    behind_each(chat, session, mark_behind, &behind);
    if ((!index && !behind) || find(chat, session)) {
        return;
    }
    struct arrival *arrival = enqueue(chat, session);
    if (!arrival) {
        return;
    }
    behind_each(chat, session, add_later, arrival);
    arrival->index = index;
    if (!index) {
        arrival->stops = arrival->later;
        stops_init(&arrival->later);
    }
}

void arrival_opened(void *user, const struct nx_session_event *ev) {
    struct chat *chat = user;
    if (ev->what == NX_SESSION_OPENED) {
        take_up(chat, ev->session);
        pump(chat);
    }
}

static void enter_soon(void *user, nx_timer_id timer) {
    (void)timer;
    pump(user);
}

void arrival_enter(
        struct chat *chat, nx_session_id session, struct nx_str conversation) {
    struct arrival *arrival = find(chat, session);
    if (arrival) {
        add_later(arrival, conversation);
        return;
    }
    arrival = enqueue(chat, session);
    if (!arrival) {
        return;
    }
    if (!stops_add(&arrival->stops, conversation)) {
        forget(arrival);
        return;
    }
    arrival_again(chat, session); // until it is through
    // Not now: whoever calls is in the middle of something with it.
    (void)chat->sdk.timers->set(chat->host, 0, 0, enter_soon, chat, NULL);
}

bool arrival_is_at(const struct chat *chat, nx_session_id session,
        struct nx_str conversation) {
    const struct arrival *arrival = find(chat, session);
    return arrival && arrival->found && arrival->at < arrival->stops.count
            && nx_str_eq(
                    stop_name(arrival->stops.list[arrival->at]), conversation);
}

static int32_t sweep_session(
        void *user, nx_session_id session, struct nx_str user_name) {
    (void)user_name;
    struct chat *chat = user;
    if (chat->sdk.users->data_get(chat->host, session, MARK).len == 0) {
        take_up(chat, session);
    }
    return 0;
}

static int32_t sweep_user(
        void *user, struct nx_str user_name, uint32_t sessions) {
    (void)sessions;
    struct chat *chat = user;
    chat->sdk.users->each_session(chat->host, user_name, sweep_session, chat);
    return 0;
}

static void sweep(struct chat *chat) {
    chat->sdk.users->each_user(chat->host, sweep_user, chat);
    pump(chat);
}

static void sweep_timer(void *user, nx_timer_id timer) {
    (void)timer;
    sweep(user);
}

nx_status arrivals_sweep(struct chat *chat) {
    return chat->sdk.timers->set(chat->host, 0, 0, sweep_timer, chat, NULL);
}

void arrivals_resume(struct chat *chat) {
    sweep(chat);
}

void arrival_again(struct chat *chat, nx_session_id session) {
    (void)chat->sdk.users->data_set(
            chat->host, session, MARK, nx_bytes_n(NULL, 0));
}
