#include "kernel/core/reload_result.h"

#include "kernel/base/log.h"
#include "kernel/core/settings_errors.h"

#define MODULE "reload"

const char *reload_outcome_word(enum reload_outcome outcome) {
    static const char *const words[] = {
#define RELOAD_WORD_(name, word) word,
            RELOAD_OUTCOMES(RELOAD_WORD_)
#undef RELOAD_WORD_
    };
    return words[outcome];
}

static void log_errors(const struct settings_errors *errors, const char *text) {
    for (size_t i = 0; i < SETTINGS_ERRORS_MAX; i++) {
        if (errors->texts[i]) {
            log_error(MODULE, text, LOG_STR("reason", errors->texts[i]));
        }
        if (errors->warnings[i]) {
            log_warn(MODULE, "the new configuration",
                    LOG_STR("reason", errors->warnings[i]));
        }
    }
}

void reload_result_log(const struct reload_result *result) {
    switch (result->outcome) {
    case RELOAD_DONE:
        log_errors(result->errors, "");
        log_info(MODULE, "done", LOG_UINT("kept", result->changes[RELOAD_KEEP]),
                LOG_UINT("changed", result->changes[RELOAD_APPLY]),
                LOG_UINT("replaced", result->changes[RELOAD_REPLACE]),
                LOG_UINT("added", result->changes[RELOAD_ADD]),
                LOG_UINT("removed", result->changes[RELOAD_REMOVE]),
                LOG_INT("prepare_ms", result->prepare_ms),
                LOG_INT("freeze_ms", result->freeze_us / 1000),
                LOG_INT("stall_ms", result->stall_us / 1000));
        break;
    case RELOAD_REFUSED:
        log_errors(result->errors, "refused, all is as it was");
        break;
    case RELOAD_UNDONE:
    case RELOAD_OUTCOME_COUNT:
        log_errors(result->errors, "undone, all is as it was");
        break;
    }
}
