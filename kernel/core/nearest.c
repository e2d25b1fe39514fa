#include "kernel/core/nearest.h"

#include <string.h>

// One typing error in a short word, up to three in a long one.
static size_t limit_of(size_t len) {
    if (len <= 4) {
        return 1;
    }
    return len <= 8 ? 2 : 3;
}

void nearest_init(struct nearest *nearest, const char *word) {
    nearest->word = word;
    nearest->best = NULL;
    nearest->distance = limit_of(strlen(word)) + 1;
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

struct rows {
    size_t before[NEAREST_WORD_MAX + 1]; // of the row before the last
    size_t last[NEAREST_WORD_MAX + 1];
    size_t now[NEAREST_WORD_MAX + 1];
};

// Fills the row of a[i - 1]: the cost of turning a[0..i) into each b[0..j).
static void fill_row(struct rows *rows, const char *a, size_t i, const char *b,
        size_t b_len) {
    rows->now[0] = i;
    for (size_t j = 1; j <= b_len; j++) {
        size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
        size_t best = least(rows->last[j] + 1, rows->now[j - 1] + 1);
        best = least(best, rows->last[j - 1] + cost);
        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
            best = least(best, rows->before[j - 2] + 1);
        }
        rows->now[j] = best;
    }
}

static size_t distance(
        const char *a, size_t a_len, const char *b, size_t b_len) {
    struct rows rows = {{0}, {0}, {0}};
    for (size_t j = 0; j <= b_len; j++) {
        rows.now[j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        memcpy(rows.before, rows.last, sizeof(rows.before));
        memcpy(rows.last, rows.now, sizeof(rows.last));
        fill_row(&rows, a, i, b, b_len);
    }
    return rows.now[b_len];
}

void nearest_offer(struct nearest *nearest, const char *candidate) {
    size_t word_len = strlen(nearest->word);
    size_t len = strlen(candidate);
    if (word_len > NEAREST_WORD_MAX || len > NEAREST_WORD_MAX) {
        return;
    }
    size_t found = distance(nearest->word, word_len, candidate, len);
    if (found < nearest->distance) {
        nearest->distance = found;
        nearest->best = candidate;
    }
}
