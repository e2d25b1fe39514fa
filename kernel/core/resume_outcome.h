/*
 * resume_outcome - what can become of an attempt to resume, one table.
 *
 * The word is what the client reads as `reason` in its welcome when it is not
 * "resumed"; /metrics counts each.
 *
 * Thread:  any (constants and pure functions)
 */
#ifndef KERNEL_CORE_RESUME_OUTCOME_H
#define KERNEL_CORE_RESUME_OUTCOME_H

// X(NAME, word)
#define RESUME_OUTCOMES(X) \
    X(DONE, "resumed") \
    X(UNKNOWN, "unknown_token") /* wrong, used, expired, or dropped */ \
    X(OTHER_USER, "other_user") \
    X(OFF, "off") /* resume.window is 0 */ \
    X(NO_MEMORY, "no_memory")

enum resume_outcome {
#define RESUME_OUTCOME_ENUM_(name, word) RESUME_##name,
    RESUME_OUTCOMES(RESUME_OUTCOME_ENUM_)
#undef RESUME_OUTCOME_ENUM_
    RESUME_OUTCOME_COUNT,
};

static inline const char *resume_outcome_word(enum resume_outcome outcome) {
#define RESUME_OUTCOME_WORD_(name, word) word,
    static const char *const words[] = {RESUME_OUTCOMES(RESUME_OUTCOME_WORD_)};
#undef RESUME_OUTCOME_WORD_
    return words[outcome];
}

#endif
