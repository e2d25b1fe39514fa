#include "kernel/core/exposition.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/util/strmap.h>

#include "kernel/core/histogram.h"
#include "kernel/core/json_text.h"

#define NAMES_MAX   65536u
#define NUMBER_SIZE 32
#define BOUNDS      22u // 1, 2, 5 in each of seven decades, and the last 1

bool exposition_init(struct exposition *text, size_t max_bytes) {
    nx_buf_init(&text->out, max_bytes);
    text->name[0] = '\0';
    text->names = nx_strmap_create(NAMES_MAX);
    return text->names != NULL;
}

void exposition_finish(struct exposition *text) {
    nx_strmap_destroy(text->names, NULL);
    nx_buf_finish(&text->out);
}

// ---- families ----

static bool is_name(const char *name) {
    size_t len = strlen(name);
    return len > 0 && len <= EXPOSITION_NAME_MAX
            && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == len
            && (name[0] < '0' || name[0] > '9');
}

static bool is_free(
        const struct exposition *text, const char *name, const char *suffix) {
    char whole[EXPOSITION_NAME_MAX + 16];
    int len = snprintf(whole, sizeof(whole), "%s%s", name, suffix);
    return !nx_strmap_get(text->names, whole, (size_t)len);
}

static void take(
        struct exposition *text, const char *name, const char *suffix) {
    char whole[EXPOSITION_NAME_MAX + 16];
    int len = snprintf(whole, sizeof(whole), "%s%s", name, suffix);
    if (!nx_strmap_put(text->names, whole, (size_t)len, text)) {
        text->out.failed = true;
    }
}

// Quotes are left alone in a HELP line.
static void append_text(struct nx_buf *out, const char *value, bool quoted) {
    bool good = json_text_is_utf8(value, strlen(value));
    for (; *value != '\0'; value++) {
        if (*value == '\n') {
            nx_buf_append_cstr(out, "\\n");
        } else if (*value == '\\' || (quoted && *value == '"')) {
            nx_buf_append_char(out, '\\');
            nx_buf_append_char(out, *value);
        } else {
            bool shown = good || (unsigned char)*value < 0x80;
            nx_buf_append_char(out, shown ? *value : '?');
        }
    }
}

// suffixes are those of the samples' names, and end with NULL.
static bool begin(struct exposition *text, const char *name, const char *help,
        const char *type, const char *const *suffixes) {
    bool good = is_name(name);
    for (size_t i = 0; good && suffixes[i]; i++) {
        good = is_free(text, name, suffixes[i]);
    }
    if (!good) {
        return false;
    }
    for (size_t i = 0; suffixes[i]; i++) {
        take(text, name, suffixes[i]);
    }
    memcpy(text->name, name, strlen(name) + 1);
    nx_buf_appendf(&text->out, "# HELP %s ", name);
    append_text(&text->out, help, false);
    nx_buf_appendf(&text->out, "\n# TYPE %s %s\n", name, type);
    return true;
}

static const char *const plain[] = {"", NULL};
static const char *const several[] = {"", "_bucket", "_sum", "_count", NULL};

bool exposition_counter(
        struct exposition *text, const char *name, const char *help) {
    return begin(text, name, help, "counter", plain);
}

bool exposition_gauge(
        struct exposition *text, const char *name, const char *help) {
    return begin(text, name, help, "gauge", plain);
}

bool exposition_histogram(
        struct exposition *text, const char *name, const char *help) {
    return begin(text, name, help, "histogram", several);
}

// ---- samples ----

// bound is NULL but for buckets.
static void append_name(struct exposition *text, const char *suffix,
        const struct exposition_label *labels, const char *bound) {
    struct nx_buf *out = &text->out;
    char separator = '{';
    nx_buf_append_cstr(out, text->name);
    nx_buf_append_cstr(out, suffix);
    for (; labels && labels->name; labels++) {
        nx_buf_append_char(out, separator);
        nx_buf_appendf(out, "%s=\"", labels->name);
        append_text(out, labels->value, true);
        nx_buf_append_char(out, '"');
        separator = ',';
    }
    if (bound) {
        nx_buf_append_char(out, separator);
        nx_buf_appendf(out, "le=\"%s\"", bound);
        separator = ',';
    }
    nx_buf_append_cstr(out, separator == '{' ? " " : "} ");
}

static void print_number(char out[NUMBER_SIZE], double value) {
    if (isnan(value)) {
        (void)snprintf(out, NUMBER_SIZE, "NaN");
        return;
    }
    if (isinf(value)) {
        (void)snprintf(out, NUMBER_SIZE, value > 0 ? "+Inf" : "-Inf");
        return;
    }
    (void)snprintf(out, NUMBER_SIZE, "%.15g", value);
    if (strtod(out, NULL) != value) {
        (void)snprintf(out, NUMBER_SIZE, "%.17g", value);
    }
    char *comma = strchr(out, ','); // the point of some locales
    if (comma) {
        *comma = '.';
    }
}

static void append_f64(struct exposition *text, double value) {
    char number[NUMBER_SIZE];
    print_number(number, value);
    nx_buf_append_cstr(&text->out, number);
    nx_buf_append_char(&text->out, '\n');
}

static void append_u64(struct exposition *text, uint64_t value) {
    nx_buf_append_u64(&text->out, value);
    nx_buf_append_char(&text->out, '\n');
}

void exposition_u64(struct exposition *text,
        const struct exposition_label *labels, uint64_t value) {
    append_name(text, "", labels, NULL);
    append_u64(text, value);
}

void exposition_f64(struct exposition *text,
        const struct exposition_label *labels, double value) {
    append_name(text, "", labels, NULL);
    append_f64(text, value);
}

void exposition_buckets(struct exposition *text,
        const struct exposition_label *labels,
        const struct exposition_buckets *buckets) {
    for (size_t i = 0; i < buckets->size; i++) {
        char bound[NUMBER_SIZE];
        print_number(bound, buckets->bounds[i]);
        append_name(text, "_bucket", labels, bound);
        append_u64(text, buckets->counts[i]);
    }
    append_name(text, "_bucket", labels, "+Inf");
    append_u64(text, buckets->total);
    append_name(text, "_sum", labels, NULL);
    append_f64(text, buckets->sum);
    append_name(text, "_count", labels, NULL);
    append_u64(text, buckets->total);
}

// first is 1, 10, 100 ...; unit is what one of the histogram's is shown as.
static void append_histogram(struct exposition *text,
        const struct exposition_label *labels,
        const struct histogram *histogram, uint64_t first, double unit) {
    static const uint64_t steps[] = {1, 2, 5};
    uint64_t values[BOUNDS];
    uint64_t counts[BOUNDS];
    double bounds[BOUNDS];
    uint64_t decade = first;
    for (size_t i = 0; i < BOUNDS; i++) {
        values[i] = steps[i % 3] * decade;
        bounds[i] = (double)values[i] / unit;
        decade *= i % 3 == 2 ? 10 : 1;
    }
    histogram_cumulate(histogram, values, BOUNDS, counts);
    const struct exposition_buckets buckets = {
            .bounds = bounds,
            .counts = counts,
            .size = BOUNDS,
            .total = histogram_count(histogram),
            .sum = (double)histogram->sum / unit,
    };
    exposition_buckets(text, labels, &buckets);
}

void exposition_seconds(struct exposition *text,
        const struct exposition_label *labels, const struct histogram *ns) {
    append_histogram(text, labels, ns, 1000, 1e9);
}

void exposition_sizes(struct exposition *text,
        const struct exposition_label *labels, const struct histogram *sizes) {
    append_histogram(text, labels, sizes, 1, 1);
}
