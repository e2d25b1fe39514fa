#include "kernel/core/stats.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/util/strmap.h>

#include "kernel/core/process.h"

#define SAMPLE_MS      1000
#define SMOOTHING      0.1 // weight of the newest second
#define WINDOW_SAMPLES 60u
#define PEER_CODES     3000u // what WebSocket itself defines lies below

// ---- life ----

static void move_window(
        struct stats_window *window, const struct histogram *now) {
    window->older = window->newer;
    window->newer = *now;
}

static void move_windows(struct stats *stats) {
    struct histogram events;
    stats_all_events(stats, &events);
    move_window(&stats->recent_events, &events);
    move_window(&stats->recent_turns, &stats->turns);
}

static void smooth(double *rate, double change, double seconds) {
    *rate += SMOOTHING * (change / seconds - *rate);
}

static void sample_rates(struct stats *stats, double seconds) {
    double cpu = process_cpu_seconds();
    smooth(&stats->events_in_rate,
            (double)(stats->events_in - stats->sampled_in), seconds);
    smooth(&stats->events_out_rate,
            (double)(stats->events_out - stats->sampled_out), seconds);
    smooth(&stats->errors_rate, (double)(stats->errors - stats->sampled_errors),
            seconds);
    smooth(&stats->cpu_rate, cpu - stats->sampled_cpu, seconds);
    stats->sampled_in = stats->events_in;
    stats->sampled_out = stats->events_out;
    stats->sampled_errors = stats->errors;
    stats->sampled_cpu = cpu;
}

static void sample(void *arg) {
    struct stats *stats = arg;
    int64_t now_ms = clock_now_ms(stats->timers->clock);
    // A timer never fires early, so this is a second or more.
    sample_rates(stats, (double)(now_ms - stats->sampled_ms) / 1000);
    stats->sampled_ms = now_ms;
    if (++stats->samples == WINDOW_SAMPLES) {
        stats->samples = 0;
        move_windows(stats);
    }
    timers_set(stats->timers, &stats->timer, SAMPLE_MS);
}

static void name_prefix(struct stats_prefix *prefix, struct nx_str name) {
    size_t len = name.len < STATS_PREFIX_SIZE ? name.len : 0;
    memcpy(prefix->name, name.ptr, len);
    prefix->name[len] = '\0';
}

struct stats *stats_create(struct timers *timers, int64_t wall_ms) {
    static const struct nx_str unknown = {
            STATS_PREFIX_NONE, sizeof(STATS_PREFIX_NONE) - 1};
    static const struct nx_str other = {
            STATS_PREFIX_OTHER, sizeof(STATS_PREFIX_OTHER) - 1};
    struct stats *stats = calloc(1, sizeof(*stats));
    if (!stats) {
        return NULL;
    }
    stats->prefixes = nx_strmap_create(STATS_PREFIXES_MAX);
    if (!stats->prefixes) {
        free(stats);
        return NULL;
    }
    name_prefix(&stats->unknown, unknown);
    name_prefix(&stats->other, other);
    stats->serving = &stats->unknown;
    stats->started_ms = wall_ms;
    stats->timers = timers;
    stats->sampled_ms = clock_now_ms(timers->clock);
    stats->sampled_cpu = process_cpu_seconds();
    timer_init(&stats->timer, sample, stats);
    timers_set(timers, &stats->timer, SAMPLE_MS);
    return stats;
}

void stats_destroy(struct stats *stats) {
    if (!stats) {
        return;
    }
    timer_cancel(&stats->timer);
    nx_strmap_destroy(stats->prefixes, free);
    free(stats);
}

// ---- refusals, errors, ends ----

// "limits.connections" is not in "limits.connections_per_user".
static bool names(const char *sentence, const char *setting) {
    size_t len = strlen(setting);
    const char *found = strstr(sentence, setting);
    while (found && strspn(found + len, "abcdefghijklmnopqrstuvwxyz_") > 0) {
        found = strstr(found + len, setting);
    }
    return found != NULL;
}

void stats_refused_as(struct stats *stats, const char *sentence) {
    for (enum limit limit = 0; limit < LIMIT_COUNT; limit++) {
        if (sentence && names(sentence, limit_setting(limit))) {
            stats_refused(stats, limit);
            return;
        }
    }
}

uint64_t stats_shed(const struct stats *stats) {
    uint64_t sum = 0;
    for (size_t i = 0; i < OUTBOX_SHED_REASONS; i++) {
        sum += stats->shed[i];
    }
    return sum;
}

