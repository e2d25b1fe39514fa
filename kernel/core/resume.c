#include "kernel/core/resume.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/error.h>
#include <nexus/util/str.h>
#include <nexus/util/strmap.h>

#include "kernel/base/log.h"
#include "kernel/base/random.h"
#include "kernel/core/close.h"
#include "kernel/core/core.h"
#include "kernel/core/envelope.h"
#include "kernel/core/restore.h"
#include "kernel/core/resume_store.h"
#include "kernel/core/resume_table.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"
#include "kernel/core/sha256.h"
#include "kernel/core/stats.h"
#include "kernel/core/users.h"

#define ENTRIES_MAX     ((size_t)1 << 25)
#define CLOSE_NO_STATUS 1005 // the client closed, and gave no code

static void expire(void *arg);

// ---- entries ----

struct resume *resume_create(struct core *core) {
    struct resume *resume = calloc(1, sizeof(*resume));
    if (!resume) {
        return NULL;
    }
    resume->core = core;
    nx_list_init(&resume->away);
    nx_list_init(&resume->ready);
    nx_list_init(&resume->writes);
    timer_init(&resume->timer, expire, resume);
    resume->by_id = nx_strmap_create(ENTRIES_MAX);
    resume->by_user = nx_strmap_create(ENTRIES_MAX);
    if (!resume->by_id || !resume->by_user) {
        resume_destroy(resume);
        return NULL;
    }
    return resume;
}

static void away_free(struct resume_away *away) {
    if (!away) {
        return;
    }
    nx_list_remove(&away->link);
    nx_list_remove(&away->user_link);
    resume_record_finish(&away->record);
    free(away->user);
    free(away->device);
    free(away);
}

static void entry_free(void *value) {
    struct resume_entry *entry = value;
    timer_cancel(&entry->timer);
    away_free(entry->away);
    free(entry);
}

void resume_destroy(struct resume *resume) {
    if (!resume) {
        return;
    }
    timer_cancel(&resume->timer);
    resume_store_finish(resume);
    nx_strmap_destroy(resume->by_id, entry_free);
    nx_strmap_destroy(resume->by_user, free);
    free(resume);
}

struct resume_entry *resume_entry_create(
        struct resume *resume, struct nx_str id) {
    struct resume_entry *entry = id.len < RESUME_ID_SIZE
            ? calloc(1, sizeof(*entry) + id.len + 1)
            : NULL;
    if (!entry) {
        return NULL;
    }
    entry->resume = resume;
    memcpy(entry->id, id.ptr, id.len);
    resume_store_init_entry(entry);
    if (!nx_strmap_put(resume->by_id, id.ptr, id.len, entry)) {
        free(entry);
        return NULL;
    }
    return entry;
}

bool resume_entry_set_away(
        struct resume_entry *entry, struct nx_str user, struct nx_str device) {
    struct resume_away *away = calloc(1, sizeof(*away));
    if (!away) {
        return false;
    }
    away->entry = entry;
    nx_list_init(&away->link);
    nx_list_init(&away->user_link);
    resume_record_init(&away->record);
    away->user = strndup(user.ptr, user.len);
    away->device = strndup(device.ptr, device.len);
    if (!away->user || !away->device) {
        away_free(away);
        return false;
    }
    entry->away = away;
    return true;
}

// What the session is, before it is nothing any more.
static bool set_away_from(
        struct resume_entry *entry, const struct session *session) {
    // There was no memory for one of them.
    if (!session->user || !session->device
            || !resume_entry_set_away(entry, user_name(session->user),
                    nx_str_c(session->device))) {
        return false;
    }
    entry->away->device_made_up = session->device_made_up;
    return resume_record_take(&entry->away->record, session);
}

