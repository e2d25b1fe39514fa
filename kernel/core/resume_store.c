#include "kernel/core/resume_store.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <nexus/engine.h>
#include <nexus/util/buf.h>
#include <nexus/util/strmap.h>

#include "kernel/base/log.h"
#include "kernel/core/core.h"
#include "kernel/core/engine.h"
#include "kernel/core/resume_copy.h"
#include "kernel/core/resume_table.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"

#define MODULE "resume"
// No plugin's id has a slash.
#define SPACE      "nexus/resume"
#define CHANGE_MS  250
#define RETRY_MS   5000
#define WRITES_MAX 256u
#define PAGE_FACTS 100u
#define PAUSE_NS   (1 * NS_IN_MS)
#define NS_IN_MS   INT64_C(1000000)

// A copy on its way to the engine.
struct write {
    struct nx_list link; // struct resume::writes
    struct resume *resume;
    char id[RESUME_ID_SIZE];
};

static struct nx_str space(void) {
    static const char name[] = SPACE;
    const struct nx_str str = {name, sizeof(name) - 1};
    return str;
}

static struct nx_str key_of(const char *id) {
    const struct nx_str key = {id, strlen(id)};
    return key;
}

// ---- when ----

static void on_due(void *arg) {
    struct resume_entry *entry = arg;
    struct resume *resume = entry->resume;
    if (!nx_list_linked(&entry->ready_link)) {
        nx_list_append(&resume->ready, &entry->ready_link);
        resume->core->busy = true;
    }
}

void resume_store_init_entry(struct resume_entry *entry) {
    nx_list_init(&entry->ready_link);
    timer_init(&entry->timer, on_due, entry);
}

void resume_store_finish(struct resume *resume) {
    struct nx_list *link;
    while ((link = nx_list_take_first(&resume->writes)) != NULL) {
        free(nx_container_of(link, struct write, link));
    }
}

static void set_dirty(struct resume_entry *entry, bool dirty) {
    if (entry->dirty != dirty) {
        entry->dirty = dirty;
        struct resume *resume = entry->resume;
        resume->dirty_count += dirty ? 1 : 0;
        resume->dirty_count -= dirty ? 0 : 1;
    }
}

// Due when so much time has passed since the last write.
static void set_due(struct resume_entry *entry, int64_t pause_ms) {
    struct core *core = entry->resume->core;
    if (!engine_durable(core->engine) || nx_list_linked(&entry->ready_link)) {
        return;
    }
    set_dirty(entry, true);
    int64_t now_ms = clock_now_ms(&core->clock);
    int64_t due_ms = entry->written ? entry->written_ms + pause_ms : now_ms;
    if (due_ms <= now_ms) {
        timer_cancel(&entry->timer);
        on_due(entry);
    } else if (!timer_armed(&entry->timer)
            || entry->timer.deadline_ms > due_ms) {
        timers_set(&core->timers, &entry->timer, due_ms - now_ms);
    }
}

void resume_store_touch(struct resume_entry *entry) {
    set_due(entry, CHANGE_MS);
}

void resume_store_touch_late(struct resume_entry *entry) {
    set_due(entry, entry->resume->core->settings->resume_refresh * 1000);
}

void resume_store_write(struct resume_entry *entry) {
    set_due(entry, 0);
}

size_t resume_store_unwritten(const struct resume *resume) {
    return resume->dirty_count + resume->write_count;
}

bool resume_store_idle(const struct resume *resume) {
    return nx_list_empty(&resume->ready) && resume->write_count == 0;
}

// ---- removing ----

static void remove_copy(struct resume_entry *entry) {
    struct core *core = entry->resume->core;
    const struct engine_asker asker = {.owner = core, .space = space()};
    if (!entry->written || !engine_durable(core->engine)) {
        return;
    }
    entry->written = false;
    // One that stays is removed when the next server has read it.
    nx_status status = engine_remove(core->engine, &asker, key_of(entry->id));
    if (status != NX_OK) {
        log_debug(MODULE, "not removed", LOG_STR("session", entry->id),
                LOG_STR("reason", nx_err_word(status)));
    }
}

void resume_store_remove(struct resume_entry *entry) {
    nx_list_remove(&entry->ready_link);
    timer_cancel(&entry->timer);
    set_dirty(entry, false);
    remove_copy(entry);
}

// ---- writing ----

static void on_written(void *user, const struct nx_fact_result *result) {
    struct write *write = user;
    struct resume *resume = write->resume;
    struct resume_entry *entry =
            nx_strmap_get(resume->by_id, write->id, strlen(write->id));
    resume->write_count--;
    if (result->status != NX_OK) {
        resume->core->stats->resume_write_errors++;
        log_debug(MODULE, "not written", LOG_STR("session", write->id),
                LOG_STR("reason", nx_err_word(result->status)));
    }
    if (result->status != NX_OK && entry) {
        set_due(entry, RETRY_MS);
    }
    nx_list_remove(&write->link);
    free(write);
    resume->core->busy |= !nx_list_empty(&resume->ready);
}

static struct write *write_create(const struct resume_entry *entry) {
    struct write *write = calloc(1, sizeof(*write));
    if (write) {
        write->resume = entry->resume;
        memcpy(write->id, entry->id, strlen(entry->id) + 1);
        nx_list_init(&write->link);
    }
    return write;
}

