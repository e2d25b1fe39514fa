#include "kernel/core/admin.h"

#include <stdlib.h>
#include <string.h>

#include <nexus/util/str.h>

#include "kernel/core/admin_command.h"
#include "kernel/core/admin_out.h"
#include "kernel/core/core.h"
#include "kernel/core/fields.h"
#include "kernel/core/json_doc.h"
#include "kernel/core/json_text.h"
#include "kernel/core/json_view.h"
#include "kernel/core/settings.h"
#include "kernel/core/tails.h"
#include "kernel/core/writer.h"

#define DEPTH_MAX  4
#define NAME_SHOWN 64 // bytes of an unknown command

struct admin_late {
    struct admin_peer *peer; // NULL: it has gone
};

struct admin_peer {
    struct core *core;
    struct admin_late *late; // it waits for an answer, NULL: it does not
    struct json_doc doc;     // the request being handled
    struct admin_out out;
    struct tail tail;
};

struct admin_peer *admin_connect(
        struct core *core, void (*ready)(void *ctx), void *ctx) {
    struct admin_peer *peer = calloc(1, sizeof(*peer));
    if (!peer) {
        return NULL;
    }
    peer->core = core;
    json_doc_init(&peer->doc);
    admin_out_init(&peer->out, (size_t)core->settings->control_buffer_bytes,
            ready, ctx);
    return peer;
}

void admin_disconnect(struct admin_peer *peer) {
    if (!peer) {
        return;
    }
    if (peer->late) {
        peer->late->peer = NULL;
    }
    tail_stop(&peer->tail);
    admin_out_finish(&peer->out);
    json_doc_finish(&peer->doc);
    free(peer);
}

// --- answers --------------------------------------------------------------

static struct nx_writer *begin_answer(struct admin_peer *peer, bool good) {
    struct nx_writer *answer =
            writer_answer(peer->core->writers, nx_str_none());
    writer_put_i64(answer, "v", ADMIN_VERSION);
    writer_put_bool(answer, "ok", good);
    return answer;
}

// Consumes the answer; false when it cannot be given.
static bool send_answer(struct admin_peer *peer, struct nx_writer *answer) {
    struct nx_str text = writer_text(answer);
    struct nx_buf *line =
            text.ptr ? admin_out_begin(&peer->out, text.len) : NULL;
    if (line) {
        nx_buf_append(line, text.ptr, text.len);
    }
    writer_discard(answer);
    return line && admin_out_end(&peer->out);
}

void admin_refuse(
        struct admin_peer *peer, const char *code, const char *message) {
    struct nx_writer *answer = begin_answer(peer, false);
    writer_put_cstr(answer, "code", code);
    writer_put_cstr(answer, "message", message);
    (void)send_answer(peer, answer);
}

static void answer(struct admin_peer *peer, struct admin_call *call) {
    if (call->code) {
        writer_discard(call->result);
        admin_refuse(peer, call->code, call->message);
    } else if (!send_answer(peer, call->result)) {
        admin_refuse(peer, "too_large",
                "the answer does not fit, or there is no memory for it; see "
                "control.buffer_bytes");
    }
}

// --- requests -------------------------------------------------------------

static const struct admin_command *find(struct admin_call *call) {
    uint64_t version = 0;
    if (!admin_number(call, "v", &version)) {
        admin_fail(call, "bad_request",
                "a request is an object with v and command");
        return NULL;
    }
    if (version != ADMIN_VERSION) {
        admin_fail(call, "unsupported_version",
                "this server speaks version %d of the control protocol",
                ADMIN_VERSION);
        return NULL;
    }
    struct nx_str name = admin_text(call, "command");
    const struct admin_command *command =
            name.ptr ? admin_command_find(name) : NULL;
    if (!command) {
        admin_fail(call, "unknown_command",
                "this server has no command \"%.*s\"",
                (int)(name.ptr ? json_text_cut(name.ptr, name.len, NAME_SHOWN)
                               : 0),
                name.ptr ? name.ptr : "");
    }
    return command;
}

static bool has_right_fields(
        struct admin_call *call, const struct admin_command *command) {
    struct fields_report report;
    if (fields_check(
                call->request, command->fields, nx_str_none(), true, &report)
            == NX_OK) {
        return true;
    }
    admin_fail(call, "bad_request", "%s", report.reason);
    return false;
}

static void run(struct admin_peer *peer, struct admin_call *call) {
    const struct admin_command *command = find(call);
    if (command && has_right_fields(call, command)) {
        command->run(call);
    }
    if (call->deferred) {
        writer_discard(call->result);
    } else {
        answer(peer, call);
    }
}

void admin_request(struct admin_peer *peer, const char *text, size_t len) {
    if (admin_tails(peer)) {
        admin_refuse(peer, "bad_request",
                "this connection tails; ask on another one");
        return;
    }
    if (peer->late) {
        admin_refuse(peer, "bad_request",
                "this connection waits for an answer; ask on another one");
        return;
    }
    if (json_doc_parse(&peer->doc, text, len, DEPTH_MAX) != NX_OK) {
        admin_refuse(peer, "bad_request", json_doc_reason(&peer->doc));
        return;
    }
    struct admin_call call = {
            .core = peer->core,
            .peer = peer,
            .request = json_doc_root(&peer->doc),
            .result = begin_answer(peer, true),
            .room = admin_out_max(&peer->out) / 2,
    };
    writer_begin_object(call.result, "result");
    run(peer, &call);
    json_doc_clear(&peer->doc);
}

// --- answers that come later ----------------------------------------------

struct admin_late *admin_defer(struct admin_call *call) {
    struct admin_late *late = calloc(1, sizeof(*late));
    if (late) {
        late->peer = call->peer;
        call->peer->late = late;
        call->deferred = true;
    }
    return late;
}

void admin_undefer(struct admin_call *call, struct admin_late *late) {
    call->peer->late = NULL;
    call->deferred = false;
    free(late);
}

struct nx_writer *admin_begin_late(struct admin_late *late) {
    if (!late->peer) {
        return NULL;
    }
    struct nx_writer *result = begin_answer(late->peer, true);
    writer_begin_object(result, "result");
    return result;
}

void admin_end_late(struct admin_late *late, struct nx_writer *result) {
    struct admin_peer *peer = late->peer;
    free(late);
    if (peer) {
        struct admin_call call = {.result = result};
        peer->late = NULL;
        answer(peer, &call);
    }
}

bool admin_start_tail(
        struct admin_call *call, struct nx_str type, struct nx_str user) {
    struct admin_peer *peer = call->peer;
    if (tail_started(&peer->tail)) {
        return false;
    }
    tail_start(&peer->tail, call->core->tails, &peer->out, type, user);
    return true;
}

// --- output ---------------------------------------------------------------

struct nx_str admin_waiting(const struct admin_peer *peer) {
    return admin_out_waiting(&peer->out);
}

void admin_sent(struct admin_peer *peer, size_t len) {
    admin_out_sent(&peer->out, len);
    if (admin_waiting(peer).len == 0 && tail_started(&peer->tail)) {
        tail_drained(&peer->tail);
    }
}

bool admin_tails(const struct admin_peer *peer) {
    return tail_started(&peer->tail);
}

bool admin_pending(const struct admin_peer *peer) {
    return peer->late != NULL;
}
