#include "plugins/chat/arrival.h"

#include <stdlib.h>
#include <string.h>

#include "plugins/chat/backlog.h"
#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/key.h"

#define RUNNING_MAX 64
#define PAGE        1000
#define PAGES_MAX   10
#define RETRY_MS    1000
#define TRIES_MAX   6

// On the session: it has been through here.
#define MARK "arrived"

struct candidate {
    int64_t active_at;
    size_t len;
    char name[];
};

struct arrival {
    struct call call;
    struct nx_list link; // struct arrivals, waiting or running
    struct chat *chat;
    nx_session_id session;
    unsigned tries;
    unsigned pages;
    struct key last;               // of the index read so far
    struct candidate **candidates; // the most recently used first
    size_t cap;
    size_t count;
    size_t next;
    uint32_t budget; // messages that may still be sent
    size_t user_len;
    char user[];
};

static struct nx_str user_of(const struct arrival *arrival) {
    return nx_str_n(arrival->user, arrival->user_len);
}

static void forget_candidates(struct arrival *arrival) {
    for (size_t i = 0; i < arrival->count; i++) {
        free(arrival->candidates[i]);
    }
    free(arrival->candidates);
    arrival->candidates = NULL;
    arrival->count = 0;
    arrival->next = 0;
    arrival->pages = 0;
    arrival->last.len = 0;
}

static void free_arrival(struct arrival *arrival) {
    nx_list_remove(&arrival->link);
    forget_candidates(arrival);
    free(arrival);
}

// Its memory is in the lists of struct arrivals.
static void drop_call(struct call *call) {
    (void)call;
}

void arrivals_init(struct arrivals *arrivals) {
    memset(arrivals, 0, sizeof(*arrivals));
    nx_list_init(&arrivals->waiting);
    nx_list_init(&arrivals->running);
}

static void free_list(struct nx_list *list) {
    nx_list_for_each_safe (link, next, list) {
        free_arrival(nx_container_of(link, struct arrival, link));
    }
}

void arrivals_finish(struct arrivals *arrivals) {
    free_list(&arrivals->waiting);
    free_list(&arrivals->running);
}

static void mark(const struct arrival *arrival) {
    struct chat *chat = arrival->chat;
    (void)chat->sdk.users->data_set(
            chat->host, arrival->session, MARK, nx_bytes_n("1", 1));
}