// It is not away any more, whether or not it was counted yet.
static void forget_away(struct resume_entry *entry) {
    struct resume *resume = entry->resume;
    struct resume_away *away = entry->away;
    if (away && away->counted) {
        size_t len = strlen(away->user);
        struct resume_user *user =
                nx_strmap_get(resume->by_user, away->user, len);
        resume->away_count--;
        if (user && --user->count == 0) {
            nx_list_remove(&away->user_link);
            free(nx_strmap_remove(resume->by_user, away->user, len));
        }
    }
    away_free(away);
    entry->away = NULL;
}

void resume_entry_drop(struct resume_entry *entry) {
    forget_away(entry);
    resume_store_remove(entry);
    (void)nx_strmap_remove(entry->resume->by_id, entry->id, strlen(entry->id));
    entry_free(entry);
}

static struct resume_away *first_away(const struct resume *resume) {
    return nx_list_empty(&resume->away)
            ? NULL
            : nx_container_of(resume->away.next, struct resume_away, link);
}

static void set_timer(struct resume *resume) {
    const struct core *core = resume->core;
    const struct resume_away *first = first_away(resume);
    timer_cancel(&resume->timer);
    if (first) {
        timers_set(&resume->core->timers, &resume->timer,
                first->until_ms - clock_wall_ms(&core->clock));
    }
}

static void expire(void *arg) {
    struct resume *resume = arg;
    int64_t now_ms = clock_wall_ms(&resume->core->clock);
    struct nx_list *link;
    while ((link = nx_list_take_first(&resume->away)) != NULL) {
        const struct resume_away *away =
                nx_container_of(link, struct resume_away, link);
        if (away->until_ms > now_ms) {
            nx_list_prepend(&resume->away, link);
            break;
        }
        resume->core->stats->resume_expired++;
        resume_entry_drop(away->entry);
    }
    set_timer(resume);
}

// ---- going away ----

static struct resume_user *user_of(
        struct resume *resume, const char *name, size_t len) {
    struct resume_user *user = nx_strmap_get(resume->by_user, name, len);
    if (user) {
        return user;
    }
    user = calloc(1, sizeof(*user));
    if (user) {
        nx_list_init(&user->entries);
    }
    if (user && !nx_strmap_put(resume->by_user, name, len, user)) {
        free(user);
        user = NULL;
    }
    return user;
}

static void evict(const struct resume_away *away) {
    away->entry->resume->core->stats->resume_evicted++;
    resume_entry_drop(away->entry);
}

static void make_room(struct resume *resume, struct resume_user *user) {
    const struct settings *settings = resume->core->settings;
    if (user->count > (size_t)settings->resume_sessions_per_user) {
        evict(nx_container_of(nx_list_take_first(&user->entries),
                struct resume_away, user_link));
    }
    if (resume->away_count > (size_t)settings->resume_sessions) {
        evict(nx_container_of(
                nx_list_take_first(&resume->away), struct resume_away, link));
    }
}

bool resume_entry_go_away(struct resume_entry *entry, int64_t until_ms) {
    struct resume *resume = entry->resume;
    struct resume_away *away = entry->away;
    struct resume_user *user = user_of(resume, away->user, strlen(away->user));
    if (!user) {
        resume_entry_drop(entry);
        return false;
    }
    entry->session = 0;
    away->until_ms = until_ms;
    away->counted = true;
    nx_list_append(&user->entries, &away->user_link);
    user->count++;
    nx_list_append(&resume->away, &away->link);
    resume->away_count++;
    make_room(resume, user);
    set_timer(resume);
    return true;
}

static bool is_goodbye(uint16_t code) {
    return code == CLOSE_NORMAL || code == CLOSE_NO_STATUS
            || (code >= 4400 && code < 4500);
}

static bool is_too_large(const struct resume_entry *entry) {
    struct core *core = entry->resume->core;
    if (resume_record_size(&entry->away->record)
            <= (size_t)core->settings->resume_record_bytes) {
        return false;
    }
    core->stats->resume_too_large++;
    log_info("resume", "too large to be resumed", LOG_STR("session", entry->id),
            LOG_STR("limit", "resume.record_bytes"));
    return true;
}

