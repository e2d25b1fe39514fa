#include "plugins/chat/survey.h"

#include <stdlib.h>

#include <nexus/util/strmap.h>

#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/log_view.h"
#include "plugins/chat/selection.h"
#include "plugins/chat/stop.h"

#define PAGE 100u

// Changed messages of one log, as many as it can have records.
#define CHANGED_MAX 100000

struct survey {
    struct call call;
    struct chat *chat;
    struct stops *stops;
    struct selection selection;
    size_t place; // the stop that is being read
    uint64_t before;
    int64_t time_ms;           // no later than that of anything read there
    struct nx_strmap *changed; // messages whose last change was seen
    survey_fn fn;
    void *user;
};

static void free_survey(struct survey *survey) {
    selection_finish(&survey->selection);
    nx_strmap_destroy(survey->changed, NULL);
    free(survey);
}

static void drop_survey(struct call *call) {
    free_survey(nx_container_of(call, struct survey, call));
}

// The oldest event to be sent says where each gap ends.
static void conclude(struct survey *survey) {
    struct stop *const *list = survey->stops->list;
    for (size_t i = 0; i < survey->stops->count; i++) {
        list[i]->next =
                list[i]->dropped ? list[i]->last + 1 : list[i]->base + 1;
    }
    for (size_t i = 0; i < survey->selection.count; i++) {
        const struct chosen *chosen = &survey->selection.heap[i];
        struct stop *stop = list[chosen->place];
        if (stop->next > chosen->seq) {
            stop->next = chosen->seq;
        }
    }
}

static void finish(struct survey *survey, nx_status status) {
    if (status == NX_OK) {
        conclude(survey);
    }
    survey->fn(survey->user, status);
    free_survey(survey);
}

// Whether the record is an event of its own for this device.
static bool is_event(struct survey *survey, const struct stop *stop,
        const struct nx_record *record) {
    uint64_t seq;
    switch (log_view_kind(survey->chat, record, &seq)) {
    case RECORD_MESSAGE:
        return true;
    case RECORD_CHANGE:
        // Of a message that is missed, too, only the result is sent; of one
        // that the device has, the last change, which comes first here.
        return seq <= stop->base
                && nx_strmap_put(survey->changed, (const char *)&seq,
                        sizeof(seq), survey);
    case RECORD_OTHER:
    default:
        return false;
    }
}

// Offers one record. *more becomes false when no older one can be wanted.
static nx_status offer(
        struct survey *survey, const struct nx_record *record, bool *more) {
    struct stop *stop = survey->stops->list[survey->place];
    if (record->time_ms < survey->time_ms) {
        survey->time_ms = record->time_ms;
    }
    if (!is_event(survey, stop, record)) {
        return NX_OK;
    }
    const struct chosen event = {
            .time_ms = survey->time_ms,
            .place = survey->place,
            .seq = record->offset,
    };
    if (!selection_wants(&survey->selection, &event)) {
        stop->dropped = true;
        *more = false;
        return NX_OK;
    }
    struct chosen dropped;
    if (!selection_add(&survey->selection, &event, &dropped)) {
        return NX_ERR_NO_MEMORY;
    }
    if (dropped.seq > 0) {
        survey->stops->list[dropped.place]->dropped = true;
    }
    return NX_OK;
}

static void look_at_log(
        struct stop *stop, const struct nx_history_result *result) {
    stop->last = result->last;
    if (stop->epoch != 0 && stop->epoch != result->epoch && stop->base > 0) {
        stop->lost = true;
        stop->base = 0;
    }
}

static nx_status use_page(struct survey *survey,
        const struct nx_history_result *result, bool *more) {
    struct stop *stop = survey->stops->list[survey->place];
    *more = false;
    if (result->status != NX_OK) {
        return result->status;
    }
    if (survey->before == 0) {
        look_at_log(stop, result);
    }
    nx_status status = NX_OK;
    *more = result->count == PAGE;
    for (size_t i = 0; i < result->count && status == NX_OK; i++) {
        const struct nx_record *record = &result->records[i];
        if (record->offset <= stop->base) {
            *more = false;
            break;
        }
        survey->before = record->offset;
        bool wanted = true;
        status = offer(survey, record, &wanted);
        if (!wanted) {
            *more = false;
            break;
        }
    }
    return status;
}

static void page_read(void *user, const struct nx_history_result *result);

static nx_status ask_page(struct survey *survey) {
    struct chat *chat = survey->chat;
    const struct stop *stop = survey->stops->list[survey->place];
    char room[ROOM_NAME_MAX];
    nx_status status = chat->sdk.engine->history(chat->host,
            conversation_room(stop_name(stop), room), NX_HISTORY_BEFORE,
            survey->before, PAGE, page_read, survey);
    if (status == NX_OK) {
        call_begin(chat, &survey->call, NULL);
    }
    return status;
}

static bool is_missed(const struct stop *stop) {
    return !stop->skip && stop->last > stop->base;
}

// The next stop where something was missed; finishes after the last one.
static nx_status next_stop(struct survey *survey) {
    const struct stops *stops = survey->stops;
    while (survey->place < stops->count
            && !is_missed(stops->list[survey->place])) {
        survey->place++;
    }
    if (survey->place == stops->count) {
        return NX_ERR_NOT_FOUND;
    }
    survey->before = 0;
    survey->time_ms = INT64_MAX;
    nx_strmap_destroy(survey->changed, NULL);
    survey->changed = nx_strmap_create(CHANGED_MAX);
    return survey->changed ? ask_page(survey) : NX_ERR_NO_MEMORY;
}

static void page_read(void *user, const struct nx_history_result *result) {
    struct survey *survey = user;
    bool more;
    call_end(&survey->call);
    nx_status status = use_page(survey, result, &more);
    if (status == NX_OK && more) {
        status = ask_page(survey);
    } else if (status == NX_OK) {
        survey->place++;
        status = next_stop(survey);
    }
    if (status == NX_ERR_NOT_FOUND) {
        finish(survey, NX_OK);
    } else if (status != NX_OK) {
        finish(survey, status);
    }
}

nx_status survey_begin(struct chat *chat, struct stops *stops, uint32_t budget,
        survey_fn fn, void *user) {
    struct survey *survey = calloc(1, sizeof(*survey));
    if (!survey) {
        return NX_ERR_NO_MEMORY;
    }
    survey->call.drop = drop_survey;
    survey->chat = chat;
    survey->stops = stops;
    survey->fn = fn;
    survey->user = user;
    selection_init(&survey->selection, budget);
    nx_status status = next_stop(survey);
    if (status != NX_OK) {
        free_survey(survey);
    }
    return status;
}
