// What was used, what was wrong, and both as an answer and as a state.

#include <stdio.h>

#include "everything.h"

void saw(struct everything *e, const char *name) {
    for (size_t i = 0; i < e->seen_count; i++) {
        if (strcmp(e->seen[i], name) == 0) {
            return;
        }
    }
    if (e->seen_count < SEEN_MAX) {
        snprintf(e->seen[e->seen_count++], NAME_SIZE, "%s", name);
    }
}

void note_wrong(struct everything *e, const char *what, int line) {
    if (e->wrong_count < WRONG_MAX) {
        snprintf(e->wrong[e->wrong_count++], sizeof(e->wrong[0]), "%d: %s",
                line, what);
    }
}

int32_t everything_report(struct everything *e, const struct nx_event *ev) {
    const struct nx_json_v1 *json = e->nx.json;
    struct nx_writer *out = json->object(e->nx.host);
    json->put_u64(out, "runs", e->runs);
    json->put_u64(out, "restored", e->restored);
    json->begin_array(out, "seen");
    for (size_t i = 0; i < e->seen_count; i++) {
        json->put_str(out, NULL, nx_str_c(e->seen[i]));
    }
    json->end(out);
    json->begin_array(out, "wrong");
    for (size_t i = 0; i < e->wrong_count; i++) {
        json->put_str(out, NULL, nx_str_c(e->wrong[i]));
    }
    json->end(out);
    return e->nx.router->reply(e->nx.host, ev->op, out, NX_REPLY_RESULT);
}