void resume_keep(struct resume *resume, struct session *session) {
    struct resume_entry *entry = session->resume;
    session->resume = NULL;
    if (!entry) {
        return;
    }
    int64_t window_ms = resume->core->settings->resume_window * 1000;
    if (window_ms == 0 || is_goodbye(session->close_code)
            || !set_away_from(entry, session) || is_too_large(entry)) {
        resume_entry_drop(entry);
        return;
    }
    int64_t until_ms = clock_wall_ms(&resume->core->clock) + window_ms;
    if (resume_entry_go_away(entry, until_ms)) {
        resume_store_write(entry);
    }
}

// ---- coming back ----

static void hash_of(struct nx_str token, unsigned char out[RESUME_HASH_BYTES]) {
    struct sha256 sha;
    unsigned char whole[SHA256_SIZE];
    sha256_init(&sha);
    sha256_update(&sha, token.ptr, token.len);
    sha256_final(&sha, whole);
    memcpy(out, whole, RESUME_HASH_BYTES);
}

static bool is_token(const struct resume_entry *entry, struct nx_str token) {
    unsigned char hash[RESUME_HASH_BYTES];
    hash_of(token, hash);
    return memcmp(hash, entry->hash, sizeof(hash)) == 0
            || (entry->has_former
                    && memcmp(hash, entry->former, sizeof(hash)) == 0);
}

static struct resume_entry *find_entry(
        const struct resume *resume, struct nx_str token) {
    const char *dot = token.len > 0 ? memchr(token.ptr, '.', token.len) : NULL;
    struct resume_entry *entry = dot
            ? nx_strmap_get(resume->by_id, token.ptr, (size_t)(dot - token.ptr))
            : NULL;
    return entry && is_token(entry, token) ? entry : NULL;
}

// Nobody's if there was no memory for its user.
static bool is_of(const struct resume_entry *entry,
        const struct session *connected, struct nx_str user) {
    if (entry->away) {
        return nx_str_is(user, entry->away->user);
    }
    return connected && connected->user
            && nx_str_eq(user, user_name(connected->user));
}

// Its time has come, but not yet that of its timer.
static bool is_over(const struct resume_entry *entry) {
    return entry->away
            && entry->away->until_ms
            <= clock_wall_ms(&entry->resume->core->clock);
}

bool resume_awaits(const struct resume *resume, struct nx_str token) {
    const struct resume_entry *entry = find_entry(resume, token);
    return entry && !is_over(entry);
}

void resume_prolong(struct resume *resume, struct nx_str token) {
    struct resume_entry *entry = find_entry(resume, token);
    if (!entry || !entry->away || !entry->away->counted) {
        return; // its window is not running: all of it is still to come
    }
    entry->away->until_ms = clock_wall_ms(&resume->core->clock)
            + resume->core->settings->resume_window * 1000;
    nx_list_remove(&entry->away->link);
    nx_list_append(&resume->away, &entry->away->link);
    set_timer(resume);
    resume_store_touch(entry);
}

// The session's connection lives: it gives its place to the new one.
static bool take_over(struct resume_entry *entry, struct session *former) {
    static const char taken[] = "the session was resumed on another connection";
    static const struct envelope_failure failure = {
            .status = NX_ERR_GONE,
            .message = {taken, sizeof(taken) - 1},
    };
    if (!set_away_from(entry, former)) {
        forget_away(entry);
        return false;
    }
    former->resume = NULL;
    session_error(former, &failure);
    session_close(former, CLOSE_SESSION_RESUMED, NULL);
    return true;
}

// The welcome with the next token may be lost as the last one was: until it
// has arrived the token that was used stays good.
static enum resume_outcome give(struct resume_entry *entry,
        struct session *session, struct nx_str token, nx_session_id former) {
    struct resume_away *away = entry->away;
    if (!restore_create(session, &away->record, former)) {
        return RESUME_NO_MEMORY;
    }
    session->device = away->device;
    away->device = NULL;
    session->device_made_up = away->device_made_up;
    blobs_move(&session->blobs, &away->record.blobs);
    forget_away(entry);
    hash_of(token, entry->former);
    entry->has_former = true;
    entry->session = session->id;
    session->resume = entry;
    return RESUME_DONE;
}

