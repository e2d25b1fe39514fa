#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/util/str.h>

#include "kernel/base/log.h"
#include "kernel/core/admin_command.h"
#include "kernel/core/close.h"
#include "kernel/core/core.h"
#include "kernel/core/session.h"
#include "kernel/core/users.h"
#include "kernel/core/welcome.h"
#include "kernel/core/writer.h"

#define ID_TEXT_MAX 20
#define REASON_MAX  123 // bytes, of a Close frame (RFC 6455, 5.5)

const struct nx_field admin_sessions_fields[] = {
        ADMIN_FIELDS,
        {.name = "user",
                .kinds = NX_JSON_STRING,
                .min = 1,
                .max = USER_NAME_MAX},
        {.name = "after", .kinds = NX_JSON_INT, .min = 0, .max = INT64_MAX},
        {.name = "limit", .kinds = NX_JSON_INT, .min = 1, .max = ADMIN_PAGE},
        {.name = NULL},
};

const struct nx_field admin_kick_fields[] = {
        ADMIN_FIELDS,
        {.name = "session",
                .kinds = NX_JSON_STRING,
                .min = 1,
                .max = ID_TEXT_MAX},
        {.name = "user",
                .kinds = NX_JSON_STRING,
                .min = 1,
                .max = USER_NAME_MAX},
        {.name = "reason",
                .kinds = NX_JSON_STRING,
                .flags = NX_FIELD_NAME,
                .min = 1,
                .max = REASON_MAX},
        {.name = NULL},
};

// --- sessions -------------------------------------------------------------

// What of the sessions one answer shows.
struct page {
    struct admin_call *call;
    uint64_t after; // the id that was shown last
    uint64_t limit;
    uint64_t count; // shown so far
};

static const char *state_word(enum session_state state) {
    switch (state) {
    case SESSION_PENDING:
        return "pending";
    case SESSION_OPEN:
        return "open";
    case SESSION_CLOSING:
    case SESSION_ENDED:
        break;
    }
    return "closing";
}

static void put_session(
        struct nx_writer *result, const struct session *session) {
    const struct clock *clock = &session->core->clock;
    int64_t up_ms = clock_wall_ms(clock) - session->opened_ms;
    char id[WELCOME_ID_SIZE];
    welcome_connection_id(session, id);
    writer_begin_object(result, NULL);
    writer_put_cstr(result, "session", id);
    writer_put_u64(result, "number", session->id);
    if (session->user) {
        writer_put_str(result, "user", user_name(session->user));
    } else {
        writer_put_null(result, "user");
    }
    writer_put_cstr(result, "device", session->device);
    writer_put_cstr(result, "address", session->address);
    writer_put_cstr(result, "state", state_word(session->state));
    writer_put_i64(result, "connected_seconds", up_ms > 0 ? up_ms / 1000 : 0);
    writer_put_i64(result, "idle_seconds",
            (clock_now_ms(clock) - session->active_ms) / 1000);
    writer_put_u64(result, "rooms", session->member_count);
    writer_put_u64(result, "queued_bytes", session->outbox.bytes);
    writer_end(result);
}

static bool page_is_full(const struct page *page) {
    return page->count == page->limit || admin_is_full(page->call);
}

static void page_add(struct page *page, const struct session *session) {
    put_session(page->call->result, session);
    page->after = session->id;
    page->count++;
}

// True when more may follow.
static bool list_all(struct page *page) {
    const struct sessions *sessions = page->call->core->sessions;
    const struct session *session;
    while (!page_is_full(page)) {
        session = sessions_next(sessions, &page->after);
        if (!session) {
            return false;
        }
        page_add(page, session);
    }
    return true;
}

static int compare_ids(const void *a, const void *b) {
    const struct session *const *left = a;
    const struct session *const *right = b;
    return ((*left)->id > (*right)->id) - ((*left)->id < (*right)->id);
}

