#include "plugins/chat/backlog.h"

#include <stdlib.h>
#include <string.h>

#include "plugins/chat/attendance.h"
#include "plugins/chat/chat.h"
#include "plugins/chat/conversation.h"
#include "plugins/chat/gap.h"
#include "plugins/chat/member.h"
#include "plugins/chat/missed.h"
#include "plugins/chat/stop.h"
#include "plugins/chat/tracked.h"

#define PAGE 250

// How often a session may fall behind while it enters before it is told of a
// gap instead.
#define REJOINS_MAX 3

struct backlog {
    struct call call;
    struct waiter waiter;
    struct chat *chat;
    struct backlog_order order;
    struct missed missed; // while begun
    bool begun;
    uint64_t after; // what is sent now is behind this
};

static void forget_missed(struct backlog *backlog) {
    if (backlog->begun) {
        missed_finish(&backlog->missed);
        backlog->begun = false;
    }
}

static void free_backlog(struct backlog *backlog) {
    forget_missed(backlog);
    free(backlog);
}

static void drop_backlog(struct call *call) {
    free_backlog(nx_container_of(call, struct backlog, call));
}

static void finish(struct backlog *backlog, nx_status status) {
    const struct backlog_order order = backlog->order;
    free_backlog(backlog);
    order.fn(order.ctx, status);
}

static struct nx_str room_of(
        const struct backlog *backlog, char room[ROOM_NAME_MAX]) {
    return conversation_room(stop_name(backlog->order.stop), room);
}

// ---- sending ----

static struct tracked_proof proof_of(
        const struct backlog *backlog, uint64_t upto) {
    const struct backlog_order *order = &backlog->order;
    return (struct tracked_proof){
            .session = order->session,
            .conversation = stop_name(order->stop),
            .proof =
                    {
                            .user = order->user,
                            .device = order->device,
                            .epoch = order->stop->epoch,
                            .after = backlog->after,
                            .upto = upto,
                    },
    };
}

// Tells what lies in front of what is sent. The receipt of a gap that nothing
// follows is proved by itself.
static nx_status send_gap(
        struct backlog *backlog, const struct gap *gap, uint64_t proves) {
    struct chat *chat = backlog->chat;
    struct nx_writer *event = gap_event(chat, gap);
    if (!event) {
        return NX_ERR_NO_MEMORY;
    }
    if (proves == 0) {
        return chat->sdk.send->to_session(
                chat->host, backlog->order.session, event, NULL);
    }
    const struct tracked_proof proof = proof_of(backlog, proves);
    return tracked_send(chat, event, &proof);
}

static struct nx_writer *write_message(
        const struct chat *chat, const struct projected *message) {
    const struct nx_json_v1 *json = chat->sdk.json;
    static const char *const none[] = {NULL};
    struct nx_writer *event = json->object(chat->host);
    if (event) {
        json->put_members(event,
                json->parse(
                        chat->host, nx_str_n(message->text, message->text_len)),
                none);
        json->put_u64(event, "seq", message->seq);
    }
    return event;
}

// Sends one event; the last one proves all of them.
static nx_status send_message(struct backlog *backlog,
        const struct projected *message, bool last, uint64_t upto) {
    struct chat *chat = backlog->chat;
    struct nx_writer *event = write_message(chat, message);
    if (!event) {
        return NX_ERR_NO_MEMORY;
    }
    chat_count(chat, chat->metrics.backlog);
    if (!last) {
        return chat->sdk.send->to_session(
                chat->host, backlog->order.session, event, NULL);
    }
    const struct tracked_proof proof = proof_of(backlog, upto);
    return tracked_send(chat, event, &proof);
}

static nx_status send_messages(
        struct backlog *backlog, size_t count, uint64_t upto) {
    struct stop *stop = backlog->order.stop;
    nx_status status = NX_OK;
    for (size_t i = 0; count > 0 && status == NX_OK; i++) {
        const struct projected *message = missed_at(&backlog->missed, i);
        if (!message->text) {
            continue;
        }
        status = send_message(backlog, message, --count == 0, upto);
        if (status != NX_OK) {
            stop->next = message->seq; // this one was not sent
        }
    }
    return status;
}

