#include "plugins/notify/seqs.h"

#include <stdlib.h>
#include <string.h>

#define CAP_MIN 8

void seqs_init(struct seqs *seqs) {
    memset(seqs, 0, sizeof(*seqs));
}

void seqs_finish(struct seqs *seqs) {
    free(seqs->numbers);
    seqs_init(seqs);
}

void seqs_clear(struct seqs *seqs) {
    seqs->count = 0;
}

// The index of the first number that is not below.
static size_t place(const struct seqs *seqs, uint64_t number) {
    size_t low = 0;
    size_t high = seqs->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (seqs->numbers[middle] < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_at(const struct seqs *seqs, size_t at, uint64_t number) {
    return at < seqs->count && seqs->numbers[at] == number;
}

static bool reserve(struct seqs *seqs) {
    if (seqs->count < seqs->cap) {
        return true;
    }
    size_t cap = seqs->cap > 0 ? seqs->cap * 2 : CAP_MIN;
    uint64_t *numbers = realloc(seqs->numbers, cap * sizeof(*numbers));
    if (!numbers) {
        return false;
    }
    seqs->numbers = numbers;
    seqs->cap = cap;
    return true;
}

static void remove_at(struct seqs *seqs, size_t at) {
    seqs->count--;
    memmove(&seqs->numbers[at], &seqs->numbers[at + 1],
            (seqs->count - at) * sizeof(*seqs->numbers));
}

bool seqs_add(struct seqs *seqs, uint64_t number, size_t most) {
    size_t at = place(seqs, number);
    if (is_at(seqs, at, number)) {
        return true;
    }
    if (!reserve(seqs)) {
        return false;
    }
    memmove(&seqs->numbers[at + 1], &seqs->numbers[at],
            (seqs->count - at) * sizeof(*seqs->numbers));
    seqs->numbers[at] = number;
    seqs->count++;
    while (seqs->count > most) {
        remove_at(seqs, 0);
    }
    return true;
}

bool seqs_has(const struct seqs *seqs, uint64_t number) {
    return is_at(seqs, place(seqs, number), number);
}

void seqs_remove(struct seqs *seqs, uint64_t number) {
    size_t at = place(seqs, number);
    if (is_at(seqs, at, number)) {
        remove_at(seqs, at);
    }
}