// The list of a user has no order by id, and pages need one: the sessions of
// one user are few (limits.connections_per_user).
static bool list_user(struct page *page, const struct user *user) {
    const struct session **all =
            calloc(user->session_count, sizeof(const struct session *));
    size_t count = 0;
    if (!all) {
        admin_fail(page->call, "no_memory", "the server has no memory left");
        return false;
    }
    nx_list_for_each (link, &user->sessions) {
        const struct session *session =
                nx_container_of(link, struct session, user_link);
        if (session->id > page->after && count < user->session_count) {
            all[count++] = session;
        }
    }
    qsort(all, count, sizeof(const struct session *), compare_ids);
    size_t i = 0;
    while (i < count && !page_is_full(page)) {
        page_add(page, all[i++]);
    }
    free(all);
    return i < count;
}

static struct user *find_user(struct admin_call *call, struct nx_str name) {
    struct user *user = users_find(call->core->users, name);
    if (!user) {
        admin_fail(call, "unknown_user", "user \"%.*s\" has no session",
                (int)name.len, name.ptr);
    }
    return user;
}

void admin_sessions(struct admin_call *call) {
    const struct core *core = call->core;
    struct page page = {.call = call, .limit = ADMIN_PAGE};
    struct nx_str name = admin_text(call, "user");
    const struct user *user = NULL;
    (void)admin_number(call, "after", &page.after);
    (void)admin_number(call, "limit", &page.limit);
    if (name.ptr && page.after == 0) {
        user = find_user(call, name);
    } else if (name.ptr) {
        user = users_find(core->users, name); // may have left meanwhile
    }
    if (call->code) {
        return;
    }
    bool more = false;
    writer_begin_array(call->result, "sessions");
    if (user) {
        more = list_user(&page, user);
    } else if (!name.ptr) {
        more = list_all(&page);
    }
    writer_end(call->result);
    writer_put_u64(call->result, "total",
            user ? user->session_count : sessions_count(core->sessions));
    if (more) {
        writer_put_u64(call->result, "next", page.after);
    }
}

// --- kick -----------------------------------------------------------------

// "c-1f" as clients are told, or the number that stands in the log.
static bool read_id(struct nx_str text, uint64_t *id) {
    char copy[ID_TEXT_MAX + 1];
    bool hex = nx_str_starts(text, nx_str_c("c-"));
    size_t from = hex ? 2 : 0;
    char *end;
    if (text.len > ID_TEXT_MAX || text.len == from) {
        return false;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (strspn(copy + from, hex ? "0123456789abcdef" : "0123456789")
            != text.len - from) {
        return false;
    }
    *id = strtoull(copy + from, &end, hex ? 16 : 10);
    return true;
}

static void end_session(
        struct session *session, const char *reason, uint64_t *count) {
    if (session->state >= SESSION_CLOSING) {
        return;
    }
    log_info("admin", "session ended by nexusctl",
            LOG_UINT("session", session->id),
            LOG_STR("user", session->user ? session->user->name : ""),
            LOG_STR("reason", reason));
    session_close(session, CLOSE_SESSION_REVOKED, reason);
    (*count)++;
}

static void kick_one(struct admin_call *call, struct nx_str text,
        const char *reason, uint64_t *count) {
    uint64_t id;
    struct session *session = NULL;
    if (!read_id(text, &id)) {
        admin_fail(call, "bad_request",
                "a session is named as c-1f, or by the number in the log");
        return;
    }
    session = sessions_find(call->core->sessions, id);
    if (!session || session->state >= SESSION_CLOSING) {
        admin_fail(call, "unknown_session", "there is no session %.*s",
                (int)text.len, text.ptr);
        return;
    }
    end_session(session, reason, count);
}

static void kick_user(struct admin_call *call, struct nx_str name,
        const char *reason, uint64_t *count) {
    const struct user *user = find_user(call, name);
    if (!user) {
        return;
    }
    // Closing marks them; the list changes at the end of the turn.
    nx_list_for_each (link, &user->sessions) {
        end_session(nx_container_of(link, struct session, user_link), reason,
                count);
    }
}

void admin_kick(struct admin_call *call) {
    struct nx_str session = admin_text(call, "session");
    struct nx_str user = admin_text(call, "user");
    const char *reason = admin_text(call, "reason").ptr;
    uint64_t count = 0;
    if (!session.ptr == !user.ptr) {
        admin_fail(call, "bad_request", "give either session or user");
        return;
    }
    if (session.ptr) {
        kick_one(call, session, reason, &count);
    } else {
        kick_user(call, user, reason, &count);
    }
    writer_put_u64(call->result, "closed", count);
}
