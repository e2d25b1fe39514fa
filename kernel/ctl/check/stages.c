#include "kernel/ctl/check/stages.h"

#include <stddef.h>

#include "kernel/ctl/check/subject.h"

const struct stage stages[] = {
        {"life", stage_start},
        {"life.failing", stage_failing},
        {"host", stage_host},
        {"refusals", stage_refusals},
        {"events", stage_events},
        {"events.gone", stage_gone},
        {"events.unknown", stage_unknown},
        {"storage", stage_storage},
        {"http", stage_http},
        {"state", stage_state},
        {"reload", stage_reload},
        {"leaks", stage_leaks},
        {NULL, NULL},
};

void stage_run(struct sandbox *sandbox, void *ctx) {
    const struct stage_call *call = ctx;
    struct subject subject;
    if (subject_init(&subject, sandbox, call->plan)) {
        call->stage->run(&subject);
        subject_finish(&subject);
    }
}