// What is missing in front of backlog->after. False when nothing is.
static bool find_gap(const struct backlog *backlog, struct gap *gap) {
    const struct stop *stop = backlog->order.stop;
    bool lost = stop->lost && !stop->told;
    gap->conversation = stop_name(stop);
    gap->epoch = stop->epoch;
    gap->from = stop->told ? stop->next : stop->base + 1;
    gap->to = backlog->after;
    gap->reason = gap->from < stop->next ? GAP_LIMIT : GAP_EXPIRED;
    if (lost) {
        gap->reason = GAP_LOST;
    }
    return gap->from <= gap->to || lost;
}

// Sends what was read. LIMIT: too many proofs are outstanding, the rest goes
// when they have come.
static nx_status send_all(struct backlog *backlog) {
    struct stop *stop = backlog->order.stop;
    const struct missed *missed = &backlog->missed;
    uint64_t upto = missed->full ? missed->end - 1 : missed->read;
    size_t count = missed_count(missed);
    struct gap gap;
    if (find_gap(backlog, &gap)) {
        nx_status status = send_gap(backlog, &gap, count == 0 ? upto : 0);
        if (status != NX_OK) {
            return status;
        }
    } else if (count == 0 && upto > stop->base) {
        // There is nothing to be proved, so it has all there is.
        const struct tracked_proof proof = proof_of(backlog, upto);
        receipt_add(backlog->chat, proof.conversation, &proof.proof);
    }
    stop->told = true;
    stop->next = upto + 1;
    return send_messages(backlog, count, upto);
}

// ---- entering ----

// So much was said between reading and entering that the server did not send
// it all: read on, or, in the end, tell of a gap.
static nx_status fall_behind(
        struct backlog *backlog, const struct nx_join_result *result) {
    struct chat *chat = backlog->chat;
    struct stop *stop = backlog->order.stop;
    char room[ROOM_NAME_MAX];
    if (result->epoch == stop->epoch && ++stop->rejoins > REJOINS_MAX) {
        const struct gap gap = {
                .conversation = stop_name(stop),
                .epoch = stop->epoch,
                .from = stop->next,
                .to = result->offset,
                .reason = GAP_LIMIT,
        };
        backlog->after = result->offset;
        return send_gap(backlog, &gap, result->offset);
    }
    (void)chat->sdk.rooms->leave(
            chat->host, room_of(backlog, room), backlog->order.session);
    return NX_ERR_AGAIN;
}

static void joined(void *user, const struct nx_join_result *result) {
    struct backlog *backlog = user;
    const struct stop *stop = backlog->order.stop;
    call_end(&backlog->call);
    nx_status status = result->status == NX_ERR_EXISTS ? NX_OK : result->status;
    if (result->status == NX_OK && !result->recovered
            && (result->epoch != stop->epoch || result->offset >= stop->next)) {
        status = fall_behind(backlog, result);
    }
    finish(backlog, status);
}

// Behind what was sent.
static nx_status enter(struct backlog *backlog) {
    struct chat *chat = backlog->chat;
    const struct stop *stop = backlog->order.stop;
    char room[ROOM_NAME_MAX];
    if (chat->quiet) {
        return NX_ERR_STATE;
    }
    const struct nx_position since = {stop->epoch, stop->next - 1};
    nx_status status = chat->sdk.rooms->join(chat->host, room_of(backlog, room),
            backlog->order.session, &since, joined, backlog);
    if (status == NX_OK) {
        call_begin(chat, &backlog->call, NULL);
    }
    return status;
}

// ---- reading ----

// The log is another one than the device knows: all of it is new, up to the
// limit, since nobody has chosen from it.
static void begin_anew(
        struct backlog *backlog, const struct nx_history_result *result) {
    struct chat *chat = backlog->chat;
    struct stop *stop = backlog->order.stop;
    uint64_t budget = chat->settings.offline_messages;
    stop->lost = stop->base > 0 || stop->told;
    stop->told = false;
    stop->base = 0;
    stop->first = 0;
    stop->next = result->last > budget ? result->last - budget + 1 : 1;
    stop->epoch = result->epoch;
    struct conversation *conv = conversation_find(chat, stop_name(stop));
    if (conv && conv->state == CONVERSATION_READY) {
        conversation_saw(conv, result->epoch, result->last);
    }
}

static void page_read(void *user, const struct nx_history_result *result);

static nx_status ask_page(struct backlog *backlog, uint64_t after) {
    struct chat *chat = backlog->chat;
    char room[ROOM_NAME_MAX];
    nx_status status =
            chat->sdk.engine->history(chat->host, room_of(backlog, room),
                    NX_HISTORY_AFTER, after, PAGE, page_read, backlog);
    if (status == NX_OK) {
        call_begin(chat, &backlog->call, NULL);
    }
    return status;
}