static nx_status put(const struct resume_entry *entry, struct write *write,
        const struct nx_buf *copy) {
    struct core *core = entry->resume->core;
    const struct engine_asker asker = {
            .owner = core, .space = space(), .done = on_written, .user = write};
    const struct nx_bytes value = {copy->data, copy->len};
    // That of a connected session has no end: should the server die, its
    // window begins when the next one starts.
    uint64_t ttl_ms = 0;
    if (entry->away) {
        int64_t rest_ms = entry->away->until_ms - clock_wall_ms(&core->clock);
        ttl_ms = rest_ms > 0 ? (uint64_t)rest_ms : 1;
    }
    return engine_put(
            core->engine, &asker, key_of(write->id), value, ttl_ms, NX_PUT_ANY);
}

// ENGINE_BUSY and the like: try later.
static nx_status write_copy(struct resume_entry *entry) {
    struct resume *resume = entry->resume;
    struct nx_buf copy;
    nx_buf_init(&copy, (size_t)resume->core->settings->resume_record_bytes);
    if (!resume_copy_write(entry, &copy)) {
        nx_buf_finish(&copy);
        log_info(MODULE, "too large to outlive the server",
                LOG_STR("session", entry->id),
                LOG_STR("limit", "resume.record_bytes"));
        resume->core->stats->resume_too_large++;
        remove_copy(entry); // it is out of date
        return NX_OK;
    }
    struct write *write = write_create(entry);
    nx_status status = write ? put(entry, write, &copy) : NX_ERR_NO_MEMORY;
    nx_buf_finish(&copy);
    if (status != NX_OK) {
        free(write);
        return status;
    }
    nx_list_append(&resume->writes, &write->link);
    resume->write_count++;
    entry->written = true;
    entry->written_ms = clock_now_ms(&resume->core->clock);
    return NX_OK;
}

void resume_store_run(struct resume *resume) {
    while (resume->write_count < WRITES_MAX && !nx_list_empty(&resume->ready)) {
        struct resume_entry *entry =
                nx_container_of(nx_list_take_first(&resume->ready),
                        struct resume_entry, ready_link);
        timer_cancel(&entry->timer);
        set_dirty(entry, false);
        nx_status status = write_copy(entry);
        if (status != NX_OK) {
            set_dirty(entry, true);
            resume->core->stats->resume_write_errors++;
            timers_set(&resume->core->timers, &entry->timer, CHANGE_MS);
            return;
        }
    }
}

// ---- reading ----

// One scan of all copies.
struct load {
    struct resume *resume;
    char last[RESUME_ID_SIZE]; // "": none was read yet
    size_t count;
    bool done;
    nx_status status;
};

static void read_page(struct load *load);

static void take_fact(struct load *load, const struct nx_fact *fact) {
    struct resume *resume = load->resume;
    const struct core *core = resume->core;
    int64_t now_ms = clock_wall_ms(&core->clock);
    struct resume_entry *entry = resume_copy_read(resume, fact);
    if (!entry) {
        return;
    }
    entry->written = true;
    int64_t until_ms = entry->away->until_ms > 0
            ? entry->away->until_ms
            : now_ms + core->settings->resume_window * 1000;
    if (until_ms <= now_ms || core->settings->resume_window == 0) {
        resume_entry_drop(entry);
    } else if (resume_entry_go_away(entry, until_ms)) {
        load->count++;
    }
}

static void on_facts(void *user, const struct nx_fact_result *result) {
    struct load *load = user;
    load->status = result->status;
    for (size_t i = 0; result->status == NX_OK && i < result->count; i++) {
        take_fact(load, &result->facts[i]);
    }
    const struct nx_fact *last = result->status == NX_OK && result->count > 0
            ? &result->facts[result->count - 1]
            : NULL;
    if (!last || last->key.len >= sizeof(load->last)) {
        load->done = true;
        return;
    }
    memcpy(load->last, last->key.ptr, last->key.len);
    load->last[last->key.len] = '\0';
    read_page(load);
}

static void read_page(struct load *load) {
    struct core *core = load->resume->core;
    const struct engine_asker asker = {
            .owner = core, .space = space(), .done = on_facts, .user = load};
    const struct nx_str all = {NULL, 0};
    struct nx_str after = key_of(load->last);
    after.ptr = after.len > 0 ? after.ptr : NULL;
    nx_status status =
            engine_scan(core->engine, &asker, all, after, PAGE_FACTS);
    if (status != NX_OK) {
        load->status = status;
        load->done = true;
    }
}

static int64_t real_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / NS_IN_MS;
}

static void wait_for(const struct load *load, int64_t deadline_ms) {
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    struct core *core = load->resume->core;
    int64_t end_ms = real_ms() + deadline_ms;
    while (!load->done && real_ms() < end_ms) {
        clock_update(&core->clock);
        core_turn(core);
        if (core_sleep_ms(core) != 0) {
            (void)nanosleep(&pause, NULL);
        }
    }
}

void resume_store_load(struct resume *resume, int64_t deadline_ms) {
    struct core *core = resume->core;
    if (!engine_durable(core->engine)) {
        return;
    }
    struct load load = {.resume = resume};
    read_page(&load);
    wait_for(&load, deadline_ms);
    if (!load.done) {
        // The answer would find nobody.
        engine_cancel_owner(core->engine, core);
        load.status = NX_ERR_TIMEOUT;
    }
    if (load.status != NX_OK) {
        log_warn(MODULE, "sessions of before cannot be resumed",
                LOG_STR("reason", nx_err_word(load.status)));
    } else {
        log_info(MODULE, "sessions of before can be resumed",
                LOG_UINT("sessions", load.count));
    }
}
