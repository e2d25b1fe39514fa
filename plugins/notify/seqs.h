/*
 * seqs - a small set of numbers of notifications.
 *
 * Owner:   whoever embeds it; seqs_finish frees the memory
 * Thread:  logic
 * Errors:  false without memory; the set is as it was
 */
#ifndef PLUGINS_NOTIFY_SEQS_H
#define PLUGINS_NOTIFY_SEQS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seqs {
    uint64_t *numbers; // ascending
    size_t count;
    size_t cap;
};

void seqs_init(struct seqs *seqs);
void seqs_finish(struct seqs *seqs);
void seqs_clear(struct seqs *seqs);

// Adds a number unless it is there. Beyond most, the smallest ones go.
bool seqs_add(struct seqs *seqs, uint64_t number, size_t most);

bool seqs_has(const struct seqs *seqs, uint64_t number);

void seqs_remove(struct seqs *seqs, uint64_t number);

#endif
