#include "kernel/core/metrics.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const double seconds_bounds[METRICS_BUCKETS] = {
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

// Powers of four.
static const double bytes_bounds[METRICS_BUCKETS] = {64, 256, 1024, 4096, 16384,
        65536, 262144, 1048576, 4194304, 16777216, 67108864, 268435456,
        1073741824};

// Powers of two.
static const double sizes_bounds[METRICS_BUCKETS] = {
        1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096};

struct metric {
    uint32_t kind;
    char *name;
    char *help;
    const double *bounds;
    _Atomic double value; // counter, gauge; histogram: sum
    _Atomic uint64_t buckets[METRICS_BUCKETS + 1];
};

// A slot is filled once, so whoever has an id finds its metric without a
// lock while others are being defined.
struct metrics {
    struct metric *_Atomic slots[METRICS_MAX];
    size_t count; // logic thread only
};

struct metrics *metrics_create(void) {
    struct metrics *metrics = malloc(sizeof(*metrics));
    if (!metrics) {
        return NULL;
    }
    metrics->count = 0;
    for (size_t i = 0; i < METRICS_MAX; i++) {
        atomic_init(&metrics->slots[i], NULL);
    }
    return metrics;
}

static void metric_destroy(struct metric *metric) {
    free(metric->name);
    free(metric->help);
    free(metric);
}

void metrics_destroy(struct metrics *metrics) {
    if (!metrics) {
        return;
    }
    for (size_t i = 0; i < metrics->count; i++) {
        metric_destroy(atomic_load(&metrics->slots[i]));
    }
    free(metrics);
}

static bool ends_in(const char *name, const char *suffix) {
    size_t len = strlen(name);
    size_t suffix_len = strlen(suffix);
    return len > suffix_len && strcmp(name + len - suffix_len, suffix) == 0;
}

static const double *bounds_of(const char *name) {
    if (ends_in(name, "_bytes")) {
        return bytes_bounds;
    }
    return ends_in(name, "_size") ? sizes_bounds : seconds_bounds;
}

static struct metric *metric_create(
        uint32_t kind, const char *name, const char *help) {
    struct metric *metric = calloc(1, sizeof(*metric));
    if (!metric) {
        return NULL;
    }
    metric->kind = kind;
    metric->bounds = bounds_of(name);
    metric->name = strdup(name);
    metric->help = strdup(help);
    if (!metric->name || !metric->help) {
        metric_destroy(metric);
        return NULL;
    }
    return metric;
}

static bool name_is_valid(const char *name) {
    size_t len = name ? strlen(name) : 0;
    return len > 0 && len <= METRICS_NAME_MAX
            && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
}

// One line, so that it cannot break the format it is shown in.
static bool help_is_valid(const char *help) {
    size_t len = 0;
    for (; help[len] != '\0'; len++) {
        if (len >= METRICS_HELP_MAX || (unsigned char)help[len] < ' ') {
            return false;
        }
    }
    return true;
}

static bool exists(const struct metrics *metrics, const char *name) {
    for (size_t i = 0; i < metrics->count; i++) {
        if (strcmp(atomic_load(&metrics->slots[i])->name, name) == 0) {
            return true;
        }
    }
    return false;
}

enum nx_err metrics_define(struct metrics *metrics, uint32_t kind,
        const char *name, const char *help, nx_metric_id *out) {
    if (!help) {
        help = "";
    }
    if (kind < NX_METRIC_COUNTER || kind > NX_METRIC_HISTOGRAM || !out
            || !name_is_valid(name) || !help_is_valid(help)) {
        return NX_ERR_INVALID;
    }
    if (exists(metrics, name)) {
        return NX_ERR_EXISTS;
    }
    if (metrics->count >= METRICS_MAX) {
        return NX_ERR_LIMIT;
    }
    struct metric *metric = metric_create(kind, name, help);
    if (!metric) {
        return NX_ERR_NO_MEMORY;
    }
    atomic_store(&metrics->slots[metrics->count], metric);
    metrics->count++;
    *out = metrics->count;
    return NX_OK;
}

static struct metric *find(struct metrics *metrics, nx_metric_id id) {
    if (id == 0 || id > METRICS_MAX) {
        return NULL;
    }
    return atomic_load_explicit(&metrics->slots[id - 1], memory_order_acquire);
}

static void add_to(_Atomic double *sum, double value) {
    double before = atomic_load_explicit(sum, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(sum, &before, before + value,
            memory_order_relaxed, memory_order_relaxed)) {
    }
}

static void observe(struct metric *metric, double value) {
    size_t bucket = 0;
    while (bucket < METRICS_BUCKETS && value > metric->bounds[bucket]) {
        bucket++;
    }
    atomic_fetch_add_explicit(
            &metric->buckets[bucket], 1, memory_order_relaxed);
    add_to(&metric->value, value);
}

void metrics_add(struct metrics *metrics, nx_metric_id id, double value) {
    struct metric *metric = find(metrics, id);
    if (!metric || !isfinite(value)) {
        return;
    }
    if (metric->kind == NX_METRIC_HISTOGRAM) {
        observe(metric, value);
    } else if (metric->kind == NX_METRIC_GAUGE || value >= 0) {
        add_to(&metric->value, value);
    }
}

void metrics_set(struct metrics *metrics, nx_metric_id id, double value) {
    struct metric *metric = find(metrics, id);
    if (metric && metric->kind == NX_METRIC_GAUGE && isfinite(value)) {
        atomic_store_explicit(&metric->value, value, memory_order_relaxed);
    }
}

size_t metrics_count(const struct metrics *metrics) {
    return metrics->count;
}

void metrics_read(
        struct metrics *metrics, size_t i, struct metrics_view *view) {
    struct metric *metric = atomic_load(&metrics->slots[i]);
    memset(view, 0, sizeof(*view));
    view->kind = metric->kind;
    view->name = metric->name;
    view->help = metric->help;
    double value = atomic_load_explicit(&metric->value, memory_order_relaxed);
    if (metric->kind != NX_METRIC_HISTOGRAM) {
        view->value = value;
        return;
    }
    view->sum = value;
    view->bounds = metric->bounds;
    for (size_t b = 0; b <= METRICS_BUCKETS; b++) {
        view->buckets[b] =
                atomic_load_explicit(&metric->buckets[b], memory_order_relaxed);
        view->count += view->buckets[b];
    }
}
