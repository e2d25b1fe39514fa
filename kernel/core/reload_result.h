/*
 * reload_result - how a reload has ended, in words and figures.
 *
 * Owner:   whoever has it
 * Thread:  logic
 * Errors:  none
 */
#ifndef KERNEL_CORE_RELOAD_RESULT_H
#define KERNEL_CORE_RELOAD_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/core/reload_plan.h"
#include "kernel/core/settings.h"

#define RELOAD_REASON_MAX 512 // as SETTINGS_ERROR_TEXT_MAX

// X(name, word): how reloads end.
#define RELOAD_OUTCOMES(X) \
    X(DONE, "done")       /* the new configuration is in effect */ \
    X(REFUSED, "refused") /* something is wrong, nothing was touched */ \
    X(UNDONE, "undone")   /* the old plugins were asked to rest, and carry on */

enum reload_outcome {
#define RELOAD_OUTCOME_(name, word) RELOAD_##name,
    RELOAD_OUTCOMES(RELOAD_OUTCOME_)
#undef RELOAD_OUTCOME_
    RELOAD_OUTCOME_COUNT,
};

struct reload_result {
    enum reload_outcome outcome;
    const struct settings_errors *errors; // why not; warnings also when DONE
    size_t changes[RELOAD_CHANGES];       // plugins, by what became of them
    int64_t prepare_ms;
    int64_t freeze_us; // events had to wait
    int64_t stall_us;  // the longest that the loop was held up
};

// The last one, and sums.
struct reload_status {
    uint64_t count[RELOAD_OUTCOME_COUNT];
    enum reload_outcome outcome; // of the last one; 0 also when there was none
    int64_t at_ms;               // UTC, when it ended; 0: there was none
    int64_t prepare_ms;
    int64_t freeze_us;
    int64_t stall_us;
    char reason[RELOAD_REASON_MAX]; // the first of its errors, or ""
    bool running;
};

const char *reload_outcome_word(enum reload_outcome outcome);

// One line, or one for each error, and the warnings.
void reload_result_log(const struct reload_result *result);

#endif
