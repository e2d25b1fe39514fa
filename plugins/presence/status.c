#include "plugins/presence/status.h"

#include <stddef.h>

#include <nexus/util/str.h>

struct row {
    const char *word;
    const char *event;
    bool chosen;
};

static const struct row rows[] = {
#define STATUS_ROW_(name, word, event, chosen) {word, event, chosen},
        STATUSES(STATUS_ROW_)
#undef STATUS_ROW_
};

const char *status_word(enum status status) {
    return rows[status].word;
}

const char *status_event(enum status status) {
    return rows[status].event;
}

bool status_choose(struct nx_str word, enum status *out) {
    for (size_t i = 0; i < STATUS_COUNT; i++) {
        if (rows[i].chosen && nx_str_is(word, rows[i].word)) {
            *out = (enum status)i;
            return true;
        }
    }
    return false;
}