void stats_error(struct stats *stats, nx_status status, const char *code) {
    stats->errors++;
    if (!code) {
        stats->errors_by[-nx_err_find(status)->status]++;
    } else if (strcmp(code, close_code_word(CLOSE_TOO_MANY_CONNECTIONS)) == 0) {
        stats->errors_replaced++;
    } else {
        stats->errors_plugin++;
    }
}

static enum stats_close close_row(uint16_t code) {
    switch (code) {
#define CLOSE_ROW_(name, number, word, meaning, action) \
    case (number): \
        return STATS_CLOSE_##name;
        CLOSE_CODES(CLOSE_ROW_)
#undef CLOSE_ROW_
    case 1005:
        return STATS_CLOSE_NO_STATUS;
    case 1006:
        return STATS_CLOSE_LOST;
    default:
        return STATS_CLOSE_OTHER;
    }
}

void stats_closed(struct stats *stats, uint16_t code, bool by_peer) {
    bool as_said = !by_peer || code < PEER_CODES;
    stats->closed[as_said ? close_row(code) : STATS_CLOSE_OTHER]++;
}

// ---- events and turns ----

static struct stats_prefix *add_prefix(
        struct stats *stats, struct nx_str name) {
    struct stats_prefix *prefix = calloc(1, sizeof(*prefix));
    if (!prefix) {
        return &stats->other;
    }
    name_prefix(prefix, name);
    if (!nx_strmap_put(stats->prefixes, name.ptr, name.len, prefix)) {
        free(prefix);
        return &stats->other;
    }
    return prefix;
}

static struct stats_prefix *find_prefix(
        struct stats *stats, struct nx_str name) {
    // Names come from plugins, not from clients: no hash against enemies.
    unsigned char first = name.len > 0 ? (unsigned char)name.ptr[0] : 0;
    size_t place = (first * (size_t)5 + name.len) % STATS_PREFIXES_MET;
    struct stats_prefix **met = &stats->met[place];
    if (*met && strncmp((*met)->name, name.ptr, name.len) == 0
            && (*met)->name[name.len] == '\0') {
        return *met;
    }
    struct stats_prefix *found =
            nx_strmap_get(stats->prefixes, name.ptr, name.len);
    *met = found ? found : *met;
    return found;
}

void stats_serve(struct stats *stats, struct nx_str prefix) {
    struct stats_prefix *found = find_prefix(stats, prefix);
    if (!found && nx_strmap_count(stats->prefixes) < STATS_PREFIXES_MAX) {
        found = add_prefix(stats, prefix);
    }
    stats->serving = found ? found : &stats->other;
}

void stats_handled(struct stats *stats, int64_t ns) {
    histogram_add(&stats->serving->spent, ns > 0 ? (uint64_t)ns : 0);
    stats->serving = &stats->unknown;
}

void stats_turn_begins(struct stats *stats, int64_t now_ns) {
    stats->turn_began_ns = now_ns;
    stats->in_turn = stats->slept;
}

void stats_turn_ends(struct stats *stats, int64_t now_ns) {
    int64_t ns = now_ns - stats->turn_began_ns;
    if (stats->in_turn) {
        histogram_add(&stats->turns, ns > 0 ? (uint64_t)ns : 0);
        stats->turn_squares += (double)ns * (double)ns;
    }
    stats->in_turn = false;
    stats->slept = true;
}

void stats_all_events(const struct stats *stats, struct histogram *out) {
    size_t cursor = 0;
    const struct stats_prefix *prefix;
    *out = stats->unknown.spent;
    histogram_merge(out, &stats->other.spent);
    while ((prefix = nx_strmap_next(stats->prefixes, &cursor, NULL, NULL))
            != NULL) {
        histogram_merge(out, &prefix->spent);
    }
}

void stats_recent_events(const struct stats *stats, struct histogram *out) {
    stats_all_events(stats, out);
    histogram_subtract(out, &stats->recent_events.older);
}

void stats_recent_turns(const struct stats *stats, struct histogram *out) {
    *out = stats->turns;
    histogram_subtract(out, &stats->recent_turns.older);
}

const struct stats_prefix *stats_next_prefix(
        const struct stats *stats, size_t *cursor) {
    return nx_strmap_next(stats->prefixes, cursor, NULL, NULL);
}
