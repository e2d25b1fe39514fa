#include "bench/lib/event.h"

#include <string.h>

struct cursor {
    const char *at;
    const char *end;
};

static void skip_space(struct cursor *cursor) {
    while (cursor->at < cursor->end
            && (*cursor->at == ' ' || *cursor->at == '\n' || *cursor->at == '\t'
                    || *cursor->at == '\r')) {
        cursor->at++;
    }
}

static bool skip_char(struct cursor *cursor, char wanted) {
    skip_space(cursor);
    if (cursor->at >= cursor->end || *cursor->at != wanted) {
        return false;
    }
    cursor->at++;
    return true;
}

/* Whether the quote is part of its string: an odd run of '\' before it. */
static bool is_escaped(const char *quote) {
    const char *before = quote;

    while (before[-1] == '\\') { // ends at the opening quote at the latest
        before--;
    }
    return (quote - before) % 2 == 1;
}

static bool take_string(struct cursor *cursor, struct event_word *word) {
    const char *start = NULL;
    const char *quote = NULL;

    if (!skip_char(cursor, '"')) {
        return false;
    }
    start = cursor->at;
    do {
        quote = memchr(cursor->at, '"', (size_t)(cursor->end - cursor->at));
        if (quote == NULL) {
            return false;
        }
        cursor->at = quote + 1;
    } while (is_escaped(quote));
    *word = (struct event_word){start, (size_t)(quote - start)};
    return true;
}

/* Steps over an object or array whose first bracket is at the cursor. */
static bool skip_nested(struct cursor *cursor) {
    struct event_word ignored = {0};
    unsigned depth = 0;

    while (cursor->at < cursor->end) {
        char c = *cursor->at;

        if (c == '"' && !take_string(cursor, &ignored)) {
            return false;
        }
        cursor->at += c != '"';
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        if (depth == 0) {
            return true;
        }
    }
    return false;
}

/* A number, true, false or null; the value of a whole number. */
static uint64_t take_scalar(struct cursor *cursor) {
    uint64_t number = 0;

    while (cursor->at < cursor->end
            && strchr(",} \n\r\t", *cursor->at) == NULL) {
        if (*cursor->at >= '0' && *cursor->at <= '9') {
            number = number * 10 + (uint64_t)(*cursor->at - '0');
        }
        cursor->at++;
    }
    return number;
}

static bool take_value(
        struct cursor *cursor, struct event_word *word, uint64_t *number) {
    skip_space(cursor);
    if (cursor->at >= cursor->end) {
        return false;
    }
    if (*cursor->at == '"') {
        return take_string(cursor, word);
    }
    if (*cursor->at == '{' || *cursor->at == '[') {
        return skip_nested(cursor);
    }
    *number = take_scalar(cursor);
    return true;
}

static void keep(struct event *event, struct event_word key,
        struct event_word word, uint64_t number) {
    if (event_word_is(key, "n")) {
        event->n = number;
    } else if (event_word_is(key, "event_type")) {
        event->type = word;
    } else if (event_word_is(key, "room_id")) {
        event->room = word;
    } else if (event_word_is(key, "ref")) {
        event->ref = word;
    } else if (event_word_is(key, "members")) {
        event->has_members = true;
    }
}

bool event_scan(struct event *event, const char *text, size_t length) {
    struct cursor cursor = {text, text + length};

    *event = (struct event){0};
    if (!skip_char(&cursor, '{')) {
        return false;
    }
    if (skip_char(&cursor, '}')) {
        return true;
    }
    do {
        struct event_word key = {0};
        struct event_word word = {0};
        uint64_t number = 0;

        if (!take_string(&cursor, &key) || !skip_char(&cursor, ':')
                || !take_value(&cursor, &word, &number)) {
            return false;
        }
        keep(event, key, word, number);
        if (event->n != 0 && event->type.text != NULL) {
            return true;
        }
    } while (skip_char(&cursor, ','));
    return skip_char(&cursor, '}');
}

bool event_word_is(struct event_word word, const char *expected) {
    size_t length = strlen(expected);

    return word.text != NULL && word.length == length
            && memcmp(word.text, expected, length) == 0;
}
