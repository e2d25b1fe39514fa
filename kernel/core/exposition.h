/*
 * exposition - metrics as text, in Prometheus' format 0.0.4.
 *
 * Families are written one after the other, each with its samples. A family
 * whose name, or one its samples will have, is taken is refused: one name
 * twice, and nobody could read any of the text.
 *
 * Owner:   whoever embeds it
 * Thread:  that of the owner
 * Errors:  sticky: out.failed, at the ceiling or without memory
 */
#ifndef KERNEL_CORE_EXPOSITION_H
#define KERNEL_CORE_EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/util/buf.h>

#define EXPOSITION_TYPE     "text/plain; version=0.0.4; charset=utf-8"
#define EXPOSITION_NAME_MAX 255u

struct histogram;
struct nx_strmap;

struct exposition {
    struct nx_buf out;
    struct nx_strmap *names;            // of families and samples
    char name[EXPOSITION_NAME_MAX + 1]; // of the family being written
};

// A list of labels ends with one whose name is NULL; NULL is no label.
struct exposition_label {
    const char *name;
    const char *value; // any text; not UTF-8 becomes '?'
};

// What a histogram's samples are made of.
struct exposition_buckets {
    const double *bounds;
    const uint64_t *counts; // cumulative
    size_t size;            // of both
    uint64_t total;
    double sum;
};

bool exposition_init(struct exposition *text, size_t max_bytes);
void exposition_finish(struct exposition *text);

// Begin a family. help is one line. False: the name is taken or malformed, and
// nothing may be written for it.
bool exposition_counter(
        struct exposition *text, const char *name, const char *help);
bool exposition_gauge(
        struct exposition *text, const char *name, const char *help);
bool exposition_histogram(
        struct exposition *text, const char *name, const char *help);

// One sample of a counter or gauge, and all samples of a histogram.
void exposition_u64(struct exposition *text,
        const struct exposition_label *labels, uint64_t value);
void exposition_f64(struct exposition *text,
        const struct exposition_label *labels, double value);
void exposition_buckets(struct exposition *text,
        const struct exposition_label *labels,
        const struct exposition_buckets *buckets);

// The same of values in nanoseconds, shown in seconds from 1 us to 10 s, and
// of numbers or bytes from 1 to 10 million, bounds being 1, 2, 5, 10 ...
void exposition_seconds(struct exposition *text,
        const struct exposition_label *labels, const struct histogram *ns);
void exposition_sizes(struct exposition *text,
        const struct exposition_label *labels, const struct histogram *sizes);

#endif
