#include "kernel/core/auth.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/core/core.h"
#include "kernel/core/host_tables.h"
#include "kernel/core/op.h"
#include "kernel/core/plugin.h"
#include "kernel/core/registry.h"
#include "kernel/core/settings.h"

#define ANSWER_ROOM 256 // bytes that a hook may fill

static void decide(struct nx_auth_decision *decision, int32_t verdict,
        const char *reason) {
    decision->verdict = verdict;
    if (reason && !decision->reason.ptr) {
        decision->reason.ptr = reason;
        decision->reason.len = strlen(reason);
    }
}

static bool is_private(const struct core *core, struct nx_str room) {
    const char *prefix = core->settings->rooms_private_prefix;
    size_t len = strlen(prefix);
    const char *colon = memchr(room.ptr, ':', room.len);
    const char *name = colon ? colon + 1 : room.ptr;
    size_t name_len = room.len - (size_t)(name - room.ptr);
    return len > 0 && name_len >= len && memcmp(name, prefix, len) == 0;
}

static bool is_dev(const struct core *core) {
    return strcmp(core->settings->auth_mode, "dev") == 0;
}

static int32_t own_rule(const struct core *core,
        const struct nx_auth_request *request,
        struct nx_auth_decision *decision) {
    switch (request->action) {
    case NX_AUTH_CONNECT:
        if (!is_dev(core)) {
            decide(decision, NX_AUTH_DENY, "the token was not accepted");
        } else if (request->user.len == 0) {
            decide(decision, NX_AUTH_DENY,
                    "say who you are: add ?user_id=NAME to the URL");
        } else {
            decide(decision, NX_AUTH_ALLOW, NULL);
        }
        break;
    case NX_AUTH_JOIN:
        if (request->room.ptr && is_private(core, request->room)) {
            decide(decision, NX_AUTH_DENY,
                    "this room is private (rooms.private_prefix) and needs a "
                    "grant");
        } else {
            decide(decision, NX_AUTH_ALLOW, NULL);
        }
        break;
    case NX_AUTH_HTTP:
        decide(decision, is_dev(core) ? NX_AUTH_ALLOW : NX_AUTH_DENY,
                is_dev(core) ? NULL : "this needs an API key or a token");
        break;
    default:
        decide(decision, NX_AUTH_ALLOW, NULL);
        break;
    }
    return decision->verdict;
}

// --- questions that wait --------------------------------------------------

// A question with copies of its texts, in one block.
struct auth_question {
    struct nx_auth_request request;
    char texts[];
};

static void copy_text(struct nx_str *text, char **at) {
    if (!text->ptr) {
        return;
    }
    memcpy(*at, text->ptr, text->len);
    text->ptr = *at;
    *at += text->len;
}

static struct auth_question *question_copy(
        const struct nx_auth_request *request) {
    size_t len = request->user.len + request->token.len + request->address.len
            + request->room.len + request->type.len + request->method.len
            + request->path.len;
    struct auth_question *copy = malloc(sizeof(*copy) + len);
    if (!copy) {
        return NULL;
    }
    copy->request = *request;
    char *at = copy->texts;
    struct nx_str *const texts[] = {&copy->request.user, &copy->request.token,
            &copy->request.address, &copy->request.room, &copy->request.type,
            &copy->request.method, &copy->request.path};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        copy_text(texts[i], &at);
    }
    return copy;
}

// So that it can be asked again. Without memory it cannot, and is denied if
// whoever was asked goes away.
static void remember(struct core *core, nx_op_id op_id,
        const struct nx_auth_request *request) {
    struct op *op = ops_find(core->ops, op_id);
    if (op && !op->question) {
        op->question = question_copy(request);
    }
}

static nx_op_id later_op(struct core *core,
        const struct nx_auth_request *request, auth_decided_fn decided,
        void *context) {
    struct op *op = decided ? ops_add(core->ops, OP_AUTH) : NULL;
    if (!op) {
        return 0;
    }
    op->session = request->session;
    op->decided = decided;
    op->context = context;
    timers_set(&core->timers, &op->timer, core->settings->auth_timeout * 1000);
    return op->id;
}

// --- the chain ------------------------------------------------------------

nx_status auth_read(struct nx_auth_decision *decision,
        const struct nx_auth_decision *given) {
    nx_status status = host_copy_in(decision, sizeof(*decision), given);
    if (status == NX_OK
            && (!host_text_sane(decision->user)
                    || !host_text_sane(decision->reason))) {
        status = NX_ERR_INVALID;
    }
    if (status != NX_OK) {
        memset(decision, 0, sizeof(*decision));
    }
    return status;
}

// What a hook fills in. A plugin built for a newer server may set members
// that this one does not know: there is room for them, and they are refused.
union answer {
    struct nx_auth_decision decision;
    unsigned char room[ANSWER_ROOM];
};