// The first page says where the log begins and ends.
static nx_status begin(
        struct backlog *backlog, const struct nx_history_result *result) {
    struct stop *stop = backlog->order.stop;
    uint64_t oldest = result->first > 0 ? result->first : result->last + 1;
    uint64_t next = stop->next > oldest ? stop->next : oldest;
    if (stop->first == 0) {
        stop->first = next;
    }
    backlog->after = next - 1;
    backlog->begun = true;
    return missed_init(&backlog->missed, stop, backlog->after,
            backlog->chat->settings.window_bytes);
}

// Takes a page in. *more: another one was asked for.
static nx_status use_page(struct backlog *backlog,
        const struct nx_history_result *result, bool *more) {
    struct stop *stop = backlog->order.stop;
    nx_status status = result->status;
    *more = true;
    if (stop->epoch == 0) {
        stop->epoch = result->epoch;
    }
    if (status == NX_OK && stop->epoch != result->epoch) {
        forget_missed(backlog);
        begin_anew(backlog, result);
        return ask_page(backlog, stop->next - 1);
    }
    if (status == NX_OK && !backlog->begun) {
        status = begin(backlog, result);
    }
    for (size_t i = 0; i < result->count && status == NX_OK; i++) {
        status = missed_add(
                &backlog->missed, backlog->chat, &result->records[i]);
    }
    if (status == NX_OK && result->count > 0
            && backlog->missed.read < result->last) {
        return ask_page(backlog, backlog->missed.read);
    }
    *more = false;
    return status;
}

static void page_read(void *user, const struct nx_history_result *result) {
    struct backlog *backlog = user;
    bool more;
    call_end(&backlog->call);
    nx_status status = use_page(backlog, result, &more);
    if (status == NX_OK && more) {
        return;
    }
    if (status == NX_OK) {
        status = send_all(backlog);
        if (status == NX_ERR_LIMIT
                || (status == NX_OK && backlog->missed.full)) {
            status = NX_ERR_AGAIN;
        }
    }
    if (status == NX_OK) {
        status = enter(backlog);
    }
    if (status != NX_OK) {
        finish(backlog, status);
    }
}

// What the device has proved or said since it was looked at need not be sent.
static void catch_up(
        const struct backlog *backlog, const struct member *member) {
    struct stop *stop = backlog->order.stop;
    struct nx_str id = backlog->order.device;
    const struct device *device =
            id.ptr ? devices_find(&member->devices, id) : NULL;
    if (device && device->epoch == stop->epoch
            && device->received >= stop->next) {
        stop->base = device->received;
        stop->next = device->received + 1;
    }
}

static nx_status start(
        struct backlog *backlog, const struct conversation *conv) {
    const struct member *member = member_find(conv, backlog->order.user);
    if (!member) {
        return NX_ERR_NOT_FOUND;
    }
    if (attendance_is_in(conv, backlog->order.session)) {
        return NX_ERR_EXISTS;
    }
    catch_up(backlog, member);
    return ask_page(backlog, backlog->order.stop->next - 1);
}

static void loaded(void *user, struct conversation *conv, nx_status status) {
    struct backlog *backlog = user;
    if (status == NX_OK) {
        status = start(backlog, conv);
    }
    if (status != NX_OK) {
        finish(backlog, status);
    }
}

static nx_status start_or_wait(struct backlog *backlog) {
    const struct need members = {.log = false};
    struct conversation *conv =
            conversation_obtain(backlog->chat, stop_name(backlog->order.stop));
    if (!conv) {
        return NX_ERR_NO_MEMORY;
    }
    if (conversation_ready(conv, &members)) {
        return start(backlog, conv);
    }
    backlog->waiter.need = members;
    backlog->waiter.fn = loaded;
    backlog->waiter.user = backlog;
    return conversation_wait(conv, &backlog->waiter);
}

nx_status backlog_send(struct chat *chat, const struct backlog_order *order) {
    struct backlog *backlog = calloc(1, sizeof(*backlog));
    if (!backlog) {
        return NX_ERR_NO_MEMORY;
    }
    backlog->call.drop = drop_backlog;
    backlog->chat = chat;
    backlog->order = *order;
    nx_status status = start_or_wait(backlog);
    if (status != NX_OK) {
        free_backlog(backlog);
    }
    return status;
}
