#include "kernel/core/features_news.h"

#include <stddef.h>

#include <nexus/error.h>
#include <nexus/types.h>

#include "kernel/base/payload.h"
#include "kernel/core/core.h"
#include "kernel/core/frame.h"
#include "kernel/core/session.h"
#include "kernel/core/welcome.h"
#include "kernel/core/writer.h"

#define SLICE 512 // sessions told in one turn

void features_news_init(struct features_news *news) {
    news->frame = NULL;
    news->cursor = 0;
}

void features_news_finish(struct features_news *news) {
    if (news->frame) {
        payload_unref(news->frame);
    }
    features_news_init(news);
}

void features_news_tell(struct features_news *news, struct core *core) {
    struct nx_str nobody = {NULL, 0};
    features_news_finish(news);
    struct nx_writer *event =
            writer_event(core->writers, "system.features", nobody);
    welcome_put_features(event, core);
    if (frame_of_event(event, &news->frame) != NX_OK) {
        news->frame = NULL;
    }
}

bool features_news_run(struct features_news *news, struct core *core) {
    if (!news->frame) {
        return false;
    }
    for (size_t i = 0; i < SLICE; i++) {
        struct session *session = sessions_next(core->sessions, &news->cursor);
        if (!session) {
            features_news_finish(news);
            return false;
        }
        if (session->state == SESSION_OPEN) {
            (void)session_push(session, news->frame, OUTBOX_NORMAL, 0);
        }
    }
    return true;
}
