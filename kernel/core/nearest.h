/*
 * nearest - which of the known names somebody probably meant.
 *
 * Offer all candidates, then look at best. Counts insertions, deletions,
 * substitutions and swaps of neighbours; a candidate too far away for the
 * length of the name is no suggestion.
 *
 * Owner:   the caller's stack; words are borrowed
 * Thread:  any
 * Errors:  none; words of more than NEAREST_WORD_MAX bytes match nothing
 */
#ifndef KERNEL_CORE_NEAREST_H
#define KERNEL_CORE_NEAREST_H

#include <stddef.h>

#define NEAREST_WORD_MAX 64

struct nearest {
    const char *word;
    const char *best; // NULL: nothing is near
    size_t distance;  // of best, or one more than is accepted
};

void nearest_init(struct nearest *nearest, const char *word);
void nearest_offer(struct nearest *nearest, const char *candidate);

#endif