static enum resume_outcome try_take(struct resume *resume,
        struct session *session, struct nx_str user, struct nx_str token) {
    struct resume_entry *entry = find_entry(resume, token);
    if (resume->core->settings->resume_window == 0) {
        return RESUME_OFF;
    }
    if (!entry || is_over(entry)) {
        return RESUME_UNKNOWN;
    }
    struct session *former =
            sessions_find(resume->core->sessions, entry->session);
    if (!is_of(entry, former, user)) {
        return RESUME_OTHER_USER;
    }
    if (former && former->state == SESSION_CLOSING
            && is_goodbye(former->close_code)) {
        return RESUME_UNKNOWN;
    }
    if (former && !take_over(entry, former)) {
        return RESUME_NO_MEMORY;
    }
    enum resume_outcome outcome =
            give(entry, session, token, former ? former->id : 0);
    if (outcome != RESUME_DONE) {
        resume_entry_drop(entry);
    }
    return outcome;
}

enum resume_outcome resume_take(struct resume *resume, struct session *session,
        struct nx_str user, struct nx_str token) {
    enum resume_outcome outcome = try_take(resume, session, user, token);
    resume->core->stats->resumes[outcome]++;
    log_debug("resume", "attempt", LOG_UINT("session", session->id),
            LOG_STR("outcome", resume_outcome_word(outcome)));
    return outcome;
}

// ---- tokens ----

static bool open_entry(
        struct resume *resume, struct session *session, const char *id) {
    const struct nx_str name = {id, strlen(id)};
    struct resume_entry *entry = resume_entry_create(resume, name);
    if (!entry) {
        return false;
    }
    entry->session = session->id;
    session->resume = entry;
    return true;
}

static void draw_token(
        struct resume_entry *entry, char token[RESUME_TOKEN_SIZE]) {
    char secret[2 * RESUME_SECRET_BYTES + 1];
    random_hex(secret, RESUME_SECRET_BYTES);
    int len = snprintf(token, RESUME_TOKEN_SIZE, "%s.%s", entry->id, secret);
    const struct nx_str text = {token, len > 0 ? (size_t)len : 0};
    hash_of(text, entry->hash);
}

void resume_issue(struct resume *resume, struct session *session,
        struct resume_ticket *ticket) {
    struct resume_entry *entry = session->resume;
    ticket->token[0] = '\0';
    (void)snprintf(ticket->id, sizeof(ticket->id), "s-%s-%" PRIx64,
            resume->core->boot_id, session->id);
    if (entry) {
        memcpy(ticket->id, entry->id, strlen(entry->id) + 1);
    } else if (resume->core->settings->resume_window == 0
            || !open_entry(resume, session, ticket->id)) {
        return;
    }
    draw_token(session->resume, ticket->token);
    resume_changed(session);
}

void resume_received(struct session *session) {
    struct resume_entry *entry = session->resume;
    if (entry && entry->has_former) {
        entry->has_former = false;
        resume_changed(session);
    }
}

// ---- the rest ----

void resume_changed(struct session *session) {
    if (session->resume) {
        resume_store_touch(session->resume);
    }
}

void resume_proved(struct session *session) {
    if (session->resume) {
        resume_store_touch_late(session->resume);
    }
}

void resume_strike(
        struct resume *resume, struct nx_str user_name, struct nx_str room) {
    const struct resume_user *user =
            nx_strmap_get(resume->by_user, user_name.ptr, user_name.len);
    if (!user) {
        return;
    }
    nx_list_for_each (link, &user->entries) {
        struct resume_away *away =
                nx_container_of(link, struct resume_away, user_link);
        if (resume_record_strike(&away->record, room)) {
            resume_store_write(away->entry);
        }
    }
}

size_t resume_away(const struct resume *resume) {
    return resume->away_count;
}
