/*
 * features_news - tells all sessions that the features of the server changed.
 *
 * A `system.features` event, one frame for all, given to a slice of the
 * sessions in each turn of the loop. Sessions that open meanwhile have the
 * new features in their welcome and may be told once more.
 *
 * Owner:   struct reload embeds it
 * Thread:  logic
 * Errors:  none; without memory nobody is told
 */
#ifndef KERNEL_CORE_FEATURES_NEWS_H
#define KERNEL_CORE_FEATURES_NEWS_H

#include <stdbool.h>
#include <stdint.h>

struct core;
struct payload;

struct features_news {
    struct payload *frame; // NULL: nothing to tell
    uint64_t cursor;       // of sessions_next()
};

void features_news_init(struct features_news *news);
void features_news_finish(struct features_news *news);

// Begins to tell what core->registry serves now, to all from the start.
void features_news_tell(struct features_news *news, struct core *core);

// The next slice; returns whether there are more.
bool features_news_run(struct features_news *news, struct core *core);

#endif