static int32_t call_hook(const struct registry_auth_hook *hook,
        const struct nx_auth_request *request,
        struct nx_auth_decision *decision) {
    union answer answer;
    memset(&answer, 0, sizeof(answer));
    answer.decision.struct_size = sizeof(answer.decision);
    plugin_enter(hook->owner, "auth");
    int32_t verdict = hook->fn(hook->user, request, &answer.decision);
    plugin_leave(hook->owner);
    // Whatever size it left there: all the rest was zero, and has to be.
    answer.decision.struct_size = sizeof(answer);
    if (auth_read(decision, &answer.decision) == NX_OK) {
        return verdict;
    }
    plugin_misuse(hook->owner, "auth hook",
            "a decision that this server cannot read counts as DENY");
    return NX_AUTH_DENY;
}

static int32_t ask_hook(struct core *core, nx_op_id op_id,
        const struct registry_auth_hook *hook,
        const struct nx_auth_request *request,
        struct nx_auth_decision *decision) {
    struct op *op = ops_find(core->ops, op_id);
    if (op) {
        op_own(op, hook->owner);
    }
    struct nx_auth_request asked = *request;
    asked.struct_size = sizeof(asked);
    asked.op = op_id;
    return call_hook(hook, &asked, decision);
}

static int32_t ask_chain(struct core *core, nx_op_id op_id,
        const struct nx_auth_request *request,
        struct nx_auth_decision *decision) {
    nx_list_for_each (link, registry_auth_hooks(core->registry)) {
        const struct registry_auth_hook *hook =
                nx_container_of(link, struct registry_auth_hook, link);
        if ((hook->actions & request->action) == 0) {
            continue;
        }
        int32_t verdict = ask_hook(core, op_id, hook, request, decision);
        if (verdict == NX_AUTH_LATER && op_id != 0) {
            remember(core, op_id, request);
            return NX_AUTH_LATER; // or decided already, inside the hook
        }
        if (verdict != NX_AUTH_DEFER) {
            decision->verdict =
                    verdict == NX_AUTH_ALLOW ? NX_AUTH_ALLOW : NX_AUTH_DENY;
            return decision->verdict;
        }
    }
    memset(decision, 0, sizeof(*decision));
    decision->struct_size = sizeof(*decision);
    return own_rule(core, request, decision);
}

// Ends the question that no hook put off; the context stays the caller's.
static void settle(struct core *core, nx_op_id op_id) {
    struct op *op = ops_find(core->ops, op_id);
    if (op) {
        op->context = NULL;
        ops_remove(core->ops, op);
    }
}

// Whether a hook would be asked, and whether one of those is to come to rest
// for a reload, which is no time for questions.
static bool has_hook(const struct core *core, uint32_t action, bool *rests) {
    bool found = false;
    *rests = false;
    nx_list_for_each (link, registry_auth_hooks(core->registry)) {
        const struct registry_auth_hook *hook =
                nx_container_of(link, struct registry_auth_hook, link);
        if ((hook->actions & action) != 0) {
            found = true;
            *rests |= core->frozen && !plugin_is_running(hook->owner);
        }
    }
    return found;
}

int32_t auth_ask(struct core *core, const struct nx_auth_request *request,
        struct nx_auth_decision *decision, auth_decided_fn decided,
        void *context) {
    bool rests;
    nx_op_id op_id = 0;
    if (has_hook(core, request->action, &rests)) {
        op_id = later_op(core, request, decided, context);
    }
    if (op_id != 0 && rests) {
        remember(core, op_id, request);
        struct op *op = ops_find(core->ops, op_id);
        if (auth_hold(core, op)) {
            return NX_AUTH_LATER;
        }
    }
    int32_t verdict = ask_chain(core, op_id, request, decision);
    if (verdict != NX_AUTH_LATER) {
        settle(core, op_id);
    }
    return verdict;
}

// --- during a reload ------------------------------------------------------

bool auth_hold(struct core *core, struct op *op) {
    if (!core->frozen || !op->question) {
        return false;
    }
    op_own(op, NULL);
    op->held = true;
    // What limits a freeze limits this.
    timers_set(&core->timers, &op->timer, OP_TIMEOUT_MS);
    return true;
}

static void ask_again(struct core *core, nx_op_id op_id) {
    struct op *op = ops_find(core->ops, op_id);
    struct auth_question *question = op->question;
    struct nx_auth_decision decision;
    op->held = false;
    op->question = NULL;
    timers_set(&core->timers, &op->timer, core->settings->auth_timeout * 1000);
    int32_t verdict = ask_chain(core, op_id, &question->request, &decision);
    op = ops_find(core->ops, op_id);
    if (op && verdict != NX_AUTH_LATER) {
        op->decided(core, op, &decision);
        op = ops_find(core->ops, op_id);
        if (op) {
            ops_remove(core->ops, op);
        }
    }
    free(question);
}

void auth_release(struct core *core) {
    uint64_t cursor = 0;
    const struct op *op;
    while ((op = ops_next(core->ops, &cursor)) != NULL) {
        if (op->held) {
            ask_again(core, op->id);
        }
    }
}
