/*
 * priority - how much a notification matters, and its kind.
 *
 * One table for each, with the words of the wire.
 *
 * Thread:  any
 */
#ifndef PLUGINS_NOTIFY_PRIORITY_H
#define PLUGINS_NOTIFY_PRIORITY_H

#include <stdbool.h>
#include <stddef.h>

#include <nexus/util/str.h>

// X(NAME, word), the least first. Their numbers are stored.
#define PRIORITIES(X) \
    X(LOW, "low") \
    X(NORMAL, "normal") \
    X(HIGH, "high") \
    X(URGENT, "urgent")

// X(word): what a notification is about; the server only checks it.
#define NOTIFICATION_TYPES(X) \
    X("info") \
    X("success") \
    X("warning") \
    X("error") \
    X("alert")

enum priority {
#define PRIORITY_ENUM_(name, word) PRIORITY_##name,
    PRIORITIES(PRIORITY_ENUM_)
#undef PRIORITY_ENUM_
    PRIORITY_COUNT,
};

static inline const char *priority_word(enum priority priority) {
#define PRIORITY_WORD_(name, word) word,
    static const char *const words[] = {PRIORITIES(PRIORITY_WORD_)};
#undef PRIORITY_WORD_
    return words[priority];
}

// False for any other word.
static inline bool priority_find(struct nx_str word, enum priority *out) {
    for (int i = 0; i < PRIORITY_COUNT; i++) {
        if (nx_str_is(word, priority_word((enum priority)i))) {
            *out = (enum priority)i;
            return true;
        }
    }
    return false;
}

static inline bool notification_type_is(struct nx_str word) {
#define TYPE_WORD_(word) word,
    static const char *const words[] = {NOTIFICATION_TYPES(TYPE_WORD_)};
#undef TYPE_WORD_
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (nx_str_is(word, words[i])) {
            return true;
        }
    }
    return false;
}

#endif