// Ends it. The next one starts when the callback ends: pump().
static void finish(struct arrival *arrival) {
    struct chat *chat = arrival->chat;
    chat->arrivals.running_count--;
    if (chat->quiet) {
        free_arrival(arrival); // not marked: it will be taken up again
        return;
    }
    mark(arrival);
    free_arrival(arrival);
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
        forget_candidates(arrival);
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

static void entered(void *user, nx_status status, uint32_t sent) {
    struct arrival *arrival = user;
    struct chat *chat = arrival->chat;
    arrival->budget -= sent < arrival->budget ? sent : arrival->budget;
    if (status == NX_ERR_LIMIT || status == NX_ERR_GONE) {
        finish(arrival); // no room for more rooms, or nobody there
    } else if (is_passing(status)) {
        fail(arrival, status);
    } else {
        proceed(arrival); // NOT_FOUND: a membership that has ended
    }
    pump(chat);
}

static nx_status enter_next(struct arrival *arrival) {
    const struct candidate *candidate = arrival->candidates[arrival->next++];
    struct backlog_order order = {
            .session = arrival->session,
            .user = user_of(arrival),
            .conversation = nx_str_n(candidate->name, candidate->len),
            .budget = arrival->budget,
            .fn = entered,
            .ctx = arrival,
    };
    return backlog_send(arrival->chat, &order);
}

// The next conversation, until one has to be waited for.
static void proceed(struct arrival *arrival) {
    nx_status status = NX_ERR_NOT_FOUND;
    while (status == NX_ERR_NOT_FOUND) {
        if (arrival->chat->quiet || arrival->next == arrival->count) {
            finish(arrival);
            return;
        }
        status = enter_next(arrival);
    }
    if (status != NX_OK) {
        fail(arrival, status);
    }
}

static int64_t active_at(const struct chat *chat, const struct nx_fact *fact) {
    int64_t time = 0;
    const struct nx_json_v1 *json = chat->sdk.json;
    const struct nx_json *value =
            json->parse(chat->host, nx_str_n(fact->value.ptr, fact->value.len));
    (void)json->i64(json->get(value, "active_at"), &time);
    return time;
}

static struct candidate *new_candidate(
        const struct chat *chat, const struct nx_fact *fact) {
    char name[CONVERSATION_MAX];
    size_t len;
    if (!key_last_name(fact->key, name, sizeof(name), &len)) {
        return NULL;
    }
    struct candidate *candidate = malloc(sizeof(*candidate) + len);
    if (candidate) {
        candidate->active_at = active_at(chat, fact);
        candidate->len = len;
        memcpy(candidate->name, name, len);
    }
    return candidate;
}

// Keeps the most recently used, in order.
static void add_candidate(struct arrival *arrival, const struct nx_fact *fact) {
    struct candidate *candidate = new_candidate(arrival->chat, fact);
    if (!candidate) {
        return;
    }
    size_t at = arrival->count;
    while (at > 0
            && arrival->candidates[at - 1]->active_at < candidate->active_at) {
        at--;
    }
    if (at == arrival->cap) {
        free(candidate);
        return;
    }
    if (arrival->count == arrival->cap) {
        free(arrival->candidates[--arrival->count]);
    }
    memmove(&arrival->candidates[at + 1], &arrival->candidates[at],
            (arrival->count - at) * sizeof(struct candidate *));
    arrival->candidates[at] = candidate;
    arrival->count++;
}

static nx_status read_index(struct arrival *arrival);

static nx_status use_page(
        struct arrival *arrival, const struct nx_fact_result *result) {
    if (result->status != NX_OK) {
        return result->status;
    }
    for (size_t i = 0; i < result->count; i++) {
        add_candidate(arrival, &result->facts[i]);
    }
    if (result->count < PAGE || ++arrival->pages == PAGES_MAX) {
        proceed(arrival);
        return NX_OK;
    }
    struct nx_str key = result->facts[result->count - 1].key;
    if (key.len > sizeof(arrival->last.text)) {
        return NX_ERR_INTERNAL;
    }
    memcpy(arrival->last.text, key.ptr, key.len);
    arrival->last.len = key.len;
    return read_index(arrival);
}

static void index_read(void *user, const struct nx_fact_result *result) {
    struct arrival *arrival = user;
    struct chat *chat = arrival->chat;
    call_end(&arrival->call);
    nx_status status = use_page(arrival, result);
    if (status != NX_OK) {
        fail(arrival, status);
    }
    pump(chat);
}

static nx_status read_index(struct arrival *arrival) {
    struct chat *chat = arrival->chat;
    struct key prefix;
    key_index(&prefix, user_of(arrival), nx_str_none());
    nx_status status = chat->sdk.engine->scan(chat->host, key_text(&prefix),
            arrival->last.len > 0 ? key_text(&arrival->last) : nx_str_none(),
            PAGE, index_read, arrival);
    if (status == NX_OK) {
        call_begin(chat, &arrival->call, NULL);
    }
    return status;
}

static nx_status start(struct arrival *arrival) {
    const struct chat_settings *settings = &arrival->chat->settings;
    arrival->budget = settings->offline_messages;
    arrival->cap = settings->rooms_at_login;
    arrival->candidates = calloc(arrival->cap + 1, sizeof(struct candidate *));
    return arrival->candidates ? read_index(arrival) : NX_ERR_NO_MEMORY;
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

static void enqueue(
        struct chat *chat, nx_session_id session, struct nx_str user) {
    struct arrival *arrival = calloc(1, sizeof(*arrival) + user.len);
    if (!arrival) {
        return;
    }
    arrival->chat = chat;
    arrival->call.drop = drop_call;
    arrival->session = session;
    memcpy(arrival->user, user.ptr, user.len);
    arrival->user_len = user.len;
    nx_list_init(&arrival->link);
    nx_list_append(&chat->arrivals.waiting, &arrival->link);
}

void arrival_opened(void *user, const struct nx_session_event *ev) {
    struct chat *chat = user;
    if (ev->what == NX_SESSION_OPENED && ev->user.len <= CHAT_ID_MAX
            && chat->settings.rooms_at_login > 0) {
        enqueue(chat, ev->session, ev->user);
        pump(chat);
    }
}

static bool is_running(const struct chat *chat, nx_session_id session) {
    nx_list_for_each (link, &chat->arrivals.running) {
        const struct arrival *arrival =
                nx_container_of(link, struct arrival, link);
        if (arrival->session == session) {
            return true;
        }
    }
    return false;
}

static int32_t sweep_session(
        void *user, nx_session_id session, struct nx_str user_name) {
    struct chat *chat = user;
    struct nx_bytes seen = chat->sdk.users->data_get(chat->host, session, MARK);
    if (seen.len == 0 && user_name.len <= CHAT_ID_MAX
            && !is_running(chat, session)) {
        enqueue(chat, session, user_name);
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
    // Those in line are found once more.
    free_list(&chat->arrivals.waiting);
    if (chat->settings.rooms_at_login > 0) {
        chat->sdk.users->each_user(chat->host, sweep_user, chat);
        pump(chat);
    }
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
